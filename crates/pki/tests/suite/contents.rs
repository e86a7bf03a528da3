//! What stands in certificates, octet by octet, and what may not.

use pki::issue::{IssueError, Issuer, LintIssuer, Request, SubjectFacts, Tbs, lint, prepare};
use pki::profile::Profile;
use pki::{Attribute, KeyKind, TextFault};
use x509_parser::prelude::{FromDer, TbsCertificate};

use crate::world::{World, anna, contains, function, now, serial};

#[test]
fn extensions_are_these_octets() {
    let certificates = World::new().certificates();
    for (profile, octets) in [
        ("root-ca", "300E0603551D0F0101FF040403020106"),
        ("root-ca", "300F0603551D130101FF040530030101FF"),
        ("cross-ca", "30120603551D130101FF040830060101FF020101"),
        ("issuing-ca-function", "30120603551D130101FF040830060101FF020100"),
        ("person-authentication-loa4", "300E0603551D0F0101FF040403020780"),
        ("person-authentication-loa4", "060604008F7A0102"),
        ("person-authentication-loa4", "301F06062A85702202010415131339373532323639383735303132333435363738"),
        ("person-authentication-loa4", "301506082B06010505070B023009060704008BEC490101"),
        ("person-signature-loa4", "300E0603551D0F0101FF040403020640"),
        ("legal-person-seal", "301506082B06010505070B023009060704008BEC490102"),
        ("ocsp-signer", "30130603551D25040C300A06082B06010505070309"),
        ("ocsp-signer", "300F06092B060105050730010504020500"),
        ("tsa-unit", "30160603551D250101FF040C300A06082B06010505070308"),
        ("tsa-unit", PRIVATE_KEY_USAGE),
        ("person-signature-short-term", "30090603551D3804020500"),
        ("person-signature-short-term", "300D060704008BEC49020104020500"),
    ] {
        let (_, der) = certificates.iter().find(|(name, _)| *name == profile).unwrap();
        assert!(contains(der, octets), "{profile}: {octets}");
    }
}

#[test]
fn a_local_identifier_names_its_authority() {
    let certificates = World::new().certificates();
    let (_, der) = certificates.iter().find(|(name, _)| *name == "person-signature-remote").unwrap();
    let authority = "https://repository.example.se/nra".bytes().fold(String::new(), |t, b| t + &format!("{b:02X}"));
    assert!(contains(der, &format!("060704008BEC490101{}{authority}", "30238621")));
}

/// Prepares a certificate of this profile; gives its issuer too.
fn prepared(world: &mut World, profile: &Profile, subject: &SubjectFacts) -> Result<(Tbs, Issuer), IssueError> {
    let key = world.key("subject", KeyKind::EcP256);
    let issuer = if profile.purpose().is_person() { &world.person } else { &world.function };
    let not_after = now().plus_days(30);
    let request = Request { profile, subject, key: &key, serial: serial(9), not_before: now(), not_after };
    Ok((prepare(&request, issuer)?, issuer.clone()))
}

/// The same of a profile's text, linted.
fn issued(text: &str, subject: &SubjectFacts) -> Result<(), IssueError> {
    let profile = Profile::from_toml(text).unwrap();
    let (tbs, issuer) = prepared(&mut World::new(), &profile, subject)?;
    lint(tbs, &profile, LintIssuer::from(&issuer)).unwrap();
    Ok(())
}

