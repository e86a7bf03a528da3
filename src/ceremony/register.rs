//! Writes the outcome of a ceremony into the service's database: in one unit, with its audit events.
//!
//! The serials were journalled by the signer before anything was signed; the database did not exist then, or was not
//! there to be asked. The hash of the transcript joins the audit log.

use super::error::Error;
use super::layout::Layout;
use super::run::authority_file;
use super::script::{PlannedPerson, Script};
use super::transcript::verify::{self, Sound};
use super::transcript::{Entry, Event};
use super::{files, founding, origin};
use crate::clock::Entropy;
use crate::policies::{packages, profiles};
use crate::signer::digest::Digest;
use domain::audit::{Actor, Event as AuditEvent};
use domain::bundle::{Bundle, LoadedBundle};
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, KeyStage, PublishedCrl, Write};
use domain::key::KeyState;
use domain::packages::Packages;
use domain::people::Employment;
use domain::ports::Store;
use pki::certificate::Certificate;
use pki::crl::parse_crl;
use pki::profile::Profiles;

/// Registers a finished ceremony, after judging its transcript once more.
///
/// # Errors
/// If the transcript is not sound, or the store refuses: a database takes a ceremony once.
pub(crate) async fn register(
    store: &dyn Store,
    layout: &Layout,
    policies: &Bundle,
    entropy: &dyn Entropy,
) -> Result<(), Error> {
    let profiles = &profiles(policies)?;
    let packages = &packages(policies)?;
    let text = files::read_text(&layout.transcript())?;
    let sound = verify::judge_folder(layout.data(), &text)?;
    let mut entries = Vec::new();
    if sound.host == super::script::Host::Issuing {
        entries.extend(verify::root_part(layout.data(), &sound)?.entries);
    }
    entries.extend_from_slice(&sound.entries);
    check_policies(store, &sound).await?;
    origin::check(store, layout, &sound, &entries).await?;
    let registry = Registry { layout, policies, profiles, packages, entropy, sound: &sound, entries: &entries };
    store.commit(registry.changes(Digest::of(text.as_bytes()))?).await?;
    Ok(())
}

/// Whether a later ceremony was registered before: all that it made came in one unit.
///
/// # Errors
/// If its transcript is not sound, or the store fails.
pub(crate) async fn is_registered(store: &dyn Store, layout: &Layout) -> Result<bool, Error> {
    let sound = verify::judge_folder(layout.data(), &files::read_text(&layout.transcript())?)?;
    for entry in &sound.entries {
        if let Event::Certificate { issuer, serial, .. } = &entry.what {
            let certificate = CertificateRef { issuer: issuer.clone(), serial: *serial };
            return Ok(store.certificate(&certificate).await?.is_some());
        }
        if let Event::Crl { issuer, file, .. } = &entry.what {
            let list = files::read(&layout.data().join(file))?;
            return Ok(store.latest_crl(issuer).await?.is_some_and(|crl| crl.der == list));
        }
    }
    Ok(false)
}

/// A later ceremony was held under the policies that are in force.
async fn check_policies(store: &dyn Store, sound: &Sound) -> Result<(), Error> {
    let Some(Event::Opened { policies: found, .. }) = sound.entries.first().map(|entry| &entry.what) else {
        return Ok(());
    };
    match store.policies_in_force().await?.map(|bundle| bundle.digest) {
        Some(wanted) if sound.script.continues.is_some() && wanted != found.to_string() => {
            Err(Error::OtherPolicies { found: *found, wanted })
        }
        _ => Ok(()),
    }
}

struct Registry<'a> {
    layout: &'a Layout,
    policies: &'a Bundle,
    profiles: &'a Profiles,
    packages: &'a Packages,
    entropy: &'a dyn Entropy,
    sound: &'a Sound,
    entries: &'a [Entry],
}

