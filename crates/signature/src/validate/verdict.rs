//! The answer, in the terms of ETSI EN 319 102-1 clause 5.

use super::budget::Exhausted;
use openssl::x509::X509VerifyResult;
use serde::Serialize;

/// A chain that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    /// DER, from the certificate to the anchor.
    pub chain: Vec<Vec<u8>>,
    /// Policies under which it is valid, if they were asked about.
    pub policies: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A good chain.
    Passed(Validated),
    /// None.
    Failed {
        /// Surely bad, or not known to be good.
        indication: Indication,
        /// In which respect.
        sub_indication: SubIndication,
        /// In words, for the developer of a relying service. Holds no personal data.
        reason: String,
    },
}

/// Main indications (EN 319 102-1 clause 5.1.3, table 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Indication {
    /// Good.
    TotalPassed,
    /// Bad, whatever else may be learnt.
    TotalFailed,
    /// Not known to be good.
    Indeterminate,
}

/// Sub-indications (EN 319 102-1 clause 5.1.3, table 6) of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// No chain leads to an anchor.
    NoCertificateChainFound,
    /// The chain breaks a rule of RFC 5280.
    #[serde(rename = "CERTIFICATE_CHAIN_GENERAL_FAILURE")]
    GeneralFailure,
    /// The chain is not for this use, name or policy.
    ChainConstraintsFailure,
    /// A key or algorithm is too weak.
    CryptoConstraintsFailureNoPoe,
    /// Outside its validity, not known to have been revoked in it.
    OutOfBoundsNotRevoked,
    /// The certificate is revoked.
    RevokedNoPoe,
    /// A CA of the chain is revoked.
    RevokedCaNoPoe,
    /// Whether it is revoked is not known.
    TryLater,
}

impl Verdict {
    pub(super) fn failed(indication: Indication, sub_indication: SubIndication, reason: impl Into<String>) -> Self {
        Self::Failed { indication, sub_indication, reason: reason.into() }
    }

    /// A chain that breaks a rule.
    pub(super) fn breaks(reason: impl Into<String>) -> Self {
        Self::failed(Indication::TotalFailed, SubIndication::GeneralFailure, reason)
    }

    pub(super) fn no_chain() -> Self {
        let sub = SubIndication::NoCertificateChainFound;
        Self::failed(Indication::Indeterminate, sub, "no chain of valid signatures leads to a trust anchor")
    }

    pub(super) fn exhausted(exhausted: Exhausted) -> Self {
        let sub = SubIndication::NoCertificateChainFound;
        Self::failed(Indication::Indeterminate, sub, format!("no good chain was found within the limits: {exhausted}"))
    }

    pub(super) fn of_openssl(error: X509VerifyResult, depth: u32) -> Self {
        let (indication, sub) = indication(error.as_raw(), depth);
        Self::failed(indication, sub, format!("certificate {depth} of the chain: {}", error.error_string()))
    }

    /// For choosing among chains that failed: what is certain is worth more.
    pub(super) const fn severity(&self) -> u8 {
        match self {
            Self::Passed(_) => 3,
            Self::Failed { indication: Indication::TotalFailed, .. } => 2,
            Self::Failed { .. } => 1,
        }
    }
}

fn indication(error: i32, depth: u32) -> (Indication, SubIndication) {
    use openssl_errors as e;
    let revoked = if depth == 0 { SubIndication::RevokedNoPoe } else { SubIndication::RevokedCaNoPoe };
    match error {
        e::CERT_REVOKED => (Indication::Indeterminate, revoked),
        e::NO_CRL | e::CRL_SCOPE | e::CRL_ISSUER | e::CRL_PATH | e::CRL_SIGNATURE => {
            (Indication::Indeterminate, SubIndication::TryLater)
        }
        e::NO_EXPLICIT_POLICY | e::HOSTNAME | e::EMAIL | e::ADDRESS => {
            (Indication::Indeterminate, SubIndication::ChainConstraintsFailure)
        }
        e::EE_KEY_TOO_SMALL | e::CA_KEY_TOO_SMALL | e::CA_MD_TOO_WEAK => {
            (Indication::Indeterminate, SubIndication::CryptoConstraintsFailureNoPoe)
        }
        _ => (Indication::TotalFailed, SubIndication::GeneralFailure),
    }
}

/// `X509_V_ERR_…` of `x509_vfy.h`.
mod openssl_errors {
    pub(super) const NO_CRL: i32 = 3;
    pub(super) const CRL_SIGNATURE: i32 = 8;
    pub(super) const CERT_REVOKED: i32 = 23;
    pub(super) const CRL_ISSUER: i32 = 33;
    pub(super) const NO_EXPLICIT_POLICY: i32 = 43;
    pub(super) const CRL_SCOPE: i32 = 44;
    pub(super) const CRL_PATH: i32 = 54;
    pub(super) const HOSTNAME: i32 = 62;
    pub(super) const EMAIL: i32 = 63;
    pub(super) const ADDRESS: i32 = 64;
    pub(super) const EE_KEY_TOO_SMALL: i32 = 66;
    pub(super) const CA_KEY_TOO_SMALL: i32 = 67;
    pub(super) const CA_MD_TOO_WEAK: i32 = 68;
}
