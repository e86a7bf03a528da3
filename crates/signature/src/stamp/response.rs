//! `TimeStampResp`: a token, or why there is none.

use super::token::TimeStampToken;
use pki::asn1::{Writer, tag};

/// Why no token is given (`PKIFailureInfo`, RFC 3161 section 2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The hash algorithm is not accepted.
    #[error("the hash algorithm is unknown or not accepted")]
    BadAlg,
    /// The request is none that is served here.
    #[error("the request is too large or of another version")]
    BadRequest,
    /// The data does not have the form it must have.
    #[error("the request is not well-formed")]
    BadDataFormat,
    /// The time source does not say what time it is, exactly enough.
    #[error("the time source is not available")]
    TimeNotAvailable,
    /// The policy that was asked for is not the one of this authority.
    #[error("the policy is not supported")]
    UnacceptedPolicy,
    /// Extensions are not supported.
    #[error("extensions are not supported")]
    UnacceptedExtension,
    /// A fault of the service.
    #[error("a fault of the service; try again")]
    SystemFailure,
}

impl Failure {
    /// The name in the ASN.1 module, also for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadAlg => "badAlg",
            Self::BadRequest => "badRequest",
            Self::BadDataFormat => "badDataFormat",
            Self::TimeNotAvailable => "timeNotAvailable",
            Self::UnacceptedPolicy => "unacceptedPolicy",
            Self::UnacceptedExtension => "unacceptedExtension",
            Self::SystemFailure => "systemFailure",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::BadAlg => 0,
            Self::BadRequest => 2,
            Self::BadDataFormat => 5,
            Self::TimeNotAvailable => 14,
            Self::UnacceptedPolicy => 15,
            Self::UnacceptedExtension => 16,
            Self::SystemFailure => 25,
        }
    }
}

/// DER of a response with a token.
pub fn granted(token: &TimeStampToken) -> Vec<u8> {
    let mut writer = Writer::with_capacity(token.as_bytes().len() + 16);
    writer.sequence(|w| {
        w.sequence(|w| w.element(tag::INTEGER, &[GRANTED]));
        w.raw(token.as_bytes());
    });
    writer.into_der()
}

/// DER of a response without a token.
pub fn rejected(why: Failure) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|w| {
        w.sequence(|w| {
            w.element(tag::INTEGER, &[REJECTION]);
            w.sequence(|w| w.element(tag::UTF8_STRING, why.to_string().as_bytes()));
            w.element(tag::BIT_STRING, &one_bit(why.bit()));
        });
    });
    writer.into_der()
}

/// Content of a BIT STRING with this bit alone, without trailing zero bits (X.690 clause 11.2.2).
fn one_bit(bit: u8) -> Vec<u8> {
    let mut content = vec![0; usize::from(bit / 8) + 2];
    content[0] = 7 - bit % 8;
    *content.last_mut().expect("two octets at least") = 0x80 >> (bit % 8);
    content
}

const GRANTED: u8 = 0;
const REJECTION: u8 = 2;
