//! The keys that tokens are signed with: on the service's own token, made by the service, replaced in time.

use super::{LoginError, parts};
use crate::app::{App, TokenKey};
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::relying::TokenKey as Kept;
use hsm::KeyRole;
use pki::jose::{Draft, JoseAlgorithm, read_compact, thumbprint};
use pki::key::{KeyId, KeyKind, PublicKey, SignError};
use pki::time::UtcTime;
use serde_json::Value;
use tokio::sync::oneshot;

/// Uses the keys that are kept. Does not need the token.
///
/// # Errors
/// If the store fails or holds a key that cannot be read.
pub async fn load(app: &App) -> Result<(), ServiceError> {
    let login = parts(app)?;
    let now = app.clock.now();
    let mut published = Vec::new();
    let kept = app.store.token_keys().await?;
    for (at, key) in kept.iter().enumerate() {
        let successor = kept[..at].iter().rfind(|newer| newer.algorithm == key.algorithm);
        // What it signed last may still be read for a while.
        if successor.is_some_and(|newer| newer.signs_from.plus_seconds(KEPT_SECONDS) < now) {
            continue;
        }
        let public = PublicKey::from_spki(&key.spki).map_err(|_| StoreError::Corrupt { what: "token key" })?;
        published.push(TokenKey { label: KeyId::new(key.label.as_str()), public, signs_from: key.signs_from });
    }
    login.replace_keys(published);
    Ok(())
}

/// Makes the keys that are missing or due, then uses all that are kept.
///
/// # Errors
/// [`ServiceError`]; the keys in use stay in use.
pub async fn renew(app: &App) -> Result<(), ServiceError> {
    let days = i64::from(app.config.login.as_ref().ok_or(ServiceError::NotFound)?.key_days);
    for kind in KINDS {
        let now = app.clock.now();
        let kept = app.store.token_keys().await?;
        let newest = kept.iter().filter(|key| key.algorithm == kind.as_str()).max_by_key(|key| key.signs_from);
        match newest {
            None => make(app, kind, kept.len(), now).await?,
            Some(key) if key.signs_from.plus_days(days) < now => {
                make(app, kind, kept.len(), now.plus_seconds(ANNOUNCED_SECONDS)).await?;
            }
            Some(_) => {}
        }
        load(app).await?;
    }
    Ok(())
}

/// Signs with the key of this algorithm that is in its time: `draft` is asked for with its name.
///
/// # Errors
/// If there is no such key yet, or the token does not sign.
pub async fn sign(
    app: &App,
    algorithm: JoseAlgorithm,
    draft: impl FnOnce(&str) -> Result<Draft, SignError>,
) -> Result<String, LoginError> {
    let key = parts(app)?.key(algorithm, app.clock.now());
    let key = key.ok_or(SignError::Unavailable { detail: format!("there is no {} key yet", algorithm.as_str()) })?;
    let draft = draft(&name(&key))?;
    let (done, signed) = oneshot::channel();
    // A caller that no longer waits needs no answer.
    app.keys.sign_with(&key.label, draft.algorithm(), draft.message().to_vec(), |signature| drop(done.send(signature)));
    let gone = |_| SignError::Unavailable { detail: "the token's worker ended".to_owned() };
    Ok(draft.finish(signed.await.map_err(gone)??)?)
}

/// The claims of a token that this provider signed, also long ago; none for any other.
///
/// # Errors
/// [`ServiceError`] if logins are not configured.
pub fn own_claims(app: &App, jwt: &str) -> Result<Option<Value>, ServiceError> {
    let Ok(jws) = read_compact(jwt) else { return Ok(None) };
    let signed = parts(app)?.keys().iter().any(|key| jws.verify(&key.public).is_ok());
    let claims = signed.then(|| serde_json::from_slice::<Value>(&jws.payload).ok()).flatten();
    Ok(claims.filter(|claims| claims["iss"] == parts(app).map_or("", |login| &login.issuer)))
}

/// A key's name towards clients: by its content, so that no two share one.
pub fn name(key: &TokenKey) -> String {
    thumbprint(&key.public)
}

async fn make(app: &App, kind: KeyKind, number: usize, signs_from: UtcTime) -> Result<(), ServiceError> {
    let label = format!("token-{kind}-{}", number + 1);
    let (keys, wanted) = (app.keys.clone(), KeyId::new(label.as_str()));
    let work = tokio::task::spawn_blocking(move || {
        if keys.keys()?.contains(&wanted) {
            keys.public_key(&wanted)
        } else {
            keys.generate(&wanted, kind, KeyRole::TokenSigner)
        }
    });
    let made = work.await.map_err(|_| ServiceError::Incomplete("a finished key"))?;
    let public = made.map_err(|error| ServiceError::Token(error.into()))?;
    let (now, algorithm) = (app.clock.now(), kind.as_str().to_owned());
    let event = Event::new("token-key.made", Actor::System("login".to_owned()), label.as_str(), now)
        .with("kind", kind)
        .with("fingerprint", domain::id::hex(&public.fingerprint()))
        .with("signs_from", signs_from);
    let key = Kept { label, algorithm, spki: public.spki().to_vec(), made_at: now, signs_from };
    match commit(app, Changes::recording(event).write(Write::TokenKey(key))).await {
        // Another node was first, with the same key.
        Ok(_) | Err(StoreError::Conflict(Conflict::Exists(_))) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// ES256 first: it is the default, and made at once. RSA for PS256 and RS256.
const KINDS: [KeyKind; 2] = [KeyKind::EcP256, KeyKind::Rsa3072];
/// How long a new key is published before it signs: clients look again within a day.
const ANNOUNCED_SECONDS: i64 = 2 * 86_400;
/// How long a key is published after its successor signs: longer than anything that it signed lives.
const KEPT_SECONDS: i64 = 86_400;
