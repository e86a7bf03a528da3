//! Steps of agencies, and packages in people's hands.

use crate::database::Database;
use crate::world::{assert_conflict, assert_stale, at, card_number, new_enrolment, person, populate, tenant, write};
use domain::assignment::{Active, AnyAssignment, Assignment, Decided as Approval, Ended, Ordered, Training};
use domain::bulk::{BulkRevocation, BulkState, Item, Outcome};
use domain::changes::{Stored, Version, Write};
use domain::hand_out::HandOut;
use domain::onboarding::{Agreement, AnyMove, Criterion, Decided, Move, Phase, Proposed, Scope, Verdict};
use domain::operation::{DocumentKind, ShownDocument, TermsRef};
use domain::packages::PackageRef;
use domain::people::Employment;
use domain::ports::{Conflict, Store, Thing};
use pki::crl::Reason;

pub(crate) fn agreement(reference: &str) -> Agreement {
    Agreement {
        tenant: tenant("a"),
        reference: reference.into(),
        sha256: "0".repeat(64),
        signatory: "Director-General".into(),
        from: at(0),
        until: Some(at(9)),
        filed_by: Some(person("anna")),
        filed_at: at(1),
    }
}

fn step<S>(id: &str, to: Phase, stage: S) -> Move<S> {
    let shown = [(Criterion::Plan, "dnr 2".to_owned())].into();
    Move::restore((id.parse().unwrap(), tenant("a")), (Scope::Certificates, to), shown, stage)
}

fn by_anna() -> Proposed {
    Proposed { by: Some(person("anna")), at: at(2) }
}

pub(crate) fn proposed(id: &str) -> AnyMove {
    AnyMove::Proposed(step(id, Phase::Planera, by_anna()))
}

pub(crate) fn decided(id: &str) -> AnyMove {
    decided_by(id, "bo", Verdict::Accepted)
}

fn decided_by(id: &str, by: &str, verdict: Verdict) -> AnyMove {
    let (by, at, reason) = (Some(person(by)), at(3), "ok".to_owned());
    AnyMove::Decided(step(id, Phase::Planera, Decided { proposed: by_anna(), verdict, by, at, reason }))
}

fn bare(id: &str, agency: &str, holder: &str) -> Assignment<()> {
    let package = PackageRef { name: "approver".into(), version: 2 };
    let ids = (id.parse().unwrap(), tenant(agency));
    Assignment::restore(ids, (person(holder), None), package, (at(0), at(100)), "new task".into(), ())
}

fn order_by(who: Option<&str>) -> Ordered {
    Ordered { by: who.map(person), at: at(4) }
}

fn approval(ordered: Ordered, by: Option<&str>) -> Approval {
    Approval { ordered, by: by.map(person), at: at(5), reason: "needed".into() }
}

/// For eva, by anna.
pub(crate) fn ordered(id: &str) -> AnyAssignment {
    AnyAssignment::Ordered(bare(id, "a", "eva").advance(|()| order_by(Some("anna"))))
}

/// By bo.
pub(crate) fn approved(id: &str) -> AnyAssignment {
    approved_by(id, "bo")
}

fn approved_by(id: &str, by: &str) -> AnyAssignment {
    AnyAssignment::Active(bare(id, "a", "eva").advance(|()| Active(approval(order_by(Some("anna")), Some(by)))))
}

fn ended(id: &str, by: &str) -> AnyAssignment {
    let active = Active(approval(order_by(Some("anna")), Some("bo")));
    let stage = Ended { active, by: person(by), at: at(6), reason: "left".into() };
    AnyAssignment::Ended(bare(id, "a", "eva").advance(|()| stage))
}

/// By a ceremony.
pub(crate) fn given(id: &str, agency: &str, holder: &str) -> AnyAssignment {
    AnyAssignment::Active(bare(id, agency, holder).advance(|()| Active(approval(order_by(None), None))))
}

pub(crate) fn training(passed: i64) -> Training {
    Training {
        tenant: tenant("a"),
        person: person("eva"),
        training: "security".into(),
        passed_at: at(passed),
        recorded_by: Some(person("anna")),
        recorded_at: at(7),
    }
}

/// Of e1 to olle, by eva.
pub(crate) fn hand_out() -> HandOut {
    HandOut {
        tenant: tenant("a"),
        enrolment: "e1".parse().unwrap(),
        card: card_number("c1"),
        document: ShownDocument { document: DocumentKind::Passport, number: "X1".into(), expires: "2030-01-01".into() },
        terms: TermsRef { version: "1".into(), language: "sv".into(), sha256: "0".repeat(64) },
        receipt: "jws of olle".into(),
        by: person("eva"),
        at: at(8),
    }
}

