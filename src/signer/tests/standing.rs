//! Certificates without a person: exactly what the ceremony allowed.

use super::story::key;
use super::world::{NOW, World, person_facts, server_facts, service_facts, tls_facts};
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, Request, StandingRequest};
use pki::certificate::Certificate;
use pki::issue::{Issuer, Request as ToIssue, SubjectFacts, prepare};
use pki::time::UtcTime;

/// Asks for a certificate; gives it, or the word of the refusal.
pub(super) fn ask(
    core: &Core,
    world: &World,
    (issuer, profile): (&Issuer, &str),
    subject: &SubjectFacts,
    not_after: UtcTime,
) -> Result<Certificate, Code> {
    let (key, serial) = (key("service"), world.serial());
    let wanted = ToIssue { profile: world.profile(profile), subject, key: &key, serial, not_before: NOW, not_after };
    // What cannot be built at all is asked for with bytes that cannot be right.
    let tbs = prepare(&wanted, issuer).map_or_else(|_| Vec::new(), |tbs| tbs.as_bytes().to_vec());
    let request = Request::IssueStanding(StandingRequest {
        issuer: issuer.name.clone(),
        profile: profile.to_owned(),
        subject: subject.clone(),
        spki: key.spki().to_vec(),
        serial,
        not_before: NOW,
        not_after,
        tbs,
    });
    match core.answer(&request, &[]).0 {
        Answer::Issued(signed) => Ok(Certificate::parse(&signed.certificate).unwrap()),
        Answer::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_the_ceremony_allowed() {
    let world = World::found();
    let core = world.core();
    let (tls, person) = (&world.infrastructure_ca, &world.person_ca);
    let week = NOW.plus_days(6);
    let before = world.trace();
    let wider = SubjectFacts { dns_names: vec!["localhost".to_owned(), "example.se".to_owned()], ..tls_facts() };
    let address = SubjectFacts { ip_addresses: vec![[127, 0, 0, 1].into()], ..tls_facts() };
    for (name, code, by, subject, until) in [
        ("another host name", Code::NoStandingApproval, (tls, "tls-server"), wider, week),
        ("an address", Code::NoStandingApproval, (tls, "tls-server"), address, week),
        ("another common name", Code::NoStandingApproval, (person, "ocsp-signer"), service_facts("Other"), week),
        ("the other CA", Code::NoStandingApproval, (person, "tls-server"), tls_facts(), week),
        ("a CA", Code::NoStandingApproval, (tls, "issuing-ca-person"), service_facts("TEST person"), week),
        (
            "a person",
            Code::NoStandingApproval,
            (person, "person-signature-loa4"),
            person_facts("agency-a", "199001012385", "anna"),
            week,
        ),
        ("another server", Code::NoStandingApproval, (&world.function_ca, "function-server"), tls_facts(), week),
        ("a server by the CA of people", Code::NoStandingApproval, (person, "function-server"), server_facts(), week),
        (
            "a system by the CA of people",
            Code::WrongIssuer,
            (person, "function-client"),
            service_facts("TEST System"),
            week,
        ),
        ("a longer life", Code::NotIssuable, (tls, "tls-server"), tls_facts(), NOW.plus_days(60)),
    ] {
        assert_eq!(ask(&core, &world, by, &subject, until), Err(code), "{name}");
        assert_eq!(world.trace(), before, "{name}");
    }
    let certificate = ask(&core, &world, (tls, "tls-server"), &tls_facts(), week).unwrap();
    certificate.verify_issued_by(&tls.certificate).unwrap();
    assert!(ask(&core, &world, (tls, "tls-server"), &tls_facts(), week).is_ok(), "renewed with the same key");
}

#[test]
fn organisations_get_theirs_from_their_own_ca() {
    let world = World::found();
    let core = world.core();
    let by = |profile| (&world.function_ca, profile);
    let server = ask(&core, &world, by("function-server"), &server_facts(), NOW.plus_days(300)).unwrap();
    server.verify_issued_by(&world.function_ca.certificate).unwrap();
    // One key is for one purpose: the server's cannot seal.
    let seal = ask(&core, &world, by("legal-person-seal"), &service_facts("TEST Seal"), NOW.plus_days(300));
    assert_eq!(seal, Err(Code::KeyUsed));
}
