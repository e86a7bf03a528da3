//! The signer against an attacker who has everything but its PIN and the officers' cards.
//!
//! [`world`] founds an installation by the ceremony; [`story`] tells an issuance with all its
//! signatures, and can be told wrongly; the other modules try.

mod attack;
mod ceremony;
mod crl;
mod emergency;
mod faults;
mod function;
mod hardware;
mod keys;
mod link;
mod policies;
mod races;
mod reserve;
mod restart;
mod restore;
mod soft_token;
mod standing;
mod story;
mod tray;
mod world;
