//! A login: asked for by a relying service, proved by a card, agreed to by its holder.
//!
//! [`begin`] takes the question, [`card`] looks at the card on its own origin, [`consent`] shows what would be told and to
//! whom, and takes the answer. All three serve both protocols; what is asked for and how it is answered is a [`flow`], and
//! [`saml`] has what only SAML needs. [`session`] ends what was begun, [`keys`] sign for it. The secrets on the way are kept by
//! the browser; the store has their digests.

pub mod begin;
pub mod card;
pub mod consent;
mod error;
pub mod flow;
pub mod keys;
mod records;
pub mod saml;
pub mod session;

pub use error::{Halt, LoginError};

use crate::app::{App, Login};
use crate::service::ServiceError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The parts of card logins.
///
/// # Errors
/// [`ServiceError::NotFound`] if they are not configured.
pub fn parts(app: &App) -> Result<&Login, ServiceError> {
    app.login.as_ref().ok_or(ServiceError::NotFound)
}

/// 256 bits that nobody can guess, as text for addresses and cookies.
pub fn secret(app: &App) -> String {
    URL_SAFE_NO_PAD.encode([app.entropy.random16(), app.entropy.random16()].concat())
}
