//! A signer that gives back something else than it was asked for: what it gave is revoked, not forgotten.

mod liar;

use crate::support::judge::{Judge, Reference, Status};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use crate::support::{Installation, Stopwatch, records, wait};
use liar::{Liar, Lie};
use std::collections::BTreeSet;
use std::time::Duration;

/// The certificate exists somewhere, so its serial is revoked and published as revoked, and the audit log says
/// which rules it broke; an honest answer is taken afterwards.
#[tokio::test]
async fn what_fails_after_signing_is_revoked() {
    let mut installation = Installation::start("faulty-signer");
    installation.stop();
    let liar = Liar::between(&installation);
    installation.run();
    let (oracle, judge) = (Oracle::new(&installation), Judge::new(&installation));
    let agency = Agency::new(&installation, 0);
    for (lie, rule) in [
        (Lie::OtherAlgorithm, "e_signed_algorithms_differ"),
        (Lie::OtherOctets, "e_signed_other_octets"),
        (Lie::OctetsFollow, "e_signed_not_der"),
    ] {
        let (id, card) = agency.approved(&oracle).await;
        let before = serials(&installation);
        liar.tell(lie);
        let body = agency.delivery(&oracle, &id, &card, &Keys::new());
        let answer = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await;
        liar.be_honest();
        assert_eq!(answer.problem().1, "failed-after-signing", "{lie:?}");

        let used: Vec<_> = serials(&installation).difference(&before).cloned().collect();
        assert_eq!(used.len(), 2, "{lie:?}: one serial for each key");
        for reference in &used {
            let row = &records::certificates(&installation)[reference];
            assert!(row.revoked && row.fingerprint.is_none(), "{lie:?}: {row:?}");
            is_published_as_revoked(&judge, reference).await;
        }
        let told = records::audit(&installation).lines().filter(|record| abandons(record, rule)).count();
        assert_eq!(told, used.len(), "{lie:?}: the audit log names the rule");
    }
    agency.card(&oracle, &Keys::new()).await;
}

fn serials(installation: &Installation) -> BTreeSet<Reference> {
    records::certificates(installation).into_keys().collect()
}

fn abandons(record: &str, rule: &str) -> bool {
    record.contains("certificate.abandoned") && record.contains("failed-after-signing") && record.contains(rule)
}

async fn is_published_as_revoked(judge: &Judge, reference: &Reference) {
    let begun = Stopwatch::start();
    while judge.ocsp(reference).await.unwrap() != Status::Revoked {
        assert!(begun.elapsed() < LONGEST_PUBLICATION, "{reference:?} is not published as revoked");
        wait(Duration::from_millis(50)).await;
    }
}

const LONGEST_PUBLICATION: Duration = Duration::from_secs(30);
