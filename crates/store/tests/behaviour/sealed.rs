//! What a copy of the database says of people: nothing.

use crate::custody::local;
use crate::database::Database;
use crate::world::{
    agency, approval, at, card, delivery, employed, event, human, intent, person, proof, reference, signature,
    submitted, tbs, tenant, write,
};
use domain::certificate::Intent;
use domain::changes::{Changes, Version, Write};
use domain::enrolment::AnyEnrolment;
use domain::hand_out::HandOut;
use domain::operation::{DocumentKind, ShownDocument, TermsRef};
use domain::people::Person;
use domain::ports::{Store, StoreError};
use std::time::Duration;

/// In every value of a person that the tables hold.
const CANARY: &str = "Kanariefågel";
/// The number of the person with that name.
const NUMBER: &str = "189001019802";

fn canary() -> Person {
    Person { given_name: CANARY.into(), surname: CANARY.into(), ..human("olle", 0) }
}

/// Olle, in every place that knows his name or number.
async fn fill(store: &dyn Store) {
    let mut people = vec![Write::Tenant(agency("a", "2021006883")), Write::Person(canary()), employed("a", "olle")];
    for (number, name) in [(1, "anna"), (2, "bo")] {
        people.extend([Write::Person(human(name, number)), employed("a", name)]);
    }
    people.push(Write::NewCard(card("c1")));
    let mut new = submitted("e1");
    new.subject = new.subject.with("person.surname", CANARY).with("person.serial_number", NUMBER);
    people.push(Write::NewEnrolment(AnyEnrolment::Submitted(new.clone())));
    let asked =
        event("enrolment.submitted").personal("identity_number", NUMBER, [1; 16]).personal("name", CANARY, [2; 16]);
    store.commit(people.into_iter().fold(Changes::recording(asked), Changes::write)).await.unwrap();

    let shown = domain::operation::IdentityProof { number: NUMBER.into(), ..proof() };
    let identified = new.identify(person("anna"), at(20), shown, CANARY.into(), "p1".parse().unwrap()).unwrap();
    let mut operation = approval("p1");
    operation.operation = format!("{{\"subject\":\"{NUMBER} {CANARY}\"}}");
    let mut statement = signature("bo");
    statement.statement = CANARY.into();
    operation.signatures.push(statement);
    let mut signed = delivery();
    signed.statements = vec![CANARY.into()];
    let document =
        ShownDocument { document: DocumentKind::Passport, number: NUMBER.into(), expires: "2030-01-01".into() };
    let terms = TermsRef { version: "1".into(), language: "sv".into(), sha256: "0".repeat(64) };
    let hand_out = HandOut {
        tenant: tenant("a"),
        enrolment: "e1".parse().unwrap(),
        card: "c1".parse().unwrap(),
        document,
        terms,
        receipt: CANARY.into(),
        by: person("anna"),
        at: at(60),
    };
    let mut evidence = crate::registry::evidence();
    evidence.said.as_mut().unwrap().surname = CANARY.into();
    let mut work = crate::registry::work();
    (work.about.name, work.about.identity_number) = (CANARY.into(), NUMBER.into());
    (work.about.grounds, work.asked_by) = (CANARY.into(), Some(person("bo")));
    let der = [b"0", CANARY.as_bytes(), NUMBER.as_bytes()].concat();
    let writes = [
        Write::NewApproval(operation),
        Write::Enrolment { new: AnyEnrolment::Identified(identified), seen: Version(1) },
        Write::Delivery { tenant: tenant("a"), delivery: signed },
        Write::Intent(Intent { tbs: tbs(&format!("{CANARY} {NUMBER}")), ..intent(1) }),
        Write::Certificate { certificate: reference(1), der, at: at(50), personal: true },
        Write::HandOut(hand_out),
        Write::RegisterAnswer(evidence),
        Write::NewWork(work),
    ];
    write(store, writes).await.unwrap();
}

pub(crate) async fn a_dump_names_nobody(database: &Database) {
    let store = &*database.store;
    fill(store).await;
    assert_eq!(store.person_by_identity(&NUMBER.parse().unwrap()).await.unwrap(), Some(canary()));
    let record = store.certificate(&reference(1)).await.unwrap().unwrap();
    assert!(record.issued.unwrap().der.ends_with(NUMBER.as_bytes()));
    assert_eq!(store.personal(1).await.unwrap()[1], ("name".into(), [2; 16], CANARY.into()));

    let dump = database.dump();
    assert!(contains(&dump, b"enrolment.submitted"), "the dump is one");
    for secret in [CANARY, NUMBER] {
        assert!(!contains(&dump, secret.as_bytes()), "{secret} stands in the database");
        let octets = domain::id::hex(secret.as_bytes());
        assert!(!contains(&dump, octets.as_bytes()), "{secret} stands in the database, as octets");
    }
}

pub(crate) async fn without_the_token_everything_but_personal_data_goes_on(database: &Database) {
    fill(&*database.store).await;
    let custody = local();
    custody.leave();
    let store = database.open_under(std::sync::Arc::clone(&custody)).await;
    assert!(store.tenant(&tenant("a")).await.unwrap().is_some());
    write(&*store, [Write::Tenant(agency("b", "2021005521"))]).await.unwrap();
    let number = NUMBER.parse().unwrap();
    assert!(matches!(store.person_by_identity(&number).await, Err(StoreError::Unavailable(_))));
    let refused = write(&*store, [Write::Person(human("eva", 3))]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");

    custody.come_back();
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let there = async {
        while store.person_by_identity(&number).await.is_err() {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there).await.expect("the keys come when the token does");
    write(&*store, [Write::Person(human("eva", 3))]).await.unwrap();
}

pub(crate) async fn a_value_that_was_moved_does_not_open(database: &Database) {
    let store = &*database.store;
    fill(store).await;
    database
        .run("UPDATE person SET surname = (SELECT p.surname FROM person p WHERE p.id = 'bo') WHERE id = 'anna'")
        .await
        .unwrap();
    let found = store.person(&tenant("a"), &person("anna")).await;
    assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{found:?}");
    assert!(store.person(&tenant("a"), &person("bo")).await.unwrap().is_some());
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}