/// DER sorts the attributes of a set, so that the file's order within it does not matter.
#[test]
fn attributes_may_share_an_rdn() {
    let name = "from = \"person.display_name\"";
    let number = "[[subject]]\nattribute = \"serialNumber\"     # PNOSE-… or, for protected persons always, EI:SE-…\n";
    let text = PERSON.replace(&format!("{number}from = \"person.serial_number\"\n"), "");
    let with = "with = [{ attribute = \"serialNumber\", from = \"person.serial_number\" }]";
    let profile = Profile::from_toml(&text.replace(name, &format!("{name}\n{with}"))).unwrap();
    let mut world = World::new();
    let (tbs, issuer) = prepared(&mut world, &profile, &anna()).unwrap();
    let (_, read) = TbsCertificate::from_der(tbs.as_bytes()).unwrap();
    let sizes: Vec<_> = read.subject.iter_rdn().map(|rdn| rdn.iter().count()).collect();
    assert_eq!(sizes, [1, 1, 1, 2, 1, 1]);
    let shared = read.subject.iter_rdn().nth(3).unwrap();
    let lengths: Vec<_> = shared.iter().map(|attribute| attribute.as_str().unwrap().len()).collect();
    assert!(lengths.is_sorted(), "the shorter encoding comes first: {lengths:?}");
    let apart = world.profile("person-authentication-loa4");
    let refused = lint(tbs.clone(), apart, LintIssuer::from(&issuer)).unwrap_err();
    assert_eq!(refused.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["e_profile_subject"]);
    lint(tbs, &profile, LintIssuer::from(&issuer)).unwrap();
}

#[test]
fn identifiers_and_addresses_have_their_forms() {
    for (fact, value, form) in [
        ("function.hsa_id", "SE2021005522-A1", "an HSA-id"),
        ("function.hsa_id", "DIARIET1", "an HSA-id"),
        ("function.uri", "diariet.example.se", "a web address of ASCII characters"),
        ("function.uri", "javascript:alert(1)", "a web address of ASCII characters"),
    ] {
        let refused = issued(FUNCTION, &function().with(fact, value));
        let fault = TextFault::Form(form);
        assert_eq!(refused, Err(IssueError::BadFact { fact: fact.to_owned(), fault }), "{value}");
    }
    for (fact, value, form) in [
        ("person.upn", "anna", "a name and a domain"),
        ("person.upn", "anna@\u{202e}example.se", "a name and a domain"),
        ("person.serial_number", "PNOSE-199001012386", "PNOSE- or EI:SE- and an identifier"),
        ("person.serial_number", "199001012385", "PNOSE- or EI:SE- and an identifier"),
        ("person.serial_number", "EI:SE-", "PNOSE- or EI:SE- and an identifier"),
    ] {
        let refused = issued(PERSON, &anna().with(fact, value));
        let fault = TextFault::Form(form);
        assert_eq!(refused, Err(IssueError::BadFact { fact: fact.to_owned(), fault }), "{value}");
    }
}

#[test]
fn names_are_accepted_as_certificates_carry_them() {
    assert_eq!(Attribute::Surname.accept("O\u{308}berg").unwrap(), "Öberg");
    let long = format!("{} {}", "Anna".repeat(9), "Öberg".repeat(7));
    for (attribute, name, fault) in [
        (Attribute::Surname, "\u{202e}grebÖ", TextFault::Character(0x202e)),
        (Attribute::GivenName, "Anna\u{0}", TextFault::Character(0)),
        (Attribute::GivenName, " Anna", TextFault::OuterSpace),
        (Attribute::CommonName, &long, TextFault::TooLong { limit: 64 }),
        (Attribute::CountryName, "se", TextFault::Form("two capital letters")),
    ] {
        assert_eq!(attribute.accept(name), Err(fault), "{name:?}");
    }
}

#[test]
fn a_server_without_a_name_is_refused_and_a_system_is_not() {
    let mut nameless = function();
    nameless.dns_names.clear();
    nameless.values.remove("function.uri");
    let server = include_str!("../../../../policies/profiles/function-server.toml");
    assert_eq!(issued(server, &nameless), Err(IssueError::NoAlternativeName));
    assert!(issued(FUNCTION, &nameless).is_ok());
}

const PERSON: &str = include_str!("../../../../policies/profiles/person-authentication-loa4.toml");
const FUNCTION: &str = include_str!("../../../../policies/profiles/function-client.toml");
/// From 2026-01-15 08:00:00 for a year.
const PRIVATE_KEY_USAGE: &str =
    "302B0603551D1004243022800F32303236303131353038303030305A810F32303237303131353038303030305A";
