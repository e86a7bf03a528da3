//! Time stamps (RFC 3161, RFC 5816; EN 319 421 and EN 319 422).
//!
//! A [`TimeStampRequest`] is read strictly; what may be stamped, and how exactly, a [`StampPolicy`] says; a [`StampTbs`] is
//! built from both, judged by [`RULES`], and signed by a [`Unit`] that is fit for it.

mod hash;
mod lint;
mod policy;
mod request;
mod response;
mod token;
mod unit;

pub use hash::HashAlgorithm;
pub use lint::{Finding, RULES};
pub use policy::{StampPolicy, StampPolicyError};
pub use request::{MAX_REQUEST_OCTETS, TimeStampRequest, parse_request};
pub use response::{Failure, granted, rejected};
pub use token::{LintedStamp, Moment, StampTbs, TimeStampToken, lint_stamp, prepare_stamp};
pub use unit::{Unfit, Unit};

#[cfg(test)]
mod tests;
