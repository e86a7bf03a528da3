//! Names and numbers of people: whose are taken, and that no two people share a distinguished name.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use domain::eligibility::AgencyKind;
use domain::people::{Person, Protection, Tenant};
use domain::subject::{Mode, SubjectFault, check_person, is_masked, masked};
use pki::issue::subject_name;
use pki::{Profile, TextFault, name_digest};
use proptest::prelude::*;
use std::sync::LazyLock;

static PROFILES: LazyLock<[Profile; 3]> = LazyLock::new(|| {
    [
        include_str!("../../../policies/profiles/person-authentication-loa4.toml"),
        include_str!("../../../policies/profiles/person-signature-loa4.toml"),
        include_str!("../../../policies/profiles/person-authentication-reserve.toml"),
    ]
    .map(|text| Profile::from_toml(text).unwrap())
});

fn agency() -> Tenant {
    let organisation_number = "5560160680".parse().unwrap();
    Tenant {
        id: "norrsken".parse().unwrap(),
        name: "TEST Myndigheten".to_owned(),
        organisation_number,
        kind: AgencyKind::StateAgency,
    }
}

fn person(given_name: &str, surname: &str, number: &str) -> Person {
    let identity_number = number.parse().unwrap();
    let (given_name, surname) = (given_name.to_owned(), surname.to_owned());
    Person { id: "p".parse().unwrap(), identity_number, given_name, surname, protection: None }
}

/// What two names are compared by, under each profile.
fn names(person: &Person, card: &str) -> Vec<[u8; 32]> {
    let facts = person.subject(&agency(), &card.parse().unwrap());
    PROFILES.iter().map(|profile| name_digest(&subject_name(profile, &facts).unwrap()).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Two people of one name in one agency have two distinguished names; one person has one, on every card.
    #[test]
    fn distinguished_names_are_distinct_and_stable(
        given_name in "[A-ZÅÄÖ][a-zåäöé]{1,20}",
        surname in "[A-ZÅÄÖ][a-zåäöé]{1,20}",
        one in 0_u32..20_000,
        other in 0_u32..20_000,
    ) {
        prop_assume!(one != other);
        let [one, other] = [one, other].map(testkit::identity_number);
        let [first, second] = [&one, &other].map(|number| person(&given_name, &surname, number));
        let cards = ["9752000000000000001", "9752000000000000002"];
        prop_assert_eq!(names(&first, cards[0]), names(&first, cards[1]));
        for (first, second) in names(&first, cards[0]).into_iter().zip(names(&second, cards[0])) {
            prop_assert_ne!(first, second);
        }
        // Another spelling of the same name is the same name: letters' case and doubled spaces do not tell people apart.
        let shouted = person(&given_name.to_uppercase(), &surname, &one);
        prop_assert_eq!(names(&first, cards[0]), names(&shouted, cards[0]));
    }
}

#[test]
fn test_numbers_are_for_demos_and_demos_for_test_numbers() {
    let (test, real) = ("199001012385".parse().unwrap(), "199510080006".parse().unwrap());
    assert_eq!(Mode::Demo.accept(&test), Ok(()));
    assert_eq!(Mode::Production.accept(&real), Ok(()));
    assert_eq!(Mode::Demo.accept(&real), Err(SubjectFault::RealNumber));
    assert_eq!(Mode::Production.accept(&test), Err(SubjectFault::TestNumber));
}

#[test]
fn names_are_normalised_or_refused() {
    let composed = person("A\u{30a}sa", "O\u{308}berg", "199001012385").with_accepted_names().unwrap();
    assert_eq!(composed.display_name(), "Åsa Öberg");
    let long = "a".repeat(65);
    let half = "a".repeat(40);
    for (given_name, surname, fact) in [
        ("", "Öberg", "person.given_name"),
        ("Åsa\0", "Öberg", "person.given_name"),
        ("Åsa", "Ö\u{202e}berg", "person.surname"),
        ("Åsa", long.as_str(), "person.surname"),
        (half.as_str(), half.as_str(), "person.display_name"),
    ] {
        let refused = person(given_name, surname, "199001012385").with_accepted_names().unwrap_err();
        assert_eq!(refused.fact(), fact, "{given_name:?} {surname:?}");
    }
}

#[test]
fn facts_are_judged_as_a_whole() {
    let good = person("Åsa", "Öberg", "199001012385").subject(&agency(), &"9752000000000000001".parse().unwrap());
    assert_eq!(check_person(&good, Mode::Demo), Ok(()));
    assert_eq!(check_person(&good, Mode::Production), Err(SubjectFault::TestNumber));
    let protected = Person { protection: Some(Protection::SecrecyMarking), ..person("Åsa", "Öberg", "199001012385") };
    let hidden = protected.subject(&agency(), &"9752000000000000001".parse().unwrap());
    assert_eq!(hidden.get("person.serial_number"), Some("EI:SE-p"));
    assert_eq!(check_person(&hidden, Mode::Production), Ok(()));
    assert!(is_masked(&masked(good.clone())) && !is_masked(&good));
    assert!(!masked(good.clone()).values.values().any(|value| value.contains("Åsa") || value.contains("1990")));
    let employee = good.clone().with("person.serial_number", "EI:SE-A1234");
    assert_eq!(check_person(&employee, Mode::Production), Ok(()));
    for (fact, value, wanted) in [
        ("person.serial_number", "PNOSE-199001012386", SubjectFault::Identifier),
        ("person.serial_number", "199001012385", SubjectFault::Identifier),
        ("person.serial_number", "PNOSE-199510080006", SubjectFault::RealNumber),
        ("person.given_name", "A\u{30a}sa", SubjectFault::Name("person.given_name", TextFault::NotNormalised)),
        ("person.surname", "", SubjectFault::Name("person.surname", TextFault::Empty)),
        ("person.display_name", "Åsa\u{200b}", SubjectFault::Name("person.display_name", TextFault::Character(0x200b))),
    ] {
        assert_eq!(check_person(&good.clone().with(fact, value), Mode::Demo), Err(wanted), "{fact} {value:?}");
    }
}
