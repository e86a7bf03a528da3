//! The demo's people, as programs need to know them: their cards and their keys in software.

use super::layout::Layout;
use super::manifest::{CardEntry, PersonEntry};
use super::{files, software, tokens};
use crate::ceremony::script::{PlannedAgency, PlannedPerson, Script};
use crate::clock::System;
use anyhow::Context;
use hsm::PinSource;
use pki::certificate::Certificate;
use secrecy::ExposeSecret;

pub(crate) use crate::ceremony::run::{AUTHENTICATION, SIGNATURE, SOFTWARE_PROFILE, card_number};

/// What the ceremony made for everybody, and the files that browsers read.
///
/// # Errors
/// If something is missing or cannot be written.
pub(crate) fn describe(script: &Script, layout: &Layout) -> anyhow::Result<Vec<PersonEntry>> {
    let authority = script.of_people().context("a CA of persons")?;
    let issuer = Certificate::from_pem(&files::read_text(&layout.authority(&authority.name()))?)?;
    script.people().map(|(agency, person)| entry(script, layout, &issuer, (agency, person))).collect()
}

fn entry(
    script: &Script,
    layout: &Layout,
    issuer: &Certificate,
    (agency, planned): (&PlannedAgency, &PlannedPerson),
) -> anyhow::Result<PersonEntry> {
    let files = software::write(layout, &planned.id, issuer, &System)?;
    Ok(PersonEntry {
        name: planned.person().display_name(),
        agency: agency.name.clone(),
        roles: planned.roles.iter().copied().collect(),
        card: script.has_cards().then(|| card(script, layout, planned)).transpose()?,
        certificate: files.certificate,
        key: files.key,
        pkcs12: files.pkcs12,
        pkcs12_password: files.password,
    })
}

/// A person's virtual card, as other programs reach it.
fn card(script: &Script, layout: &Layout, planned: &PlannedPerson) -> anyhow::Result<CardEntry> {
    let label = script.card_of(planned);
    let (module, config) = tokens::locate(&script.tokens.module, layout)?;
    let pin = PinSource::File(layout.pin(&label)).read()?;
    Ok(CardEntry {
        module,
        config,
        pin: pin.expose_secret().to_owned(),
        authentication_uri: key_uri(&label, AUTHENTICATION),
        signature_uri: key_uri(&label, SIGNATURE),
        token_label: label,
    })
}

/// RFC 7512 address of a key on a virtual card, and of the certificate beside it.
fn key_uri(token: &str, label: &str) -> String {
    format!("pkcs11:token={token};object={label};type=private")
}
