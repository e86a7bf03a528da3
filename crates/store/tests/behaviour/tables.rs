//! What the tables refuse, whoever asks.

use crate::database::Database;
use crate::world::{
    approval, at, crl, intent, issue, key_stage, new_delivery, new_enrolment, person, policies, populate, proof,
    revocation, submitted, write,
};
use domain::changes::{Version, Write};
use domain::enrolment::AnyEnrolment;

async fn fill(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let identified =
        submitted("e1").identify(person("anna"), at(20), proof(), "jws".into(), "p1".parse().unwrap()).unwrap();
    write(
        store,
        [
            new_enrolment("e1"),
            Write::NewApproval(approval("p1")),
            Write::Enrolment { new: AnyEnrolment::Identified(identified), seen: Version(1) },
            new_delivery(),
            Write::Intent(intent(1)),
            issue(1),
            Write::Revocation(revocation(1)),
            Write::Crl(crl(1)),
            policies('a', false).replacing(None),
            Write::KeyStage(key_stage("ca", None, domain::key::KeyState::Active)),
        ],
    )
    .await
    .unwrap();
}

async fn refused(database: &Database, sql: &str, why: &str) {
    match database.run(sql).await {
        Ok(()) => panic!("went through: {sql}"),
        Err(message) => assert!(message.contains(why), "{sql}: {message}"),
    }
}

pub(crate) async fn the_tables_hold_the_four_eyes_rule(database: &Database) {
    fill(database).await;
    for (column, who) in [("submitted_by", "olle"), ("identified_by", "olle")] {
        let sql = format!("UPDATE enrolment SET {column} = '{who}'");
        assert!(database.run(&sql).await.is_err(), "{sql}");
    }
    let approve = |who| format!("UPDATE enrolment SET stage = 'approved', approved_by = '{who}', approved_at = 1");
    for who in ["olle", "anna"] {
        refused(database, &approve(who), "four_eyes").await;
    }
    let own = "INSERT INTO enrolment (tenant, id, stage, applicant, card, subject, certificates, submitted_by, \
               submitted_at) VALUES ('a', 'e2', 'submitted', 'olle', 'c1', '{}', '{}', 'olle', 1)";
    refused(database, own, "four_eyes").await;
    let sign = |who| {
        format!(
            "INSERT INTO approval_signature (tenant, approval, person, position, at, statement) \
             VALUES ('a', 'p1', '{who}', 1, 1, 'x')"
        )
    };
    refused(database, &sign("anna"), "four_eyes").await;
    refused(database, "UPDATE approval SET used_at = 1", "four_eyes").await;
    database.run(&approve("bo")).await.unwrap();
    write(&*database.store, [new_delivery()]).await.unwrap();
    let issued = "UPDATE enrolment SET stage = 'issued', serials = '{}', issued_at = 1, \
                  delivery = (SELECT id FROM delivery)";
    database.run(issued).await.unwrap();
    let activate = |who| format!("UPDATE enrolment SET stage = 'activated', activated_by = '{who}', activated_at = 1");
    for who in ["olle", "bo"] {
        refused(database, &activate(who), "four_eyes").await;
    }
    database.run(&activate("eva")).await.unwrap();
}

pub(crate) async fn journals_are_append_only(database: &Database) {
    fill(database).await;
    for (table, column) in [
        ("revocation", "at"),
        ("audit_record", "sequence"),
        ("certificate", "revision"),
        ("issued", "at"),
        ("crl", "number"),
        ("approval_excluded", "tenant"),
        ("delivery", "tenant"),
        ("policy_bundle", "at"),
        ("ca_key_stage", "at"),
    ] {
        refused(database, &format!("UPDATE {table} SET {column} = {column}"), "append_only").await;
    }
    for table in [
        "revocation",
        "audit_record",
        "certificate",
        "issued",
        "certified_key",
        "distinguished_name",
        "person_number",
        "card",
        "enrolment",
        "delivery",
        "policy_bundle",
        "ca_key_stage",
    ] {
        let sql = format!("DELETE FROM {table}");
        refused(database, &sql, "append_only").await;
    }
}

pub(crate) async fn recorded_stages_are_final(database: &Database) {
    fill(database).await;
    for sql in [
        "UPDATE enrolment SET submitted_by = 'eva'",
        "UPDATE enrolment SET identified_by = 'eva'",
        "UPDATE enrolment SET subject = 'x'",
        "UPDATE approval SET operation = 'x'",
        "UPDATE approval SET needed = 1",
        "UPDATE card SET holder = 'eva'",
        "UPDATE certified_key SET purpose = 'x'",
        "UPDATE distinguished_name SET person = 'anna'",
        "UPDATE person_number SET person = 'anna'",
        "UPDATE data_key SET id = id + 2",
    ] {
        refused(database, sql, "final").await;
    }
    refused(database, "UPDATE enrolment SET stage = 'submitted'", "stage_identified").await;
    refused(database, "UPDATE enrolment SET stage = 'issued'", "stage_").await;
    database.run("UPDATE card SET state = 'revoked'").await.unwrap();
    refused(database, "UPDATE card SET state = 'active'", "final").await;
}
