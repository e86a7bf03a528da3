//! Federation protocols without their transport: a message comes in, a message and what is to be done go out.
//!
//! Nothing here does IO, reads a clock or draws randomness: time, random values and keys are arguments. [`oidc`] is the
//! OpenID provider, [`saml`] the SAML identity provider.

pub mod oidc;
pub mod saml;
