//! The online certificate status protocol (RFC 6960; RFC 9919 for pre-produced answers).

mod answer;
mod cert_id;
mod end;
mod error;
mod read;
mod request;

pub use self::answer::{
    LintedOcsp, OcspDer, OcspTbs, Responder, Single, Status, lint_final_ocsp, lint_ocsp, prepare_ocsp,
};
pub use self::cert_id::{CertId, HashAlgorithm, IssuerHashes};
pub use self::end::{LastCrl, NotLast};
pub use self::error::OcspError;
pub(crate) use self::read::ResponseData;
pub use self::read::{OcspResponse, SingleStatus, parse_response};
pub use self::request::{MAX_CERT_IDS, MAX_REQUEST_OCTETS, OcspRequest, parse_request};

/// The whole unsigned answer to something that is no request.
pub const MALFORMED_REQUEST: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x01];
/// The whole unsigned answer when the responder has failed.
pub const INTERNAL_ERROR: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x02];
/// The whole unsigned answer when a signed one is on its way.
pub const TRY_LATER: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x03];
/// The whole unsigned answer when the responder knows nothing of the certificate.
pub const UNAUTHORIZED: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x06];
