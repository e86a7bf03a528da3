//! The words of profile files, other than purposes.

use der::asn1::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use crate::asn1::{oid, tag};

/// Where a certified key is born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// On a card; it cannot leave.
    Card,
    /// In the hardware of the holder's phone.
    Phone,
    /// In an HSM of the service.
    Hsm,
    /// Wherever the applying organisation keeps it.
    Applicant,
    /// In software.
    Software,
}

/// Bits of keyUsage (RFC 5280 section 4.2.1.3) that Sigill sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyUsage {
    /// Authentication, and signatures of the service's own.
    DigitalSignature,
    /// Signatures of will; X.509 now calls it contentCommitment.
    NonRepudiation,
    /// Encryption of keys, for TLS with RSA key transport.
    KeyEncipherment,
    /// Signing certificates.
    KeyCertSign,
    /// Signing CRLs.
    #[serde(rename = "cRLSign")]
    CrlSign,
}

impl KeyUsage {
    /// The bit in the first octet of the BIT STRING.
    pub(crate) const fn bit(self) -> u8 {
        match self {
            Self::DigitalSignature => 0x80,
            Self::NonRepudiation => 0x40,
            Self::KeyEncipherment => 0x20,
            Self::KeyCertSign => 0x04,
            Self::CrlSign => 0x02,
        }
    }
}

/// Purposes of extKeyUsage (RFC 5280 section 4.2.1.12; RFC 9336 for document signing, RFC 6402 for registration).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExtendedKeyUsage {
    /// TLS servers.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
    /// S/MIME.
    EmailProtection,
    /// Signed documents.
    DocumentSigning,
    /// Log-in to Windows with a card.
    MsSmartcardLogon,
    /// OCSP answers.
    #[serde(rename = "OCSPSigning")]
    OcspSigning,
    /// Time stamps.
    TimeStamping,
    /// Speaking as a registration authority, also in CMP and EST.
    CmcRA,
}

impl ExtendedKeyUsage {
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => oid::SERVER_AUTH,
            Self::ClientAuth => oid::CLIENT_AUTH,
            Self::EmailProtection => oid::EMAIL_PROTECTION,
            Self::DocumentSigning => oid::DOCUMENT_SIGNING,
            Self::MsSmartcardLogon => oid::MS_SMARTCARD_LOGON,
            Self::OcspSigning => oid::OCSP_SIGNING,
            Self::TimeStamping => oid::TIME_STAMPING,
            Self::CmcRA => oid::CMC_RA,
        }
    }
}

/// Whether an extension points to what the issuer publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pointer {
    /// The issuer's URL.
    Issuer,
    /// The extension or access method is absent.
    None,
}

/// What may stand in subjectAltName.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AlternativeName {
    /// The person's mailbox, if there is one.
    #[serde(rename = "person.email")]
    Email,
    /// The person's user principal name in Windows, if there is one.
    #[serde(rename = "person.upn")]
    PrincipalName,
    /// All host names.
    #[serde(rename = "dns_names")]
    DnsNames,
    /// All addresses.
    #[serde(rename = "ip_addresses")]
    IpAddresses,
    /// Where the system is found, if it has an address.
    #[serde(rename = "function.uri")]
    Uri,
}

impl AlternativeName {
    /// The tag of its GeneralName (RFC 5280 section 4.2.1.6).
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Email => tag::context(1),
            Self::PrincipalName => tag::constructed(0),
            Self::DnsNames => tag::context(2),
            Self::IpAddresses => tag::context(7),
            Self::Uri => tag::context(6),
        }
    }
}

/// How serialNumber and organizationIdentifier are to be read (EN 319 412-1 clause 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Semantics {
    NaturalPerson,
    LegalPerson,
    None,
}

/// Whether the service may say that its certificates are qualified.
///
/// It may once it stands on a trusted list (Regulation (EU) No 910/2014
/// article 22), and not before: a false claim is worse than none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claims {
    /// Nothing is claimed: no statement and no policy of qualified certificates stands anywhere.
    #[default]
    Ordinary,
    /// What the `[qualified]` table of a profile says stands in its certificates.
    Qualified,
}

/// What a qualified certificate is for (EN 319 412-5 clause 4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QcType {
    /// Electronic signatures.
    Esign,
    /// Electronic seals.
    Eseal,
    /// No statement: a CA is not qualified, what it issues is.
    None,
}

/// A value, or the word `"absent"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum OrAbsent<T> {
    Value(T),
    Word(Absent),
}

impl<T> OrAbsent<T> {
    pub(crate) const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Word(Absent::Absent) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Absent {
    Absent,
}
