//! Cards, intents, certificates.

use crate::database::Database;
use crate::world::{
    ISSUER, assert_conflict, assert_stale, at, card, card_number, der, intent, issue, person, populate, reference,
    revocation, tbs, tenant, write,
};
use domain::card::CardState;
use domain::certificate::{CertificateRecord, Holder, Intent, IssuedCertificate};
use domain::changes::{Stored, Version, Write};
use domain::ports::{Conflict, Store, StoreError};
use pki::profile::Purpose;

pub(crate) async fn a_card_is_bound_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let mut taken = card("c1");
    taken.tenant = tenant("b");
    assert_conflict(write(store, [Write::NewCard(taken)]).await, Conflict::Exists("card"));
    let active = card("c1").activate().unwrap();
    write(store, [Write::Card { new: active.clone(), seen: Version(1) }]).await.unwrap();
    assert_stale(write(store, [Write::Card { new: active.clone(), seen: Version(1) }]).await);
    let found = store.card(&tenant("a"), &card_number("c1")).await.unwrap();
    assert_eq!(found, Some(Stored { value: active, version: Version(2) }));
    let absent = Write::Card { new: card("c9"), seen: Version(1) };
    assert_conflict(write(store, [absent]).await, Conflict::Missing("card"));
    let cards = store.cards_of(&tenant("a"), &person("olle")).await.unwrap();
    assert_eq!(cards.iter().map(|c| c.value.state).collect::<Vec<_>>(), [CardState::Active]);
}

pub(crate) async fn an_intent_becomes_a_certificate(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::Intent(intent(1)), Write::Intent(intent(2))]).await.unwrap();
    let mut wanted = CertificateRecord { intent: intent(1), issued: None, revocation: None };
    assert_eq!(store.certificate(&reference(1)).await.unwrap(), Some(wanted.clone()));
    let open = |before, limit| async move {
        store
            .open_intents(at(before), limit)
            .await
            .unwrap()
            .into_iter()
            .map(|r| r.intent.certificate)
            .collect::<Vec<_>>()
    };
    assert_eq!(open(41, 10).await.len(), 2);
    assert_eq!(open(41, 1).await.len(), 1);
    assert_eq!(open(40, 10).await, []);

    write(store, [issue(1)]).await.unwrap();
    wanted.issued = Some(IssuedCertificate { der: der(1), at: at(50) });
    assert_eq!(store.certificate(&reference(1)).await.unwrap(), Some(wanted.clone()));
    let fingerprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der(1));
    let found = store.certificate_by_fingerprint(fingerprint.as_ref().try_into().unwrap()).await.unwrap();
    assert_eq!(found, Some(wanted));
    assert_eq!(store.certificate_by_fingerprint(&[0; 32]).await.unwrap(), None);
    assert_eq!(open(41, 10).await, [reference(2)]);
    write(store, [Write::Revocation(revocation(2))]).await.unwrap();
    assert_eq!(open(41, 10).await, []);
}

pub(crate) async fn a_serial_is_used_once(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::Intent(intent(1))]).await.unwrap();
    assert_conflict(write(store, [Write::Intent(intent(1))]).await, Conflict::Exists("serial"));
    let mut elsewhere = intent(1);
    elsewhere.certificate.issuer = "another-ca".into();
    write(store, [Write::Intent(elsewhere)]).await.unwrap();
}

pub(crate) async fn a_key_has_one_owner_and_one_purpose(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::Intent(intent(1))]).await.unwrap();
    let with_key = |n| domain::certificate::Intent { key_fingerprint: intent(1).key_fingerprint, ..intent(n) };
    let mut purpose = with_key(2);
    purpose.purpose = Purpose::PersonSignature;
    let mut owner = with_key(3);
    owner.holder = Holder::Person { tenant: tenant("a"), person: person("eva"), card: None, enrolment: None };
    let mut service = with_key(4);
    service.holder = Holder::Service { key: "olle".into() };
    for other in [purpose, owner, service] {
        assert_conflict(write(store, [Write::Intent(other)]).await, Conflict::KeyTaken);
    }
    write(store, [Write::Intent(with_key(5)), Write::Intent(with_key(6))]).await.unwrap();
    let mut fresh = [intent(7), intent(8)];
    fresh[1].key_fingerprint = fresh[0].key_fingerprint;
    fresh[1].purpose = Purpose::PersonSignature;
    let both = write(store, fresh.map(Write::Intent)).await;
    assert!(both.is_err(), "one new key for two purposes at once");
    assert_eq!(store.certificate(&reference(7)).await.unwrap(), None);
}

pub(crate) async fn only_an_open_intent_gets_a_certificate(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    assert_conflict(write(store, [issue(1)]).await, Conflict::NotAnIntent);
    write(store, [Write::Intent(intent(1)), issue(1)]).await.unwrap();
    assert_conflict(write(store, [issue(1)]).await, Conflict::NotAnIntent);
    write(store, [Write::Intent(intent(2)), Write::Revocation(revocation(2))]).await.unwrap();
    assert_conflict(write(store, [issue(2)]).await, Conflict::AlreadyRevoked);
    let record = store.certificate(&reference(2)).await.unwrap().unwrap();
    assert_eq!((record.issued, record.revocation), (None, Some(revocation(2))));
}

