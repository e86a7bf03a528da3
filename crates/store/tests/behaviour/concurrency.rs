//! Many callers at once, and faults.

use crate::database::Database;
use crate::world::{
    agency, approval, assert_conflict, changes, crl, event, intent, issue, new_enrolment, populate, reference,
    revocation, tenant, verify_chain, write,
};
use domain::changes::{Changes, Version, Write};
use domain::ports::{Conflict, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use store::fault::{Faults, Injected, POINTS};
use tokio::task::JoinSet;

pub(crate) async fn one_conflict_does_not_touch_the_others(database: &Database) {
    let store = &database.store;
    populate(&**store).await;
    let mut callers = JoinSet::new();
    for n in 1..=40 {
        // Every tenth wants the serial of the one before, and thereby fails alone.
        let mut wanted = intent(n);
        if n % 10 == 0 {
            wanted.certificate = reference(n - 1);
        }
        let store = Arc::clone(store);
        callers.spawn(async move { (n, write(&*store, [Write::Intent(wanted)]).await) });
    }
    let mut refused = 0;
    while let Some(done) = callers.join_next().await {
        let (n, result) = done.unwrap();
        match result {
            Ok(()) => {}
            Err(StoreError::Conflict(Conflict::Exists("serial"))) => {
                assert!(n % 10 == 0 || n % 10 == 9, "{n} has nothing to do with it");
                refused += 1;
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(refused, 4);
    assert_eq!(verify_chain(&**store).await, 1 + 36);
}

pub(crate) async fn the_chain_is_whole_after_many_writers(database: &Database) {
    let store = &database.store;
    populate(&**store).await;
    let mut callers = JoinSet::new();
    for caller in 0..16_u32 {
        let store = Arc::clone(store);
        callers.spawn(async move {
            for n in 0..10 {
                let n = caller * 100 + n;
                write(&*store, [Write::Intent(intent(n))]).await.unwrap();
                write(&*store, [issue(n)]).await.unwrap();
                if n % 3 == 0 {
                    write(&*store, [Write::Revocation(revocation(n))]).await.unwrap();
                }
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    let revoked = store.revocations(crate::world::ISSUER).await.unwrap().len() as u64;
    assert_eq!(verify_chain(&**store).await, 1 + 16 * 20 + revoked);
}

pub(crate) async fn two_stores_share_one_database(database: &Database) {
    let other = database.open_again().await;
    populate(&*other).await;
    let mut callers = JoinSet::new();
    for (n, store) in (0..40).zip([&database.store, &other].into_iter().cycle()) {
        let store = Arc::clone(store);
        callers.spawn(async move { write(&*store, [Write::Intent(intent(n))]).await });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(verify_chain(&*database.store).await, 41);
    assert_conflict(write(&*other, [Write::Intent(intent(0))]).await, Conflict::Exists("serial"));
}

/// One unit of work that passes every point but those of `publish_ocsp`.
fn everything() -> Changes {
    let mut card = crate::world::card("c1");
    card.state = domain::card::CardState::Active;
    let mut signed = approval("p1");
    signed.signatures.push(crate::world::signature("eva"));
    let identified = crate::world::submitted("e1")
        .identify(
            crate::world::person("anna"),
            crate::world::at(20),
            crate::world::proof(),
            "jws".into(),
            approval("p1").id,
        )
        .unwrap();
    let employed = domain::people::Employment {
        tenant: tenant("c"),
        person: crate::world::person("new"),
        since: crate::world::at(0),
        until: None,
    };
    let mut all = changes(vec![
        Write::Tenant(agency("c", "2021006255")),
        Write::Person(crate::world::human("new", 5)),
        Write::Employment(employed.clone()),
        Write::EmploymentEnd { employment: employed, closed: true },
        Write::Agreement(crate::agencies::agreement("dnr 1")),
        Write::NewMove(crate::agencies::proposed("m1")),
        Write::Move { new: crate::agencies::decided("m1"), seen: Version(1) },
        Write::NewAssignment(crate::agencies::ordered("a1")),
        Write::Assignment { new: crate::agencies::approved("a1"), seen: Version(1) },
        Write::Training(crate::agencies::training(0)),
        Write::NewCard(crate::world::card("c2")),
        Write::Card { new: card, seen: Version(1) },
        Write::NewApproval(approval("p1")),
        Write::Approval { new: signed, seen: Version(1) },
        new_enrolment("e1"),
        Write::Enrolment { new: domain::enrolment::AnyEnrolment::Identified(identified), seen: Version(1) },
        Write::HandOut(crate::agencies::hand_out()),
        crate::world::new_delivery(),
        Write::Intent(intent(1)),
        issue(1),
        Write::Revocation(revocation(1)),
        crate::agencies::new_bulk(),
        Write::Bulk {
            new: crate::agencies::bulk().clear(crate::world::person("bo"), crate::world::at(1)).unwrap(),
            seen: Version(1),
        },
        crate::agencies::outcome("c1", domain::bulk::Outcome::Revoked),
        Write::Crl(crl(1)),
        crate::world::policies('a', false).replacing(None),
        Write::KeyStage(crate::world::key_stage("ca", None, domain::key::KeyState::Active)),
    ]);
    all = all.join(changes([
        Write::PersonChanged(crate::registry::renewed()),
        Write::NewNumber { person: crate::registry::renewed(), at: crate::world::at(20) },
        Write::RegisterAnswer(crate::registry::evidence()),
        Write::NewWork(crate::registry::work()),
        Write::WorkDone(crate::registry::done()),
        Write::ErasePersonal(vec![1]),
    ]));
    all = all.join(changes(logins())).join(changes(told())).join(changes(crate::functions::ordering("f1")));
    all = all.join(changes(crate::requests::everything())).join(changes(crate::reserves::everything()));
    all = all.also(event("test.personal").personal("name", "Anna", [3; 16]));
    all
}

pub(crate) async fn a_failed_write_changes_nothing_at_any_point(database: &Database) {
    populate(&*database.store).await;
    for point in POINTS {
        let armed = Arc::new(AtomicBool::new(true));
        let hit = Arc::clone(&armed);
        let faults = Faults::hook(move |at| {
            if at == *point && hit.swap(false, Ordering::SeqCst) { Err(Injected { point: at }) } else { Ok(()) }
        });
        let store = database.open_with(faults).await;
        let failed = match *point {
            "ocsp" => store.publish_ocsp(vec![crate::world::answer(1, false)]).await.map(|_| ()),
            "committed" => store.commit(Changes::recording(event("test.committed"))).await.map(|_| ()),
            _ => store.commit(everything()).await.map(|_| ()),
        };
        assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{point}: {failed:?}");
        assert!(!armed.load(Ordering::SeqCst), "{point} was never reached");
        assert_eq!(store.tenant(&tenant("c")).await.unwrap(), None, "{point}");
        // The writer goes on; a commit that failed only after it was durable counts.
        store.commit(Changes::recording(event("test.after"))).await.unwrap();
        verify_chain(&*store).await;
    }
    let log = verify_chain(&*database.store).await;
    assert_eq!(log, 1 + POINTS.len() as u64 + 1);
    database.store.commit(everything()).await.unwrap();
}

/// Every write about notices.
fn told() -> Vec<Write> {
    use crate::world::{at, person};
    use domain::notice::{Addressee, Attempted, Channel, DeliveryState, Notice, NoticeKind};

    let (id, channel) = (domain::NoticeId::from_random([1; 16]), Channel::Mail);
    let notice = Notice {
        id: id.clone(),
        tenant: tenant("a"),
        kind: NoticeKind::CardExpiring,
        about: "c1".into(),
        to: Addressee::Employee(person("anna")),
        facts: std::collections::BTreeMap::new(),
        at: at(1),
    };
    let attempted = Attempted {
        tenant: tenant("a"),
        id,
        channel,
        state: DeliveryState::Dead,
        attempts: 1,
        next_at: at(2),
        outcome: None,
        seen: Version(1),
    };
    let email = Some("anna@a.example.se".to_owned());
    vec![
        Write::Address { tenant: tenant("a"), person: person("anna"), email },
        Write::Notice { notice, channel },
        Write::Attempted(attempted),
    ]
}

/// Every write about relying services and logins.
fn logins() -> Vec<Write> {
    use crate::world::{at, person, proposed, session, ticket, token_key};
    use domain::session::{LoginWrite, TicketKind};

    let approved = proposed(1).approve(&person("bo"), at(30)).unwrap();
    let (session, ticket) = (session(1, 1), ticket(TicketKind::Code, 1));
    let (id, kind, digest) = (session.id, ticket.kind, ticket.digest);
    let steps = [
        LoginWrite::Session(session),
        LoginWrite::Ticket(ticket),
        LoginWrite::Spend { kind, digest, at: at(40) },
        LoginWrite::EndSession { id, at: at(150) },
        LoginWrite::Forget { before: at(0) },
    ];
    let registered =
        [Write::Registration(proposed(1)), Write::RegistrationApproval(approved), Write::TokenKey(token_key(1))];
    registered.into_iter().chain(steps.map(Write::Login)).collect()
}

pub(crate) async fn a_full_queue_is_busy_and_what_waits_shares_transactions(database: &Database) {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let transactions = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&transactions);
    let faults = Faults::hook(move |at| {
        if at == "begin" {
            // Until the test lets go of the other end, one transaction stands still.
            assert!(gate.lock().unwrap().recv().is_err());
        }
        counted.fetch_add(u32::from(at == "commit"), Ordering::SeqCst);
        Ok(())
    });
    let store = database.open_with(faults).await;
    let mut callers = JoinSet::new();
    for _ in 0..1500 {
        let store: Arc<dyn Store> = Arc::clone(&store);
        callers.spawn(async move { store.commit(Changes::recording(event("test.many"))).await.map(|_| ()) });
    }
    let mut first_refused = None;
    while first_refused.is_none() {
        first_refused = callers.join_next().await.unwrap().unwrap().err();
    }
    assert!(matches!(first_refused, Some(StoreError::Busy)), "{first_refused:?}");
    drop(open);
    let mut committed = 0_u32;
    while let Some(done) = callers.join_next().await {
        match done.unwrap() {
            Ok(()) => committed += 1,
            Err(error) => assert!(matches!(error, StoreError::Busy), "{error:?}"),
        }
    }
    assert_eq!(verify_chain(&*store).await, u64::from(committed));
    let transactions = transactions.load(Ordering::SeqCst);
    assert!(transactions * 16 <= committed, "{transactions} transactions for {committed} units of work");
}

/// Only a server can end connections.
pub(crate) async fn the_store_comes_back_after_its_connections_died(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    for round in 0..3 {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.run(end).await.unwrap();
        assert!(store.tenant(&tenant("a")).await.unwrap().is_some(), "reads go on at once");
        let mut last = None;
        let recovered = async {
            while let Err(error) = write(store, [Write::Intent(intent(round))]).await {
                assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
                last = Some(error);
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), recovered).await.unwrap();
        assert!(last.is_some(), "the writer's connection was not touched");
    }
    assert_eq!(verify_chain(store).await, 4);
}
