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
use pki::key::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer as _};
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
        let same = |newer: &&Kept| newer.algorithm == key.algorithm && Purpose::of(newer) == Purpose::of(key);
        let successor = kept[..at].iter().rfind(same);
        // What it signed last may still be read for a while.
        if successor.is_some_and(|newer| newer.signs_from.plus_seconds(KEPT_SECONDS) < now) {
            continue;
        }
        let public = PublicKey::from_spki(&key.spki).map_err(|_| StoreError::Corrupt { what: "token key" })?;
        let usage = if Purpose::of(key) == Purpose::Requests { KeyUsage::Encryption } else { KeyUsage::Signature };
        let (label, certificate) = (KeyId::new(key.label.as_str()), key.certificate.clone());
        published.push(TokenKey { label, public, certificate, signs_from: key.signs_from, usage });
    }
    login.replace_keys(published);
    Ok(())
}

/// Makes the keys that are missing or due, then uses all that are kept.
///
/// # Errors
/// [`ServiceError`]; the keys in use stay in use.
pub async fn renew(app: &App) -> Result<(), ServiceError> {
    let config = app.config.login.as_ref().ok_or(ServiceError::NotFound)?;
    for (purpose, kind) in WANTED {
        let days = match (purpose, &config.saml) {
            (Purpose::Saml, None) => continue,
            (Purpose::Saml, Some(saml)) => saml.key_days,
            (Purpose::Tokens | Purpose::Requests, _) => config.key_days,
        };
        let now = app.clock.now();
        let kept = app.store.token_keys().await?;
        let others = kept.iter().filter(|key| key.algorithm == purpose.word(kind) && Purpose::of(key) == purpose);
        match others.max_by_key(|key| key.signs_from) {
            None => make(app, (purpose, kind), kept.len(), now).await?,
            Some(key) if key.signs_from.plus_days(days.into()) < now => {
                make(app, (purpose, kind), kept.len(), now.plus_seconds(purpose.announced())).await?;
            }
            Some(_) => {}
        }
        load(app).await?;
    }
    Ok(())
}

/// Whether every kind of key that signs SAML answers is there. Whoever read our metadata before would refuse what the
/// others sign.
pub(super) fn complete_for_saml(published: &[TokenKey]) -> bool {
    let there = |kind| published.iter().any(|key| key.public.kind() == kind);
    WANTED.iter().filter(|(purpose, _)| *purpose == Purpose::Saml).all(|(_, kind)| there(*kind))
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Signs tokens.
    Tokens,
    /// Opens requests that are encrypted.
    Requests,
    /// Signs SAML answers.
    Saml,
}

impl Purpose {
    fn of(key: &Kept) -> Self {
        match key.certificate {
            Some(_) => Self::Saml,
            None if key.algorithm == jwe::ALGORITHM => Self::Requests,
            None => Self::Tokens,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Tokens => "token",
            Self::Requests => "request",
            Self::Saml => "saml",
        }
    }

    /// The word for a key of this kind in records.
    const fn word(self, kind: KeyKind) -> &'static str {
        match self {
            Self::Requests => jwe::ALGORITHM,
            Self::Tokens | Self::Saml => kind.as_str(),
        }
    }

    const fn role(self) -> KeyRole {
        match self {
            Self::Requests => KeyRole::Agreement,
            Self::Tokens | Self::Saml => KeyRole::TokenSigner,
        }
    }

    /// How long a new key is published before it is used, in seconds.
    const fn announced(self) -> i64 {
        match self {
            // Clients look again within a day.
            Self::Tokens | Self::Requests => 2 * 86_400,
            // Federations take days, and some services are told by letter.
            Self::Saml => 30 * 86_400,
        }
    }
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
    let signature = sign_octets(app, &key, draft.algorithm(), draft.message().to_vec()).await?;
    Ok(draft.finish(signature)?)
}

