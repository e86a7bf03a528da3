//! Specimens: in a demo, a certificate of each profile that no part of the service asks for yet.
//!
//! They take the way of all others, prepared, linted, journalled and signed by the demo's CAs, so that linters judge
//! what the profiles really make. Where a key is to be born on a card or in a token, a specimen's is made in memory
//! and dropped as soon as its public half is known: there is nothing to steal, and nothing that could log in or sign.

use super::certificates::Order;
use super::{Ceremony, Error};
use crate::ceremony::script::{PlannedSpecimen, Script};
use crate::ceremony::software;
use crate::ceremony::step::Step;
use crate::ceremony::transcript::Event;
use crate::config::issuer::IssuerKind;
use domain::certificate::Holder;
use domain::{CardNumber, PersonId};
use pki::issue::SubjectFacts;

impl Ceremony<'_> {
    /// Makes the specimens of the file that belong to a step: the root's key is used in its own step only.
    pub(super) fn make_specimens(&mut self, step: Step) -> Result<(), Error> {
        let script = self.script.clone();
        for specimen in planned(&script) {
            let authority = script.authority(&specimen.authority);
            let authority = authority.ok_or_else(|| Error::NoAuthority(specimen.authority.clone()))?;
            if (authority.kind == IssuerKind::Root) != (step == Step::Issuing) {
                continue;
            }
            let issuer = self.load_issuer(authority)?;
            let (subject, holder) = self.of_whom(specimen)?;
            let order = Order {
                file: file(specimen),
                step,
                profile: specimen.profile.clone(),
                subject,
                key: software::forgotten_key(specimen.key_kind)?,
                holder,
                days: None,
            };
            self.certify(Some(&issuer), &order)?;
        }
        Ok(())
    }

    fn of_whom(&self, specimen: &PlannedSpecimen) -> Result<(SubjectFacts, Holder), Error> {
        let Some((agency, person)) = self.script.person_of(specimen) else {
            let subject = self.script.operator_facts(specimen.common_name.as_deref().unwrap_or_default());
            return Ok((subject, Holder::Service { key: file(specimen) }));
        };
        let number = self.card_of(&person.id).ok_or_else(|| Error::NoPerson(person.id.to_string()))?;
        let subject = person.person().subject(&agency.tenant(), &number);
        let (tenant, person) = (agency.id.clone(), person.id.clone());
        Ok((subject, Holder::Person { tenant, person, card: None, enrolment: None }))
    }

    /// The card that the person got in this ceremony.
    fn card_of(&self, wanted: &PersonId) -> Option<CardNumber> {
        self.draft.find(|event| match event {
            Event::Card { person, number, .. } if person == wanted => Some(number.clone()),
            _ => None,
        })
    }
}

/// The specimens that this ceremony makes: where people get no cards, there are none in their names.
pub(super) fn planned(script: &Script) -> impl Iterator<Item = &PlannedSpecimen> {
    script.specimens.iter().filter(|specimen| specimen.person.is_none() || script.has_cards())
}

/// Where a specimen is.
pub(super) fn file(specimen: &PlannedSpecimen) -> String {
    format!("specimens/{}.pem", specimen.profile)
}
