//! Agencies and people.

use crate::agencies::given;
use crate::database::Database;
use crate::world::{agency, assert_conflict, at, employed, human, person, populate, tenant, write};
use domain::changes::Write;
use domain::ports::Conflict;

pub(crate) async fn people_are_found_as_they_were_written(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let wanted = agency("a", "2021006883");
    assert_eq!(store.tenant(&wanted.id).await.unwrap(), Some(wanted.clone()));
    assert_eq!(store.tenant_by_number(&wanted.organisation_number).await.unwrap(), Some(wanted));
    let anna = human("anna", 0);
    assert_eq!(store.person(&tenant("a"), &anna.id).await.unwrap().as_ref(), Some(&anna));
    assert_eq!(store.person_by_identity(&anna.identity_number).await.unwrap().as_ref(), Some(&anna));
    assert_eq!(store.person(&tenant("b"), &anna.id).await.unwrap(), None, "not employed there");
    assert_eq!(store.employment(&tenant("a"), &anna.id).await.unwrap().unwrap().since, at(0));
    assert_eq!(store.employment(&tenant("b"), &anna.id).await.unwrap(), None);
}

pub(crate) async fn known_people_and_agencies_are_conflicts(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let again = [Write::Tenant(agency("a", "2021006255"))];
    assert_conflict(write(store, again).await, Conflict::Exists("tenant"));
    let same_number = [Write::Tenant(agency("c", "2021006883"))];
    assert_conflict(write(store, same_number).await, Conflict::Exists("tenant"));
    assert_conflict(write(store, [Write::Person(human("anna", 5))]).await, Conflict::Exists("person"));
    assert_conflict(write(store, [Write::Person(human("nobody", 0))]).await, Conflict::Exists("person"));
    assert_conflict(write(store, [employed("a", "anna")]).await, Conflict::Exists("employment"));
    assert_eq!(store.head().await.unwrap().size, 1, "a refused change records nothing");
}

pub(crate) async fn what_is_referred_to_must_exist(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    assert_conflict(write(store, [employed("a", "nobody")]).await, Conflict::Missing("tenant or person"));
    let elsewhere = [Write::NewAssignment(given("p1", "b", "anna"))];
    assert_conflict(write(store, elsewhere).await, Conflict::Missing("employment"));
}

pub(crate) async fn lists_go_on_after_a_key(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let ids = |tenants: Vec<domain::people::Tenant>| tenants.into_iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(ids(store.tenants(None, 1).await.unwrap()), [tenant("a")]);
    assert_eq!(ids(store.tenants(Some(&tenant("a")), 5).await.unwrap()), [tenant("b")]);
    assert_eq!(ids(store.tenants(None, u32::MAX).await.unwrap()).len(), 2);
}