pub(crate) async fn an_agencys_cards_and_certificates_are_listed_page_by_page(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let mut service = intent(3);
    service.holder = Holder::Service { key: "ocsp-1".into() };
    let certificates = [intent(1), intent(2), service].map(Write::Intent);
    write(store, [Write::NewCard(card("c2"))].into_iter().chain(certificates)).await.unwrap();
    let (a, b) = (tenant("a"), tenant("b"));

    let numbers =
        |cards: Vec<Stored<domain::card::Card>>| cards.into_iter().map(|card| card.value.number).collect::<Vec<_>>();
    let (c1, c2) = (card_number("c1"), card_number("c2"));
    assert_eq!(numbers(store.cards_of_tenant(&a, None, 1).await.unwrap()), std::slice::from_ref(&c1));
    assert_eq!(numbers(store.cards_of_tenant(&a, Some(&c1), 9).await.unwrap()), [c2]);
    assert_eq!(numbers(store.cards_of_tenant(&b, None, 9).await.unwrap()), []);

    let references =
        |records: Vec<CertificateRecord>| records.into_iter().map(|r| r.intent.certificate).collect::<Vec<_>>();
    let mut all = [reference(1), reference(2)];
    all.sort();
    assert_eq!(references(store.certificates_of_tenant(&a, None, 1).await.unwrap()), all[..1]);
    assert_eq!(references(store.certificates_of_tenant(&a, Some(&all[0]), 9).await.unwrap()), all[1..]);
    assert_eq!(references(store.certificates_of_tenant(&b, None, 9).await.unwrap()), []);
}

pub(crate) async fn certificates_are_found_by_whom_they_are_for(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let mut on_no_card = intent(2);
    on_no_card.holder = Holder::Person { tenant: tenant("a"), person: person("olle"), card: None, enrolment: None };
    let mut service = [intent(3), intent(4), intent(5)];
    for (seconds, intent) in (0..).zip(&mut service) {
        intent.holder = Holder::Service { key: "ocsp-1".into() };
        intent.purpose = Purpose::OcspSigner;
        intent.at = at(seconds);
    }
    let intents = [intent(1), on_no_card].into_iter().chain(service).map(Write::Intent);
    write(store, intents.chain([issue(3), issue(4)])).await.unwrap();

    let serials =
        |records: Vec<CertificateRecord>| records.into_iter().map(|r| r.intent.certificate).collect::<Vec<_>>();
    let (a, b) = (tenant("a"), tenant("b"));
    let olle = person("olle");
    assert_eq!(serials(store.certificates_of_card(&a, &card_number("c1")).await.unwrap()), [reference(1)]);
    assert_eq!(serials(store.certificates_of_card(&b, &card_number("c1")).await.unwrap()), []);
    let mut of_person = serials(store.certificates_of_person(&a, &olle).await.unwrap());
    of_person.sort();
    assert_eq!(of_person, [reference(1), reference(2)]);
    assert_eq!(serials(store.certificates_of_person(&b, &olle).await.unwrap()), []);
    let newest_first = serials(store.service_certificates("ocsp-1", 10).await.unwrap());
    assert_eq!(newest_first, [reference(4), reference(3)], "issued ones only");
    assert_eq!(serials(store.service_certificates("ocsp-1", 1).await.unwrap()), [reference(4)]);
    wrong_references_are_refused(store).await;
}

async fn wrong_references_are_refused(store: &dyn Store) {
    let mut not_the_holder = Intent { tbs: tbs("Eva Test"), ..intent(10) };
    not_the_holder.holder =
        Holder::Person { tenant: tenant("a"), person: person("eva"), card: Some(card_number("c1")), enrolment: None };
    let missing = Conflict::Missing("employment, card or enrolment");
    assert_conflict(write(store, [Write::Intent(not_the_holder)]).await, missing);
    assert_eq!(store.certificate(&reference(10)).await.unwrap(), None);
    assert_eq!(reference(10).issuer, ISSUER);
}

/// The name stays its person's when the card is revoked and whoever has the identity number next works there: another
/// spelling is the same name, and another name is free.
pub(crate) async fn a_name_is_one_persons_for_ever(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let of = |n, who: &str, name: &str| {
        let card = (who == "olle").then(|| "c1".parse().unwrap());
        let holder = Holder::Person { tenant: tenant("a"), person: person(who), card, enrolment: None };
        Write::Intent(Intent { holder, tbs: tbs(name), ..intent(n) })
    };
    write(store, [of(1, "olle", "Olle Test"), of(2, "olle", "Olle Test")]).await.unwrap();
    write(store, [Write::Revocation(revocation(1)), Write::Revocation(revocation(2))]).await.unwrap();
    for spelling in ["Olle Test", "OLLE  test"] {
        assert_conflict(write(store, [of(3, "anna", spelling)]).await, Conflict::NameTaken);
    }
    write(store, [of(4, "olle", "olle test"), of(5, "anna", "Olle Testsson")]).await.unwrap();
    let unreadable = Write::Intent(Intent { tbs: vec![0x30; 9], ..intent(6) });
    assert!(matches!(write(store, [unreadable]).await, Err(StoreError::Corrupt { .. })));
}
