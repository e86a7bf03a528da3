//! Why nothing is issued.

use crate::Kind;
use crate::key::KeyKind;
use crate::text::TextFault;
use crate::time::UtcTime;

/// Why a request does not become a TBSCertificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The profile does not certify such keys.
    #[error("profile {profile} does not allow {found} keys")]
    KeyNotAllowed {
        /// Name of the profile.
        profile: String,
        /// Kind of the key.
        found: KeyKind,
    },
    /// The CA's certificate does not cover certificates of this profile.
    #[error("profile {profile} may not be issued by {issuer}")]
    IssuerNotAllowed {
        /// Name of the profile.
        profile: String,
        /// Name of the CA.
        issuer: String,
    },
    /// The issuer's certificate is not of a CA.
    #[error("{issuer} is not a certification authority")]
    NotACa {
        /// Name of the CA.
        issuer: String,
    },
    /// A self-signed certificate needs a profile of roots.
    #[error("profile {profile} is not for a root")]
    NotARoot {
        /// Name of the profile.
        profile: String,
    },
    /// notAfter is not later than notBefore.
    #[error("the validity from {not_before} to {not_after} is empty")]
    EmptyValidity {
        /// First second.
        not_before: UtcTime,
        /// Last second.
        not_after: UtcTime,
    },
    /// The validity is longer than the profile's.
    #[error("notAfter {wanted} is past the profile's {limit}")]
    TooLong {
        /// notAfter as requested.
        wanted: UtcTime,
        /// Latest notAfter for this notBefore.
        limit: UtcTime,
    },
    /// A CA whose end is nearer than the longest validity of the profile issues no more of it (EN 319 411-1 clause
    /// 6.3.3): what it issued would end with it, one certificate sooner than the other.
    #[error("{issuer} ends {limit}, too soon for profile {profile}: its successor must issue")]
    IssuerEnding {
        /// Name of the CA.
        issuer: String,
        /// Name of the profile.
        profile: String,
        /// Last moment of the CA.
        limit: UtcTime,
    },
    /// A key must be fit to the end (EN 319 411-1 clause 6.5.1, ETSI TS 119 312).
    #[error("notAfter {wanted} is past {limit}, until when {kind} keys are fit")]
    OutlivesAlgorithm {
        /// Kind of the certified or of the signing key.
        kind: KeyKind,
        /// notAfter as requested.
        wanted: UtcTime,
        /// The last moment of this kind.
        limit: UtcTime,
    },
    /// RFC 5280 does not require nested validity; EN 319 411-1 GEN-6.3.3-05 does.
    #[error("notAfter {wanted} is past the issuer's {limit}")]
    OutlivesIssuer {
        /// notAfter as requested.
        wanted: UtcTime,
        /// notAfter of the issuer.
        limit: UtcTime,
    },
    /// notBefore is earlier than the issuer's.
    #[error("notBefore {wanted} is before the issuer's {limit}")]
    PredatesIssuer {
        /// notBefore as requested.
        wanted: UtcTime,
        /// notBefore of the issuer.
        limit: UtcTime,
    },
    /// The profile needs a fact that is not known.
    #[error("the fact {fact} is missing")]
    MissingFact {
        /// Key of the fact.
        fact: String,
    },
    /// A fact cannot stand in a certificate.
    #[error("the fact {fact} is not usable")]
    BadFact {
        /// Key of the fact.
        fact: String,
        /// Why.
        #[source]
        fault: TextFault,
    },
    /// The profile points to OCSP, but the issuer has no responder.
    #[error("{issuer} has no OCSP address")]
    NoOcspUrl {
        /// Name of the CA.
        issuer: String,
    },
    /// The profile wants alternative names, and no fact gives one.
    #[error("there is no alternative name")]
    NoAlternativeName,
}

impl IssueError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::OutlivesIssuer { .. }
            | Self::IssuerEnding { .. }
            | Self::OutlivesAlgorithm { .. }
            | Self::PredatesIssuer { .. }
            | Self::TooLong { .. }
            | Self::IssuerNotAllowed { .. }
            | Self::NotARoot { .. } => Kind::Refused,
            Self::NotACa { .. } | Self::NoOcspUrl { .. } => Kind::Internal,
            _ => Kind::Invalid,
        }
    }
}
