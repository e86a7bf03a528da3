//! The keys that tokens are signed with: on the service's own token, made by the service, replaced in time.

use super::{LoginError, parts};
use crate::app::{App, KeyUsage, TokenKey};
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::relying::TokenKey as Kept;
use federation::oidc::jwe::{self, Drawn, Jwe, Recipient};
use federation::oidc::{Code, OidcError};
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
        let usage = if key.algorithm == jwe::ALGORITHM { KeyUsage::Encryption } else { KeyUsage::Signature };
        let label = KeyId::new(key.label.as_str());
        published.push(TokenKey { label, public, signs_from: key.signs_from, usage });
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
    for wanted in WANTED {
        let now = app.clock.now();
        let kept = app.store.token_keys().await?;
        let newest = kept.iter().filter(|key| key.algorithm == wanted.word()).max_by_key(|key| key.signs_from);
        match newest {
            None => make(app, wanted, kept.len(), now).await?,
            Some(key) if key.signs_from.plus_days(days) < now => {
                make(app, wanted, kept.len(), now.plus_seconds(ANNOUNCED_SECONDS)).await?;
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

/// What a client encrypted to this provider; whatever cannot be read is told alike.
///
/// # Errors
/// `invalid_request_object`; or if the token is away.
pub async fn open(app: &App, message: &str) -> Result<String, LoginError> {
    let refused = OidcError::new(Code::InvalidRequestObject, "the request object does not decrypt");
    let jwe = Jwe::read(message).map_err(|_| refused)?;
    let ours = parts(app)?.keys(KeyUsage::Encryption);
    let key = match &jwe.kid {
        Some(kid) => ours.iter().find(|key| name(key) == *kid),
        None => ours.first(),
    };
    let label = key.ok_or(refused)?.label.clone();
    let (keys, peer) = (app.keys.clone(), jwe.ephemeral.clone());
    let agreed = tokio::task::spawn_blocking(move || keys.derive(&label, &peer)).await;
    let agreed = agreed.map_err(|_| ServiceError::Incomplete("a finished key agreement"))?;
    let shared = agreed.map_err(|error| ServiceError::Token(error.into()))?;
    Ok(jwe.open(&shared).map_err(|_| refused)?)
}

/// A signed token as its relying service gets it: encrypted, if it registered for that.
///
/// # Errors
/// If the registered key cannot be used.
pub fn encrypt(app: &App, to: Option<&Recipient>, signed: String) -> Result<String, LoginError> {
    let Some(recipient) = to else { return Ok(signed) };
    let random = || app.entropy.random16();
    let ephemeral = [random(), random()].concat().try_into().expect("twice 16 octets");
    let sealed = recipient.encrypt(&signed, &Drawn { ephemeral, vector: random() });
    Ok(sealed.map_err(|error| SignError::Refused { detail: error.to_string() })?)
}

/// The claims of a token that this provider signed, also long ago; none for any other.
///
/// # Errors
/// [`ServiceError`] if logins are not configured.
pub fn own_claims(app: &App, jwt: &str) -> Result<Option<Value>, ServiceError> {
    let Ok(jws) = read_compact(jwt) else { return Ok(None) };
    let signed = parts(app)?.keys(KeyUsage::Signature).iter().any(|key| jws.verify(&key.public).is_ok());
    let claims = signed.then(|| serde_json::from_slice::<Value>(&jws.payload).ok()).flatten();
    Ok(claims.filter(|claims| claims["iss"] == parts(app).map_or("", |login| &login.issuer)))
}

/// A key's name towards clients: by its content, so that no two share one.
pub fn name(key: &TokenKey) -> String {
    thumbprint(&key.public)
}

/// A key that the provider must have: it is made, replaced and forgotten by itself.
#[derive(Clone, Copy)]
struct Wanted {
    kind: KeyKind,
    role: KeyRole,
}

impl Wanted {
    /// The word in records.
    fn word(self) -> &'static str {
        if self.role == KeyRole::Agreement { jwe::ALGORITHM } else { self.kind.as_str() }
    }
}

async fn make(app: &App, wanted: Wanted, number: usize, signs_from: UtcTime) -> Result<(), ServiceError> {
    let Wanted { kind, role } = wanted;
    let label = format!("token-{}-{}", wanted.word().to_ascii_lowercase(), number + 1);
    let (keys, named) = (app.keys.clone(), KeyId::new(label.as_str()));
    let work = tokio::task::spawn_blocking(move || {
        if keys.keys()?.contains(&named) { keys.public_key(&named) } else { keys.generate(&named, kind, role) }
    });
    let made = work.await.map_err(|_| ServiceError::Incomplete("a finished key"))?;
    let public = made.map_err(|error| ServiceError::Token(error.into()))?;
    let (now, algorithm) = (app.clock.now(), wanted.word().to_owned());
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

/// ES256 first: it is the default, and made at once. RSA for PS256 and RS256. The last opens encrypted requests.
const WANTED: [Wanted; 3] = [
    Wanted { kind: KeyKind::EcP256, role: KeyRole::TokenSigner },
    Wanted { kind: KeyKind::EcP256, role: KeyRole::Agreement },
    Wanted { kind: KeyKind::Rsa3072, role: KeyRole::TokenSigner },
];
/// How long a new key is published before it signs: clients look again within a day.
const ANNOUNCED_SECONDS: i64 = 2 * 86_400;
/// How long a key is published after its successor signs: longer than anything that it signed lives.
const KEPT_SECONDS: i64 = 86_400;