pub(crate) async fn a_hand_out_is_kept_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    assert_conflict(write(store, [Write::HandOut(hand_out())]).await, Conflict::Missing("enrolment or person"));
    write(store, [new_enrolment("e1"), Write::HandOut(hand_out())]).await.unwrap();
    let id = "e1".parse().unwrap();
    assert_eq!(store.hand_out(&tenant("a"), &id).await.unwrap(), Some(hand_out()));
    assert_eq!(store.hand_out(&tenant("b"), &id).await.unwrap(), None);
    assert_conflict(write(store, [Write::HandOut(hand_out())]).await, Conflict::Exists("hand-out"));
    for sql in ["UPDATE hand_out SET receipt = 'x'", "DELETE FROM hand_out"] {
        let message = database.run(sql).await.expect_err(sql);
        assert!(message.contains("append_only"), "{sql}: {message}");
    }
}

pub(crate) fn bulk() -> BulkRevocation {
    BulkRevocation {
        id: "b1".parse().unwrap(),
        tenant: tenant("a"),
        reason: Reason::Superseded,
        grounds: "a batch".into(),
        total: 2,
        requested_by: person("anna"),
        requested_at: at(1),
        state: BulkState::Waiting,
        cleared_by: None,
    }
}

pub(crate) fn new_bulk() -> Write {
    Write::NewBulk { new: bulk(), cards: [card_number("c1"), card_number("c9")].into() }
}

pub(crate) fn outcome(card: &str, outcome: Outcome) -> Write {
    Write::BulkOutcome { tenant: tenant("a"), id: bulk().id, card: card_number(card), outcome }
}

pub(crate) async fn many_revocations_are_one_act(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [new_bulk()]).await.unwrap();
    let id = bulk().id;
    assert_eq!(store.running_bulk().await.unwrap(), None, "it waits");
    let own = bulk().finish();
    let own = BulkRevocation { cleared_by: Some((person("anna"), at(2))), ..own };
    assert_conflict(write(store, [Write::Bulk { new: own, seen: Version(1) }]).await, Conflict::FourEyes);
    let alone = [Write::Bulk { new: BulkRevocation { state: BulkState::Running, ..bulk() }, seen: Version(1) }];
    assert!(write(store, alone).await.is_err(), "nobody cleared it");
    let running = bulk().clear(person("bo"), at(2)).unwrap();
    write(store, [Write::Bulk { new: running.clone(), seen: Version(1) }]).await.unwrap();
    assert_eq!(store.running_bulk().await.unwrap(), Some(Stored { value: running.clone(), version: Version(2) }));
    assert_eq!(store.bulk(&tenant("b"), &id).await.unwrap(), None);

    let items =
        |open_only| async move { store.bulk_items(&tenant("a"), &bulk().id, (open_only, None), 9).await.unwrap() };
    assert_eq!(items(true).await.len(), 2);
    write(store, [outcome("c1", Outcome::Revoked)]).await.unwrap();
    assert_stale(write(store, [outcome("c1", Outcome::Unknown)]).await);
    assert_eq!(items(true).await, [Item { card: card_number("c9"), outcome: None }]);
    write(store, [outcome("c9", Outcome::Unknown)]).await.unwrap();
    assert!(items(true).await.is_empty() && items(false).await[0].outcome == Some(Outcome::Revoked));
    let counts = store.bulk_counts(&tenant("a"), &id).await.unwrap();
    assert_eq!(counts, [(Outcome::Revoked, 1), (Outcome::Unknown, 1)]);
    write(store, [Write::Bulk { new: running.clone().finish(), seen: Version(2) }]).await.unwrap();
    assert_eq!(store.running_bulk().await.unwrap(), None);
    assert!(write(store, [Write::Bulk { new: running, seen: Version(3) }]).await.is_err(), "finished is final");
}

async fn found(store: &dyn Store, id: &str) -> Stored<AnyAssignment> {
    store.assignment(&tenant("a"), &id.parse().unwrap()).await.unwrap().unwrap()
}

