//! The policies as a running service uses them.

use super::StartError;
use crate::policies::{PolicyFolder, assurance, profiles, retention};
use domain::access::AccessPolicy;
use domain::assurance::Assurance;
use domain::bundle::Bundle;
use domain::retention::Retention;
use pki::profile::Profiles;
use std::path::Path;
use std::sync::{Arc, RwLock};

/// What one bundle says.
#[derive(Debug)]
pub struct Policies {
    /// Digest of the bundle, hexadecimal.
    pub digest: String,
    /// Certificate profiles.
    pub profiles: Profiles,
    /// Who may do what.
    pub access: AccessPolicy,
    /// What each level of assurance demands of identity proofing.
    pub assurance: Assurance,
    /// How long each kind of record is kept.
    pub retention: Retention,
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
        let roles = bundle.get(ROLES).ok_or(StartError::NoPolicy(ROLES))?;
        let access = AccessPolicy::from_toml(roles)?;
        let profiles = profiles(bundle)?;
        let (assurance, retention) = (assurance(bundle, &profiles)?, retention(bundle)?);
        Ok(Self { digest: bundle.digest(), profiles, access, assurance, retention })
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

const ROLES: &str = "access/roles.toml";
const NO_PANIC: &str = "no one panics while holding this lock";
