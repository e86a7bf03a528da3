//! Applications and approvals.

use crate::database::Database;
use crate::world::{
    approval, assert_conflict, assert_stale, at, card_number, delivery, new_delivery, new_enrolment, person, populate,
    proof, signature, submitted, tenant, write,
};
use domain::changes::{Dossier, Stored, Version, Write};
use domain::enrolment::AnyEnrolment;
use domain::ports::{Conflict, Store};
use pki::profile::Purpose;
use pki::serial::SerialNumber;

async fn read(store: &dyn Store) -> Stored<AnyEnrolment> {
    store.enrolment(&tenant("a"), &"e1".parse().unwrap()).await.unwrap().unwrap()
}

/// Writes the next stage and sees that exactly it comes back.
async fn advance(store: &dyn Store, new: AnyEnrolment, with: Vec<Write>) {
    let seen = read(store).await.version;
    let moved = Write::Enrolment { new: new.clone(), seen };
    write(store, with.into_iter().chain([moved])).await.unwrap();
    assert_eq!(read(store).await, Stored { value: new, version: Version(seen.0 + 1) });
}

pub(crate) async fn an_application_passes_every_stage(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [new_enrolment("e1")]).await.unwrap();
    let submitted = submitted("e1");
    assert_eq!(read(store).await.value, AnyEnrolment::Submitted(submitted.clone()));

    let opened = approval("p1");
    let identified = submitted.identify(person("anna"), at(20), proof(), "jws".into(), opened.id.clone()).unwrap();
    advance(store, AnyEnrolment::Identified(identified.clone()), vec![Write::NewApproval(opened)]).await;
    let approved = identified.approve(person("bo"), at(30)).unwrap();
    advance(store, AnyEnrolment::Approved(approved.clone()), Vec::new()).await;
    let serials = [(Purpose::PersonAuthentication, SerialNumber::from_random([1; 16]))].into();
    let issued = approved.issue(serials, at(40), &person("eva"), delivery().id()).unwrap();
    let undelivered = Write::Enrolment { new: AnyEnrolment::Issued(issued.clone()), seen: read(store).await.version };
    assert_conflict(write(store, [undelivered]).await, Conflict::Missing("person, approval or delivery"));
    // The delivery of a tray comes with each of its cards.
    write(store, [new_delivery()]).await.unwrap();
    advance(store, AnyEnrolment::Issued(issued.clone()), vec![new_delivery(), new_delivery()]).await;
    assert!(store.uncollected(at(40), 9).await.unwrap().is_empty());
    assert_eq!(store.uncollected(at(41), 9).await.unwrap(), [(tenant("a"), card_number("c1"))]);
    let activated = issued.activate(person("eva"), at(50)).unwrap();
    advance(store, AnyEnrolment::Activated(activated), Vec::new()).await;
    assert!(store.uncollected(at(41), 9).await.unwrap().is_empty(), "handed out");
}

pub(crate) async fn dossiers_hold_what_an_issuance_rests_on(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let mut waiting = approval("p1");
    write(store, [new_enrolment("e1"), new_enrolment("e2"), Write::NewApproval(waiting.clone())]).await.unwrap();
    let identified =
        submitted("e1").identify(person("anna"), at(20), proof(), "jws".into(), waiting.id.clone()).unwrap();
    let new = AnyEnrolment::Identified(identified);
    write(store, [Write::Enrolment { new: new.clone(), seen: Version(1) }]).await.unwrap();
    for (version, by) in [(1, "eva"), (2, "bo")] {
        waiting = waiting.sign(signature(by)).unwrap();
        write(store, [Write::Approval { new: waiting.clone(), seen: Version(version) }]).await.unwrap();
    }
    let ids = ["e1", "e2", "e9"].map(|id| id.parse().unwrap());
    let card = store.card(&tenant("a"), &card_number("c1")).await.unwrap().unwrap();
    let wanted = Dossier {
        enrolment: Stored { value: new, version: Version(2) },
        approval: Stored { value: waiting, version: Version(3) },
        card,
    };
    assert_eq!(store.dossiers(&tenant("a"), &ids).await.unwrap(), [wanted]);
    assert_eq!(store.dossiers(&tenant("b"), &ids).await.unwrap(), []);
    assert_eq!(store.dossiers(&tenant("a"), &[]).await.unwrap(), []);
}

