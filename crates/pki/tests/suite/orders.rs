//! Who gets the certificates of the tests, and from which CA.

use pki::KeyKind;
use pki::issue::{Issuer, SubjectFacts};

use crate::world::World;

pub(crate) fn organisation() -> SubjectFacts {
    SubjectFacts::default().with("organisation.name", "TEST Myndighet").with("organisation.number", "2021005521")
}

pub(crate) fn named(common_name: &str) -> SubjectFacts {
    organisation().with("common_name", common_name)
}

/// A person of the tests, with a published test number.
pub(crate) fn anna() -> SubjectFacts {
    organisation()
        .with("person.surname", "Öberg")
        .with("person.given_name", "Anna Åsa")
        .with("person.display_name", "Anna Öberg")
        .with("person.serial_number", "PNOSE-199001012385")
        .with("person.email", "anna.oberg@example.se")
        .with("card.number", "9752269875012345678")
}

/// A system of an organisation.
pub(crate) fn function() -> SubjectFacts {
    let mut facts = named("TEST Diariet")
        .with("function.hsa_id", "SE2021005521-DIARIET1")
        .with("function.uri", "https://diariet.example.se/api");
    facts.dns_names = vec!["diariet.example.se".to_owned()];
    facts
}

/// Which CA of a world.
pub(crate) type Authority = fn(&World) -> &Issuer;

/// What to issue to whom.
pub(crate) struct Order {
    pub(crate) profile: &'static str,
    pub(crate) subject: SubjectFacts,
    /// Label of the key.
    pub(crate) key: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) issuer: Authority,
    pub(crate) days: i64,
}

/// One order for each end-entity profile; the first are those of the ordinary card.
pub(crate) fn orders() -> Vec<Order> {
    let (p256, p384) = (KeyKind::EcP256, KeyKind::EcP384);
    let person: Authority = |it| &it.person;
    let reserve: Authority = |it| &it.reserve;
    let organisations: Authority = |it| &it.function;
    let service: Authority = |it| &it.infrastructure;
    [
        (
            "person-authentication-loa4",
            anna().with("person.upn", "anna.oberg@norrsken.example.se"),
            "card-1",
            p256,
            person,
        ),
        ("person-signature-loa4", anna(), "card-2", p384, person),
        ("demo-software-authentication", anna(), "soft-1", p256, person),
        ("ocsp-signer", named("TEST Person LoA4 OCSP 1"), "ocsp-1", p256, person),
        ("tls-server", server(), "tls-1", p256, service),
        ("person-authentication-reserve", anna(), "reserve-1", p256, reserve),
        ("person-signature-reserve", anna(), "reserve-2", p256, reserve),
        ("person-authentication-mobile", anna(), "phone-1", p256, reserve),
        ("person-signature-mobile", anna(), "phone-2", p256, reserve),
        ("person-signature-remote", anna().with("person.serial_number", "EI:SE-A1234"), "remote-1", p256, person),
        ("person-signature-short-term", anna(), "remote-2", p256, person),
        ("function-server", function(), "function-1", p256, organisations),
        ("function-client", function(), "function-2", p256, organisations),
        ("legal-person-seal", named("TEST Myndighet"), "seal-1", p384, organisations),
        ("tsa-unit", named("TEST TSU 1"), "tsu-1", p384, service),
        ("enrolment-signer", named("TEST enrolment signer 1"), "enrolment-1", p256, service),
    ]
    .map(|(profile, subject, key, kind, issuer)| Order {
        profile,
        subject,
        key,
        kind,
        issuer,
        days: if profile == "ocsp-signer" { 14 } else { 1826 },
    })
    .into()
}

/// The service's own server.
pub(crate) fn server() -> SubjectFacts {
    let mut facts = named("sigill.example.se");
    facts.dns_names = vec!["sigill.example.se".to_owned()];
    facts.ip_addresses = vec!["127.0.0.1".parse().unwrap()];
    facts
}