pub(crate) async fn steps_and_agreements_are_found_as_they_were_written(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let endless = Agreement { until: None, filed_by: None, ..agreement("dnr 2") };
    write(store, [Write::Agreement(agreement("dnr 1")), Write::Agreement(endless.clone())]).await.unwrap();
    assert_eq!(store.agreements(&tenant("a")).await.unwrap(), [agreement("dnr 1"), endless]);
    assert_conflict(write(store, [Write::Agreement(agreement("dnr 1"))]).await, Conflict::Exists("agreement"));

    write(store, [Write::NewMove(proposed("m1"))]).await.unwrap();
    assert_eq!(store.moves(&tenant("a")).await.unwrap(), [Stored { value: proposed("m1"), version: Version(1) }]);
    write(store, [Write::Move { new: decided("m1"), seen: Version(1) }]).await.unwrap();
    assert_eq!(store.moves(&tenant("a")).await.unwrap(), [Stored { value: decided("m1"), version: Version(2) }]);
    assert_stale(write(store, [Write::Move { new: decided("m1"), seen: Version(1) }]).await);
    assert!(
        store.moves(&tenant("b")).await.unwrap().is_empty() && store.agreements(&tenant("b")).await.unwrap().is_empty()
    );

    let founded =
        Move::founded("m2".parse().unwrap(), tenant("b"), (Scope::Agency, Phase::Kora), at(8), "founded".into());
    write(store, [Write::NewMove(AnyMove::Decided(founded.clone()))]).await.unwrap();
    assert_eq!(store.moves(&tenant("b")).await.unwrap()[0].value, AnyMove::Decided(founded));
}

pub(crate) async fn one_step_is_open_at_a_time_and_a_phase_is_entered_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::NewMove(proposed("m1"))]).await.unwrap();
    assert_conflict(write(store, [Write::NewMove(proposed("m2"))]).await, Conflict::Exists("open step"));
    let refused = decided_by("m1", "bo", Verdict::Refused);
    write(store, [Write::Move { new: refused, seen: Version(1) }]).await.unwrap();
    write(store, [Write::NewMove(proposed("m2"))]).await.unwrap();
    write(store, [Write::Move { new: decided("m2"), seen: Version(1) }]).await.unwrap();
    write(store, [Write::NewMove(proposed("m3"))]).await.unwrap();
    let again = [Write::Move { new: decided("m3"), seen: Version(1) }];
    assert_conflict(write(store, again).await, Conflict::Exists("step"));
}

pub(crate) async fn assignments_keep_every_stage(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::NewAssignment(ordered("a1"))]).await.unwrap();
    for (seen, new) in [(1, approved("a1")), (2, ended("a1", "anna"))] {
        write(store, [Write::Assignment { new: new.clone(), seen: Version(seen) }]).await.unwrap();
        assert_eq!(found(store, "a1").await, Stored { value: new, version: Version(seen + 1) });
    }
    assert_stale(write(store, [Write::Assignment { new: approved("a1"), seen: Version(1) }]).await);
    write(store, [Write::NewAssignment(given("a2", "a", "eva"))]).await.unwrap();
    assert_eq!(found(store, "a2").await.value, given("a2", "a", "eva"));
    write(store, [Write::Training(training(0)), Write::Training(training(1))]).await.unwrap();
    let trainings = store.trainings_of(&tenant("a"), &person("eva")).await.unwrap();
    assert_eq!(trainings, [training(0), training(1)]);
    assert_conflict(write(store, [Write::Training(training(1))]).await, Conflict::Exists("training"));
}

pub(crate) async fn assignments_are_found_by_agency_and_by_person(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let all = [given("a1", "a", "olle"), given("a2", "a", "eva"), given("b1", "b", "olle")];
    write(store, all.clone().map(Write::NewAssignment)).await.unwrap();
    let values = |rows: Vec<Stored<AnyAssignment>>| rows.into_iter().map(|row| row.value).collect::<Vec<_>>();
    assert_eq!(values(store.assignments(&tenant("a"), None, 10).await.unwrap()), all[..2]);
    let after = "a1".parse().unwrap();
    assert_eq!(values(store.assignments(&tenant("a"), Some(&after), 10).await.unwrap()), all[1..2]);
    let of_olle = values(store.assignments_of(&person("olle")).await.unwrap());
    assert_eq!(of_olle, [all[0].clone(), all[2].clone()], "at whatever agency");
    assert_eq!(store.assignment(&tenant("b"), &after).await.unwrap(), None, "another agency's is absent");
}

