//! The use cases, one verb a file: load, decide, store, record.
//!
//! Every verb takes a [`Permit`], which says who acts, for which agency, and was given for exactly
//! one [`Action`](domain::access::Action). Jobs act under their own name.

pub mod activate;
mod applicant;
pub mod approve;
pub mod attempts;
pub mod audit;
pub mod bulk_revoke;
pub mod commit;
pub mod conditions;
pub mod cursors;
mod custody;
pub mod decisions;
pub mod emergency;
pub mod enrol;
pub mod erase;
pub mod error;
pub mod evidence;
pub mod export;
pub mod feed;
pub mod functions;
pub mod identify;
pub mod issue;
pub mod keys;
pub mod known;
pub mod lifecycle;
pub mod login;
pub mod lookup;
pub mod notices;
mod numbered;
pub mod officers;
pub mod onboard;
pub mod oversee;
pub mod packages;
pub mod permit;
pub mod policies;
pub mod protection;
pub mod publish;
pub mod read;
pub mod recheck;
pub mod reconcile;
pub mod refusal;
mod register;
pub mod relying;
pub mod reserve;
pub mod revocation_code;
pub mod revoke;
pub mod rights;
pub mod seal;
mod sealed;
pub mod stamp;
pub mod standing;
mod text;
pub mod tls;
pub mod validate;
pub mod work;

pub use error::ServiceError;
pub use permit::Permit;
