//! A process that dies at any point of a write leaves all of it or nothing.
//!
//! Without arguments this is the judge: for each point it starts itself as the process that dies,
//! then opens the database and looks.

#![expect(clippy::print_stdout, reason = "a test without harness says itself what it did")]

mod custody;

use anyhow::{Context, Result, ensure};
use domain::audit::{Actor, Event, Verifier};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Write};
use domain::ports::Store;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use store::fault::Faults;

/// The points of the two commits that a certificate takes; the rest behave alike.
const DEADLY: [(&str, bool); 7] = [
    ("begin", false),
    ("certified-key", false),
    ("intent", false),
    ("certificate", false),
    ("audit", false),
    ("commit", false),
    ("committed", true),
];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["die", url, point, nth] => die(url, point, nth.parse()?).await,
        _ => judge().await,
    }
}

/// Writes certificates until the process ends, when it reaches `point` for the `nth` time.
async fn die(url: &str, point: &str, nth: u64) -> Result<()> {
    let (point, seen) = (point.to_owned(), AtomicU64::new(0));
    let faults = Faults::hook(move |reached| {
        if reached == point && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            std::process::abort();
        }
        Ok(())
    });
    let store = store::Options::default().faults(faults).open(url, custody::local()).await?;
    for n in 0..10 {
        issue(&*store, n).await?;
    }
    Ok(())
}

async fn issue(store: &dyn Store, n: u8) -> Result<()> {
    let certificate = reference(n);
    let intent = Intent {
        certificate: certificate.clone(),
        holder: Holder::Service { key: "crash".into() },
        purpose: Purpose::TlsServer,
        profile: "tls-server".into(),
        revision: 1,
        key_fingerprint: [n; 32],
        tbs: vec![n; 100],
        not_after: UtcTime::from_unix(9),
        at: UtcTime::from_unix(1),
    };
    store.commit(Changes::recording(event("crash.intended")).write(Write::Intent(intent))).await?;
    let signed = Write::Certificate { certificate, der: vec![n; 200], at: UtcTime::from_unix(2), personal: false };
    store.commit(Changes::recording(event("crash.issued")).write(signed)).await?;
    Ok(())
}

async fn judge() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("sigill_store_crash_{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    for (point, survives) in DEADLY {
        for nth in [1, 2, 5] {
            let url = format!("sqlite://{}", folder.join(format!("{point}-{nth}.db")).display());
            let ended = run(&url, point, nth)?;
            ensure!(!ended.success(), "{point}:{nth} did not end the process");
            let records = whole(&url).await.with_context(|| format!("{point}:{nth}"))?;
            // Points of every transaction are passed `nth` times, the others once for two commits.
            let commits = match point {
                "begin" | "audit" | "commit" | "committed" => nth - 1,
                "certificate" => 2 * nth - 1,
                _ => 2 * (nth - 1),
            };
            ensure!(records == commits + u64::from(survives), "{point}:{nth} left {records} records");
        }
        println!("killed at {point}: whole");
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn run(url: &str, point: &str, nth: u64) -> Result<ExitStatus> {
    let arguments = ["die", url, point, &nth.to_string()];
    Ok(Command::new(std::env::current_exe()?).args(arguments).current_dir(Path::new("/")).status()?)
}

/// Checks that each record has its change and each change its record; the number of records.
async fn whole(url: &str) -> Result<u64> {
    let store = store::open(url, custody::local()).await?;
    let records = store.records(1, 100).await?;
    let mut verifier = Verifier::default();
    for record in &records {
        verifier.next(record)?;
    }
    let (mut intents, mut issued) = (0, 0);
    for n in 0..10 {
        if let Some(found) = store.certificate(&reference(n)).await? {
            intents += 1;
            issued += usize::from(found.issued.is_some());
        }
    }
    let count = |kind: &str| records.iter().filter(|record| record.text.contains(kind)).count();
    ensure!((count("crash.intended"), count("crash.issued")) == (intents, issued), "{intents} {issued}");
    ensure!(store.open_intents(UtcTime::from_unix(5), 100).await?.len() == intents - issued, "open intents");
    // What stopped goes on.
    issue(&*store, 100).await?;
    Ok(records.len() as u64)
}

fn reference(n: u8) -> CertificateRef {
    CertificateRef { issuer: "crash-ca".into(), serial: SerialNumber::from_random([n; 16]) }
}

fn event(kind: &'static str) -> Event {
    Event::new(kind, Actor::System("test".into()), "o", UtcTime::from_unix(1))
}
