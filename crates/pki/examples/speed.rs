//! How long the hot paths take: `cargo run --release -p pki --example speed`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pki::crl::{Reason, RevokedEntry, lint_crl, prepare_crl};
use pki::issue::{LintIssuer, Request, lint, prepare};
use pki::ocsp::{IssuerHashes, Single, Status, lint_ocsp, parse_request, prepare_ocsp};
use pki::{Certificate, KeyKind, Profile, SerialNumber, SubjectFacts, UtcTime};
use testkit::{SoftPki, SoftSigner};

const PROFILE: &str = include_str!("../../../policies/profiles/person-authentication-loa4.toml");

fn main() {
    let now = UtcTime::from_unix(1_768_464_000);
    let pki = SoftPki::found(now);
    issuing(&pki, now);
    revocation(&pki, now);
    status(&pki, now);
}

fn issuing(pki: &SoftPki, now: UtcTime) {
    let profile = Profile::from_toml(PROFILE).expect("the profile is valid");
    let mut keys = SoftSigner::new();
    let id = keys.add("card", KeyKind::EcP256);
    let (key, subject) = (keys.public(&id), person());
    let serial = SerialNumber::from_random([9; 16]);
    let not_after = now.plus_days(365);
    let request = Request { profile: &profile, subject: &subject, key: &key, serial, not_before: now, not_after };
    let tbs = prepare(&request, &pki.issuer).expect("the profile allows it");
    let issuer = LintIssuer::from(&pki.issuer);
    measure("prepare", 20_000, || drop(black_box(prepare(&request, &pki.issuer))));
    measure("lint", 20_000, || drop(black_box(lint(tbs.clone(), &profile, issuer))));
    let der = lint(tbs, &profile, issuer).expect("no findings").sign(&pki.keys).expect("a signature");
    measure("read a certificate", 20_000, || drop(black_box(Certificate::parse(der.as_bytes()))));
    let certificate = Certificate::parse(der.as_bytes()).expect("a certificate of ours");
    measure("verify P-256", 5_000, || drop(black_box(certificate.verify_issued_by(&pki.issuer.certificate))));
}

fn revocation(pki: &SoftPki, now: UtcTime) {
    let entry = |n: u128| {
        let serial = SerialNumber::from_random((n << 64).to_be_bytes());
        RevokedEntry { serial, at: now, reason: Reason::KeyCompromise }
    };
    let entries: Vec<_> = (0..1_000_000).map(entry).collect();
    let build = || prepare_crl(&pki.issuer, 7, now, now.plus_days(1), entries.iter());
    measure("CRL of 1,000,000: prepare", 3, || drop(black_box(build())));
    let tbs = build();
    measure("CRL of 1,000,000: copy and lint", 3, || {
        drop(black_box(lint_crl(tbs.clone(), &pki.issuer.certificate, pki.issuer.key.clone())));
    });
}

fn status(pki: &SoftPki, now: UtcTime) {
    let issuer = IssuerHashes::of(&pki.issuer.certificate);
    let serial = SerialNumber::from_random([9; 16]);
    let singles = Single::both(&issuer, &serial, Status::Good, now, now.plus_days(1));
    measure("OCSP prepare and lint", 20_000, || {
        let tbs = prepare_ocsp(&pki.responder, &singles, now, None);
        drop(black_box(lint_ocsp(tbs, &pki.responder)));
    });
    measure("OCSP request read and matched", 200_000, || {
        let request = parse_request(black_box(REQUEST)).expect("a request");
        black_box(issuer.matches(&request.cert_ids[0]));
    });
}

fn person() -> SubjectFacts {
    [
        ("organisation.name", "Testmyndigheten"),
        ("organisation.number", "2021006883"),
        ("person.surname", "Åberg"),
        ("person.given_name", "Anna"),
        ("person.display_name", "Anna Åberg"),
        ("person.serial_number", "PNOSE-195006262546"),
        ("card.number", "9752269875005000001"),
    ]
    .into_iter()
    .fold(SubjectFacts::default(), |facts, (fact, value)| facts.with(fact, value))
}

/// Prints the mean time of one call.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a stopwatch reads the clock and says what it read"
)]
fn measure(label: &str, rounds: u32, mut call: impl FnMut()) {
    call();
    let begin = Instant::now();
    for _ in 0..rounds {
        call();
    }
    let mean: Duration = begin.elapsed() / rounds;
    println!("{label:<34}{mean:>12.2?}");
}

/// A request with one SHA-1 CertID of another issuer.
const REQUEST: &[u8] = &[
    0x30, 0x42, 0x30, 0x40, 0x30, 0x3e, 0x30, 0x3c, 0x30, 0x3a, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a,
    0x05, 0x00, 0x04, 0x14, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x04, 0x14, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0x02, 0x01, 5,
];
