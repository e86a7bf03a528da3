//! What certificates are for.

use serde::{Deserialize, Serialize};

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
    /// Another root's key under this root, for the time of a change.
    CrossCa,
    /// TLS server of an organisation.
    FunctionServer,
    /// System of an organisation that logs in by TLS.
    FunctionClient,
    /// Seal of a legal person (EN 319 412-3).
    LegalPersonSeal,
    /// Unit that signs time stamps (EN 319 421, RFC 3161).
    TsaUnit,
    /// Signer of answers to CMP and EST requests.
    EnrolmentSigner,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 12] = [
        Self::RootCa,
        Self::IssuingCa,
        Self::OcspSigner,
        Self::PersonAuthentication,
        Self::PersonSignature,
        Self::TlsServer,
        Self::CrossCa,
        Self::FunctionServer,
        Self::FunctionClient,
        Self::LegalPersonSeal,
        Self::TsaUnit,
        Self::EnrolmentSigner,
    ];

    /// The name that profile files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RootCa => "root-ca",
            Self::IssuingCa => "issuing-ca",
            Self::OcspSigner => "ocsp-signer",
            Self::PersonAuthentication => "person-authentication",
            Self::PersonSignature => "person-signature",
            Self::TlsServer => "tls-server",
            Self::CrossCa => "cross-ca",
            Self::FunctionServer => "function-server",
            Self::FunctionClient => "function-client",
            Self::LegalPersonSeal => "legal-person-seal",
            Self::TsaUnit => "tsa-unit",
            Self::EnrolmentSigner => "enrolment-signer",
        }
    }

    /// Whether the certificates are of CAs.
    pub const fn is_ca(self) -> bool {
        matches!(self, Self::RootCa | Self::IssuingCa | Self::CrossCa)
    }

    /// Whether the certificates are of natural persons.
    pub const fn is_person(self) -> bool {
        matches!(self, Self::PersonAuthentication | Self::PersonSignature)
    }

    /// Whether the certificates are of organisations and their systems.
    pub const fn is_function(self) -> bool {
        matches!(self, Self::FunctionServer | Self::FunctionClient | Self::LegalPersonSeal)
    }

    /// Whether clients look for the host's name in the certificates.
    pub(crate) const fn is_server(self) -> bool {
        matches!(self, Self::TlsServer | Self::FunctionServer)
    }
}
