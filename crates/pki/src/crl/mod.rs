//! Certificate revocation lists (RFC 5280 section 5; EN 319 411-1 clause 6.3.9).

mod build;
mod contents;
mod entry;
mod summary;

pub use self::build::{CrlDer, CrlTbs, LintedCrl, lint_crl, prepare_crl};
pub use self::contents::CrlContents;
pub use self::entry::{Reason, RevokedEntry};
pub use self::summary::{CrlError, CrlSummary, Revocation, parse_crl, verify_crl};
