//! The OpenID provider: authorization code flow with PKCE, by the Swedish profiles and FAPI 2.0.
//!
//! The tour, in the order of a login: [`client`] is who is registered; [`authorization`] reads what it asks for, plain,
//! signed ([`request_object`]) or pushed; [`level`] and [`claims`] decide what a login gives; [`authentication`] says
//! who calls the back-channel endpoints; [`token`] exchanges the code, [`dpop`] binds what it gives; [`jwt`] has what is signed; [`logout`] ends it.

pub mod authentication;
pub mod authorization;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod dpop;
mod error;
pub mod jwe;
pub mod jwt;
pub mod level;
pub mod logout;
mod name;
mod parameters;
pub mod provider;
pub mod request_object;
pub mod subject;
pub mod token;

pub use error::{Code, OidcError};
pub use parameters::Parameters;
