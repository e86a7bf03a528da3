//! Requests that are made to cost more than they should.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509Name};
use signature::validate::{
    Budget, Limits, MalformedInput, Peer, Policies, Purpose, Request, Revocation, Verdict, certificate,
};
use std::cell::Cell;

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(level: usize) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", &format!("level {level}")).unwrap();
    name.build()
}

/// The certificate of a CA's key at `level`, by the CA above.
fn certified(level: usize, serial: u32, key: &PKey<Private>, above: &PKey<Private>) -> Vec<u8> {
    let mut made = X509::builder().unwrap();
    made.set_version(2).unwrap();
    made.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(serial).unwrap()).unwrap()).unwrap();
    made.set_subject_name(&name(level)).unwrap();
    made.set_issuer_name(&name(level + 1)).unwrap();
    made.set_pubkey(key).unwrap();
    made.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    made.set_not_after(&Asn1Time::from_unix(1_900_000_000).unwrap()).unwrap();
    made.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    made.sign(above, MessageDigest::sha256()).unwrap();
    made.build().to_der().unwrap()
}

/// A ladder of CAs, each with `copies` certificates for one key by the one above, and nothing at its top: there are
/// `copies` to the power of `levels` ways up, and every signature on them is good.
fn ladder(levels: usize, copies: u32) -> Request {
    let keys: Vec<_> = (0..=levels + 1).map(|_| key()).collect();
    let rung = |level: usize| (1..=copies).map(move |serial| (level, serial));
    let made = |(level, serial)| certified(level, serial, &keys[level], &keys[level + 1]);
    let stranger = key();
    Request {
        certificate: made((0, 1)),
        intermediates: (1..=levels).flat_map(rung).map(made).collect(),
        trust_anchors: vec![certified(90, 1, &stranger, &stranger)],
        crls: Vec::new(),
        at: 1_800_000_000,
        purpose: Purpose::Any,
        peer: None,
        max_depth: None,
        policies: None,
        revocation: Revocation::None,
    }
}

/// Signatures that are known cost nothing, so that their limit ends no such search.
#[test]
fn a_ladder_of_cas_costs_no_more_than_its_steps() {
    let asked = Cell::new(0_u32);
    let in_time = || {
        asked.set(asked.get() + 1);
        true
    };
    let limits = Limits { steps: 500, ..Limits::default() };
    let verdict = certificate(&ladder(14, 3), &mut Budget::new(limits, &in_time)).unwrap();
    let Verdict::Failed { reason, .. } = verdict else { panic!("there is no chain") };
    assert!(reason.contains("too many ways"), "{reason}");
    assert!((500..1_000).contains(&asked.get()), "the time is looked at in every step: {}", asked.get());
}

#[test]
fn a_search_among_known_signatures_ends_with_its_time() {
    let left = Cell::new(300_u32);
    let in_time = || {
        left.set(left.get().saturating_sub(1));
        left.get() > 0
    };
    let verdict = certificate(&ladder(14, 3), &mut Budget::new(Limits::default(), &in_time)).unwrap();
    assert!(matches!(verdict, Verdict::Failed { reason, .. } if reason.contains("the time is up")));
}

/// OpenSSL takes a text of digits apart in the square of its length, and looks at no clock meanwhile.
#[test]
fn huge_policies_and_names_are_refused_unread() {
    let ask = |policies, peer| {
        let request = Request { policies, peer, ..ladder(1, 1) };
        certificate(&request, &mut Budget::new(Limits::default(), &|| true))
    };
    let of = |initial_set| Some(Policies { initial_set, explicit: true, inhibit_mapping: false, inhibit_any: false });
    let refused = |what, why| Err(MalformedInput { what, why });
    let policy = refused("policy", "too many, or too long an OID");
    assert_eq!(ask(of(vec![format!("1.2.{}", "9".repeat(1_000_000))]), None), policy);
    assert_eq!(ask(of(vec!["1.2.3".to_owned(); 101]), None), policy);
    assert!(ask(of(vec!["1.2.3".to_owned(); 100]), None).is_ok());
    assert_eq!(ask(None, Some(Peer::Dns("a".repeat(321)))), refused("peer", "too long"));
    assert_eq!(ask(None, Some(Peer::Mail("a".repeat(321)))), refused("peer", "too long"));
}
