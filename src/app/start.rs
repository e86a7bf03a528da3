//! Joins the parts of a service from its checked configuration.

use super::signer_link::SignerLink;
use super::{
    App, CertificateAuthority, InForce, Issuers, KeyLives, Login, NoAnswer, Parts, Policies, Responder, Timestamps,
    Wake, Zones,
};
use crate::board::Board;
use crate::clock::System;
use crate::config::issuer::IssuerConfig;
use crate::config::{Config, Mode};
use crate::crash::{Crash, NotACrash, STORE_VARIABLE};
use crate::custody::TokenCustody;
use crate::policies::{FolderError, RulesError};
use crate::server_identity::ServerIdentity;
use crate::service::attempts::Attempts;
use crate::service::known::Known;
use crate::service::policies::PoliciesError;
use domain::bulk::RevocationPolicyError;
use domain::eligibility::EligibilityError;
use domain::hand_out::TermsError;
use domain::packages::PolicyError;
use domain::ports::{Store, StoreError};
use domain::session::pace::LoginPolicyError;
use pki::certificate::{Certificate, CertificateError};
use pki::issue::Issuer;
use pki::profile::ProfileError;
use signature::stamp::StampPolicyError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use store::fault::{Faults, POINTS};

/// Why a service cannot start. Each says what to look at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A file that the configuration names cannot be read.
    #[error("cannot read {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A certificate file that does not hold a certificate.
    #[error("{path} is not a certificate in PEM")]
    Certificate {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: CertificateError,
    },
    /// A name that no HTTP header can have.
    #[error("{0:?} is not the name of an HTTP header")]
    Header(String),
    /// A profile that cannot be used.
    #[error("certificate profiles")]
    Profiles(#[from] ProfileError),
    /// A policy that cannot be used.
    #[error("policies")]
    Policy(#[from] PolicyError),
    /// Rules of the policies that cannot be used.
    #[error("policies")]
    Rules(#[from] RulesError),
    /// A policy that cannot be used.
    #[error("policies")]
    Eligibility(#[from] EligibilityError),
    /// A policy that cannot be used.
    #[error("policies")]
    Revocation(#[from] RevocationPolicyError),
    /// A policy that cannot be used.
    #[error("policies")]
    Register(#[from] domain::register::RegisterPolicyError),
    /// A policy that cannot be used.
    #[error("policies")]
    Orders(#[from] domain::orders::OrderPolicyError),
    /// A policy that cannot be used.
    #[error("policies")]
    Decisions(#[from] domain::decisions::DecisionPolicyError),
    /// The person register.
    #[error("register")]
    NoRegister(#[from] crate::register::NoRegister),
    /// A policy that cannot be used.
    #[error("policies")]
    Logins(#[from] LoginPolicyError),
    /// A policy that cannot be used.
    #[error("policies")]
    Stamps(#[from] StampPolicyError),
    /// Terms that nobody could accept.
    #[error("policies")]
    Terms(#[from] TermsError),
    /// The policy folder cannot be used.
    #[error("policies")]
    Folder(#[from] FolderError),
    /// A policy that must be there.
    #[error("the policy folder lacks {0}")]
    NoPolicy(&'static str),
    /// Policies that are not in force, and must not come into force.
    #[error(transparent)]
    NotInForce(#[from] Box<PoliciesError>),
    /// The resolver of the configuration cannot be used.
    #[error("[functions] resolver")]
    Resolver(#[from] NoAnswer),
    /// The database cannot be opened.
    #[error("database")]
    Database(#[from] store::OpenError),
    /// The database does not answer.
    #[error("database")]
    Store(#[from] StoreError),
    /// A rehearsed crash at a write that does not exist.
    #[error(transparent)]
    Crash(#[from] NotACrash),
    /// The service's token.
    #[error("token")]
    Hsm(#[from] hsm::HsmError),
    /// A profile that the configuration names does not exist.
    #[error("there is no profile {0}: see [enrolment] and the policies folder")]
    NoSuchProfile(String),
    /// A secret that could be guessed.
    #[error("{0} must hold at least 32 octets that nobody can guess")]
    ShortSecret(PathBuf),
    /// An issuer without an OCSP signer that needs one.
    #[error("issuer {0}: responder_key and responder_certificate belong together")]
    HalfResponder(String),
}

/// Joins the parts. Does not wait for the token or the signer: the service serves status without.
///
/// # Errors
/// [`StartError`], which names the file or the key.
pub async fn start(config: Config) -> Result<App, StartError> {
    let (folder, policies) = Policies::read(&config.policies)?;
    for name in [&config.enrolment.authentication_profile, &config.enrolment.signature_profile] {
        policies.profiles.get(name).ok_or_else(|| StartError::NoSuchProfile(name.clone()))?;
    }
    let keys = hsm::Pool::open(config.hsm.token()?)?;
    let store = open_store(&config, &keys).await?;
    let issuers = issuers(&config.issuers, store.as_ref()).await?;
    let key_lives = KeyLives::load(store.as_ref()).await?;
    let board = Board::new(issuers.iter().map(|ca| (ca.issuer.name.as_str(), &ca.issuer.certificate)));
    let deadline = Duration::from_millis(config.signer.deadline_ms);
    let signer = SignerLink::new(config.signer.socket.clone(), SIGNER_CONNECTIONS, deadline);
    let app = Arc::new(Parts {
        store,
        keys,
        signer,
        issuers,
        key_lives,
        policies: InForce::new(policies),
        board: Arc::new(board),
        clock: Arc::new(System),
        entropy: Arc::new(System),
        wake: Wake::default(),
        callers: Known::default(),
        code_attempts: Attempts::default(),
        fetch_attempts: Attempts::default(),
        officers: Known::default(),
        validating: Arc::new(tokio::sync::Semaphore::new(crate::service::validate::AT_ONCE)),
        cursors: crate::service::cursors::Cursors::new(&System),
        under_way: crate::service::conditions::UnderWay::default(),
        exporting: Arc::new(tokio::sync::Semaphore::new(crate::service::export::AT_ONCE)),
        identity: Arc::new(ServerIdentity::default()),
        register: config.register.as_ref().map(crate::register::open).transpose()?,
        zones: config.functions.resolver.map(Zones::of).transpose()?,
        login: config.login.as_ref().map(Login::new).transpose()?,
        timestamps: config.timestamps.as_ref().map(Timestamps::new),
        config,
    });
    super::keys::show(&app);
    crate::service::policies::take(&app, &folder).await.map_err(Box::new)?;
    Ok(app)
}

/// The database. Outside production the environment may ask for a crash at a named write, so that tests can rehearse
/// every one of them in the real process.
async fn open_store(config: &Config, keys: &hsm::Pool) -> Result<Arc<dyn Store>, StartError> {
    let mut options = store::Options::default();
    if config.mode != Mode::Production
        && let Some(crash) = Crash::wanted(STORE_VARIABLE, POINTS)?
    {
        options = options.faults(Faults::hook(move |point| {
            crash.reach(point);
            Ok(())
        }));
    }
    Ok(options.open(&config.database, TokenCustody::of(keys)).await?)
}

async fn issuers(configured: &[IssuerConfig], store: &dyn Store) -> Result<Issuers, StartError> {
    let mut authorities = Vec::with_capacity(configured.len());
    for config in configured {
        let issuer = Issuer {
            name: config.name.clone(),
            key: config.key.clone(),
            certificate: certificate(&config.certificate)?,
            crl_url: config.crl_url.clone(),
            ocsp_url: config.ocsp_url.clone(),
            aia_url: config.aia_url.clone(),
        };
        let responder = responder(config, store).await?.map(|responder| RwLock::new(Arc::new(responder)));
        authorities.push(CertificateAuthority { issuer, kind: config.kind, responder });
    }
    Ok(Issuers::new(authorities))
}

/// The newest OCSP signer: a renewed one from the database, or the first from the configuration.
async fn responder(config: &IssuerConfig, store: &dyn Store) -> Result<Option<Responder>, StartError> {
    let (first_key, path) = match (&config.responder_key, &config.responder_certificate) {
        (Some(key), Some(path)) => (key, path),
        (None, None) => return Ok(None),
        _ => return Err(StartError::HalfResponder(config.name.clone())),
    };
    let first = Responder { key: first_key.clone(), certificate: certificate(path)? };
    let newest = crate::service::publish::newest_signer(store, &config.name, first).await?;
    Ok(Some(newest))
}

/// Reads a certificate file.
fn certificate(path: &Path) -> Result<Certificate, StartError> {
    Certificate::from_pem(&read(path)?).map_err(|source| StartError::Certificate { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(path).map_err(|source| StartError::File { path: path.to_owned(), source })
}

/// Connections to the signer process; each carries one request at a time.
const SIGNER_CONNECTIONS: usize = 16;
