//! The SAML 2.0 identity provider, by the Swedish deployment profile (Sweden Connect).
//!
//! The tour, in the order of a login: [`service`] is who is registered; [`redirect`] and [`post`] take what a browser
//! brings apart, [`signature`] proves who wrote it, [`request`] says what is asked for; [`attribute`] decides what is told;
//! [`response`] and [`encryption`] tell it; [`logout`] ends it. [`metadata`] is what others read of us.
//!
//! What comes in is read by [`xml`] alone, which knows no DTD, and nothing is used but what a signature covers. What goes
//! out is written by strict templates, and signed by a key that may be far away: a [`signature::Draft`] is finished with a
//! signature that somebody else made.

pub mod attribute;
pub mod encryption;
mod error;
pub mod logout;
pub mod metadata;
pub mod name;
pub mod post;
pub mod redirect;
pub mod request;
pub mod response;
pub mod service;
pub mod signature;
mod writer;
pub mod xml;

pub use error::SamlError;
