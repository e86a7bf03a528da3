//! What is issued, and what is not.

use pki::issue::{IssueError, LintIssuer, Request, SubjectFacts, lint, lint_issued, prepare, prepare_root};
use pki::profile::{Algorithms, Claims};
use pki::{Certificate, KeyId, KeyKind, TextFault, UtcTime};

use crate::world::{World, anna, at, named, now, profiles, serial};

/// Prepares a person's authentication certificate after `change`.
fn prepared(
    world: &mut World,
    subject: &SubjectFacts,
    kind: KeyKind,
    validity: (UtcTime, UtcTime),
) -> Result<Vec<u8>, IssueError> {
    let key = world.key("subject", kind);
    let profile = world.profile("person-authentication-loa4");
    let (not_before, not_after) = validity;
    let request = Request { profile, subject, key: &key, serial: serial(9), not_before, not_after };
    prepare(&request, &world.person).map(|tbs| tbs.as_bytes().to_vec())
}

fn a_year() -> (UtcTime, UtcTime) {
    (now(), now().plus_days(365))
}

#[test]
fn the_same_request_gives_the_same_octets() {
    let mut world = World::new();
    let first = prepared(&mut world, &anna(), KeyKind::EcP256, a_year()).unwrap();
    let second = prepared(&mut World::new(), &anna(), KeyKind::EcP256, a_year()).unwrap();
    assert_eq!(first, second);
}

#[test]
fn keys_that_the_profile_does_not_name_are_refused() {
    let refused = prepared(&mut World::new(), &anna(), KeyKind::Rsa2048, a_year());
    assert!(matches!(refused, Err(IssueError::KeyNotAllowed { found: KeyKind::Rsa2048, .. })));
}

#[test]
fn validity_is_bounded_by_profile_and_issuer() {
    let mut world = World::new();
    let mut check = |from: UtcTime, to: UtcTime| prepared(&mut world, &anna(), KeyKind::EcP256, (from, to));
    assert!(matches!(check(now(), now()), Err(IssueError::EmptyValidity { .. })));
    assert!(matches!(check(now(), now().plus_days(1827)), Err(IssueError::TooLong { .. })));
    assert!(matches!(check(at("2026-01-15T07:59:59Z"), now()), Err(IssueError::PredatesIssuer { .. })));
    let late = now().plus_days(3600);
    assert!(matches!(check(late, late.plus_days(365)), Err(IssueError::OutlivesIssuer { .. })));
    assert!(check(now(), now().plus_days(1826)).is_ok());
}

/// Its successor must be there long before a CA ends, not when the first certificate no longer fits.
#[test]
fn a_ca_stops_when_its_end_is_nearer_than_the_longest_validity() {
    let mut world = World::new();
    let end = world.person.certificate.not_after();
    let mut a_day_from = |from: UtcTime| prepared(&mut world, &anna(), KeyKind::EcP256, (from, from.plus_days(1)));
    let last = end.plus_days(-1826).plus_seconds(1);
    assert!(a_day_from(last).is_ok());
    assert!(matches!(a_day_from(last.plus_seconds(1)), Err(IssueError::IssuerEnding { limit, .. }) if limit == end));
}

#[test]
fn nothing_outlives_the_kinds_of_its_keys() {
    let mut world = World::new();
    let last_day = |kind: &str, day: &str| Algorithms::from_toml(&format!("[keys]\n{kind} = \"{day}\"\n")).unwrap();
    let key = world.key("subject", KeyKind::EcP256);
    let check = |algorithms: Algorithms| {
        let profiles = profiles(Claims::Ordinary).bound_by(algorithms);
        let profile = profiles.get("person-authentication-loa4").unwrap();
        let (not_before, not_after) = a_year();
        let request = Request { profile, subject: &anna(), key: &key, serial: serial(9), not_before, not_after };
        prepare(&request, &world.person).map(drop)
    };
    let end = a_year().1.to_string();
    let (day, _) = end.split_once('T').unwrap();
    assert_eq!(check(last_day("ec-p256", day)), Ok(()));
    for (kind, day) in [("ec-p256", "2026-12-31"), ("rsa-4096", "2055-12-31")] {
        assert!(matches!(check(last_day(kind, day)), Err(IssueError::OutlivesAlgorithm { .. })), "{kind} until {day}");
    }
}

#[test]
fn a_missing_or_deceptive_fact_is_named() {
    let mut world = World::new();
    let mut check = |facts: &SubjectFacts| prepared(&mut world, facts, KeyKind::EcP256, a_year());
    let mut without = anna();
    without.values.remove("person.surname");
    assert_eq!(check(&without), Err(IssueError::MissingFact { fact: "person.surname".to_owned() }));
    let cases = [
        ("person.surname", "\u{202e}grebÖ", TextFault::Character(0x202e)),
        ("person.display_name", "Anna\nÖberg", TextFault::Character(0x0a)),
        ("person.serial_number", "PNOSE-19900101238å", TextFault::Form("PNOSE- or EI:SE- and an identifier")),
        ("organisation.number", "2021005522", TextFault::Form("a Swedish organisation number")),
        ("person.email", "anna@", TextFault::Form("a mailbox of ASCII characters")),
        ("card.number", "", TextFault::Form("a card number of printable characters")),
    ];
    for (fact, value, fault) in cases {
        let refused = check(&anna().with(fact, value));
        assert_eq!(refused, Err(IssueError::BadFact { fact: fact.to_owned(), fault }), "{fact}");
    }
}

