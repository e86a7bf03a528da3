//! The form of a profile file.

use der::asn1::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use crate::asn1::oid;
use crate::key::KeyKind;
use crate::name::Attribute;
use crate::time::UtcTime;

/// What certificates of a profile are for; decides the ceilings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Self-signed trust anchor.
    RootCa,
    /// CA under the root that signs certificates of one kind.
    IssuingCa,
    /// Signer of OCSP answers (RFC 6960 section 4.2.2.2).
    OcspSigner,
    /// A person's key for authentication.
    PersonAuthentication,
    /// A person's key for signatures of will.
    PersonSignature,
    /// TLS server of the service itself.
    TlsServer,
}

impl Purpose {
    /// The name that profile files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RootCa => "root-ca",
            Self::IssuingCa => "issuing-ca",
            Self::OcspSigner => "ocsp-signer",
            Self::PersonAuthentication => "person-authentication",
            Self::PersonSignature => "person-signature",
            Self::TlsServer => "tls-server",
        }
    }

    /// Whether the certificates are of CAs.
    pub const fn is_ca(self) -> bool {
        matches!(self, Self::RootCa | Self::IssuingCa)
    }

    /// Whether the certificates are of natural persons.
    pub const fn is_person(self) -> bool {
        matches!(self, Self::PersonAuthentication | Self::PersonSignature)
    }
}

/// Where a certified key is born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// On a card; it cannot leave.
    Card,
    /// In an HSM of the service.
    Hsm,
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

/// Purposes of extKeyUsage (RFC 5280 section 4.2.1.12; RFC 9336 for document signing).
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
    /// OCSP answers.
    #[serde(rename = "OCSPSigning")]
    OcspSigning,
}

impl ExtendedKeyUsage {
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => oid::SERVER_AUTH,
            Self::ClientAuth => oid::CLIENT_AUTH,
            Self::EmailProtection => oid::EMAIL_PROTECTION,
            Self::DocumentSigning => oid::DOCUMENT_SIGNING,
            Self::OcspSigning => oid::OCSP_SIGNING,
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
    /// All host names.
    #[serde(rename = "dns_names")]
    DnsNames,
    /// All addresses.
    #[serde(rename = "ip_addresses")]
    IpAddresses,
}

/// How serialNumber and organizationIdentifier are to be read (EN 319 412-1 clause 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Semantics {
    NaturalPerson,
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) revision: u32,
    pub(crate) purpose: Purpose,
    pub(crate) key_origin: KeyOrigin,
    pub(crate) validity: Validity,
    pub(crate) key: Key,
    pub(crate) subject: Vec<Rdn>,
    pub(crate) extensions: Extensions,
    pub(crate) lints: Lints,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validity {
    pub(crate) max_days: u32,
    pub(crate) backdate_minutes: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) allow: Vec<KeyKind>,
}

/// One relative distinguished name; exactly one of the three sources is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rdn {
    pub(crate) attribute: Attribute,
    value: Option<String>,
    from: Option<String>,
    from_if_known: Option<String>,
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RdnSource<'a> {
    Fixed(&'a str),
    Fact(&'a str),
    OptionalFact(&'a str),
}

impl Rdn {
    /// The one source; none if there are several or none.
    pub(crate) fn source(&self) -> Option<RdnSource<'_>> {
        match (&self.value, &self.from, &self.from_if_known) {
            (Some(value), None, None) => Some(RdnSource::Fixed(value)),
            (None, Some(fact), None) => Some(RdnSource::Fact(fact)),
            (None, None, Some(fact)) => Some(RdnSource::OptionalFact(fact)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extensions {
    pub(crate) path_length: PathLength,
    pub(crate) key_usage: Usage,
    pub(crate) extended_key_usage: Vec<ExtendedKeyUsage>,
    pub(crate) certificate_policies: Vec<String>,
    /// Qualifier of the first policy; empty for none.
    pub(crate) cps_uri: String,
    pub(crate) subject_alternative_name: Vec<AlternativeName>,
    pub(crate) crl_distribution: Pointer,
    pub(crate) ocsp: Pointer,
    pub(crate) ca_issuers: Pointer,
    pub(crate) ocsp_no_check: bool,
    pub(crate) card_number: bool,
    pub(crate) semantics: Semantics,
    /// Who assigns local identifiers such as `EI:SE-…`; empty for none.
    pub(crate) name_registration_authority: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Usage {
    pub(crate) values: Vec<KeyUsage>,
    pub(crate) critical: bool,
}

/// pathLenConstraint of a CA: `"absent"` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum PathLength {
    Limit(u8),
    Word(Absent),
}

impl PathLength {
    pub(crate) const fn limit(self) -> Option<u8> {
        match self {
            Self::Limit(limit) => Some(limit),
            Self::Word(Absent::Absent) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Absent {
    Absent,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lints {
    pub(crate) waive: Vec<Waiver>,
}

/// A rule that is known to be broken for a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiver {
    pub(crate) name: String,
    pub(crate) reason: String,
    pub(crate) until: UtcTime,
}
