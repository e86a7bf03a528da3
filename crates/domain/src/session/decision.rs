//! Whether a card logs its holder in.
//!
//! Checks stand in the order in which a person is helped best; a revoked, blocked or ended card is always named revoked,
//! whichever check finds it. What is not known refuses.

use crate::card::CardState;
use crate::certificate::{CertificateRecord, Holder};
use pki::certificate::Certificate;
use pki::profile::Purpose;
use pki::time::UtcTime;

/// What came over the connection, and what we know of it.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The client certificate, whose key the connection proved.
    pub certificate: Option<&'a Certificate>,
    /// The CA of persons of ours that the certificate names as its issuer.
    pub issuer: Option<&'a Certificate>,
    /// Whether one of its policies has a level.
    pub has_level: bool,
    /// What the journal says.
    pub journal: Journal<'a>,
}

/// What the journal says of a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Journal<'a> {
    /// It cannot be asked.
    Away,
    /// It does not know this certificate.
    Unknown,
    /// It knows it.
    Known {
        /// The certificate, with its revocation.
        record: &'a CertificateRecord,
        /// The state of its card; none for a certificate without card, or a card that is missing.
        card: Option<CardState>,
        /// Whether somebody else may have the key of the CA that issued it.
        compromised: bool,
        /// Whether its holder is employed at the agency.
        employed: bool,
        /// Whether certificates without a card are taken: in demos only.
        software: bool,
    },
}

/// Why a card does not log anybody in. Each has a page that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardRefused {
    /// No certificate was chosen, or there is none.
    #[error("no certificate")]
    NoCertificate,
    /// A certificate of somebody else's CA.
    #[error("another issuer")]
    OtherIssuer,
    /// Past its last second, or before its first.
    #[error("not valid now")]
    Expired,
    /// The certificate for signatures was chosen.
    #[error("not for authentication")]
    SignatureCertificate,
    /// A certificate that has no level, such as one of a machine.
    #[error("no level")]
    NoLevel,
    /// Revoked, for ever.
    #[error("revoked")]
    Revoked,
    /// Not handed out yet.
    #[error("not activated")]
    NotActivated,
    /// Whether it is revoked cannot be found out.
    #[error("status unknown")]
    StatusUnknown,
    /// The relying service wants more.
    #[error("level too low")]
    LevelTooLow,
}

impl CardRefused {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NoCertificate,
        Self::OtherIssuer,
        Self::Expired,
        Self::SignatureCertificate,
        Self::NoLevel,
        Self::Revoked,
        Self::NotActivated,
        Self::StatusUnknown,
        Self::LevelTooLow,
    ];

    /// The word in records, and in the names of the pages' texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => "no-certificate",
            Self::OtherIssuer => "other-issuer",
            Self::Expired => "expired",
            Self::SignatureCertificate => "signature-certificate",
            Self::NoLevel => "no-level",
            Self::Revoked => "revoked",
            Self::NotActivated => "not-activated",
            Self::StatusUnknown => "status-unknown",
            Self::LevelTooLow => "level-too-low",
        }
    }
}

/// Decides about the card alone. The level that a relying service wants is compared by its protocol.
///
/// # Errors
/// [`CardRefused`], the first that applies.
pub fn judge(presented: &Presented<'_>, now: UtcTime) -> Result<(), CardRefused> {
    let certificate = presented.certificate.ok_or(CardRefused::NoCertificate)?;
    let issuer = presented.issuer.ok_or(CardRefused::OtherIssuer)?;
    certificate.verify_issued_by(issuer).map_err(|_| CardRefused::OtherIssuer)?;
    // From here on it is a certificate of ours.
    if is_revoked(&presented.journal) {
        return Err(CardRefused::Revoked);
    }
    if !certificate.valid_at(now) || !issuer.valid_at(now) {
        return Err(CardRefused::Expired);
    }
    if !is_for_authentication(certificate) {
        return Err(CardRefused::SignatureCertificate);
    }
    if !presented.has_level {
        return Err(CardRefused::NoLevel);
    }
    match presented.journal {
        Journal::Away | Journal::Unknown => Err(CardRefused::StatusUnknown),
        Journal::Known { record, card, employed, software, .. } => known(record, card, employed, software),
    }
}

fn is_revoked(journal: &Journal<'_>) -> bool {
    match journal {
        // Everything of a compromised CA is on its way to being revoked, one page after the other.
        Journal::Known { record, card, compromised, .. } => {
            *compromised || record.revocation.is_some() || *card == Some(CardState::Revoked)
        }
        Journal::Away | Journal::Unknown => false,
    }
}

fn is_for_authentication(certificate: &Certificate) -> bool {
    certificate.digital_signature()
        && !certificate.non_repudiation()
        && certificate.extended_key_usage().iter().any(|purpose| purpose == CLIENT_AUTH)
}

fn known(
    record: &CertificateRecord,
    card: Option<CardState>,
    employed: bool,
    software: bool,
) -> Result<(), CardRefused> {
    let Holder::Person { card: number, .. } = &record.intent.holder else { return Err(CardRefused::NoLevel) };
    if record.intent.purpose != Purpose::PersonAuthentication {
        return Err(CardRefused::SignatureCertificate);
    }
    if !employed {
        return Err(CardRefused::Revoked);
    }
    match (number, card) {
        (Some(_), Some(CardState::Active)) => Ok(()),
        (Some(_), Some(CardState::Bound)) => Err(CardRefused::NotActivated),
        (Some(_), Some(CardState::Revoked)) => Err(CardRefused::Revoked),
        (Some(_), None) => Err(CardRefused::StatusUnknown),
        (None, _) if software => Ok(()),
        (None, _) => Err(CardRefused::NoLevel),
    }
}

/// id-kp-clientAuth.
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
