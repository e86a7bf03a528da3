//! The agencies, their first officers, and the cards that these get.

use super::authorities::Authorities;
use super::ceremony::{Authority, Ceremony, Order};
use super::manifest::{CardEntry, PersonEntry};
use super::plan::{PlannedAgency, PlannedPerson};
use super::{software, tokens};
use crate::app::IssuerKind;
use crate::clock::Entropy;
use crate::service::enrol::subject_facts;
use anyhow::Context;
use domain::CardNumber;
use domain::card::{Card, CardState};
use domain::certificate::Holder;
use domain::changes::{Changes, Write};
use domain::people::{Employment, Person, RoleGrant, Tenant};
use hsm::{KeyRole, Module, Pool};
use pki::certificate::Certificate;
use pki::key::{KeyId, KeyKind, PublicKey};
use secrecy::ExposeSecret;

/// Label of the authentication key on a card.
pub(crate) const AUTHENTICATION: &str = "authentication";
/// Label of the signature key on a card.
pub(crate) const SIGNATURE: &str = "signature";

/// Registers every agency and its people, and gives each person a card and a software key.
///
/// # Errors
/// If a token, a lint, the store or the disk refuses.
pub(crate) async fn register(
    ceremony: &mut Ceremony<'_>,
    authorities: &Authorities,
) -> anyhow::Result<Vec<PersonEntry>> {
    let mut people = Vec::new();
    for agency in &ceremony.plan.agencies {
        let tenant = register_agency(ceremony, agency).await?;
        for planned in &agency.people {
            let person = register_person(ceremony, &tenant, planned).await?;
            people.push(equip(ceremony, authorities, (&tenant, &person, planned)).await?);
        }
    }
    Ok(people)
}

/// Makes a card without keys, where there are cards.
///
/// # Errors
/// If the token cannot be made.
pub(crate) fn spare_card(ceremony: &Ceremony<'_>) -> anyhow::Result<()> {
    if ceremony.module == Module::Embedded {
        return Ok(());
    }
    ceremony.token(tokens::SPARE, &ceremony.layout.pin(tokens::SPARE)).map(drop)
}

/// The number of a card that was never made: 19 digits, as on Swedish e-service cards.
pub(crate) fn card_number(entropy: &dyn Entropy) -> CardNumber {
    let random = u128::from_be_bytes(entropy.random16()) % CARD_SERIALS;
    format!("{CARD_ISSUER}{random:015}").parse().expect("19 digits are a card number")
}

/// RFC 7512 address of a key on a virtual card, and of the certificate beside it.
fn key_uri(token: &str, label: &str) -> String {
    format!("pkcs11:token={token};object={label};type=private")
}

async fn register_agency(ceremony: &Ceremony<'_>, planned: &PlannedAgency) -> anyhow::Result<Tenant> {
    let tenant = Tenant {
        id: planned.id.clone(),
        name: planned.name.clone(),
        organisation_number: planned.organisation_number.clone(),
    };
    let event = ceremony.event("tenant.registered", tenant.id.as_str()).in_tenant(&tenant.id);
    ceremony.commit(Changes::recording(event).write(Write::Tenant(tenant.clone()))).await?;
    Ok(tenant)
}

async fn register_person(ceremony: &Ceremony<'_>, tenant: &Tenant, planned: &PlannedPerson) -> anyhow::Result<Person> {
    let person = Person {
        id: planned.id.clone(),
        identity_number: planned.identity_number.clone(),
        given_name: planned.given_name.clone(),
        surname: planned.surname.clone(),
    };
    let roles = planned.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
    let event = ceremony
        .event("person.registered", person.id.as_str())
        .in_tenant(&tenant.id)
        .with("roles", roles)
        .personal("identity_number", person.identity_number.to_string(), ceremony.entropy.random16())
        .personal("name", person.display_name(), ceremony.entropy.random16());
    let employment = Employment { tenant: tenant.id.clone(), person: person.id.clone(), since: ceremony.now };
    let mut changes =
        Changes::recording(event).write(Write::Person(person.clone())).write(Write::Employment(employment));
    for role in &planned.roles {
        let grant =
            RoleGrant { tenant: tenant.id.clone(), person: person.id.clone(), role: *role, since: ceremony.now };
        changes = changes.write(Write::Role(grant));
    }
    ceremony.commit(changes).await?;
    Ok(person)
}

