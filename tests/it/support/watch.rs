//! A relying party and an auditor who look again and again, and compare with what they saw before.

use super::Installation;
use super::client::Caller;
use super::judge::{Crl, Judge};
use super::{Stopwatch, wait};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Everything seen. Each lock is held for one entry.
#[derive(Default)]
pub struct Seen {
    /// The newest CRL of each issuer.
    pub crls: Mutex<BTreeMap<String, Crl>>,
    /// How many different CRLs.
    pub crl_count: Mutex<usize>,
    /// Exported checkpoints of the audit log.
    pub checkpoints: Mutex<Vec<PathBuf>>,
    /// How often status did not answer.
    pub unanswered: Mutex<usize>,
    /// The longest that a CRL took.
    pub slowest: Mutex<Duration>,
}

/// The watch, until it is told to end.
pub struct Watch {
    seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<()>,
}

impl Watch {
    /// Begins to look.
    pub fn begin(installation: &Installation) -> Self {
        let (seen, stop) = (Arc::<Seen>::default(), Arc::<AtomicBool>::default());
        let judge = Judge::new(installation);
        let auditor = Caller::person(installation, &installation.person(0, "auditor"));
        let folder = installation.folder().to_owned();
        let (shared, ended) = (Arc::clone(&seen), Arc::clone(&stop));
        let watcher = tokio::spawn(async move {
            for round in 0_u32.. {
                shared.look(&judge).await;
                if round % ROUNDS_PER_CHECKPOINT == 0 {
                    shared.export(&auditor, folder.join(format!("checkpoint.{round}"))).await;
                }
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                wait(BETWEEN_LOOKS).await;
            }
        });
        Self { seen, stop, watcher }
    }

    /// Looks once more, then ends.
    pub async fn end(self) -> Arc<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.watcher.await.expect("nothing seen contradicts what was seen before");
        self.seen
    }
}

impl Seen {
    async fn look(&self, judge: &Judge) {
        for issuer in judge.issuing() {
            let begun = Stopwatch::start();
            let crl = judge.crl(issuer).await;
            let mut slowest = self.slowest.lock().unwrap();
            *slowest = begun.elapsed().max(*slowest);
            match crl {
                Ok(Some(crl)) => self.compare(issuer, crl),
                Ok(None) => {}
                Err(_) => *self.unanswered.lock().unwrap() += 1,
            }
        }
    }

    /// A new CRL has a higher number and takes nothing back; the same number is the same CRL.
    fn compare(&self, issuer: &str, crl: Crl) {
        let mut crls = self.crls.lock().unwrap();
        if let Some(before) = crls.get(issuer) {
            if before.der == crl.der {
                return;
            }
            assert!(crl.number > before.number, "CRL {} of {issuer} after {}", crl.number, before.number);
            let lost: Vec<_> = before.serials.difference(&crl.serials).collect();
            assert!(lost.is_empty(), "CRL {} of {issuer} takes back {lost:?}", crl.number);
        }
        *self.crl_count.lock().unwrap() += 1;
        crls.insert(issuer.to_owned(), crl);
    }

    async fn export(&self, auditor: &Caller, path: PathBuf) {
        let Ok(answer) = auditor.try_call(reqwest::Method::GET, "/admin/v1/audit/checkpoint", None).await else {
            return;
        };
        if answer.status == 200 {
            std::fs::write(&path, answer.body["checkpoint"].as_str().unwrap()).unwrap();
            self.checkpoints.lock().unwrap().push(path);
        }
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const ROUNDS_PER_CHECKPOINT: u32 = 10;