impl Registry<'_> {
    fn changes(&self, transcript: Digest) -> Result<Changes, Error> {
        let script = &self.sound.script;
        let (first, last) = (&self.entries[0], &self.entries[self.entries.len() - 1]);
        let opened = event("ceremony.opened", &script.operator.name, first)
            .with("ceremony", &script.id)
            .with("script", self.sound.digest);
        let mut changes = Changes::recording(opened);
        if script.continues.is_none() {
            changes = changes.join(self.first_policies(first));
        }
        let beginning = self.sound.entries.first().unwrap_or(first);
        for agency in &script.agencies {
            let tenant = agency.tenant();
            let registered = event("tenant.registered", tenant.id.as_str(), beginning).in_tenant(&tenant.id);
            changes = changes.join(Changes::recording(registered).write(Write::Tenant(tenant)));
            if agency.connected {
                changes =
                    changes.join(founding::connection(script, self.sound.digest, agency, (beginning.at, self.entropy)));
            }
            for person in &agency.people {
                changes = changes.join(self.person(&agency.id, person, beginning));
            }
        }
        for entry in self.entries {
            if let Some(more) = self.entry(script, entry)? {
                changes = changes.join(more);
            }
        }
        let closed = event("ceremony.closed", &script.operator.name, last)
            .with("ceremony", &script.id)
            .with("transcript", transcript)
            .with("transcript_head", self.sound.head);
        Ok(changes.also(closed))
    }

    /// The ceremony's confirmations are the approval of the first policies.
    fn first_policies(&self, entry: &Entry) -> Changes {
        let (digest, listing) = (self.policies.digest(), self.policies.listing());
        let loaded = event("policies.loaded", &digest, entry);
        let bundle = LoadedBundle { digest, listing, approval: None, at: entry.at };
        Changes::recording(loaded).write(Write::Policies { bundle, replaces: None })
    }

    fn person(&self, tenant: &domain::TenantId, planned: &PlannedPerson, entry: &Entry) -> Changes {
        let (person, since) = (planned.person(), entry.at);
        let roles = planned.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
        let registered = event("person.registered", person.id.as_str(), entry)
            .in_tenant(tenant)
            .with("roles", roles)
            .personal("identity_number", person.identity_number.to_string(), self.entropy.random16())
            .personal("name", person.display_name(), self.entropy.random16());
        let (id, tenant) = (person.id.clone(), tenant.clone());
        let employment = Employment { tenant: tenant.clone(), person: id.clone(), since, until: None };
        let mut changes =
            Changes::recording(registered).write(Write::Person(person)).write(Write::Employment(employment));
        for write in founding::rights(self.packages, (&tenant, &id), &planned.roles, (since, self.entropy)) {
            changes = changes.write(write);
        }
        changes
    }

    fn entry(&self, script: &Script, entry: &Entry) -> Result<Option<Changes>, Error> {
        let changes = match &entry.what {
            Event::Key { label, token, kind, fingerprint, earlier: false, .. } => Changes::recording(
                event("key.generated", label, entry).with("token", token).with("kind", kind).with("key", fingerprint),
            ),
            Event::Card { person, number, .. } => {
                let Some((agency, _)) = script.people().find(|(_, planned)| planned.id == *person) else {
                    return Ok(None);
                };
                let (tenant, bound_at) = (agency.id.clone(), entry.at);
                let activated =
                    event("card.activated", number.as_str(), entry).in_tenant(&tenant).with("holder", person);
                let (number, holder) = (number.clone(), person.clone());
                let card = Card { tenant, number, holder, bound_at, state: CardState::Active };
                Changes::recording(activated).write(Write::NewCard(card))
            }
            Event::Certificate { file, .. } => {
                let changes = self.certificate(script, entry)?;
                return Ok(match Self::first_state(script, file, entry) {
                    Some(state) => changes.map(|changes| changes.join(state)),
                    None => changes,
                });
            }
            Event::Crl { issuer, number, file, .. } => {
                let der = files::read(&self.layout.data().join(file))?;
                let list = parse_crl(&der)?;
                let (this_update, next_update) = (list.this_update, list.next_update);
                let crl = PublishedCrl { issuer: issuer.clone(), number: *number, der, this_update, next_update };
                Changes::recording(event("crl.published", issuer, entry).with("number", number)).write(Write::Crl(crl))
            }
            _ => return Ok(None),
        };
        Ok(Some(changes))
    }

    /// A CA that a first ceremony founds is active; nobody could approve it with a card. A later one waits for officers.
    fn first_state(script: &Script, file: &str, entry: &Entry) -> Option<Changes> {
        let mut founded = script.authorities.iter().map(super::script::PlannedAuthority::name);
        let issuer = founded.find(|name| authority_file(name) == file)?;
        let state = if script.continues.is_none() { KeyState::Active } else { KeyState::Generated };
        let moved = event("key.moved", &issuer, entry).with("to", state);
        let (follows, approval, at) = (None, None, entry.at);
        let begun = KeyStage { issuer, follows, state, compromised: false, approval, at };
        Some(Changes::recording(moved).write(Write::KeyStage(begun)))
    }

    fn certificate(&self, script: &Script, entry: &Entry) -> Result<Option<Changes>, Error> {
        let Event::Certificate { file, issuer, serial, profile, revision, person, .. } = &entry.what else {
            return Ok(None);
        };
        let certificate = Certificate::from_pem(&files::read_text(&self.layout.data().join(file))?)?;
        let purpose = self.profiles.get(profile).ok_or_else(|| Error::NoProfile(profile.clone()))?.purpose();
        let holder = match person {
            Some(person) => {
                let agency = script.people().find(|(_, planned)| planned.id == *person);
                let (agency, _) = agency.ok_or_else(|| Error::NoPerson(person.to_string()))?;
                let card = certificate.card_number().and_then(|number| number.parse().ok());
                Holder::Person { tenant: agency.id.clone(), person: person.clone(), card, enrolment: None }
            }
            None => Holder::Service { key: self.label(certificate.public_key().fingerprint()) },
        };
        let reference = CertificateRef { issuer: issuer.clone(), serial: *serial };
        let intent = Intent {
            certificate: reference.clone(),
            holder,
            purpose,
            profile: profile.clone(),
            revision: *revision,
            key_fingerprint: certificate.public_key().fingerprint(),
            tbs: certificate.tbs().to_vec(),
            not_after: certificate.not_after(),
            at: entry.at,
        };
        let der = certificate.der().as_bytes().to_vec();
        let stored = Write::Certificate { certificate: reference, der, at: entry.at, personal: person.is_some() };
        let requested = event("certificate.requested", issuer, entry).with("issuer", issuer).with("serials", serial);
        let issued = event("certificate.issued", issuer, entry).with("serials", serial);
        Ok(Some(Changes::recording(requested).write(Write::Intent(intent)).also(issued).write(stored)))
    }

    /// Label of the key with this fingerprint.
    fn label(&self, wanted: [u8; 32]) -> String {
        let wanted = Digest::from_bytes(wanted);
        let label = self.entries.iter().find_map(|entry| match &entry.what {
            Event::Key { label, fingerprint, .. } if *fingerprint == wanted => Some(label.clone()),
            _ => None,
        });
        label.unwrap_or_else(|| wanted.to_string())
    }
}

fn event(kind: &'static str, object: &str, entry: &Entry) -> AuditEvent {
    AuditEvent::new(kind, Actor::System("ceremony".to_owned()), object, entry.at)
}
