//! CRLs: built, judged, signed, read back, and before OpenSSL.

use openssl::x509::{CrlStatus, X509, X509Crl};
use pki::crl::{CrlError, CrlTbs, Reason, RevokedEntry, lint_crl, parse_crl, prepare_crl, verify_crl};
use pki::{SerialNumber, UtcTime};

use crate::world::{World, now, serial};

fn entries() -> Vec<RevokedEntry> {
    let at = now().plus_days(-3);
    Reason::ALL
        .into_iter()
        .zip(10..)
        .map(|(reason, number)| RevokedEntry { serial: serial(number), at, reason })
        .collect()
}

fn tbs(world: &World, number: u64, entries: &[RevokedEntry]) -> CrlTbs {
    prepare_crl(&world.person, number, now(), now().plus_days(1), entries.iter())
}

fn signed(world: &World, number: u64, entries: &[RevokedEntry]) -> Vec<u8> {
    let person = &world.person;
    let linted = lint_crl(tbs(world, number, entries), &person.certificate, person.key.clone()).unwrap();
    linted.sign(&world.keys).unwrap().into_bytes()
}

#[test]
fn what_is_listed_is_read_back() {
    let world = World::new();
    let der = signed(&world, u64::MAX, &entries());
    let summary = parse_crl(&der).unwrap();
    assert_eq!((summary.number, summary.this_update, summary.next_update), (u64::MAX, now(), now().plus_days(1)));
    assert_eq!(summary.revoked.len(), entries().len());
    for entry in entries() {
        let found = summary.revoked[&entry.serial];
        assert_eq!((found.at, found.reason), (entry.at, entry.reason));
    }
    assert_eq!(verify_crl(&der, &world.person.certificate), Ok(()));
    assert_eq!(verify_crl(&der, &world.root.certificate), Err(CrlError::OtherIssuer));
}

#[test]
fn openssl_verifies_and_finds_the_revoked() {
    let mut world = World::new();
    let (_, leaf) = world.end_entities().swap_remove(0);
    let leaf = X509::from_der(leaf.as_bytes()).unwrap();
    let issuer = X509::from_der(world.person.certificate.der().as_bytes()).unwrap();
    for (list, revoked) in [(entries(), true), (Vec::new(), false)] {
        let crl = X509Crl::from_der(&signed(&world, 7, &list)).unwrap();
        assert!(crl.verify(&issuer.public_key().unwrap()).unwrap());
        assert_eq!(matches!(crl.get_by_cert(&leaf), CrlStatus::Revoked(_)), revoked);
    }
}

#[test]
fn a_changed_crl_does_not_verify() {
    let world = World::new();
    let mut der = signed(&world, 7, &entries());
    let at = der.len() - 20;
    der[at] ^= 1;
    assert_eq!(verify_crl(&der, &world.person.certificate), Err(CrlError::BadSignature));
}

#[test]
fn lints_name_what_is_wrong() {
    let world = World::new();
    let issuer = &world.person;
    let refused = |tbs: CrlTbs| lint_crl(tbs, &issuer.certificate, issuer.key.clone()).err().map(|found| found[0].rule);
    let list = |next: UtcTime, entries: &[RevokedEntry]| prepare_crl(issuer, 7, now(), next, entries.iter());
    let tomorrow = now().plus_days(1);
    let late = RevokedEntry { serial: serial(9), at: now().plus_seconds(1), reason: Reason::Superseded };
    let twice = [entries().swap_remove(0), entries().swap_remove(3), entries().swap_remove(0)];
    assert_eq!(refused(list(tomorrow, &entries())), None);
    assert_eq!(refused(list(now(), &entries())), Some("e_crl_validity_is_empty"));
    assert_eq!(refused(list(tomorrow, &[late])), Some("e_crl_entry_after_this_update"));
    assert_eq!(refused(list(tomorrow, &twice)), Some("e_crl_entry_repeats"));
    let other = prepare_crl(&world.infrastructure, 7, now(), tomorrow, [].iter());
    assert_eq!(refused(other), Some("e_crl_issuer"));
    assert_eq!(refused(CrlTbs::from_bytes(vec![0x30, 0])), Some("e_crl_not_der"));
}

#[test]
fn a_long_list_is_read_back_whole() {
    let world = World::new();
    let entries: Vec<_> = (0..100_000_u128)
        .map(|number| RevokedEntry {
            serial: SerialNumber::from_random((number << 64).to_be_bytes()),
            at: now(),
            reason: Reason::KeyCompromise,
        })
        .collect();
    let tbs = tbs(&world, 8, &entries);
    let linted = lint_crl(tbs, &world.person.certificate, world.person.key.clone()).unwrap();
    let der = linted.sign(&world.keys).unwrap().into_bytes();
    assert_eq!(parse_crl(&der).unwrap().revoked.len(), entries.len());
}
