//! The audit log.

use crate::database::Database;
use crate::world::{agency, at, changes, event, populate, verify_chain, write};
use domain::audit::{Head, check_personal};
use domain::changes::{Changes, Write};

pub(crate) async fn a_change_and_its_record_commit_together(database: &Database) {
    let store = &*database.store;
    assert_eq!(store.head().await.unwrap(), Head::EMPTY);
    let head = store.commit(changes([Write::Tenant(agency("a", "2021006883"))])).await.unwrap();
    assert_eq!((head.size, head), (1, store.head().await.unwrap()));
    assert!(write(store, [Write::Tenant(agency("a", "2021006883"))]).await.is_err());
    let two = Changes::recording(event("test.one")).also(event("test.two"));
    assert_eq!(store.commit(two).await.unwrap().size, 3);
    assert_eq!(verify_chain(store).await, 3);
    let records = store.records(2, 1).await.unwrap();
    assert_eq!(records.len(), 1);
    assert!(records[0].text.contains("test.one"));
    assert_eq!(store.records(4, 10).await.unwrap(), []);
}

pub(crate) async fn erasure_leaves_the_chain_valid(database: &Database) {
    let store = &*database.store;
    let named = event("test.named").personal("name", "Anna", [1; 16]).personal("mail", "a@example.se", [2; 16]);
    store.commit(Changes::recording(event("test.first"))).await.unwrap();
    let sequence = store.commit(Changes::recording(named)).await.unwrap().size;
    let record = store.records(sequence, 1).await.unwrap().remove(0);
    let personal = store.personal(sequence).await.unwrap();
    assert_eq!(personal.len(), 2);
    for (field, salt, value) in &personal {
        check_personal(&record, field, salt, value).unwrap();
    }
    store.erase_personal(sequence).await.unwrap();
    assert_eq!(store.personal(sequence).await.unwrap(), []);
    assert_eq!(verify_chain(store).await, 2);
}

pub(crate) async fn the_log_survives_a_new_start(database: &Database) {
    populate(&*database.store).await;
    let again = database.open_again().await;
    assert_eq!(again.head().await.unwrap(), database.store.head().await.unwrap());
    let event = domain::audit::Event::new("test.later", domain::audit::Actor::Nobody, "o", at(9));
    again.commit(Changes::recording(event)).await.unwrap();
    drop(again);
    assert_eq!(verify_chain(&*database.open_again().await).await, 2);
}
