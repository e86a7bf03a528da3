//! What a CRL says about one certificate.

use serde::{Deserialize, Serialize};

use crate::asn1::{Writer, oid, tag};
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// Why a certificate was revoked (`CRLReason`, RFC 5280 section 5.3.1).
///
/// There is no certificateHold: revocation is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Nothing is said; the extension is left out.
    Unspecified,
    /// The private key is, or may be, in other hands.
    KeyCompromise,
    /// The holder has moved, or data in the certificate is no longer right.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// The right to it was withdrawn.
    PrivilegeWithdrawn,
    /// The key of a CA is, or may be, in other hands.
    #[serde(rename = "cACompromise")]
    CaCompromise,
    /// The key of an attribute authority is, or may be, in other hands.
    #[serde(rename = "aACompromise")]
    AaCompromise,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
        Self::CaCompromise,
        Self::AaCompromise,
    ];

    /// The value of the ENUMERATED.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The reason with this value.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name in RFC 5280.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Its serial number.
    pub serial: SerialNumber,
    /// When it was revoked.
    pub at: UtcTime,
    /// Why.
    pub reason: Reason,
}

impl RevokedEntry {
    /// Writes the element of revokedCertificates; *unspecified* has no reason extension.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|w| {
            w.element(tag::INTEGER, self.serial.as_bytes());
            w.time(self.at);
            if self.reason != Reason::Unspecified {
                w.sequence(|w| {
                    w.sequence(|w| {
                        w.oid(oid::REASON_CODE);
                        w.nest(tag::OCTET_STRING, |w| w.element(tag::ENUMERATED, &[self.reason.code()]));
                    });
                });
            }
        });
    }
}
