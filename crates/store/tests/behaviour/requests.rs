//! Requests that are done once.

use crate::database::Database;
use crate::world::{assert_conflict, at, person, populate, tenant, token_key, write};
use domain::changes::Write;
use domain::ports::Conflict;
use domain::request::{Done, KeyRef, RequestKey};

fn key() -> RequestKey {
    RequestKey { tenant: tenant("a"), person: person("anna"), id: [1; 32], request: [2; 32], at: at(10) }
}

/// Every write about keys of requests.
pub(crate) fn everything() -> Vec<Write> {
    let answer = Write::RequestAnswer { key: key(), answer: b"sealed".to_vec() };
    vec![Write::RequestKey(key()), answer, Write::ForgetRequests(at(0))]
}

pub(crate) async fn a_request_is_done_once_under_its_key(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let key = key();
    let of = KeyRef { tenant: &key.tenant, person: &key.person, id: &key.id };
    assert_eq!(store.done(of).await.unwrap(), None);

    write(store, [Write::TokenKey(token_key(1)), Write::RequestKey(key.clone())]).await.unwrap();
    assert_eq!(store.done(of).await.unwrap(), Some(Done { request: [2; 32], answer: None }));
    let again = write(store, [Write::TokenKey(token_key(2)), Write::RequestKey(key.clone())]).await;
    assert_conflict(again, Conflict::RequestTaken);
    assert_eq!(store.token_keys().await.unwrap(), [token_key(1)], "nothing else was written either");

    store.keep_answer(key.clone(), b"sealed".to_vec()).await.unwrap();
    store.keep_answer(key.clone(), b"other".to_vec()).await.unwrap();
    let kept = Some(Done { request: [2; 32], answer: Some(b"sealed".to_vec()) });
    assert_eq!(store.done(of).await.unwrap(), kept, "the first answer stands");
    let other = person("bo");
    assert_eq!(store.done(KeyRef { person: &other, ..of }).await.unwrap(), None, "keys are the caller's own");

    store.forget_requests(at(10)).await.unwrap();
    assert_eq!(store.done(of).await.unwrap(), kept);
    store.forget_requests(at(11)).await.unwrap();
    assert_eq!(store.done(of).await.unwrap(), None);
}
