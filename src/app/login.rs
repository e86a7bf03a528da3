//! The parts of card logins.

use super::StartError;
use crate::config::login::{LoginConfig, Proxy};
use axum::http::HeaderName;
use federation::oidc::client::Client;
use federation::oidc::provider::Provider;
use federation::oidc::subject::SubjectKey;
use pki::certificate::Certificate;
use pki::jose::JoseAlgorithm;
use pki::key::{KeyId, PublicKey};
use pki::time::UtcTime;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What logins are made of.
#[derive(Debug)]
pub struct Login {
    /// What subjects follow from.
    pub subjects: SubjectKey,
    /// The issuer identifier.
    pub issuer: String,
    /// Proxies that are believed.
    pub proxies: Vec<TrustedProxy>,
    config: LoginConfig,
    /// Keys of tokens; written by the job that makes them, read by every token.
    keys: RwLock<Arc<Vec<TokenKey>>>,
    /// Registrations by client id, as parsed, with their revision.
    clients: RwLock<HashMap<String, (i64, Arc<Client>)>>,
    /// What relying services are still to be told; the job that sends takes all at once.
    notices: Mutex<Vec<LogoutNotice>>,
}

/// A word to a relying service that one of its sessions is over (OpenID Connect Back-Channel Logout section 2.5).
#[derive(Debug)]
pub struct LogoutNotice {
    /// Where it goes.
    pub uri: String,
    /// The signed logout token.
    pub token: String,
}

/// A proxy that may say which card it saw.
#[derive(Debug, Clone)]
pub struct TrustedProxy {
    /// DER of its certificate.
    pub certificate: Vec<u8>,
    /// The header that it says it in.
    pub header: HeaderName,
}

impl TrustedProxy {
    fn new(config: &Proxy) -> Result<Self, StartError> {
        let path = &config.certificate;
        let pem = std::fs::read_to_string(path).map_err(|source| StartError::File { path: path.clone(), source })?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|source| StartError::Certificate { path: path.clone(), source })?;
        let header = config.header.parse().map_err(|_| StartError::Header(config.header.clone()))?;
        Ok(Self { certificate: certificate.der().as_bytes().to_vec(), header })
    }
}

/// A key of tokens.
#[derive(Debug, Clone)]
pub struct TokenKey {
    /// Its label on the token; its name towards clients too.
    pub label: KeyId,
    /// The public half.
    pub public: PublicKey,
    /// From when it signs.
    pub signs_from: UtcTime,
}

impl Login {
    /// The parts, without keys.
    ///
    /// # Errors
    /// If the secret cannot be read or is too short.
    pub(super) fn new(config: &LoginConfig) -> Result<Self, StartError> {
        let path = &config.subject_key;
        let secret = std::fs::read(path).map_err(|source| StartError::File { path: path.clone(), source })?;
        let subjects = SubjectKey::new(&secret).ok_or_else(|| StartError::ShortSecret(path.clone()))?;
        Ok(Self {
            subjects,
            issuer: config.issuer.clone(),
            proxies: config.proxies.iter().map(TrustedProxy::new).collect::<Result<_, _>>()?,
            config: config.clone(),
            keys: RwLock::default(),
            clients: RwLock::default(),
            notices: Mutex::default(),
        })
    }

    /// Every published key, newest first.
    pub fn keys(&self) -> Arc<Vec<TokenKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other keys in their place.
    pub fn replace_keys(&self, keys: Vec<TokenKey>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The key that signs with `algorithm` now.
    pub fn key(&self, algorithm: JoseAlgorithm, now: UtcTime) -> Option<TokenKey> {
        let fits = |key: &&TokenKey| algorithm.fits(key.public.kind()) && key.signs_from <= now;
        self.keys().iter().find(fits).cloned()
    }

    /// The provider as it is now: it announces what it has keys for.
    pub fn provider(&self) -> Provider {
        let keys = self.keys();
        let can = |algorithm: &JoseAlgorithm| keys.iter().any(|key| algorithm.fits(key.public.kind()));
        Provider {
            issuer: self.issuer.clone(),
            mtls: self.config.clients.as_ref().map(|origin| origin.url.clone()),
            approval: self.config.approval,
            algorithms: federation::oidc::client::OFFERED.into_iter().filter(can).collect(),
        }
    }

    /// Puts a notice into the queue. When it is full, the oldest is lost: its token would be over by then.
    pub fn tell(&self, notice: LogoutNotice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() >= MAX_NOTICES {
            tracing::error!(uri = notices[0].uri, "a logout notice is lost: too many wait");
            notices.remove(0);
        }
        notices.push(notice);
    }

    /// Takes every notice that waits.
    pub fn take_notices(&self) -> Vec<LogoutNotice> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A registration that was parsed before, if it is still this revision.
    pub fn known_client(&self, id: &str, revision: i64) -> Option<Arc<Client>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.get(id).filter(|(known, _)| *known == revision).map(|(_, client)| Arc::clone(client))
    }

    /// Remembers a parsed registration.
    pub fn remember_client(&self, revision: i64, client: &Arc<Client>) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(client.id.clone(), (revision, Arc::clone(client)));
    }
}

/// Most registrations remembered.
const MAX_CLIENTS: usize = 4_096;
/// Most notices that wait.
const MAX_NOTICES: usize = 100_000;
