//! Reserve cards and revocation codes.

use crate::database::Database;
use crate::world::{
    approval, assert_conflict, at, card, card_number, delivery, new_delivery, person, populate, proof, submitted,
    tenant, write,
};
use domain::changes::{Stored, Version, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::evidence::Signed;
use domain::ports::{Conflict, Store};
use domain::reserve::{ReserveOrder, SecondIdentification, StockedCard};
use domain::revocation_code::KeptCode;

/// An order of reserve card `r1` for olle, who has `c1`; the extension of `extends` if that is named.
fn order(id: &str, extends: Option<&str>) -> Enrolment<Submitted> {
    let mut order = submitted(id);
    order.card = card_number("r1");
    order.reserve =
        Some(ReserveOrder { ordinary: card_number("c1"), days: 20, extends: extends.map(|id| id.parse().unwrap()) });
    order
}

fn new(order: &Enrolment<Submitted>) -> [Write; 2] {
    let order = AnyEnrolment::Submitted(order.clone());
    [Write::NewEnrolment(order.clone()), Write::ReserveOrder(order)]
}

/// Every write about reserve cards and codes; a [`new_delivery`] comes with them.
pub(crate) fn everything() -> Vec<Write> {
    let stocked = StockedCard { tenant: tenant("a"), number: card_number("r1"), delivery: delivery().id(), at: at(1) };
    let own = [Write::NewCard(card("r1")), Write::ReserveStock(stocked), Write::RevocationCode(code(1))];
    own.into_iter().chain(new(&order("e8", None))).collect()
}

/// What is kept of a code of `c1`.
fn code(salt: u8) -> KeptCode {
    KeptCode {
        tenant: tenant("a"),
        card: card_number("c1"),
        at: at(10),
        salt: [salt; 16],
        rounds: 20_000,
        hash: [salt; 32],
    }
}

async fn ordered(store: &dyn Store) -> Enrolment<Submitted> {
    populate(store).await;
    let first = order("e1", None);
    write(store, [Write::NewCard(card("r1"))].into_iter().chain(new(&first))).await.unwrap();
    first
}

pub(crate) async fn a_reserve_card_has_one_order_and_one_extension(database: &Database) {
    let store = &*database.store;
    let first = ordered(store).await;
    let extension = order("e2", Some("e1"));
    assert_conflict(write(store, new(&order("e9", None))).await, Conflict::Exists("reserve order"));
    write(store, new(&extension)).await.unwrap();
    assert_conflict(write(store, new(&order("e3", Some("e1")))).await, Conflict::Exists("reserve order"));

    let found = store.reserve_orders(&tenant("a"), &card_number("r1")).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|row| row.value).collect();
    assert_eq!(found, [AnyEnrolment::Submitted(first), AnyEnrolment::Submitted(extension)]);
    assert!(store.reserve_orders(&tenant("b"), &card_number("r1")).await.unwrap().is_empty());
    let cards = store.reserve_cards_of(&tenant("a"), &person("olle")).await.unwrap();
    assert_eq!(cards, [card_number("r1")]);
    assert!(store.reserve_cards_of(&tenant("b"), &person("olle")).await.unwrap().is_empty());
}

pub(crate) async fn a_reserve_card_takes_a_second_identification(database: &Database) {
    let store = &*database.store;
    let order = ordered(store).await;
    let opened = approval("p1");
    let identified = order.identify(person("anna"), at(20), proof(), "jws".into(), opened.id.clone()).unwrap();
    let moved = |new: AnyEnrolment, seen: i64| Write::Enrolment { new, seen: Version(seen) };
    let first = moved(AnyEnrolment::Identified(identified.clone()), 1);
    write(store, [Write::NewApproval(opened), first]).await.unwrap();

    let second = SecondIdentification { by: person("bo"), at: at(30), proof: proof(), statement: "jws of bo".into() };
    let approved = identified.approve_reserve(second).unwrap();
    let mut forgotten = approved.clone().stage().clone();
    forgotten.second = None;
    let alone = AnyEnrolment::Approved(Enrolment::restore(approved.bare(), forgotten));
    assert_conflict(write(store, [moved(alone, 2)]).await, Conflict::FourEyes);
    let approved = AnyEnrolment::Approved(approved);
    write(store, [moved(approved.clone(), 2)]).await.unwrap();
    let found = store.enrolment(&tenant("a"), &"e1".parse().unwrap()).await.unwrap();
    assert_eq!(found, Some(Stored { value: approved, version: Version(3) }));
}

pub(crate) async fn the_latest_stock_and_the_latest_code_count(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    assert_eq!(store.stocked(&card_number("r1")).await.unwrap(), None);
    let stocked = |delivery: &Signed, seconds: i64| {
        let (delivery, at) = (delivery.id(), at(seconds));
        Write::ReserveStock(StockedCard { tenant: tenant("a"), number: card_number("r1"), delivery, at })
    };
    let later = Signed { operation: "{\"later\":1}".into(), statements: vec!["another".into()] };
    let newer = Write::Delivery { tenant: tenant("a"), delivery: later.clone() };
    write(store, [new_delivery(), stocked(&delivery(), 1)]).await.unwrap();
    assert_eq!(store.stocked(&card_number("r1")).await.unwrap(), Some((tenant("a"), delivery())));
    write(store, [newer, stocked(&later, 2), stocked(&delivery(), 3)]).await.unwrap();
    assert_eq!(store.stocked(&card_number("r1")).await.unwrap(), Some((tenant("a"), later)));

    assert_eq!(store.revocation_code(&card_number("c1")).await.unwrap(), None);
    for salt in [1, 2] {
        write(store, [Write::RevocationCode(code(salt))]).await.unwrap();
        assert_eq!(store.revocation_code(&card_number("c1")).await.unwrap(), Some(code(salt)));
    }
    let nobodys = KeptCode { card: card_number("c9"), ..code(3) };
    assert_conflict(write(store, [Write::RevocationCode(nobodys)]).await, Conflict::Missing("card"));
}
