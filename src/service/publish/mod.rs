//! Signs and publishes what the public is served: OCSP answers and CRLs.
//!
//! The order is always: read the journal, sign, store, and only then onto the board. So the board never shows what a
//! restart would not find, and the store, which knows every committed revocation, has the last word on a `good`.

mod answer;
mod behind;
mod conditions;
mod crl;
mod end;
mod error;
mod live;
mod load;
mod presign;
mod signer;
#[cfg(test)]
mod tests;

pub use answer::{Span, answer_for};
pub use behind::signer_is_behind;
pub use conditions::{Conditions, conditions};
pub use crl::{Coverage, crl_coverage, publish_crl, publish_crl_if_due};
pub use end::publish_last_words;
pub use error::PublishError;
pub use live::{LiveError, answer_live};
pub use load::load;
pub use presign::{presign, presign_due};
pub use signer::{newest_signer, renew_signers, same_subject};
