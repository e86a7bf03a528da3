//! What a running service is made of: ports bound to adapters.

use crate::board::Board;
use crate::clock::{Clock, Entropy};
use crate::config::Config;
pub use crate::config::issuer::IssuerKind;
use crate::server_identity::ServerIdentity;
use crate::service::attempts::Attempts;
use crate::service::conditions::UnderWay;
use crate::service::cursors::Cursors;
use crate::service::known::Known;
use crate::service::permit::Caller;
use domain::evidence::Officer;
use domain::ports::Store;
use domain::register::PersonRegister;
use pki::issue::Issuer;
use pki::ocsp::Responder;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use tokio::sync::{Notify, Semaphore};

pub mod keys;
mod login;
pub mod outward;
mod policies;
pub mod signer_child;
pub mod signer_link;
mod start;
mod timestamps;
mod zones;

pub use keys::KeyLives;
pub use login::{KeyUsage, Login, LogoutNotice, Registered, TokenKey};
pub use policies::{InForce, Policies};
pub use start::{StartError, start};
pub use timestamps::Timestamps;
pub use zones::{NoAnswer, Zones};

use signer_link::SignerLink;

/// The service. Cheap to clone; every handler and job holds one.
pub type App = Arc<Parts>;

/// The parts, joined once at start.
pub struct Parts {
    /// The configuration as checked.
    pub config: Config,
    /// Everything that is kept.
    pub store: Arc<dyn Store>,
    /// The service's own token: OCSP signers and the audit seal. No CA key.
    pub keys: hsm::Pool,
    /// The way to the CA keys.
    pub signer: SignerLink,
    /// The CAs.
    pub issuers: Issuers,
    /// Where their keys are in their lives.
    pub key_lives: KeyLives,
    /// Certificate profiles, and who may do what.
    pub policies: InForce,
    /// What the public is served.
    pub board: Arc<Board>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Wakes the jobs that publish.
    pub wake: Wake,
    /// Callers looked up lately.
    pub callers: Known<Caller>,
    /// Signers of statements looked up lately.
    pub officers: Known<Officer>,
    /// Revocation codes that were tried lately.
    pub code_attempts: Attempts,
    /// Refusals of reserve cards that were logged lately.
    pub fetch_attempts: Attempts,
    /// Places for validations that run at once.
    pub validating: Arc<Semaphore>,
    /// Where lists go on.
    pub cursors: Cursors,
    /// Requests with keys that are being done.
    pub under_way: UnderWay,
    /// Places for exports that run at once.
    pub exporting: Arc<Semaphore>,
    /// The TLS certificate in use.
    pub identity: Arc<ServerIdentity>,
    /// The person register, if one is configured.
    pub register: Option<Arc<dyn PersonRegister>>,
    /// The way to the zones of names that are to be certified, if there is a resolver.
    pub zones: Option<Zones>,
    /// Card logins, if they are configured.
    pub login: Option<Login>,
    /// Time stamps, if they are configured.
    pub timestamps: Option<Timestamps>,
}

/// Says to the publishing jobs that there is something to do.
#[derive(Debug, Default)]
pub struct Wake {
    /// A certificate was issued.
    pub ocsp_soon: Notify,
    /// A certificate was revoked.
    pub ocsp_now: Notify,
    /// A certificate was revoked.
    pub crl: Notify,
    /// Many cards are to be revoked.
    pub bulk: Notify,
    /// Somebody is to be told something.
    pub notices: Notify,
    /// An employment's end was set.
    pub employments: Notify,
    /// A card or certificate was revoked: sessions with it are over.
    pub sessions: Notify,
}

/// The CAs by their URL name.
#[derive(Debug, Clone)]
pub struct Issuers {
    by_name: BTreeMap<String, Arc<CertificateAuthority>>,
}

/// A CA as the service sees it: it holds no key of it.
#[derive(Debug)]
pub struct CertificateAuthority {
    /// Name, certificate and addresses.
    pub issuer: Issuer,
    /// What it issues.
    pub kind: IssuerKind,
    /// The OCSP signer in use; none for the root, whose CRL answers for it.
    pub responder: Option<RwLock<Arc<Responder>>>,
}

impl CertificateAuthority {
    /// The OCSP signer in use.
    pub fn responder(&self) -> Option<Arc<Responder>> {
        let slot = self.responder.as_ref()?;
        Some(Arc::clone(&slot.read().expect("no one panics while holding this lock")))
    }
}

impl Issuers {
    /// The CAs of a configuration.
    pub fn new(authorities: impl IntoIterator<Item = CertificateAuthority>) -> Self {
        let by_name = authorities.into_iter().map(|ca| (ca.issuer.name.clone(), Arc::new(ca))).collect();
        Self { by_name }
    }

    /// The CA with this URL name.
    pub fn get(&self, name: &str) -> Option<&Arc<CertificateAuthority>> {
        self.by_name.get(name)
    }

    /// All, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CertificateAuthority>> {
        self.by_name.values()
    }

    /// The first CA of a kind.
    pub fn of_kind(&self, kind: IssuerKind) -> Option<&Arc<CertificateAuthority>> {
        self.iter().find(|ca| ca.kind == kind)
    }
}
