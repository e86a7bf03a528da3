//! The key ceremony: everything that must exist before the first officer can act.
//!
//! It runs in a process of its own, which ends with it: the service never knew a CA's PIN. Nobody
//! could approve what is made here, so the ceremony itself is the approval, and its door closes
//! behind it: after [`Ceremony::close`] the signer signs only what officers signed for.

use super::layout::Layout;
use super::plan::Plan;
use super::policies;
use super::ports::Ports;
use super::tokens;
use crate::clock::{Clock, Entropy, System};
use crate::signer::ceremony::Foundation;
use anyhow::Context;
use domain::audit::{Actor, Event};
use domain::bundle::{Bundle, LoadedBundle};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Write};
use domain::id::hex;
use domain::ports::Store;
use hsm::{Module, Pool};
use pki::certificate::{Certificate, CertificateDer};
use pki::issue::{Issuer, Request, SubjectFacts, prepare, prepare_root};
use pki::key::{KeyId, PublicKey};
use pki::profile::{Profile, Profiles};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::sync::Arc;

/// A ceremony under way.
pub(crate) struct Ceremony<'a> {
    /// What is to be made.
    pub(crate) plan: &'a Plan,
    /// Where it goes.
    pub(crate) layout: &'a Layout,
    /// Which addresses stand in certificates.
    pub(crate) ports: Ports,
    /// Where tokens are made.
    pub(crate) module: Module,
    /// One moment for the whole ceremony.
    pub(crate) now: UtcTime,
    /// Serials, salts, PINs.
    pub(crate) entropy: System,
    store: Arc<dyn Store>,
    profiles: Profiles,
    foundation: Foundation,
}

/// Who signs a certificate.
#[derive(Clone, Copy)]
pub(crate) enum Authority<'a> {
    /// The key itself, which becomes the root's.
    Itself {
        /// The root's name in addresses.
        name: &'a str,
        /// The root's key.
        key: &'a KeyId,
    },
    /// A CA.
    Issuer(&'a Issuer),
}

/// A certificate to make.
pub(crate) struct Order {
    /// Profile name.
    pub(crate) profile: String,
    /// What becomes the subject.
    pub(crate) subject: SubjectFacts,
    /// The key to certify.
    pub(crate) key: PublicKey,
    /// Whom it is for.
    pub(crate) holder: Holder,
    /// Validity in days; the profile's longest if none is given.
    pub(crate) days: Option<i64>,
}

impl<'a> Ceremony<'a> {
    /// Opens the ceremony: database and signer's journal begin.
    ///
    /// # Errors
    /// If either exists already or cannot be made.
    pub(crate) async fn open(
        plan: &'a Plan,
        (layout, module): (&'a Layout, &Module),
        ports: Ports,
        database: &str,
        foundation: Foundation,
    ) -> anyhow::Result<Self> {
        let store = store::open(database).await.context("making the database")?;
        let now = System.now();
        let profiles = crate::policies::profiles(&policies::bundle())?;
        let ceremony =
            Self { plan, layout, ports, module: module.clone(), now, entropy: System, store, profiles, foundation };
        ceremony.record(ceremony.event("ceremony.opened", &plan.operator.name)).await?;
        Ok(ceremony)
    }

    /// An event of the ceremony.
    pub(crate) fn event(&self, kind: &'static str, object: impl Into<String>) -> Event {
        Event::new(kind, actor(), object, self.now)
    }

    /// Records something that changed no row.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn record(&self, event: Event) -> anyhow::Result<()> {
        self.commit(Changes::recording(event)).await
    }

    /// Commits a change with its events.
    ///
    /// # Errors
    /// If the store refuses or fails.
    pub(crate) async fn commit(&self, changes: Changes) -> anyhow::Result<()> {
        self.store.commit(changes).await.map(drop).context("writing to the database")
    }

