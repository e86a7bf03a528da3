//! How long the hot paths take. Run with `--release --nocapture` for figures; the tests only hold a far bound.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pki::KeyKind;
use pki::issue::{LintIssuer, Request, lint, prepare};
use pki::ocsp::{HashAlgorithm, IssuerHashes, parse_request};

use crate::world::{World, anna, now, serial};

/// Mean time of one call.
fn time(label: &str, rounds: u32, mut call: impl FnMut()) -> Duration {
    let begin = Instant::now();
    for _ in 0..rounds {
        call();
    }
    let mean = begin.elapsed() / rounds;
    println!("{label}: {mean:?}");
    mean
}

#[test]
fn a_persons_certificate_is_prepared_and_judged() {
    let mut world = World::new();
    let key = world.key("card-1", KeyKind::EcP256);
    let facts = anna();
    let profile = world.profile("person-authentication-loa4");
    let not_after = now().plus_days(365);
    let request = Request { profile, subject: &facts, key: &key, serial: serial(9), not_before: now(), not_after };
    let tbs = prepare(&request, &world.person).unwrap();
    time("prepare", 2_000, || drop(black_box(prepare(&request, &world.person))));
    let linted = time("lint", 2_000, || drop(black_box(lint(tbs.clone(), profile, LintIssuer::from(&world.person)))));
    assert!(linted < Duration::from_millis(20));
}

#[test]
fn an_ocsp_request_is_read() {
    let mut world = World::new();
    let issuer = IssuerHashes::of(&world.person.certificate);
    let mut request = openssl::ocsp::OcspRequest::new().unwrap();
    let (_, leaf) = world.end_entities().swap_remove(0);
    let leaf = openssl::x509::X509::from_der(leaf.as_bytes()).unwrap();
    let ca = openssl::x509::X509::from_der(world.person.certificate.der().as_bytes()).unwrap();
    let id = openssl::ocsp::OcspCertId::from_cert(openssl::hash::MessageDigest::sha256(), &leaf, &ca).unwrap();
    request.add_id(id).unwrap();
    let der = request.to_der().unwrap();
    let read = parse_request(&der).unwrap();
    assert_eq!(read.cert_ids[0].hash, HashAlgorithm::Sha256);
    let taken = time("parse_request and match", 10_000, || {
        let request = parse_request(black_box(&der)).unwrap();
        assert!(issuer.matches(&request.cert_ids[0]));
    });
    assert!(taken < Duration::from_millis(1));
}