pub(crate) async fn a_stale_write_changes_nothing(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [new_enrolment("e1"), Write::NewApproval(approval("p1"))]).await.unwrap();
    let identified =
        submitted("e1").identify(person("anna"), at(20), proof(), "jws".into(), "p1".parse().unwrap()).unwrap();
    let moved = |seen| Write::Enrolment { new: AnyEnrolment::Identified(identified.clone()), seen };
    assert_stale(write(store, [moved(Version(9))]).await);
    assert_eq!(read(store).await.value, AnyEnrolment::Submitted(submitted("e1")));
    write(store, [moved(Version(1))]).await.unwrap();
    assert_stale(write(store, [moved(Version(1))]).await);
    let absent = Write::Enrolment { new: AnyEnrolment::Submitted(submitted("e9")), seen: Version(1) };
    assert_conflict(write(store, [absent]).await, Conflict::Missing("enrolment"));
    assert_conflict(write(store, [new_enrolment("e1")]).await, Conflict::Exists("enrolment"));
}

pub(crate) async fn another_agency_sees_nothing(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [new_enrolment("e1"), new_enrolment("e2"), Write::NewApproval(approval("p1"))]).await.unwrap();
    let other = tenant("b");
    assert_eq!(store.enrolment(&other, &"e1".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.enrolments(&other, None, None, 10).await.unwrap(), []);
    assert_eq!(store.approval(&other, &"p1".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.card(&other, &"c1".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.cards_of(&other, &person("olle")).await.unwrap(), []);

    let own = tenant("a");
    let count = async |stage, after: Option<&str>, limit| {
        let after = after.map(|id| id.parse().unwrap());
        store.enrolments(&own, stage, after.as_ref(), limit).await.unwrap().len()
    };
    assert_eq!(count(None, None, 10).await, 2);
    assert_eq!(count(None, None, 1).await, 1);
    assert_eq!(count(Some("submitted"), Some("e1"), 10).await, 1);
    assert_eq!(count(Some("issued"), None, 10).await, 0);
}

pub(crate) async fn an_approval_collects_signatures_and_is_used_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let id = "p1".parse().unwrap();
    let mut current = approval("p1");
    write(store, [Write::NewApproval(current.clone())]).await.unwrap();
    assert_conflict(write(store, [Write::NewApproval(current.clone())]).await, Conflict::Exists("approval"));
    for (version, by) in [(1, "eva"), (2, "bo")] {
        current = current.sign(signature(by)).unwrap();
        let signed = Write::Approval { new: current.clone(), seen: Version(version) };
        write(store, [signed.clone()]).await.unwrap();
        assert_stale(write(store, [signed]).await);
        let wanted = Stored { value: current.clone(), version: Version(version + 1) };
        assert_eq!(store.approval(&tenant("a"), &id).await.unwrap(), Some(wanted));
    }
    let used = current.use_for(b"{}", at(40)).unwrap();
    write(store, [Write::Approval { new: used.clone(), seen: Version(3) }]).await.unwrap();
    assert_eq!(store.approval(&tenant("a"), &id).await.unwrap().unwrap().value, used);
    assert_stale(write(store, [Write::Approval { new: used, seen: Version(3) }]).await);
}

pub(crate) async fn an_excluded_person_cannot_sign(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::NewApproval(approval("p1"))]).await.unwrap();
    let mut forged = approval("p1");
    forged.signatures.push(signature("anna"));
    let forged = Write::Approval { new: forged, seen: Version(1) };
    assert_conflict(write(store, [forged]).await, Conflict::FourEyes);
    let mut too_few = approval("p1");
    too_few.signatures.push(signature("eva"));
    too_few.used_at = Some(at(40));
    let too_few = Write::Approval { new: too_few, seen: Version(1) };
    assert_conflict(write(store, [too_few]).await, Conflict::FourEyes);
}
