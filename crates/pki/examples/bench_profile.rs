//! How much a certificate costs before it is signed: building and linting it, divided by verifying one P-256
//! signature, for each profile.
//!
//! Both are processor time of the one thread that works. Rounds alternate and each figure is a median, so that a busy
//! machine disturbs both alike.
//!
//! `cargo run --release -p pki --example bench_profile -- [ROUNDS]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measures, and the world of the tests ends in a panic"
)]

#[path = "../tests/suite/orders.rs"]
mod orders;
#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/suite/world.rs"]
mod world;

use std::hint::black_box;

use pki::issue::{LintIssuer, Request, lint, prepare, prepare_root};
use pki::{Certificate, Purpose};

use self::world::World;

fn main() {
    let rounds = std::env::args().nth(1).map_or(31, |text| text.parse().expect("a number of rounds"));
    let mut world = World::new();
    let certificates = world.certificates();
    println!("{:<32}{:>10}{:>10}{:>8}", "profile", "issue, µs", "verify, µs", "ratio");
    let mut worst = 0.0_f64;
    for (profile, der) in certificates {
        let certificate = Certificate::parse(der.as_bytes()).unwrap();
        let mut times: Vec<_> =
            (0..rounds).map(|_| (issuing(&world, profile, &certificate), verifying(&world))).collect();
        let issue = median(times.iter_mut().map(|(issue, _)| *issue).collect());
        let verify = median(times.iter_mut().map(|(_, verify)| *verify).collect());
        worst = worst.max(issue / verify);
        println!("{profile:<32}{issue:>10.1}{verify:>10.1}{:>8.2}", issue / verify);
    }
    println!("worst ratio {worst:.2}, target {TARGET}");
}

/// Microseconds for building and linting what will be signed.
fn issuing(world: &World, profile: &str, certificate: &Certificate) -> f64 {
    let (subject, issuer) = world.request(profile, certificate);
    let profile = world.profile(profile);
    let request = Request {
        profile,
        subject: &subject,
        key: certificate.public_key(),
        serial: certificate.serial().unwrap(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    };
    if profile.purpose() == Purpose::RootCa {
        return micros(|| lint(prepare_root(&request, &issuer.key).unwrap(), profile, LintIssuer::SelfSigned).unwrap());
    }
    micros(|| lint(prepare(&request, issuer).unwrap(), profile, LintIssuer::from(issuer)).unwrap())
}

/// Microseconds for the signature of an issuing CA, whose key is on P-256, on one of its certificates.
fn verifying(world: &World) -> f64 {
    let subject = world::anna();
    let key = world.person.certificate.public_key();
    let der = world.issue("demo-software-authentication", &subject, key, &world.person, world::serial(99), 30);
    let certificate = Certificate::parse(der.as_bytes()).unwrap();
    micros(|| certificate.verify_issued_by(&world.person.certificate).unwrap())
}

/// Mean processor time of one call, in microseconds.
fn micros<T>(mut call: impl FnMut() -> T) -> f64 {
    let begin = processor_nanos();
    for _ in 0..CALLS {
        black_box(call());
    }
    let nanos = u32::try_from(processor_nanos() - begin).expect("a round is shorter than four seconds");
    f64::from(nanos) / f64::from(CALLS) / 1000.0
}

/// What this thread had of the processor so far.
fn processor_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells a thread's processor time");
    text.split(' ').next().and_then(|field| field.parse().ok()).expect("the first field is nanoseconds")
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

const CALLS: u32 = 400;
const TARGET: f64 = 1.0;
