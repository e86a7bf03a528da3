//! Every table holds records of a kind that `policies/retention.toml` must have a rule for.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use domain::retention::RecordKind;
use std::collections::BTreeSet;
use std::path::Path;

/// What is kept in each table. Parts of a record stand in tables of their own and share its rule.
const TABLES: &[(&str, RecordKind)] = &[
    ("tenant", RecordKind::Agency),
    ("person", RecordKind::Person),
    ("person_number", RecordKind::Person),
    ("register_answer", RecordKind::RegisterAnswer),
    ("work_item", RecordKind::Work),
    ("data_key", RecordKind::DataKey),
    ("employment", RecordKind::Employment),
    ("role_grant", RecordKind::Role),
    ("card", RecordKind::Card),
    ("approval", RecordKind::Approval),
    ("approval_excluded", RecordKind::Approval),
    ("approval_signature", RecordKind::Approval),
    ("delivery", RecordKind::Delivery),
    ("enrolment", RecordKind::Enrolment),
    ("certified_key", RecordKind::CertifiedKey),
    ("distinguished_name", RecordKind::DistinguishedName),
    ("certificate", RecordKind::Certificate),
    ("issued", RecordKind::Certificate),
    ("certificate_status", RecordKind::OcspAnswer),
    ("revocation", RecordKind::Revocation),
    ("revocation_code", RecordKind::Card),
    ("crl", RecordKind::Crl),
    ("audit_record", RecordKind::Audit),
    ("audit_personal", RecordKind::PersonalValue),
    ("policy_bundle", RecordKind::Policies),
    ("agreement", RecordKind::Agency),
    ("onboarding_move", RecordKind::Agency),
    ("assignment", RecordKind::Role),
    ("training", RecordKind::Role),
    ("hand_out", RecordKind::Enrolment),
    ("reserve_order", RecordKind::Enrolment),
    ("reserve_stock", RecordKind::Delivery),
    ("function_order", RecordKind::Enrolment),
    ("bulk_revocation", RecordKind::Revocation),
    ("bulk_item", RecordKind::Revocation),
    ("ca_key_stage", RecordKind::CaKey),
    ("relying_registration", RecordKind::RelyingService),
    ("notice", RecordKind::Notice),
    ("token_key", RecordKind::TokenKey),
    ("login_session", RecordKind::Login),
    ("login_ticket", RecordKind::Login),
    ("request_key", RecordKind::RequestKey),
];

#[test]
fn every_table_has_a_kind_of_record_and_every_kind_a_table() {
    let known: BTreeSet<String> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(tables("sqlite"), known, "give a new table its kind here, and the kind its rule in the policies");
    let mut postgres = tables("postgres");
    postgres.remove("writer"); // a lock, without rows
    assert_eq!(postgres, known);
    let kinds: BTreeSet<RecordKind> = TABLES.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, RecordKind::ALL.into());
}

/// The tables that the migrations of an engine make.
fn tables(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let texts = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let made = |text: String| -> Vec<String> {
        let names = text.lines().filter_map(|line| line.strip_prefix("CREATE TABLE "));
        names.map(|rest| rest.split([' ', '(']).next().unwrap().to_owned()).collect()
    };
    texts.flat_map(made).collect()
}