pub(crate) async fn nobody_decides_for_themselves_whoever_asks(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::NewMove(proposed("m1")), Write::NewAssignment(ordered("a1"))]).await.unwrap();
    let four_eyes = Conflict::FourEyes;
    let own = decided_by("m1", "anna", Verdict::Accepted);
    assert_conflict(write(store, [Write::Move { new: own, seen: Version(1) }]).await, four_eyes);
    for who in ["anna", "eva"] {
        let own = [Write::Assignment { new: approved_by("a1", who), seen: Version(1) }];
        assert_conflict(write(store, own).await, four_eyes);
    }
    let for_oneself = AnyAssignment::Ordered(bare("a2", "a", "eva").advance(|()| order_by(Some("eva"))));
    assert_conflict(write(store, [Write::NewAssignment(for_oneself)]).await, four_eyes);
    let own = Training { recorded_by: Some(person("eva")), ..training(0) };
    assert_conflict(write(store, [Write::Training(own)]).await, four_eyes);
    write(store, [Write::Assignment { new: approved("a1"), seen: Version(1) }]).await.unwrap();
    let own = [Write::Assignment { new: ended("a1", "eva"), seen: Version(2) }];
    assert_conflict(write(store, own).await, four_eyes);
}

pub(crate) async fn what_was_decided_is_final(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let all = [
        Write::Agreement(agreement("dnr 1")),
        Write::NewMove(decided("m1")),
        Write::NewAssignment(given("a1", "a", "eva")),
        Write::Training(training(0)),
    ];
    write(store, all).await.unwrap();
    for (sql, why) in [
        ("UPDATE agreement SET until_at = 1", "append_only"),
        ("UPDATE onboarding_move SET verdict = 'refused'", "final"),
        ("UPDATE assignment SET until_at = until_at + 1", "final"),
        ("UPDATE assignment SET package = 'king'", "final"),
        ("UPDATE training SET passed_at = 9", "append_only"),
        ("DELETE FROM agreement", "append_only"),
        ("DELETE FROM onboarding_move", "append_only"),
        ("DELETE FROM assignment", "append_only"),
        ("DELETE FROM training", "append_only"),
    ] {
        let message = database.run(sql).await.expect_err(sql);
        assert!(message.contains(why), "{sql}: {message}");
    }
}

pub(crate) async fn things_are_known_wherever_they_are(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [new_enrolment("e1"), Write::NewAssignment(given("a1", "a", "eva"))]).await.unwrap();
    let (enrolment, card) = ("e1".parse().unwrap(), card_number("c1"));
    let (assignment, eva) = ("a1".parse().unwrap(), person("eva"));
    for thing in [Thing::Enrolment(&enrolment), Thing::Card(&card), Thing::Assignment(&assignment), Thing::Person(&eva)]
    {
        assert!(store.exists(thing).await.unwrap(), "{thing:?}");
    }
    let (enrolment, card) = ("e2".parse().unwrap(), card_number("c2"));
    let (assignment, nobody) = ("a2".parse().unwrap(), person("nobody"));
    for thing in
        [Thing::Enrolment(&enrolment), Thing::Card(&card), Thing::Assignment(&assignment), Thing::Person(&nobody)]
    {
        assert!(!store.exists(thing).await.unwrap(), "{thing:?}");
    }
}

pub(crate) async fn employments_end_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let ends = |until: Option<i64>| Employment {
        tenant: tenant("a"),
        person: person("eva"),
        since: at(0),
        until: until.map(at),
    };
    let set = |until, closed| [Write::EmploymentEnd { employment: ends(until), closed }];
    write(store, set(Some(5), false)).await.unwrap();
    assert_eq!(store.employment(&tenant("a"), &person("eva")).await.unwrap(), Some(ends(Some(5))));
    assert!(store.ended_employments(at(5), 10).await.unwrap().is_empty(), "its last second");
    assert_eq!(store.ended_employments(at(6), 10).await.unwrap(), [ends(Some(5))]);
    write(store, set(Some(5), true)).await.unwrap();
    assert!(store.ended_employments(at(6), 10).await.unwrap().is_empty());
    write(store, set(None, false)).await.unwrap();
    assert!(store.ended_employments(at(6), 10).await.unwrap().is_empty(), "it goes on");
    let nobody = Employment { person: person("nobody"), ..ends(None) };
    let missing = [Write::EmploymentEnd { employment: nobody, closed: false }];
    assert_conflict(write(store, missing).await, Conflict::Missing("employment"));
}
