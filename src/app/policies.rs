//! The policies as a running service uses them.

use super::StartError;
use crate::policies::{PolicyFolder, profiles};
use domain::bundle::Bundle;
use domain::eligibility::EligibilityPolicy;
use domain::packages::Packages;
use pki::profile::Profiles;
use std::path::Path;
use std::sync::{Arc, RwLock};

/// Profiles and access rules of one bundle.
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
        let packages = Packages::from_toml(text(PACKAGES)?)?;
        let eligibility = EligibilityPolicy::from_toml(text(ELIGIBILITY)?)?;
        let profiles = profiles(bundle)?;
        Ok(Self { digest: bundle.digest(), profiles, packages, eligibility })
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

/// Path of the permission packages in a bundle.
pub(crate) const PACKAGES: &str = "access/packages.toml";
const ELIGIBILITY: &str = "access/eligibility.toml";
const NO_PANIC: &str = "no one panics while holding this lock";
