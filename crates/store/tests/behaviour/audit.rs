//! The audit log.

use crate::database::Database;
use crate::world::{agency, at, changes, event, populate, tenant, verify_chain, write};
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
    let (store, agency_a) = (&*database.store, tenant("a"));
    let named = event("test.named").personal("name", "Anna", [1; 16]).personal("mail", "a@example.se", [2; 16]);
    store.commit(Changes::recording(event("test.first"))).await.unwrap();
    let sequence = store.commit(Changes::recording(named)).await.unwrap().size;
    let record = store.records(sequence, 1).await.unwrap().remove(0);
    let personal = store.personal(sequence).await.unwrap();
    assert_eq!(personal.len(), 2);
    for (field, salt, value) in &personal {
        check_personal(&record, field, salt, value).unwrap();
    }
    let of_olle = |object: &str, id: &str| {
        let event = domain::audit::Event::new("test.named", domain::audit::Actor::Nobody, object, at(3));
        event.in_tenant(&tenant("a")).with("person", id).personal("name", "Olle", [3; 16])
    };
    let named = store.commit(Changes::recording(of_olle("x", "olle"))).await.unwrap().size;
    store.commit(Changes::recording(of_olle("y", "olle2"))).await.unwrap();
    let naming = |from| store.records_naming(&agency_a, "olle", from, 10);
    assert_eq!(naming(1).await.unwrap().iter().map(|record| record.sequence).collect::<Vec<_>>(), [named]);
    assert_eq!(naming(named + 1).await.unwrap(), []);
    write(store, [Write::ErasePersonal(vec![sequence, named])]).await.unwrap();
    assert_eq!(store.personal(sequence).await.unwrap(), []);
    assert_eq!(naming(1).await.unwrap(), [], "what is erased has nothing beside it");
    assert_eq!(store.personal(named + 1).await.unwrap().len(), 1, "and nobody else's");
    assert_eq!(verify_chain(store).await, 5);
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
