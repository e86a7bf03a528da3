//! What a ceremony's file must say beyond its form.

use super::{Host, IssuerKind, Mode, ParticipantRole, PlannedAuthority, Script};
use crate::ceremony::participant::Participant;
use std::collections::HashSet;
use std::hash::Hash;

/// A ceremony's file that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ceremony's file: {problem}")]
pub struct ScriptError {
    problem: String,
}

impl ScriptError {
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        Self { problem: error.to_string() }
    }
}

impl Script {
    /// Refuses what only demos and rehearsals may hold: participants whose codes are published, and test numbers.
    ///
    /// # Errors
    /// [`ScriptError`] for the first such person of a file for production.
    pub fn refuse_examples(&self, published: &Self) -> Result<(), ScriptError> {
        if self.mode == Mode::Demo {
            return Ok(());
        }
        let known = |one: &&Participant| {
            let share = one.share_key.as_ref();
            let same =
                |other: &Participant| other.key == one.key || (share.is_some() && other.share_key.as_ref() == share);
            published.participants.iter().any(same)
        };
        if let Some(one) = self.participants.iter().find(known) {
            let id = &one.id;
            return wrong(format!("the code of {id} is published: `sigill ceremony participant` makes another"));
        }
        check_numbers(self)
    }
}

/// Every person's number must be one that an installation of this mode takes.
fn check_numbers(script: &Script) -> Result<(), ScriptError> {
    script.people().try_for_each(|(_, person)| match script.mode.accept(&person.identity_number) {
        Ok(()) => Ok(()),
        Err(fault) => wrong(format!("the number of {}: {fault}", person.id)),
    })
}

pub(super) fn check(script: &Script) -> Result<(), ScriptError> {
    let slug = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    demand(slug(&script.id), "id: use lower-case letters, digits and hyphens")?;
    demand(script.valid_from < script.valid_until, "valid_until is not after valid_from")?;
    demand(script.approvals_needed > 0, "approvals_needed: at least 1, nobody gets a card unapproved")?;
    demand(script.mode == Mode::Demo || !script.software_keys, "software_keys are for demos")?;
    demand(script.status_url.starts_with("http://"), "status_url: CRL and OCSP are read over http")?;
    demand(!script.status_url.ends_with('/'), "status_url ends with a slash")?;
    demand(!script.listener.names.is_empty(), "listener.names is empty")?;
    let tokens = &script.tokens;
    let embedded = tokens.module == hsm::Module::Embedded;
    demand(script.mode == Mode::Demo || !embedded, "tokens.module: the embedded token is for demos")?;
    unique([&tokens.root, &tokens.authorities, &tokens.service], "two tokens have the label")?;
    check_participants(script)?;
    check_authorities(script, slug)?;
    check_certificates(script)?;
    if script.mode == Mode::Demo {
        check_numbers(script)?; // those of production are judged apart: its published example holds test numbers
    }
    unique(script.agencies.iter().map(|agency| agency.id.as_str()), "two agencies are")?;
    unique(script.people().map(|(_, person)| person.id.as_str()), "two people are")?;
    unique(script.people().map(|(_, person)| person.identity_number.as_str()), "two people have the number")
}

fn check_participants(script: &Script) -> Result<(), ScriptError> {
    let all = || script.participants.iter();
    unique(all().map(|one| one.id.as_str()), "two participants are")?;
    unique(all().map(|one| one.name.to_lowercase()), "one person takes part twice: ")?;
    unique(all().map(|one| one.key.to_string()), "two participants have the key")?;
    unique(
        all().filter_map(|one| one.share_key.as_ref()).map(ToString::to_string),
        "two participants have the share key",
    )?;
    let of = |role| all().filter(|one| one.role == role).count();
    demand(of(ParticipantRole::Leader) == 1, "a ceremony has one leader")?;
    demand(of(ParticipantRole::Witness) > 0, "a ceremony has a witness")?;
    demand(script.custodians_needed >= FEWEST_CUSTODIANS, "custodians_needed: at least 2, nobody is alone with a key")?;
    let custodians = of(ParticipantRole::Custodian);
    demand(
        custodians >= script.custodians_needed,
        format!("{custodians} custodians take part and {} are needed", script.custodians_needed),
    )?;
    check_shares(script)
}