    /// Records the first policies: the ceremony is their approval.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn load_policies(&self, bundle: &Bundle) -> anyhow::Result<()> {
        let (digest, listing) = (bundle.digest(), bundle.listing());
        let event = self.event("policies.loaded", digest.as_str());
        let bundle = LoadedBundle { digest, listing, approval: None, at: self.now };
        self.commit(Changes::recording(event).write(Write::Policies { bundle, replaces: None })).await
    }

    /// Makes a token and opens it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn token(&self, label: &str, pin_file: &std::path::Path) -> anyhow::Result<Pool> {
        tokens::create(&self.module, label, pin_file, &self.entropy)
    }

    /// Generates a key on a token and records it.
    ///
    /// # Errors
    /// If the token refuses, or the store fails.
    pub(crate) async fn generate(
        &self,
        token: (&str, &Pool),
        key: &KeyId,
        kind: pki::key::KeyKind,
        role: hsm::KeyRole,
    ) -> anyhow::Result<PublicKey> {
        let public = token.1.generate(key, kind, role).with_context(|| format!("generating {key}"))?;
        let event = self
            .event("key.generated", key.as_str())
            .with("token", token.0)
            .with("kind", kind)
            .with("key", hex(&public.fingerprint()));
        self.record(event).await?;
        Ok(public)
    }

    /// The signer's journal, for what only it can sign.
    pub(crate) fn foundation(&mut self) -> &mut Foundation {
        &mut self.foundation
    }

    /// Issues certificates of one authority: intents are committed first, then `keys` sign, then the
    /// certificates are committed.
    ///
    /// # Errors
    /// If a profile, a lint, the token or the store refuses.
    pub(crate) async fn certify(
        &mut self,
        authority: Authority<'_>,
        keys: &Pool,
        orders: &[Order],
    ) -> anyhow::Result<Vec<Certificate>> {
        let planned =
            orders.iter().map(|order| self.plan_certificate(authority, order)).collect::<Result<Vec<_>, _>>()?;
        self.commit(self.intents(authority, &planned)).await?;
        let mut certificates = Vec::with_capacity(orders.len());
        let mut changes = Changes::recording(self.issued(authority, &planned));
        for planned in planned {
            let der = self.sign(authority, keys, &planned)?;
            certificates.push(Certificate::parse(der.as_bytes())?);
            let certificate = authority.reference(planned.serial);
            changes = changes.write(Write::Certificate { certificate, der: der.into_bytes(), at: self.now });
        }
        self.commit(changes).await?;
        Ok(certificates)
    }

    /// Closes the ceremony's door for ever.
    ///
    /// # Errors
    /// If journal or store fails.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.record(self.event("ceremony.closed", &self.plan.operator.name)).await?;
        self.foundation.close()?;
        Ok(())
    }

    fn plan_certificate<'o>(&self, authority: Authority<'_>, order: &'o Order) -> anyhow::Result<Planned<'o>> {
        let profile = self.profiles.get(&order.profile).with_context(|| format!("profile {}", order.profile))?;
        let days = order.days.unwrap_or_else(|| profile.max_days().into());
        let not_after = self.now.plus_days(days).plus_seconds(-1).min(authority.last_moment());
        let serial = SerialNumber::from_random(self.entropy.random16());
        let request =
            Request { profile, subject: &order.subject, key: &order.key, serial, not_before: self.now, not_after };
        let tbs = match authority {
            Authority::Itself { key, .. } => prepare_root(&request, key)?,
            Authority::Issuer(issuer) => prepare(&request, issuer)?,
        };
        Ok(Planned { order, profile: profile.clone(), serial, not_after, tbs: tbs.as_bytes().to_vec() })
    }

    fn intents(&self, authority: Authority<'_>, planned: &[Planned<'_>]) -> Changes {
        let requested = self
            .event("certificate.requested", authority.name())
            .with("issuer", authority.name())
            .with("serials", serials(planned));
        planned.iter().fold(Changes::recording(requested), |changes, planned| {
            changes.write(Write::Intent(Intent {
                certificate: authority.reference(planned.serial),
                holder: planned.order.holder.clone(),
                purpose: planned.profile.purpose(),
                profile: planned.profile.name().to_owned(),
                revision: planned.profile.revision(),
                key_fingerprint: planned.order.key.fingerprint(),
                tbs: planned.tbs.clone(),
                not_after: planned.not_after,
                at: self.now,
            }))
        })
    }

    fn issued(&self, authority: Authority<'_>, planned: &[Planned<'_>]) -> Event {
        self.event("certificate.issued", authority.name()).with("serials", serials(planned))
    }

    fn sign(&mut self, authority: Authority<'_>, keys: &Pool, planned: &Planned<'_>) -> anyhow::Result<CertificateDer> {
        let order = planned.order;
        let request = Request {
            profile: &planned.profile,
            subject: &order.subject,
            key: &order.key,
            serial: planned.serial,
            not_before: self.now,
            not_after: planned.not_after,
        };
        let signed = match authority {
            Authority::Itself { name, key } => self.foundation.sign_root(name, &request, key, keys),
            Authority::Issuer(issuer) => self.foundation.sign_certificate(&request, &order.holder, issuer, keys),
        };
        signed.with_context(|| format!("certifying a key with profile {}", order.profile))
    }
}

impl Authority<'_> {
    /// Its name in addresses.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Itself { name, .. } => name,
            Self::Issuer(issuer) => &issuer.name,
        }
    }

    fn reference(&self, serial: SerialNumber) -> CertificateRef {
        CertificateRef { issuer: self.name().to_owned(), serial }
    }

    /// Nothing may outlive its issuer.
    fn last_moment(&self) -> UtcTime {
        match self {
            Self::Itself { .. } => UtcTime::from_unix(i64::MAX),
            Self::Issuer(issuer) => issuer.certificate.not_after(),
        }
    }
}

/// A certificate whose bytes are decided.
struct Planned<'a> {
    order: &'a Order,
    profile: Profile,
    serial: SerialNumber,
    not_after: UtcTime,
    tbs: Vec<u8>,
}

fn serials(planned: &[Planned<'_>]) -> String {
    planned.iter().map(|planned| planned.serial.to_string()).collect::<Vec<_>>().join(" ")
}

fn actor() -> Actor {
    Actor::System("ceremony".to_owned())
}
