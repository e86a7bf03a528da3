//! The policies in force.

use crate::database::Database;
use crate::world::{assert_stale, at, policies, write};

pub(crate) async fn policies_follow_those_that_they_replace(database: &Database) {
    let store = &*database.store;
    assert_eq!(store.policies_in_force().await.unwrap(), None);
    let (first, second) = (policies('a', false), policies('b', true));
    write(store, [first.clone().replacing(None)]).await.unwrap();
    assert_eq!(store.policies_in_force().await.unwrap(), Some(first.0.clone()));

    assert_stale(write(store, [second.clone().replacing(None)]).await);
    assert_stale(write(store, [second.clone().replacing(Some('c'))]).await);
    write(store, [second.clone().replacing(Some('a'))]).await.unwrap();
    assert_eq!(store.policies_in_force().await.unwrap(), Some(second.0.clone()));
    assert_stale(write(store, [first.clone().replacing(Some('a'))]).await);
    assert!(write(store, [first.replacing(Some('b'))]).await.is_err(), "only the first comes without an approval");
    assert_eq!(store.policies_in_force().await.unwrap().unwrap().at, at(90));
}
