//! The CA signer process: the only place where CA keys are used.
//!
//! It trusts nobody. Whoever asks brings everything that officers signed; the signer verifies it
//! against its own list of officers and its own journal, builds the bytes from what was approved,
//! lints them, writes down that it is about to sign, signs, and checks the signature. The web
//! process, its database and its administrators cannot make it sign what nobody approved.
//!
//! The tour: [`protocol`] is what callers say, in [`frame`]s, to a [`server`]; [`core`] is the state
//! and the door to it; `issue`, `issue_function`, `issue_standing`, `crl` and `keys` are what it does; `registry` knows the
//! officers; `ledger` holds the rules on what may follow what, [`journal`] makes it last; [`start`]
//! refuses a state that was changed; [`restore`] judges who may put a token back; [`emergency`] appoints officers when
//! too few are left; [`unlock`] keeps the token shut until custodians open it; [`ceremony`] is the door
//! that was open once.

pub mod ceremony;
pub mod config;
pub mod core;
mod crl;
pub mod digest;
mod draft;
pub mod emergency;
pub mod error;
pub mod fault;
pub mod frame;
mod issue;
mod issue_function;
mod issue_standing;
mod issuers;
pub mod journal;
mod keys;
mod ledger;
pub mod officers;
mod policies;
pub mod protocol;
mod registry;
pub mod restore;
mod revoked;
pub mod server;
pub mod standing;
pub mod start;
pub mod token;
pub mod unlock;

#[cfg(test)]
mod tests;
