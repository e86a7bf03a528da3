//! The parts of card logins.

use super::StartError;
use crate::config::login::{LoginConfig, Proxy, SamlConfig};
use crate::pace::Pacer;
use axum::http::HeaderName;
use federation::oidc::client::{Client, Name};
use federation::oidc::provider::Provider;
use federation::oidc::subject::SubjectKey;
use federation::saml::metadata::path;
use federation::saml::service::Service;
use federation::saml::signature::identifier;
use pki::certificate::Certificate;
use pki::jose::JoseAlgorithm;
use pki::key::{KeyId, PublicKey, SignatureAlgorithm};
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
    /// Keys of SAML answers; likewise.
    saml_keys: RwLock<Arc<Vec<TokenKey>>>,
    /// Registrations by client id, as parsed, with their revision.
    registered: RwLock<HashMap<String, (i64, Registered)>>,
    /// Our SAML metadata as it was signed last.
    metadata: RwLock<Option<SignedMetadata>>,
    /// How fast callers come back.
    pub pacer: Pacer,
    /// What relying services are still to be told; the job that sends takes all at once.
    notices: Mutex<Vec<LogoutNotice>>,
}

/// Our SAML metadata.
#[derive(Debug)]
struct SignedMetadata {
    /// When it was signed.
    at: UtcTime,
    /// The certificates in it.
    certificates: Vec<Vec<u8>>,
    xml: String,
}

/// A word to a relying service that one of its sessions is over.
#[derive(Debug)]
pub struct LogoutNotice {
    /// Where it goes.
    pub uri: String,
    /// The media type of the body.
    pub content_type: &'static str,
    /// A form with a logout token (OpenID Connect Back-Channel Logout section 2.5), or a SOAP envelope with a
    /// `LogoutRequest` (SAML Bindings section 3.2).
    pub body: String,
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

/// A relying service as it is registered, in the words of its protocol.
#[derive(Debug, Clone)]
pub enum Registered {
    /// OpenID Connect.
    Oidc(Arc<Client>),
    /// SAML.
    Saml(Arc<Service>),
}

impl Registered {
    /// Its client id or entity ID.
    pub fn id(&self) -> &str {
        match self {
            Self::Oidc(client) => &client.id,
            Self::Saml(service) => &service.id,
        }
    }