/// The signature of a key over `message`.
///
/// # Errors
/// If the token does not sign.
pub(super) async fn sign_octets(
    app: &App,
    key: &TokenKey,
    algorithm: SignatureAlgorithm,
    message: Vec<u8>,
) -> Result<Vec<u8>, SignError> {
    let (done, signed) = oneshot::channel();
    // A caller that no longer waits needs no answer.
    app.keys.sign_with(&key.label, algorithm, message, |signature| drop(done.send(signature)));
    let gone = |_| SignError::Unavailable { detail: "the token's worker ended".to_owned() };
    signed.await.map_err(gone)?
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

async fn make(
    app: &App,
    (purpose, kind): (Purpose, KeyKind),
    number: usize,
    signs_from: UtcTime,
) -> Result<(), ServiceError> {
    let label = format!("{}-{kind}-{}", purpose.prefix(), number + 1);
    let (keys, wanted) = (app.keys.clone(), KeyId::new(label.as_str()));
    let serial = app.entropy.random16();
    let work = tokio::task::spawn_blocking(move || {
        let made = if keys.keys()?.contains(&wanted) {
            keys.public_key(&wanted)
        } else {
            keys.generate(&wanted, kind, purpose.role())
        }?;
        let carrier = (purpose == Purpose::Saml).then(|| certificate(&keys, &wanted, &made, serial));
        Ok::<_, hsm::HsmError>((made, carrier.transpose()))
    });
    let made = work.await.map_err(|_| ServiceError::Incomplete("a finished key"))?;
    let (public, certificate) = made.map_err(|error| ServiceError::Token(error.into()))?;
    let certificate = certificate.map_err(|_| ServiceError::Incomplete("the certificate of a SAML key"))?;
    let (now, algorithm) = (app.clock.now(), purpose.word(kind).to_owned());
    let event = Event::new("token-key.made", Actor::System("login".to_owned()), label.as_str(), now)
        .with("kind", kind)
        .with("fingerprint", domain::id::hex(&public.fingerprint()))
        .with("signs_from", signs_from);
    let key = Kept { label, algorithm, spki: public.spki().to_vec(), certificate, made_at: now, signs_from };
    match commit(app, Changes::recording(event).write(Write::TokenKey(key))).await {
        // Another node was first, with the same key.
        Ok(_) | Err(StoreError::Conflict(Conflict::Exists(_))) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// A certificate that carries a key in metadata. Whoever reads it trusts the metadata, not the certificate: it has no issuer
/// but itself, and its dates mean nothing.
fn certificate(keys: &hsm::Pool, label: &KeyId, public: &PublicKey, serial: [u8; 16]) -> Result<Vec<u8>, rcgen::Error> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, label.as_str());
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(&serial));
    parameters.not_before = rcgen::date_time_ymd(2025, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2099, 12, 31);
    Ok(parameters.self_signed(&Carrier { keys, label, public })?.der().to_vec())
}

/// Lets the certificate library sign with a key that it never sees.
struct Carrier<'a> {
    keys: &'a hsm::Pool,
    label: &'a KeyId,
    public: &'a PublicKey,
}

impl rcgen::PublicKeyData for Carrier<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public.key_bits()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        if self.public.kind().is_rsa() { &rcgen::PKCS_RSA_SHA256 } else { &rcgen::PKCS_ECDSA_P256_SHA256 }
    }
}

impl rcgen::SigningKey for Carrier<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let algorithm = SignatureAlgorithm::default_for(self.public.kind());
        self.keys.sign(self.label, algorithm, message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// ES256 first: it is the default, and made at once. RSA for PS256 and RS256, and for SAML services that know nothing else.
const WANTED: [(Purpose, KeyKind); 5] = [
    (Purpose::Tokens, KeyKind::EcP256),
    (Purpose::Requests, KeyKind::EcP256),
    (Purpose::Saml, KeyKind::EcP256),
    (Purpose::Tokens, KeyKind::Rsa3072),
    (Purpose::Saml, KeyKind::Rsa3072),
];
/// How long a key is published after its successor signs: longer than anything that it signed lives.
const KEPT_SECONDS: i64 = 86_400;
