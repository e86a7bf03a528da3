//! One installation whose HSM gets into one trouble after the other.

use super::prober::Prober;
use crate::support::judge::{Judge, Reference, Status, normal};
use crate::support::load::Load;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use crate::support::watch::Watch;
use crate::support::{Installation, Stopwatch, invariants, report, wait};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The installation, what was made ready before any trouble, and everybody who looks on.
pub(super) struct Trial {
    installation: Installation,
    processes: (u32, u32),
    oracle: Arc<Oracle>,
    agency: Agency,
    judge: Judge,
    /// Cards to revoke, one in each trouble: number and certificates.
    cards: VecDeque<(String, Vec<Reference>)>,
    /// Approved applications, one to try in each trouble: id, card number, keys.
    applications: VecDeque<(String, String, Keys)>,
    load: Load,
    watch: Watch,
    prober: Prober,
    slowest_recovery: Duration,
}

impl Trial {
    /// Makes ready for so many troubles.
    pub(super) async fn begin(installation: Installation, troubles: usize) -> Self {
        let oracle = Arc::new(Oracle::new(&installation));
        let agency = Agency::new(&installation, 0);
        let judge = Judge::new(&installation);
        let (mut cards, mut applications) = (VecDeque::new(), VecDeque::new());
        for _ in 0..troubles + 2 {
            let (_, card, issued) = agency.card(&oracle, &Keys::new()).await;
            cards.push_back((card, references(&issued)));
        }
        for _ in 0..troubles {
            let (id, card) = agency.approved(&oracle).await;
            applications.push_back((id, card, Keys::new()));
        }
        let (good, revoked) = (cards.pop_front().unwrap(), cards.pop_front().unwrap());
        revoke(&agency, &revoked.0).await;
        settled(&judge, &revoked.1[0], &good.1[0]).await;
        let load = Load::begin(&installation, &oracle, CLERKS);
        let watch = Watch::begin(&installation);
        let prober = Prober::begin(&installation, good.1[0].clone(), revoked.1[0].clone());
        let processes = (installation.service_id(), installation.signer_id().unwrap());
        let slowest_recovery = Duration::ZERO;
        Self {
            installation,
            processes,
            oracle,
            agency,
            judge,
            cards,
            applications,
            load,
            watch,
            prober,
            slowest_recovery,
        }
    }

    /// One trouble, from `take` to `give`.
    pub(super) async fn trouble(&mut self, name: &str, take: impl AsyncFnOnce(), give: impl AsyncFnOnce()) {
        take().await;
        let (card, certificates) = self.cards.pop_front().unwrap();
        let (id, number, keys) = self.applications.pop_front().unwrap();
        let accepted = Stopwatch::start();
        revoke(&self.agency, &card).await;
        assert!(accepted.elapsed() < LONGEST_REVOCATION, "{name}: revoking took {:?}", accepted.elapsed());
        self.must_not_be_good(&certificates).await;
        self.is_not_issued(name, &id, &number, &keys).await;
        self.must_not_be_good(&certificates).await;
        self.installation.repair_tokens();
        give().await;
        let recovery = Stopwatch::start();
        self.is_issued_at_last(name, &id, &number, &keys).await;
        for certificate in &certificates {
            self.is_revoked_at_last(name, certificate).await;
        }
        self.slowest_recovery = recovery.elapsed().max(self.slowest_recovery);
        report(&format!("{name}: recovered in {:?}", recovery.elapsed()));
        let processes = (self.installation.service_id(), self.installation.signer_id().unwrap());
        assert_eq!(processes, self.processes, "{name}: the same processes go on");
    }

