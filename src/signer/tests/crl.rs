//! CRLs: numbers rise, revocations stay, and a revoked officer is an officer no more.

use super::attack::refusal;
use super::story::Story;
use super::world::{NOW, World};
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, CrlRequest, Request};
use pki::crl::{Reason, RevokedEntry, parse_crl, prepare_crl, verify_crl};
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// Asks for a CRL of persons; gives it, or the word of the refusal.
pub(super) fn crl(
    core: &Core,
    world: &World,
    number: u64,
    (this_update, next_update): (UtcTime, UtcTime),
    serials: &[SerialNumber],
) -> Result<Vec<u8>, Code> {
    let entry =
        |serial: &SerialNumber| RevokedEntry { serial: *serial, at: NOW.plus_days(-1), reason: Reason::KeyCompromise };
    let entries: Vec<_> = serials.iter().map(entry).collect();
    let tbs = prepare_crl(&world.person_ca, number, this_update, next_update, entries.iter());
    ask(core, "person", tbs.as_bytes())
}

fn ask(core: &Core, issuer: &str, tbs: &[u8]) -> Result<Vec<u8>, Code> {
    match core.answer(&Request::Crl(CrlRequest { issuer: issuer.to_owned() }), tbs) {
        (Answer::Crl, crl) => Ok(crl),
        (Answer::Refused(refusal), _) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

const SERIAL: SerialNumber = SerialNumber::from_random([7; 16]);
const TIMES: (UtcTime, UtcTime) = (NOW, NOW.plus_days(1));

#[test]
fn numbers_rise_and_revocations_stay() {
    let world = World::found();
    let core = world.core();
    let [one, two, three] = [(); 3].map(|()| world.serial());
    let signed = crl(&core, &world, 5, TIMES, &[two, one]).unwrap();
    verify_crl(&signed, &world.person_ca.certificate).unwrap();
    assert_eq!(parse_crl(&signed).unwrap().revoked.len(), 2);

    let before = world.trace();
    let far = NOW.plus_days(30);
    let ahead = u64::try_from(NOW.unix()).unwrap() + 301;
    for (name, code, number, times, serials) in [
        ("the same number", Code::CrlNumber, 5, TIMES, vec![one, two]),
        ("a lower number", Code::CrlNumber, 4, TIMES, vec![one, two]),
        ("a number that nothing could follow", Code::CrlNumber, ahead, TIMES, vec![one, two]),
        ("the last number of all", Code::CrlNumber, u64::MAX, TIMES, vec![one, two]),
        ("a revocation less", Code::CrlLosesRevocation, 6, TIMES, vec![one]),
        ("another revocation in place of one", Code::CrlLosesRevocation, 6, TIMES, vec![one, three]),
        ("none at all", Code::CrlLosesRevocation, 6, TIMES, vec![]),
        ("an old list", Code::WrongTime, 6, (NOW.plus_days(-1), TIMES.1), vec![one, two]),
        ("a list from the future", Code::WrongTime, 6, (NOW.plus_days(1), far), vec![one, two]),
        ("a list that lives too long", Code::WrongTime, 6, (NOW, far), vec![one, two]),
        ("a serial twice", Code::Lint, 6, TIMES, vec![one, two, two]),
    ] {
        assert_eq!(crl(&core, &world, number, times, &serials), Err(code), "{name}");
        assert_eq!(world.trace(), before, "{name}");
    }
    assert!(crl(&core, &world, 6, TIMES, &[one, two, three]).is_ok());
}

/// A later time would make signatures from before look good, another reason would make them look forged.
#[test]
fn a_revocation_keeps_its_time_and_reason() {
    let world = World::found();
    let core = world.core();
    let entry = |at: UtcTime, reason: Reason| RevokedEntry { serial: SERIAL, at, reason };
    let listed = entry(NOW.plus_days(-2), Reason::KeyCompromise);
    let signed = |core: &Core, number: u64, entry: &RevokedEntry| {
        let tbs = prepare_crl(&world.person_ca, number, TIMES.0, TIMES.1, std::iter::once(entry));
        ask(core, "person", tbs.as_bytes())
    };
    signed(&core, 5, &listed).unwrap();
    let refused = |core: &Core| {
        let before = world.trace();
        for (name, other) in [
            ("a second later", entry(listed.at.plus_seconds(1), listed.reason)),
            ("a day earlier", entry(listed.at.plus_days(-1), listed.reason)),
            ("another reason", entry(listed.at, Reason::Superseded)),
            ("no reason any more", entry(listed.at, Reason::Unspecified)),
        ] {
            assert_eq!(signed(core, 6, &other), Err(Code::CrlChangesRevocation), "{name}");
        }
        assert_eq!(world.trace(), before);
    };
    refused(&core);
    drop(core);
    let core = world.core();
    refused(&core);
    assert!(signed(&core, 6, &listed).is_ok(), "after a restart too, the same is listed again");
}

#[test]
fn only_lists_of_this_ca_are_signed() {
    let world = World::found();
    let core = world.core();
    let before = world.trace();
    let tbs = prepare_crl(&world.person_ca, 1, NOW, NOW.plus_days(1), std::iter::empty());
    assert_eq!(ask(&core, "infrastructure", tbs.as_bytes()), Err(Code::Lint));
    assert_eq!(ask(&core, "root", tbs.as_bytes()), Err(Code::WrongIssuer));
    assert_eq!(ask(&core, "person", b"a certificate, say"), Err(Code::Lint));
    assert_eq!(ask(&core, "person", world.person("anna").signature.tbs()), Err(Code::Lint));
    assert_eq!(world.trace(), before);
}

#[test]
fn a_revoked_officer_signs_for_nobody() {
    let world = World::found();
    let core = world.core();
    let story = |approver| Story::new(&world, &format!("by-{approver}")).but(|s| s.approvers = vec![approver]);
    assert_eq!(refusal(&core, story("rolf").request(&world)), None);
    crl(&core, &world, 1, TIMES, &[world.person("rolf").signature.serial().unwrap()]).unwrap();
    let before = world.trace();
    let again = story("rolf").but(|s| s.order.enrolment = "another".parse().unwrap());
    assert_eq!(refusal(&core, again.request(&world)), Some(Code::NotApproved));
    assert_eq!(world.trace(), before);
    assert_eq!(refusal(&core, story("anna").request(&world)), None);
}
