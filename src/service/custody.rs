//! The custody key: what it is for never leaves the token, and what hangs on it opens nowhere else.

use crate::app::App;
use crate::service::ServiceError;
use domain::revocation_code::Pepper;
use hsm::{HsmError, KeyRole, Pool};
use pki::key::{KeyId, KeyKind, PublicKey};

/// The key under which revocation codes are hashed: it follows from the custody key, so the database alone is of no use
/// to whoever guesses.
///
/// # Errors
/// [`ServiceError::Token`] if the token cannot be reached.
pub(super) async fn pepper(app: &App) -> Result<Pepper, ServiceError> {
    on_token(app, |token, key| {
        let public = public_key(token, key)?;
        let shared = token.derive(key, &public)?;
        Ok(Pepper::new(&digest(&[PEPPER, &shared])))
    })
    .await
}

/// Works with the custody key, which is made when it is first needed.
async fn on_token<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Pool, &KeyId) -> Result<T, HsmError> + Send + 'static,
) -> Result<T, ServiceError> {
    let token = app.keys.clone();
    let done = tokio::task::spawn_blocking(move || work(&token, &KeyId::new(CUSTODY_KEY))).await;
    let done = done.map_err(|_| ServiceError::Incomplete("a finished call of the token"))?;
    done.map_err(|error| ServiceError::Token(error.into()))
}

fn public_key(token: &Pool, key: &KeyId) -> Result<PublicKey, HsmError> {
    match token.public_key(key) {
        Err(HsmError::NoSuchKey { .. }) => match token.generate(key, KeyKind::EcP256, KeyRole::Agreement) {
            // Somebody else in this process was faster.
            Err(HsmError::KeyExists { .. }) => token.public_key(key),
            made => made,
        },
        found => found,
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        hash.update(part);
    }
    hash.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// Label of the key on the service's token.
const CUSTODY_KEY: &str = "custody-1";
const PEPPER: &[u8] = b"sigill revocation codes 1\0";
