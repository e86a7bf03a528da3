//! The policies that the signer obeys: only those that officers approved, one after the other.

use super::config::Mode;
use super::core::Core;
use super::digest::Digest;
use super::error::SignerError;
use super::journal::{Record, Revision};
use super::registry::Registry;
use super::start::StartError;
use crate::policies::{PolicyFolder, assurance, end_of_ca, functions, profiles, reserve};
use domain::assurance::Assurance;
use domain::bundle::Bundle;
use domain::end_of_ca::EndOfCa;
use domain::evidence::{EvidenceError, verify_policies};
use domain::function::FunctionPolicy;
use domain::reserve::ReservePolicy;
use pki::profile::{KeyOrigin, Profile, Profiles};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The profiles of a bundle, and what it hashes to.
#[derive(Debug)]
pub(super) struct Policies {
    profiles: Profiles,
    pub(super) assurance: Assurance,
    pub(super) reserve: ReservePolicy,
    pub(super) end_of_ca: EndOfCa,
    pub(super) functions: FunctionPolicy,
    pub(super) mode: Mode,
    pub(super) bundle: Digest,
    pub(super) revisions: BTreeMap<String, Revision>,
}

impl Policies {
    /// Reads a bundle. Nothing is said of its approval.
    pub(super) fn of(bundle: &Bundle, mode: Mode) -> Result<Self, StartError> {
        let profiles = profiles(bundle)?;
        let revision = |(name, content): (String, Digest)| {
            let profile = profiles.get(&name)?;
            // Whether it claims to be qualified stands in another file, and is as much of what approvers saw.
            let claimed = || Digest::of(format!("qualified {content}").as_bytes());
            let content = if profile.is_qualified() { claimed() } else { content };
            Some((name, Revision { revision: profile.revision(), content }))
        };
        let contents = bundle.folder("profiles").filter_map(|(_, text)| content(text));
        let revisions = contents.filter_map(revision).collect();
        let (assurance, functions, end_of_ca) = (assurance(bundle, &profiles)?, functions(bundle)?, end_of_ca(bundle)?);
        let reserve = reserve(bundle, &profiles)?;
        let bundle = Digest::of_bundle(bundle);
        Ok(Self { profiles, assurance, reserve, end_of_ca, functions, mode, bundle, revisions })
    }

    /// The profile with this name. In production a person's key is never in software.
    pub(super) fn get(&self, name: &str) -> Result<&Profile, SignerError> {
        let allowed = |profile: &&Profile| {
            let soft_person = profile.purpose().is_person() && profile.key_origin() == KeyOrigin::Software;
            self.mode == Mode::Demo || !soft_person
        };
        self.profiles.get(name).filter(allowed).ok_or_else(|| SignerError::NoProfile { name: name.to_owned() })
    }
}

/// The name in a profile's text, and what all its values hash to. A text that is none is refused by its reader.
fn content(text: &str) -> Option<(String, Digest)> {
    let values: toml::Table = toml::from_str(text).ok()?;
    let name = values.get("name")?.as_str()?.to_owned();
    Some((name, Digest::of(&serde_json::to_vec(&values).ok()?)))
}

/// Reads the folder of the configuration.
pub(super) fn load(folder: &Path, mode: Mode) -> Result<(PolicyFolder, Policies), StartError> {
    let found = PolicyFolder::read(folder)?;
    let policies = Policies::of(&found.bundle, mode)?;
    Ok((found, policies))
}

impl Core {
    /// The policies in force.
    pub(super) fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.policies.read().expect("nothing panics while it holds the policies"))
    }

    /// Reads the folder again and obeys what is there, if officers approved it; else everything stays as it was.
    pub(super) fn reload_policies(&self) -> Result<Digest, SignerError> {
        // One after the other: whoever read the folder earlier must not put its policies over later ones.
        let _turn = self.policies_turn.lock().expect("nothing panics while policies are read again");
        let (found, policies) = load(&self.policy_folder, self.policies().mode).map_err(SignerError::policies)?;
        let bundle = policies.bundle;
        self.take_policies(&found, &policies)?;
        *self.policies.write().expect("nothing panics while it holds the policies") = Arc::new(policies);
        Ok(bundle)
    }

    /// Records policies that are new, if they may come into force: the ceremony's own, or such as officers approved
    /// in place of those that are in force.
    pub(super) fn take_policies(&self, found: &PolicyFolder, policies: &Policies) -> Result<(), SignerError> {
        let replaces = {
            let ledger = self.ledger();
            if ledger.has_policies(policies.bundle, &policies.revisions) {
                return Ok(());
            }
            ledger.policies()
        };
        let now = self.clock.now();
        let approvers = match replaces {
            // The ledger holds the ceremony's to what the ceremony said.
            None => std::collections::BTreeSet::new(),
            Some((replaces, since)) => {
                let approval = found.approval.as_ref().ok_or(EvidenceError::Mismatch("approval.json is missing"));
                let (bundle, replaces) = (policies.bundle.to_string(), replaces.to_string());
                verify_policies(approval?, &bundle, (&replaces, since), &Registry::new(self), now)?
            }
        };
        let (replaces, revisions) = (replaces.map(|(digest, _)| digest), policies.revisions.clone());
        self.record(&Record::Policies { at: now, bundle: policies.bundle, replaces, approvers, revisions })
    }
}