/// Makes card and software key, and what programs need to know of them.
async fn equip(
    ceremony: &mut Ceremony<'_>,
    authorities: &Authorities,
    (tenant, person, planned): (&Tenant, &Person, &PlannedPerson),
) -> anyhow::Result<PersonEntry> {
    let card = make_card(ceremony, (tenant, person, planned)).await?;
    let software_key = software::generate()?;
    let number = card.as_ref().map_or_else(|| card_number(&ceremony.entropy), |card| card.number.clone());
    let order = |profile: &str, key: PublicKey, on_card: bool| Order {
        profile: profile.to_owned(),
        subject: subject_facts(tenant, person, &number),
        key,
        holder: Holder::Person {
            tenant: tenant.id.clone(),
            person: person.id.clone(),
            card: on_card.then(|| number.clone()),
            enrolment: None,
        },
        days: None,
    };
    let mut orders = vec![order(SOFTWARE_PROFILE, software_key.public()?, false)];
    if let Some(card) = &card {
        orders.push(order(AUTHENTICATION_PROFILE, card.authentication.clone(), true));
        orders.push(order(SIGNATURE_PROFILE, card.signature.clone(), true));
    }
    let issuer = authorities.of_kind(IssuerKind::Person).context("a CA of persons")?;
    let certificates = ceremony.certify(Authority::Issuer(issuer), &authorities.keys, &orders).await?;
    let (software, on_card) = certificates.split_first().context("a certificate was ordered")?;
    let entry = card.map(|card| card.personalise(ceremony, on_card)).transpose()?;
    let layout = ceremony.layout;
    let files = software::write(layout, &person.id, &software_key, software, &issuer.certificate, &ceremony.entropy)?;
    Ok(PersonEntry {
        name: planned.display_name(),
        agency: tenant.name.clone(),
        roles: planned.roles.iter().copied().collect(),
        card: entry,
        certificate: files.certificate,
        key: files.key,
        pkcs12: files.pkcs12,
        pkcs12_password: files.password,
    })
}

/// A card that is bound to its holder and has its keys.
struct NewCard {
    number: CardNumber,
    label: String,
    token: Pool,
    authentication: PublicKey,
    signature: PublicKey,
}

/// Makes a person's card; none where tokens are linked into the program, since a card is for other programs too.
async fn make_card(
    ceremony: &Ceremony<'_>,
    (tenant, person, planned): (&Tenant, &Person, &PlannedPerson),
) -> anyhow::Result<Option<NewCard>> {
    if ceremony.module == Module::Embedded {
        return Ok(None);
    }
    let number = bind_card(ceremony, tenant, person).await?;
    let label = planned.token();
    let token = ceremony.token(&label, &ceremony.layout.pin(&label))?;
    let authentication = token.generate(&KeyId::new(AUTHENTICATION), KeyKind::EcP256, KeyRole::Card)?;
    let signature = token.generate(&KeyId::new(SIGNATURE), KeyKind::EcP256, KeyRole::Card)?;
    Ok(Some(NewCard { number, label, token, authentication, signature }))
}

impl NewCard {
    /// Stores the certificates beside their keys, and says how programs reach the card.
    fn personalise(self, ceremony: &Ceremony<'_>, certificates: &[Certificate]) -> anyhow::Result<CardEntry> {
        let [authentication, signature] = certificates else {
            anyhow::bail!("two certificates were ordered for the card");
        };
        self.token.import_certificate(&KeyId::new(AUTHENTICATION), authentication.der().as_bytes())?;
        self.token.import_certificate(&KeyId::new(SIGNATURE), signature.der().as_bytes())?;
        let (module, config) = tokens::locate(&ceremony.module, ceremony.layout)?;
        let pin = hsm::PinSource::File(ceremony.layout.pin(&self.label)).read()?;
        Ok(CardEntry {
            module,
            config,
            pin: pin.expose_secret().to_owned(),
            authentication_uri: key_uri(&self.label, AUTHENTICATION),
            signature_uri: key_uri(&self.label, SIGNATURE),
            token_label: self.label,
        })
    }
}

async fn bind_card(ceremony: &Ceremony<'_>, tenant: &Tenant, person: &Person) -> anyhow::Result<CardNumber> {
    let number = card_number(&ceremony.entropy);
    let card = Card {
        tenant: tenant.id.clone(),
        number: number.clone(),
        holder: person.id.clone(),
        bound_at: ceremony.now,
        state: CardState::Active,
    };
    let event = ceremony.event("card.activated", number.as_str()).in_tenant(&tenant.id).with("holder", &person.id);
    ceremony.commit(Changes::recording(event).write(Write::NewCard(card))).await?;
    Ok(number)
}

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
