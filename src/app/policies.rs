//! The policies as a running service uses them.

use super::StartError;
use crate::policies::{PolicyFolder, assurance, end_of_ca, functions, packages, profiles, reserve, retention};
use domain::assurance::Assurance;
use domain::bulk::RevocationPolicy;
use domain::bundle::Bundle;
use domain::decisions::AppealText;
use domain::eligibility::EligibilityPolicy;
use domain::end_of_ca::EndOfCa;
use domain::function::FunctionPolicy;
use domain::hand_out::Terms;
use domain::orders::OrderPolicy;
use domain::packages::Packages;
use domain::register::RegisterPolicy;
use domain::reserve::ReservePolicy;
use domain::retention::Retention;
use domain::session::pace::LoginPolicy;
use pki::profile::Profiles;
use signature::stamp::StampPolicy;
use std::path::Path;
use std::sync::{Arc, RwLock};

/// What one bundle says.
#[derive(Debug)]
pub struct Policies {
    /// Digest of the bundle, hexadecimal.
    pub digest: String,
    /// Certificate profiles.
    pub profiles: Profiles,
    /// Permission packages: who may do what.
    pub packages: Packages,
    /// Who may be connected, and how.
    pub eligibility: EligibilityPolicy,
    /// What each level of assurance demands of identity proofing.
    pub assurance: Assurance,
    /// What holders accept.
    pub terms: Terms,
    /// When revoking takes a second person.
    pub revocation: RevocationPolicy,
    /// How reserve cards are given.
    pub reserve: ReservePolicy,
    /// How often the same may log in or call.
    pub logins: LoginPolicy,
    /// What is stamped, and how exactly.
    pub timestamps: StampPolicy,
    /// Which certificates of functions can be ordered, and on what.
    pub functions: FunctionPolicy,
    /// How long each kind of record is kept.
    pub retention: Retention,
    /// What follows from what the person register says.
    pub register: RegisterPolicy,
    /// When the news of a personnel system becomes an order by itself.
    pub orders: OrderPolicy,
    /// How decisions are appealed.
    pub appeal: AppealText,
    /// What stays when a CA comes to its end.
    pub end_of_ca: EndOfCa,
}

/// The policies in force; they change as a whole.
#[derive(Debug)]
pub struct InForce(RwLock<Arc<Policies>>);

impl Policies {
    /// Reads a bundle. Nothing is said of its approval.
    ///
    /// # Errors
    /// [`StartError`], which names the file.
    pub fn of(bundle: &Bundle) -> Result<Self, StartError> {
        let text = |file| bundle.get(file).ok_or(StartError::NoPolicy(file));
        let packages = packages(bundle)?;
        let eligibility = EligibilityPolicy::from_toml(text(ELIGIBILITY)?)?;
        let terms = Terms::from_toml(text(TERMS)?)?;
        let revocation = RevocationPolicy::from_toml(text(REVOCATION)?)?;
        let logins = LoginPolicy::from_toml(text(LOGINS)?)?;
        let timestamps = StampPolicy::from_toml(text(TIMESTAMPS)?)?;
        let profiles = profiles(bundle)?;
        let (assurance, retention) = (assurance(bundle, &profiles)?, retention(bundle)?);
        let register = RegisterPolicy::from_toml(text(REGISTER)?)?;
        let orders = OrderPolicy::from_toml(text(ORDERS)?)?;
        let appeal = AppealText::from_toml(text(DECISIONS)?)?;
        let (functions, reserve) = (functions(bundle)?, reserve(bundle, &profiles)?);
        let (end_of_ca, digest) = (end_of_ca(bundle)?, bundle.digest());
        Ok(Self {
            digest,
            profiles,
            packages,
            eligibility,
            assurance,
            terms,
            revocation,
            reserve,
            logins,
            timestamps,
            functions,
            retention,
            register,
            orders,
            appeal,
            end_of_ca,
        })
    }

    /// Reads a folder: what is in it, and what that says.
    ///
    /// # Errors
    /// [`StartError`], which names the file.
    pub fn read(folder: &Path) -> Result<(PolicyFolder, Self), StartError> {
        let found = PolicyFolder::read(folder)?;
        let policies = Self::of(&found.bundle)?;
        Ok((found, policies))
    }
}

impl InForce {
    pub(super) fn new(policies: Policies) -> Self {
        Self(RwLock::new(Arc::new(policies)))
    }

    /// The policies of this moment.
    pub fn get(&self) -> Arc<Policies> {
        Arc::clone(&self.0.read().expect(NO_PANIC))
    }

    /// Puts others in their place.
    pub fn replace(&self, policies: Policies) {
        *self.0.write().expect(NO_PANIC) = Arc::new(policies);
    }
}

const REGISTER: &str = "register.toml";
const ORDERS: &str = "orders.toml";
const DECISIONS: &str = "decisions.toml";
const REVOCATION: &str = "revocation.toml";
const LOGINS: &str = "logins.toml";
const TIMESTAMPS: &str = "timestamps.toml";
const TERMS: &str = "terms.toml";
const ELIGIBILITY: &str = "access/eligibility.toml";
const NO_PANIC: &str = "no one panics while holding this lock";
