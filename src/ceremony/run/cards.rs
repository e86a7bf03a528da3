//! The first officers' cards.

use super::certificates::Order;
use super::{Ceremony, Error};
use crate::ceremony::script::{PlannedAgency, PlannedPerson, Script};
use crate::ceremony::software;
use crate::ceremony::step::Step;
use crate::ceremony::tokens::failed;
use crate::ceremony::transcript::Event;
use crate::clock::Entropy;
use domain::certificate::Holder;
use domain::{CardNumber, PersonId};
use hsm::KeyRole;
use pki::issue::Issuer;
use pki::key::{KeyId, KeyKind, PublicKey};

impl Ceremony<'_> {
    /// Gives every person a card, whose keys are born on it, and in a demo a key in software.
    pub(super) fn equip_people(&mut self) -> Result<(), Error> {
        let script = self.script.clone();
        let Some(planned) = script.of_people() else { return Ok(()) };
        let issuer = self.load_issuer(planned)?;
        for (agency, person) in script.people() {
            self.equip(&issuer, agency, person)?;
        }
        Ok(())
    }

    fn equip(&mut self, issuer: &Issuer, agency: &PlannedAgency, planned: &PlannedPerson) -> Result<(), Error> {
        let token = self.script.card_of(planned);
        let card = if self.script.has_cards() { Some(self.token(&token, true)?) } else { None };
        let number = match card {
            Some(_) => self.bind_card(planned, &token)?,
            None => card_number(&self.entropy),
        };
        for (profile, what) in profiles(&self.script).collect::<Vec<_>>() {
            let on_card = what != SOFTWARE;
            let order = Order {
                file: file(&planned.id, what),
                step: Step::FirstCertificates,
                profile: profile.to_owned(),
                subject: planned.person().subject(&agency.tenant(), &number),
                key: self.person_key(planned, &token, what)?,
                holder: Holder::Person {
                    tenant: agency.id.clone(),
                    person: planned.id.clone(),
                    card: on_card.then(|| number.clone()),
                    enrolment: None,
                },
                days: None,
            };
            let certificate = self.certify(Some(issuer), &order)?;
            if let Some(card) = card.as_ref().filter(|_| on_card) {
                let imported = card.import_certificate(&KeyId::new(what), certificate.der().as_bytes());
                imported.map_err(failed(&token))?;
            }
        }
        // A card is used once; the other tokens stay open.
        self.tokens.remove(&token);
        Ok(())
    }

    fn person_key(&mut self, planned: &PlannedPerson, token: &str, what: &str) -> Result<PublicKey, Error> {
        if what == SOFTWARE {
            return software::key(&self.layout.person_files().join(format!("{}.key", planned.id)));
        }
        self.make_key(token, what, KeyKind::EcP256, KeyRole::Card)
    }

    fn bind_card(&mut self, planned: &PlannedPerson, token: &str) -> Result<CardNumber, Error> {
        let known = self.draft.find(|event| match event {
            Event::Card { person, number, .. } if *person == planned.id => Some(number.clone()),
            _ => None,
        });
        if let Some(number) = known {
            return Ok(number);
        }
        let number = card_number(&self.entropy);
        let (person, token) = (planned.id.clone(), token.to_owned());
        self.record(Event::Card { person, number: number.clone(), token })?;
        Ok(number)
    }
}

/// The number of a card that was never made: 19 digits, as on Swedish e-service cards.
pub(crate) fn card_number(entropy: &dyn Entropy) -> CardNumber {
    let random = u128::from_be_bytes(entropy.random16()) % CARD_SERIALS;
    format!("{CARD_ISSUER}{random:015}").parse().expect("19 digits are a card number")
}

/// The certificates that each person gets: profile, and what the key is called.
pub(super) fn profiles(script: &Script) -> impl Iterator<Item = (&'static str, &'static str)> {
    let on_card = [(AUTHENTICATION_PROFILE, AUTHENTICATION), (SIGNATURE_PROFILE, SIGNATURE)];
    on_card
        .into_iter()
        .filter(|_| script.has_cards())
        .chain(script.software_keys.then_some((SOFTWARE_PROFILE, SOFTWARE)))
}

/// Where a person's certificate is.
pub(super) fn file(person: &PersonId, what: &str) -> String {
    format!("people/{person}.{what}.pem")
}

/// Label of the authentication key on a card.
pub(crate) const AUTHENTICATION: &str = "authentication";
/// Label of the signature key on a card.
pub(crate) const SIGNATURE: &str = "signature";
/// What a demo person's second key is called.
const SOFTWARE: &str = "software";
/// Profile of a card's authentication certificate.
const AUTHENTICATION_PROFILE: &str = "person-authentication-loa4";
/// Profile of a card's signature certificate.
const SIGNATURE_PROFILE: &str = "person-signature-loa4";
/// Profile of a demo person's second, software authentication key.
pub(crate) const SOFTWARE_PROFILE: &str = "demo-software-authentication";
/// First digits of every card number.
const CARD_ISSUER: &str = "9752";
/// How many numbers there are after them.
const CARD_SERIALS: u128 = 1_000_000_000_000_000;
