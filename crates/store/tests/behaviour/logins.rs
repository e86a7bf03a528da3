//! Relying services, sessions and tickets.

use crate::database::Database;
use crate::world::{
    assert_conflict, assert_stale, at, card, intent, issue, person, populate, proposed, revocation, session, tenant,
    ticket, token_key, write,
};
use domain::changes::{Version, Write};
use domain::ports::{Conflict, Store, StoreError};
use domain::session::{LoginWrite, SecretDigest, SessionState, TicketKind, TicketState};

pub(crate) async fn a_registration_is_in_force_when_somebody_else_approved_it(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::Registration(proposed(1))]).await.unwrap();
    assert_eq!(store.registration("rp").await.unwrap(), None);
    assert_eq!(store.latest_registration("rp").await.unwrap(), Some(proposed(1)));

    let first = proposed(1).approve(&person("bo"), at(30)).unwrap();
    write(store, [Write::RegistrationApproval(first.clone())]).await.unwrap();
    assert_stale(write(store, [Write::RegistrationApproval(first.clone())]).await);
    write(store, [Write::Registration(proposed(2))]).await.unwrap();
    assert_eq!(store.registration("rp").await.unwrap(), Some(first.clone()), "the old one stays in force");
    assert_eq!(store.registrations(&tenant("a"), None, 9).await.unwrap(), [first]);

    assert_conflict(write(store, [Write::Registration(proposed(2))]).await, Conflict::Exists("registration"));
    let mut stolen = proposed(3);
    stolen.tenant = tenant("b");
    stolen.proposed_by = person("olle");
    assert_conflict(write(store, [Write::Registration(stolen)]).await, Conflict::Exists("registration"));
    let mut own = proposed(2);
    (own.approved_by, own.approved_at) = (Some(person("anna")), Some(at(31)));
    assert_conflict(write(store, [Write::RegistrationApproval(own)]).await, Conflict::FourEyes);
}

pub(crate) async fn token_keys_are_listed_newest_first(database: &Database) {
    let store = &*database.store;
    write(store, [Write::TokenKey(token_key(1)), Write::TokenKey(token_key(2))]).await.unwrap();
    assert_eq!(store.token_keys().await.unwrap(), [token_key(2), token_key(1)]);
    assert_conflict(write(store, [Write::TokenKey(token_key(1))]).await, Conflict::Exists("token key"));
}

/// Of many who use one ticket at once, exactly one does.
pub(crate) async fn a_ticket_is_used_once(database: &Database) {
    let store = &database.store;
    let (kind, digest) = (TicketKind::Code, SecretDigest([1; 32]));
    store.keep_login(vec![LoginWrite::Ticket(ticket(kind, 1))]).await.unwrap();
    let again = store.keep_login(vec![LoginWrite::Ticket(ticket(kind, 1))]).await;
    assert_conflict(again, Conflict::Exists("ticket"));
    let found = store.ticket(kind, &digest).await.unwrap();
    assert_eq!(found, Some(TicketState { ticket: ticket(kind, 1), spent_at: None }));
    assert_eq!(store.ticket(TicketKind::Access, &digest).await.unwrap(), None, "kinds are apart");

    let spend = |number: u8| {
        let writes =
            vec![LoginWrite::Spend { kind, digest, at: at(5) }, LoginWrite::Ticket(ticket(TicketKind::Access, number))];
        let store = std::sync::Arc::clone(store);
        tokio::spawn(async move { store.keep_login(writes).await })
    };
    let attempts: Vec<_> = (10..30).map(spend).collect();
    let mut used = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(()) => used += 1,
            other => assert_stale(other),
        }
    }
    assert_eq!(used, 1);
    let mut given = 0;
    for number in 10..30 {
        given += usize::from(store.ticket(TicketKind::Access, &SecretDigest([number; 32])).await.unwrap().is_some());
    }
    assert_eq!(given, 1, "whoever was refused wrote nothing");
    assert!(!store.ticket(kind, &digest).await.unwrap().unwrap().is_good(at(6)));
    let absent = store.keep_login(vec![LoginWrite::Spend { kind, digest: SecretDigest([9; 32]), at: at(5) }]).await;
    assert_conflict(absent, Conflict::Missing("ticket"));
}

pub(crate) async fn a_session_dies_with_its_card(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let active = card("c1").activate().unwrap();
    write(
        store,
        [
            Write::Card { new: active.clone(), seen: Version(1) },
            Write::Intent(intent(1)),
            issue(1),
            Write::Intent(intent(2)),
            issue(2),
            Write::Login(LoginWrite::Session(session(1, 1))),
            Write::Login(LoginWrite::Session(session(2, 2))),
            Write::Login(LoginWrite::Session(session(3, 2))),
        ],
    )
    .await
    .unwrap();
    for number in 1..=3 {
        assert!(find(store, number).await.is_alive(at(101)));
    }
    assert!(!find(store, 1).await.is_alive(at(200)), "its last second is over");
    assert_eq!(store.bereft_sessions(at(101), 9).await.unwrap(), []);
    assert_eq!(store.sessions_of(&tenant("a"), &person("olle"), at(101), 9).await.unwrap().len(), 3);

    write(store, [Write::Revocation(revocation(1))]).await.unwrap();
    assert!(!find(store, 1).await.is_alive(at(101)));
    assert!(find(store, 2).await.is_alive(at(101)));
    assert_eq!(numbers(&store.bereft_sessions(at(101), 9).await.unwrap()), [1]);
    let end = |number: u8| LoginWrite::EndSession { id: SecretDigest([number; 32]), at: at(102) };
    store.keep_login(vec![end(1)]).await.unwrap();
    assert_stale(store.keep_login(vec![end(1)]).await);

    write(store, [Write::Card { new: active.revoke().unwrap(), seen: Version(2) }]).await.unwrap();
    assert!(!find(store, 2).await.is_alive(at(101)));
    assert_eq!(numbers(&store.bereft_sessions(at(101), 9).await.unwrap()), [2, 3]);
    assert_eq!(numbers(&store.bereft_sessions(at(101), 1).await.unwrap()), [2]);

    let known = store.keep_login(vec![LoginWrite::Session(session(2, 2))]).await;
    assert_conflict(known, Conflict::Exists("session"));
    store.keep_login(vec![LoginWrite::Forget { before: at(1_000) }]).await.unwrap();
    assert_eq!(store.session(&SecretDigest([2; 32])).await.unwrap(), None);
}

async fn find(store: &dyn Store, number: u8) -> SessionState {
    let found: Result<_, StoreError> = store.session(&SecretDigest([number; 32])).await;
    found.unwrap().unwrap()
}

fn numbers(found: &[SessionState]) -> Vec<u8> {
    let mut numbers: Vec<u8> = found.iter().map(|state| state.session.id.0[0]).collect();
    numbers.sort_unstable();
    numbers
}
