//! Revocations, CRLs, OCSP answers.

use crate::database::Database;
use crate::world::{ISSUER, answer, assert_conflict, at, crl, intent, issue, populate, reference, revocation, write};
use domain::certificate::CertificateRef;
use domain::changes::{PublishedOcsp, Write};
use domain::ports::{Conflict, Store};
use domain::revocation::Requester;
use pki::crl::Reason;

/// Certificates 1 to `count`.
async fn issued(store: &dyn Store, count: u32) {
    populate(store).await;
    let writes = (1..=count).flat_map(|n| [Write::Intent(intent(n)), issue(n)]);
    write(store, writes).await.unwrap();
}

async fn due(store: &dyn Store, now: i64, ends_before: i64) -> Vec<CertificateRef> {
    let due = store.ocsp_due(ISSUER, at(now), at(ends_before), 100).await.unwrap();
    let mut due: Vec<_> = due.into_iter().map(|record| record.intent.certificate).collect();
    due.sort();
    due
}

pub(crate) async fn a_revocation_is_final(database: &Database) {
    let store = &*database.store;
    issued(store, 1).await;
    assert_eq!(store.revocation(&reference(1)).await.unwrap(), None);
    let by_system = domain::revocation::Revocation {
        requester: Requester::System("reconcile".into()),
        reason: Reason::Unspecified,
        ..revocation(1)
    };
    write(store, [Write::Revocation(by_system.clone())]).await.unwrap();
    assert_conflict(write(store, [Write::Revocation(revocation(1))]).await, Conflict::AlreadyRevoked);
    assert_eq!(store.revocation(&reference(1)).await.unwrap(), Some(by_system));
    let unknown = write(store, [Write::Revocation(revocation(99))]).await;
    assert_conflict(unknown, Conflict::Missing("certificate"));
}

pub(crate) async fn the_journal_keeps_the_order_of_acceptance(database: &Database) {
    let store = &*database.store;
    issued(store, 40).await;
    write(store, [7, 3].map(|n| Write::Revocation(revocation(n)))).await.unwrap();
    write(store, (8..=40).rev().map(|n| Write::Revocation(revocation(n)))).await.unwrap();
    write(store, [Write::Revocation(revocation(1))]).await.unwrap();
    let serials: Vec<_> = store.revocations(ISSUER).await.unwrap().into_iter().map(|e| e.serial).collect();
    let wanted = [7, 3].into_iter().chain((8..=40).rev()).chain([1]).map(|n| reference(n).serial);
    assert_eq!(serials, wanted.collect::<Vec<_>>());
    assert_eq!(store.revocations("another-ca").await.unwrap(), []);
}

pub(crate) async fn crl_numbers_only_rise(database: &Database) {
    let store = &*database.store;
    assert_eq!(store.latest_crl(ISSUER).await.unwrap(), None);
    write(store, [Write::Crl(crl(5))]).await.unwrap();
    for number in [5, 4] {
        assert_conflict(write(store, [Write::Crl(crl(number))]).await, Conflict::Exists("CRL number"));
    }
    write(store, [Write::Crl(crl(6))]).await.unwrap();
    assert_eq!(store.latest_crl(ISSUER).await.unwrap(), Some(crl(6)));
}

pub(crate) async fn a_revocation_withdraws_the_good_answer(database: &Database) {
    let store = &*database.store;
    issued(store, 2).await;
    let kept = store.publish_ocsp(vec![answer(1, false), answer(2, false)]).await.unwrap();
    assert_eq!(kept.len(), 2);
    write(store, [Write::Revocation(revocation(1))]).await.unwrap();
    let left = store.ocsp_answers(ISSUER, None, 10).await.unwrap();
    assert_eq!(left, [answer(2, false)]);
    assert_eq!(store.publish_ocsp(vec![answer(1, false)]).await.unwrap(), []);
    assert_eq!(store.publish_ocsp(vec![answer(1, true)]).await.unwrap(), [reference(1)]);
    let after_first = store.ocsp_answers(ISSUER, Some(&reference(1)), 10).await.unwrap();
    assert_eq!(after_first, [answer(2, false)]);
    assert_eq!(store.ocsp_answers(ISSUER, None, 1).await.unwrap(), [answer(1, true)]);
}

pub(crate) async fn answers_that_contradict_the_journal_are_dropped(database: &Database) {
    let store = &*database.store;
    issued(store, 1).await;
    write(store, [Write::Intent(intent(2))]).await.unwrap();
    assert_eq!(store.publish_ocsp(vec![answer(1, true)]).await.unwrap(), [], "revoked, but it is not");
    assert_eq!(store.publish_ocsp(vec![answer(2, false)]).await.unwrap(), [], "only an intent");
    assert_eq!(store.publish_ocsp(vec![answer(3, false)]).await.unwrap(), [], "never issued");
    assert_eq!(store.publish_ocsp(Vec::new()).await.unwrap(), []);
    assert_eq!(store.publish_ocsp(vec![answer(1, false)]).await.unwrap(), [reference(1)]);
    let older = PublishedOcsp { this_update: at(89), ..answer(1, false) };
    assert_eq!(store.publish_ocsp(vec![older]).await.unwrap(), [], "older than the one that stands");
}

pub(crate) async fn due_answers_are_listed_until_published(database: &Database) {
    let store = &*database.store;
    issued(store, 3).await;
    write(store, [4, 5].map(|n| Write::Intent(intent(n)))).await.unwrap();
    write(store, [Write::Revocation(revocation(5))]).await.unwrap();
    let wanted = [1, 2, 3, 5].map(reference);
    assert_eq!(due(store, 0, 0).await, wanted, "issued or revoked, and without an answer");
    assert_eq!(store.ocsp_due(ISSUER, at(0), at(0), 1).await.unwrap().len(), 1);
    assert_eq!(due(store, 100_001, 200_000).await, [], "expired");

    let last = PublishedOcsp { next_update: at(100_001), ..answer(2, false) };
    store.publish_ocsp(vec![answer(1, false), last, answer(3, false), answer(5, true)]).await.unwrap();
    assert_eq!(due(store, 0, 190).await, []);
    assert_eq!(due(store, 0, 191).await, [1, 3, 5].map(reference), "they end; the last one outlives its certificate");
    write(store, [Write::Revocation(revocation(2))]).await.unwrap();
    assert_eq!(due(store, 0, 0).await, [reference(2)]);
}
