//! Where the CA keys are in their lives, as the store knows it. The signer's journal decides what they sign.

use super::{App, CertificateAuthority, IssuerKind, Parts};
use domain::key::{KeyLife, KeyState};
use domain::ports::{Store, StoreError};
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// The lives of all CA keys, by the name of the CA.
#[derive(Debug, Default)]
pub struct KeyLives(RwLock<BTreeMap<String, KeyLife>>);

impl KeyLives {
    /// As they are on record.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn load(store: &dyn Store) -> Result<Self, StoreError> {
        Ok(Self(RwLock::new(store.key_lives().await?)))
    }

    /// The life of a CA's key, if it is on record.
    pub fn get(&self, issuer: &str) -> Option<KeyLife> {
        self.0.read().expect(NO_PANIC).get(issuer).cloned()
    }

    /// The state of a CA's key. One that is not on record was made in a ceremony and waits for its approval.
    pub fn state(&self, issuer: &str) -> KeyState {
        self.get(issuer).map_or(KeyState::Generated, |life| life.state())
    }

    /// Since when a CA's key may be in other hands.
    pub fn compromised(&self, issuer: &str) -> Option<UtcTime> {
        self.get(issuer).and_then(|life| life.compromised())
    }

    /// Takes what was committed.
    pub fn put(&self, lives: BTreeMap<String, KeyLife>) {
        *self.0.write().expect(NO_PANIC) = lives;
    }
}

impl Parts {
    /// The CA of a kind, and fit, that issues now: the newest, if there are several generations.
    pub fn issuing(
        &self,
        kind: IssuerKind,
        fits: impl Fn(&CertificateAuthority) -> bool,
    ) -> Option<&Arc<CertificateAuthority>> {
        let issues = |ca: &&Arc<CertificateAuthority>| {
            ca.kind == kind && fits(ca) && self.key_lives.get(&ca.issuer.name).is_some_and(|life| life.may_issue())
        };
        self.issuers.iter().filter(issues).max_by_key(|ca| ca.issuer.certificate.not_before())
    }

    /// The CAs whose keys answer for what they issued, in order of name. A root is none: its list comes from ceremonies.
    pub fn answering(&self) -> impl Iterator<Item = &Arc<CertificateAuthority>> {
        let answers = |ca: &&Arc<CertificateAuthority>| {
            ca.kind != IssuerKind::Root && self.key_lives.state(&ca.issuer.name).may_answer()
        };
        self.issuers.iter().filter(answers)
    }
}

/// Reads the lives again after a commit.
///
/// # Errors
/// If the store fails; what was known stays.
pub async fn refresh(app: &App) -> Result<(), StoreError> {
    app.key_lives.put(app.store.key_lives().await?);
    show(app);
    Ok(())
}

/// Tells the board which CAs have nothing to say yet.
pub(super) fn show(app: &Parts) {
    for ca in app.issuers.iter() {
        let issuer = &ca.issuer.name;
        app.board.set_waits(issuer, app.key_lives.state(issuer) == KeyState::Generated);
    }
}

const NO_PANIC: &str = "no one panics while holding this lock";