    /// Everything that must hold afterwards.
    pub(super) async fn end(self) {
        let answers = self.prober.end().await;
        let memory = self.load.end().await;
        let seen = self.watch.end().await;
        report(&format!("{}; status: {answers:?}; slowest recovery {:?}", memory.summary(), self.slowest_recovery));
        assert_eq!(*seen.unanswered.lock().unwrap(), 0, "a CRL was not served");
        assert!(*memory.slowest.lock().unwrap() < LONGEST_ANSWER, "{}", memory.summary());
        memory.assert_no_internal_errors();
        assert!(memory.troubles.lock().unwrap().keys().any(|what| what.starts_with("503")), "the load noticed nothing");
        invariants::check(&self.installation, &memory, Some(&seen)).await;
    }

    async fn must_not_be_good(&self, certificates: &[Reference]) {
        for certificate in certificates {
            let status = self.judge.ocsp(certificate).await.unwrap();
            assert!(matches!(status, Status::TryLater | Status::Revoked), "{certificate:?}: {status:?}");
        }
    }

    /// A clear answer in time: not now.
    async fn is_not_issued(&self, name: &str, id: &str, card: &str, keys: &Keys) {
        let body = self.agency.delivery(&self.oracle, id, card, keys);
        let begun = Stopwatch::start();
        let answer = self.agency.desk.0.post(&certificates_path(id), body).await;
        let (status, code) = answer.problem();
        assert_eq!(status, 503, "{name}: {answer:?}");
        assert!(begun.elapsed() < LONGEST_ANSWER, "{name}: {code} after {:?}", begun.elapsed());
        report(&format!("{name}: 503 {code} after {:?}", begun.elapsed()));
    }

    async fn is_issued_at_last(&self, name: &str, id: &str, card: &str, keys: &Keys) {
        let begun = Stopwatch::start();
        loop {
            let body = self.agency.delivery(&self.oracle, id, card, keys);
            let answer = self.agency.desk.0.post(&certificates_path(id), body).await;
            if answer.status == 200 {
                return;
            }
            assert!(begun.elapsed() < LONGEST_RECOVERY, "{name}: not issued again: {answer:?}");
            wait(Duration::from_millis(100)).await;
        }
    }

    async fn is_revoked_at_last(&self, name: &str, certificate: &Reference) {
        let begun = Stopwatch::start();
        while self.judge.ocsp(certificate).await.unwrap() != Status::Revoked {
            assert!(begun.elapsed() < LONGEST_RECOVERY, "{name}: the revoked answer is not signed");
            wait(Duration::from_millis(50)).await;
        }
    }
}

async fn revoke(agency: &Agency, card: &str) {
    let path = format!("/ra/v1/cards/{card}/revocation");
    agency.revoker.post(&path, json!({"reason": "keyCompromise"})).await.ok();
}

/// Waits until what the prober will ask for is published.
async fn settled(judge: &Judge, revoked: &Reference, good: &Reference) {
    let begun = Stopwatch::start();
    loop {
        let listed = judge.crl(&revoked.0).await.unwrap().is_some_and(|crl| crl.serials.contains(&revoked.1));
        let told =
            judge.ocsp(revoked).await.unwrap() == Status::Revoked && judge.ocsp(good).await.unwrap() == Status::Good;
        if listed && told {
            return;
        }
        assert!(begun.elapsed() < LONGEST_RECOVERY, "status is not published");
        wait(Duration::from_millis(50)).await;
    }
}

fn certificates_path(id: &str) -> String {
    format!("/ra/v1/enrolments/{id}/certificates")
}

fn references(issued: &Value) -> Vec<Reference> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let certificates = issued["certificates"].as_array().unwrap().iter();
    certificates.map(|one| (text(one, "issuer"), normal(&text(one, "serial")))).collect()
}

const CLERKS: usize = 2;
/// The signer's deadline in `sigill.toml`, and two commits on a machine under load.
const LONGEST_ANSWER: Duration = Duration::from_secs(13);
/// Revoking needs the database only.
const LONGEST_REVOCATION: Duration = Duration::from_secs(3);
/// Back-off of the pool and of the jobs, and the CRL that frees an approval.
const LONGEST_RECOVERY: Duration = Duration::from_secs(30);
