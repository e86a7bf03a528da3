//! What is known of people, and what waits because of it.

use crate::database::Database;
use crate::world::{
    assert_conflict, assert_stale, at, human, new_enrolment, person, policies, populate, tenant, write,
};
use domain::changes::Write;
use domain::people::{Person, Protection};
use domain::ports::Conflict;
use domain::register::{Entry, Evidence, Occasion, Reason, Vital};
use domain::work::{About, Closing, WorkItem};

/// Anna with another number and name.
pub(crate) fn renewed() -> Person {
    Person { surname: "Ny".into(), ..human("anna", 4) }
}

/// What a register said of Olle.
pub(crate) fn evidence() -> Evidence {
    let Person { identity_number, given_name, surname, .. } = human("olle", 3);
    Evidence {
        id: "r1".into(),
        person: person("olle"),
        occasion: Occasion::Order,
        enrolment: Some("e1".parse().unwrap()),
        source: "test register".into(),
        said: Some(Entry { identity_number, given_name, surname, status: Vital::Alive, protection: None }),
        at: at(50),
    }
}

/// Something that waits at agency `a`.
pub(crate) fn work() -> WorkItem {
    WorkItem {
        id: "w1".parse().unwrap(),
        tenant: tenant("a"),
        person: Some(person("olle")),
        about: About { identity_number: "1".into(), name: "Olle Test".into(), protected: true, grounds: "case".into() },
        reasons: vec![Reason::NewName, Reason::NewNumber],
        since: at(60),
        asked_by: Some(person("eva")),
        closing: None,
    }
}

/// The same, done by Anna.
pub(crate) fn done() -> WorkItem {
    work().close(Closing { by: person("anna"), at: at(70), reason: "a new card".into() }).unwrap()
}

pub(crate) async fn a_new_number_is_the_same_persons(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let (old, new) = (human("anna", 0), renewed());
    let change = || [Write::PersonChanged(renewed()), Write::NewNumber { person: renewed(), at: at(20) }];
    write(store, change()).await.unwrap();
    assert_eq!(store.person_anywhere(&new.id).await.unwrap().as_ref(), Some(&new));
    for number in [&old.identity_number, &new.identity_number] {
        assert_eq!(store.person_by_identity(number).await.unwrap().as_ref(), Some(&new));
    }
    let numbers = store.numbers_of(&new.id).await.unwrap();
    assert_eq!(numbers, [(new.identity_number.clone(), None), (old.identity_number.clone(), Some(at(20)))]);
    assert_conflict(write(store, [Write::Person(human("eve", 0))]).await, Conflict::Exists("person"));
    let taken = Write::NewNumber { person: human("bo", 3), at: at(30) };
    assert_conflict(write(store, [taken]).await, Conflict::Exists("person"));
    let nobody = Write::PersonChanged(human("nobody", 5));
    assert_conflict(write(store, [nobody]).await, Conflict::Missing("person"));

    let hidden = Person { protection: Some(Protection::AssumedIdentity), ..new.clone() };
    write(store, [Write::PersonChanged(hidden.clone())]).await.unwrap();
    assert_eq!(
        store.person_by_identity(&old.identity_number).await.unwrap(),
        None,
        "an earlier identity leads nowhere"
    );
    assert_eq!(store.person_by_identity(&new.identity_number).await.unwrap(), Some(hidden));
    let among = store.protected_among(&[person("bo"), new.id.clone(), person("nobody")]).await.unwrap();
    assert_eq!(among, [new.id].into());
}

pub(crate) async fn what_a_register_said_is_kept(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    assert_eq!(store.due_for_look_up(at(50), 10).await.unwrap(), [person("olle")], "the only one with a card");
    write(store, [Write::RegisterAnswer(evidence())]).await.unwrap();
    let unknown = Evidence { id: "r2".into(), said: None, at: at(55), enrolment: None, ..evidence() };
    write(store, [Write::RegisterAnswer(unknown.clone())]).await.unwrap();
    assert_eq!(store.register_answers(&person("olle"), 10).await.unwrap(), [unknown, evidence()]);
    assert_eq!(store.due_for_look_up(at(55), 10).await.unwrap(), []);
    assert_eq!(store.due_for_look_up(at(56), 10).await.unwrap(), [person("olle")]);
    let again = write(store, [Write::RegisterAnswer(evidence())]).await;
    assert_conflict(again, Conflict::Exists("register answer"));
    let employers = store.employments_of(&person("olle")).await.unwrap();
    assert_eq!(employers.iter().map(|e| e.tenant.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    write(store, [new_enrolment("e1")]).await.unwrap();
    assert_eq!(store.enrolments_of(&tenant("a"), &person("olle"), 10).await.unwrap().len(), 1);
    assert_eq!(store.enrolments_of(&tenant("b"), &person("olle"), 10).await.unwrap(), []);
}

pub(crate) async fn work_waits_until_it_is_done_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let (a, id) = (tenant("a"), work().id);
    write(store, [Write::NewWork(work())]).await.unwrap();
    assert_eq!(store.work(&a, true, None, 10).await.unwrap(), [work()]);
    assert_eq!(store.work(&a, true, Some(&id), 10).await.unwrap(), []);
    assert_eq!(store.work_item(&tenant("b"), &id).await.unwrap(), None);
    write(store, [Write::WorkDone(done())]).await.unwrap();
    assert_eq!(store.work(&a, true, None, 10).await.unwrap(), []);
    assert_eq!(store.work(&a, false, None, 10).await.unwrap(), [done()]);
    assert_stale(write(store, [Write::WorkDone(done())]).await);
    let asked = WorkItem { id: "w2".parse().unwrap(), ..work() };
    write(store, [Write::NewWork(asked.clone())]).await.unwrap();
    let alone = WorkItem { closing: Some(Closing { by: person("eva"), at: at(70), reason: "me".into() }), ..asked };
    assert_conflict(write(store, [Write::WorkDone(alone)]).await, Conflict::FourEyes);
    let own = "UPDATE work_item SET closed_by = 'olle', closed_at = 1, closed_reason = 'x'";
    assert!(database.run(own).await.is_err(), "nobody closes work about themselves, nor work that is done");
}

pub(crate) async fn the_policies_of_a_moment_are_known(database: &Database) {
    let store = &*database.store;
    assert_eq!(store.policies_at(at(1_000)).await.unwrap(), None);
    write(store, [policies('a', false).replacing(None)]).await.unwrap();
    assert_eq!(store.policies_at(at(89)).await.unwrap(), None);
    assert_eq!(store.policies_at(at(90)).await.unwrap(), Some("a".repeat(64)));
}