#[test]
fn names_are_written_in_composed_form() {
    let mut world = World::new();
    let composed = prepared(&mut world, &anna(), KeyKind::EcP256, a_year()).unwrap();
    let decomposed = anna().with("person.surname", "O\u{308}berg");
    assert_eq!(prepared(&mut world, &decomposed, KeyKind::EcP256, a_year()).unwrap(), composed);
}

#[test]
fn an_employee_number_comes_with_the_authority_that_assigned_it() {
    let mut world = World::new();
    let key = world.key("subject", KeyKind::EcP256);
    let facts = anna().with("person.serial_number", "EI:SE-A1234");
    let der = world.issue("person-authentication-loa4", &facts, &key, &world.person, serial(9), 365);
    let authority = b"https://repository.example.se/nra";
    assert!(der.as_bytes().windows(authority.len()).any(|window| window == authority));
}

#[test]
fn a_ca_serves_only_the_profiles_that_its_own_policies_cover() {
    let mut world = World::new();
    let key = world.key("subject", KeyKind::EcP256);
    let facts = anna();
    let person = world.profile("person-authentication-loa4");
    let request = Request {
        profile: person,
        subject: &facts,
        key: &key,
        serial: serial(9),
        not_before: now(),
        not_after: now().plus_days(5),
    };
    for wrong in [&world.infrastructure, &world.root] {
        assert!(matches!(prepare(&request, wrong), Err(IssueError::IssuerNotAllowed { .. })), "{}", wrong.name);
    }
    let facts = named("TEST CA below a CA");
    let authority = Request { profile: world.profile("issuing-ca-person"), subject: &facts, ..request };
    assert!(matches!(prepare(&authority, &world.person), Err(IssueError::IssuerNotAllowed { .. })));
    assert!(matches!(prepare_root(&request, &KeyId::new("x")), Err(IssueError::NotARoot { .. })));
}

#[test]
fn lints_refuse_bytes_of_another_profile_or_issuer() {
    let mut world = World::new();
    let key = world.key("subject", KeyKind::EcP256);
    let facts = anna();
    let profile = world.profile("person-authentication-loa4");
    let not_after = now().plus_days(365);
    let request = Request { profile, subject: &facts, key: &key, serial: serial(9), not_before: now(), not_after };
    let tbs = prepare(&request, &world.person).unwrap();
    let refused = |profile: &str, issuer: LintIssuer<'_>| {
        let findings = lint(tbs.clone(), world.profile(profile), issuer).unwrap_err();
        findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let signature = refused("person-signature-loa4", LintIssuer::from(&world.person));
    assert!(signature.contains(&"e_person_key_usage"), "{signature:?}");
    let elsewhere = refused("person-authentication-loa4", LintIssuer::from(&world.infrastructure));
    assert!(elsewhere.contains(&"e_issuer_name"), "{elsewhere:?}");
    assert!(elsewhere.contains(&"e_authority_key_identifier_not_of_issuer"), "{elsewhere:?}");
    let own = refused("person-authentication-loa4", LintIssuer::SelfSigned);
    assert!(own.contains(&"e_issuer_may_not_sign"), "{own:?}");
}

#[test]
fn a_signature_that_does_not_verify_is_found() {
    let mut world = World::new();
    let (profile, der) = world.end_entities().swap_remove(0);
    let mut changed = der.into_bytes();
    *changed.last_mut().unwrap() ^= 1;
    let changed = Certificate::parse(&changed).unwrap();
    let findings = lint_issued(changed.der(), world.profile(profile), &world.person.certificate);
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["e_signed_does_not_verify"]);
}

#[test]
fn what_another_process_signed_must_be_what_was_linted() {
    let mut world = World::new();
    let key = world.key("card-1", KeyKind::EcP256);
    let (profile, subject, ca) = (world.profile("person-authentication-loa4"), anna(), &world.person);
    let draft = |number| {
        let (not_before, not_after) = (now(), now().plus_days(365));
        let request = Request { profile, subject: &subject, key: &key, serial: serial(number), not_before, not_after };
        lint(prepare(&request, ca).unwrap(), profile, LintIssuer::from(ca)).unwrap()
    };
    let issuer = LintIssuer::from(ca);
    let accept = |number, octets: &[u8]| {
        let accepted = draft(number).accept(octets.to_vec(), profile, issuer);
        accepted.map_err(|findings| findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
    };
    let signed = draft(50).sign(&world.keys).unwrap().into_bytes();
    assert_eq!(accept(50, &signed).unwrap().as_bytes(), signed);
    assert_eq!(accept(51, &signed), Err(vec!["e_signed_other_octets"]));
    assert_eq!(accept(50, &signed[1..]), Err(vec!["e_signed_not_der"]));
}
