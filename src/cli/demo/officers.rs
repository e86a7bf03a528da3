//! The people of the demo, found by what they may do.

use super::Demo;
use super::api::Api;
use crate::cli::card::Card;
use crate::cli::quickstart::manifest::PersonEntry;
use crate::cli::quickstart::people::SIGNATURE;
use anyhow::Context;
use domain::access::Role;
use domain::operation::{Act, OperationHash};
use hsm::Module;
use pki::key::KeyId;
use secrecy::SecretString;

/// A person with a way to call and a card to sign with.
pub(crate) struct Officer<'a> {
    /// Name, files, card.
    pub(crate) entry: &'a PersonEntry,
    /// The officers' listener as this person.
    pub(crate) api: Api,
}

/// The officers who take part in a card's life, all of one agency.
pub(crate) struct Team<'a> {
    /// Submits and identifies; may approve, but not what he submitted.
    pub(crate) registrar: Officer<'a>,
    /// Approves.
    pub(crate) approver: Officer<'a>,
    /// Hands out.
    pub(crate) desk: Officer<'a>,
    /// Revokes.
    pub(crate) revoker: Officer<'a>,
    /// Reads the log.
    pub(crate) auditor: Officer<'a>,
}

impl<'a> Team<'a> {
    /// The officers of the first agency.
    ///
    /// # Errors
    /// If somebody is missing.
    pub(crate) fn of(demo: &'a Demo) -> anyhow::Result<Self> {
        Ok(Self {
            registrar: find(demo, &[Role::RegistrationOfficer, Role::Approver])?,
            approver: find(demo, &[Role::Approver])?,
            desk: find(demo, &[Role::CardDesk])?,
            revoker: find(demo, &[Role::RevocationOfficer])?,
            auditor: find(demo, &[Role::Auditor])?,
        })
    }
}

impl Officer<'_> {
    /// Signs a statement about an operation with the signature key on the card.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) fn state(&self, act: Act, operation: OperationHash) -> anyhow::Result<String> {
        card(self.entry)?.state(act, operation)
    }
}

/// Opens a person's virtual card.
///
/// # Errors
/// If the token is not there, or carries no signature certificate.
pub(crate) fn card(person: &PersonEntry) -> anyhow::Result<Card> {
    let card = person.card()?;
    let pin = SecretString::from(card.pin.clone());
    Card::open(&Module::Path(card.module.clone()), &card.token_label, pin, KeyId::new(SIGNATURE))
}

/// The first person of the first agency with exactly these roles.
///
/// # Errors
/// If nobody has them, or the person's files cannot be read.
pub(crate) fn find<'a>(demo: &'a Demo, roles: &[Role]) -> anyhow::Result<Officer<'a>> {
    let people = &demo.manifest.people;
    let agency = people.first().map(|person| &person.agency);
    let entry = people
        .iter()
        .find(|person| Some(&person.agency) == agency && person.roles == roles)
        .with_context(|| format!("nobody has the roles {roles:?}"))?;
    let api = Api::new(&demo.manifest.officer_url, &demo.manifest.tls_ca, entry)?;
    Ok(Officer { entry, api })
}