    /// Its name in Swedish and in English.
    pub fn name(&self) -> &Name {
        match self {
            Self::Oidc(client) => &client.name,
            Self::Saml(service) => &service.name,
        }
    }
}

/// A key of tokens, or of SAML answers.
#[derive(Debug, Clone)]
pub struct TokenKey {
    /// Its label on the token; its name towards clients too.
    pub label: KeyId,
    /// The public half.
    pub public: PublicKey,
    /// The certificate that carries it in SAML metadata, DER; none for a key of tokens.
    pub certificate: Option<Vec<u8>>,
    /// From when it is used.
    pub signs_from: UtcTime,
    /// What it is for.
    pub usage: KeyUsage,
}

/// What one of the provider's keys is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// Signs tokens.
    Signature,
    /// Opens what clients encrypt.
    Encryption,
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
            saml_keys: RwLock::default(),
            registered: RwLock::default(),
            metadata: RwLock::default(),
            pacer: Pacer::default(),
            notices: Mutex::default(),
        })
    }

    /// Every published key of tokens and requests for this usage, newest first.
    pub fn keys(&self, usage: KeyUsage) -> Vec<TokenKey> {
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        keys.iter().filter(|key| key.usage == usage).cloned().collect()
    }

    /// Every published key of SAML answers, newest first.
    pub fn saml_keys(&self) -> Arc<Vec<TokenKey>> {
        Arc::clone(&self.saml_keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other keys in their place; those with a certificate are SAML's.
    pub fn replace_keys(&self, keys: Vec<TokenKey>) {
        let (saml, tokens) = keys.into_iter().partition(|key| key.certificate.is_some());
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
        *self.saml_keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(saml);
    }

    /// The key that signs with `algorithm` now.
    pub fn key(&self, algorithm: JoseAlgorithm, now: UtcTime) -> Option<TokenKey> {
        let fits = |key: &&TokenKey| algorithm.fits(key.public.kind()) && key.signs_from <= now;
        self.keys(KeyUsage::Signature).iter().find(fits).cloned()
    }

    /// The key that signs SAML answers now, and how: one that the reader says it can verify, or the first. A reader that
    /// does not say can do what everybody must (deployment profile section 8).
    pub fn saml_key(&self, methods: &[String], now: UtcTime) -> Option<(TokenKey, SignatureAlgorithm)> {
        let keys = self.saml_keys();
        let mut signing = keys.iter().filter(|key| key.signs_from <= now).map(|key| {
            let algorithm = if key.public.kind().is_rsa() {
                SignatureAlgorithm::RsaPkcs1Sha256
            } else {
                SignatureAlgorithm::default_for(key.public.kind())
            };
            (key, algorithm)
        });
        let reads = |algorithm| {
            let name = identifier(algorithm).unwrap_or_default();
            methods.is_empty() || methods.iter().any(|method| method == name)
        };
        // Elliptic curves first: their signatures are small and quick.
        let rank = |key: &TokenKey, algorithm| (!reads(algorithm), key.public.kind().is_rsa());
        let mut all: Vec<_> = signing.by_ref().collect();
        all.sort_by_key(|(key, algorithm)| rank(key, *algorithm));
        all.first().map(|(key, algorithm)| ((*key).clone(), *algorithm))
    }

    /// The SAML identity provider, if there is one.
    pub const fn saml(&self) -> Option<&SamlConfig> {
        self.config.saml.as_ref()
    }

    /// The entity ID of the SAML identity provider.
    pub fn entity_id(&self) -> String {
        format!("{}{}", self.issuer, path::METADATA)
    }

    /// The provider as it is now: it announces what it has keys for.
    pub fn provider(&self) -> Provider {
        let keys = self.keys(KeyUsage::Signature);
        let can = |algorithm: &JoseAlgorithm| keys.iter().any(|key| algorithm.fits(key.public.kind()));
        Provider {
            issuer: self.issuer.clone(),
            mtls: self.config.clients.as_ref().map(|origin| origin.url.clone()),
            approval: self.config.approval,
            algorithms: federation::oidc::client::OFFERED.into_iter().filter(can).collect(),
            decrypts: !self.keys(KeyUsage::Encryption).is_empty(),
            refreshes: self.config.refresh_tokens,
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

    /// Our SAML metadata, if it was signed within the hour and has these certificates.
    pub fn known_metadata(&self, certificates: &[Vec<u8>], now: UtcTime) -> Option<String> {
        let metadata = self.metadata.read().unwrap_or_else(PoisonError::into_inner);
        let known = metadata.as_ref()?;
        let good = known.certificates == certificates && now < known.at.plus_seconds(METADATA_SECONDS);
        good.then(|| known.xml.clone())
    }

    /// Remembers our SAML metadata.
    pub fn remember_metadata(&self, certificates: Vec<Vec<u8>>, now: UtcTime, xml: &str) {
        let kept = SignedMetadata { at: now, certificates, xml: xml.to_owned() };
        *self.metadata.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// A registration that was parsed before, if it is still this revision.
    pub fn known(&self, id: &str, revision: i64) -> Option<Registered> {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        registered.get(id).filter(|(known, _)| *known == revision).map(|(_, service)| service.clone())
    }

    /// Remembers a parsed registration.
    pub fn remember(&self, revision: i64, service: &Registered) {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        if registered.len() >= MAX_REGISTERED {
            registered.clear();
        }
        registered.insert(service.id().to_owned(), (revision, service.clone()));
    }
}

/// How long our metadata is served before it is signed anew, in seconds.
const METADATA_SECONDS: i64 = 3_600;
/// Most registrations remembered.
const MAX_REGISTERED: usize = 4_096;
/// Most notices that wait.
const MAX_NOTICES: usize = 100_000;