/// Whoever holds a share of a PIN has a key for it.
fn check_shares(script: &Script) -> Result<(), ScriptError> {
    let split = [&script.tokens.root, &script.tokens.authorities].into_iter().any(|token| script.is_split(token));
    match script.custodians().find(|one| split && one.share_key.is_none()) {
        Some(one) => wrong(format!("{} holds a share of a PIN and has no share_key", one.id)),
        None => demand(custodians_fit(script), "more than 255 custodians"),
    }
}

/// Shares are numbered with one octet.
fn custodians_fit(script: &Script) -> bool {
    u8::try_from(script.custodians().count()).is_ok()
}

fn check_authorities(script: &Script, slug: impl Fn(&str) -> bool) -> Result<(), ScriptError> {
    let is_root = |kind| kind == IssuerKind::Root;
    let kinds: Vec<bool> = script.authorities.iter().map(|ca| is_root(ca.kind)).collect();
    demand(
        kinds.first() == Some(&true) && !kinds[1..].contains(&true),
        "one root comes first, and issuing CAs after it",
    )?;
    let later = script.continues.is_some();
    demand(kinds.len() > 1 || later, "a first ceremony founds issuing CAs")?;
    demand(!later || script.agencies.is_empty(), "people get their cards from officers once there are some")?;
    demand(!later || script.specimens.is_empty(), "specimens are of a first ceremony")?;
    super::continues::check(script)?;
    demand(script.root().responder.is_none(), "the root's CRL answers for it: it has no responder")?;
    demand(script.people().next().is_none() || script.of_people().is_some(), "there are people but no CA for them")?;
    if let Some(ca) = script.authorities.iter().find(|ca| !slug(&ca.name())) {
        return wrong(format!("the common name {:?} does not make an address", ca.common_name));
    }
    let responders = || script.authorities.iter().filter_map(|ca| ca.responder.as_ref());
    unique(script.authorities.iter().map(PlannedAuthority::name), "two CAs are")?;
    let keys = script.authorities.iter().map(|ca| ca.key.as_str()).chain(responders().map(|one| one.key.as_str()));
    let seals = [Host::Root, Host::Issuing].map(|host| script.seal(host).1);
    unique(keys.chain(seals), "two keys have the label")
}

/// What is named beside CAs and officers must be of somebody and by somebody in the file.
fn check_certificates(script: &Script) -> Result<(), ScriptError> {
    for planned in &script.standing {
        let (profile, name) = (&planned.profile, &planned.authority);
        let known = script.authority(name).is_some_and(|ca| ca.kind != IssuerKind::Root);
        demand(known, format!("standing {profile}: there is no issuing CA {name:?}"))?;
        let agency = planned.agency.as_ref();
        let known = agency.is_none_or(|id| script.agencies.iter().any(|agency| agency.id == *id));
        demand(known, format!("standing {profile}: there is no such agency"))?;
    }
    if script.specimens.is_empty() {
        return Ok(());
    }
    demand(script.mode == Mode::Demo && !script.root_on_own_host, "specimens are for demos on one host")?;
    unique(script.specimens.iter().map(|one| &one.profile), "two specimens are of")?;
    for planned in &script.specimens {
        let (profile, name) = (&planned.profile, &planned.authority);
        demand(script.authority(name).is_some(), format!("specimen {profile}: there is no CA {name:?}"))?;
        let named = planned.common_name.is_some() != script.person_of(planned).is_some();
        demand(named, format!("specimen {profile}: name a person of this file, or else a common name"))?;
    }
    Ok(())
}

pub(super) fn demand(holds: bool, problem: impl Into<String>) -> Result<(), ScriptError> {
    if holds { Ok(()) } else { wrong(problem) }
}

fn unique<T: Eq + Hash + Clone + std::fmt::Display>(
    values: impl IntoIterator<Item = T>,
    problem: &str,
) -> Result<(), ScriptError> {
    let mut seen = HashSet::new();
    match values.into_iter().find(|value| !seen.insert(value.clone())) {
        Some(twice) => wrong(format!("{problem} {twice}")),
        None => Ok(()),
    }
}

fn wrong<T>(problem: impl Into<String>) -> Result<T, ScriptError> {
    Err(ScriptError { problem: problem.into() })
}

/// Dual control begins at two.
const FEWEST_CUSTODIANS: usize = 2;
