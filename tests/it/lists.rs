//! Lists and their pages.

use crate::packages::{Managers, known};
use crate::support::client::Caller;
use crate::support::story::Agency;
use crate::support::{Installation, in_seconds};
use std::collections::BTreeSet;

/// Page by page a list gives every row once, in its order, while others write; a cursor is good for its caller and list.
#[tokio::test]
async fn pages_give_every_row_once() {
    let installation = Installation::start("pages");
    let agency = Agency::new(&installation, 0);
    let mut submitted = BTreeSet::new();
    for _ in 0..7 {
        submitted.insert(agency.submit().await.0);
    }
    let officer = &agency.registration.0;
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = officer.get(&format!("/ra/v1/enrolments?stage=submitted&limit=3{cursor}")).await.ok();
        pages += 1;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), submitted);

    let other = Caller::person(&installation, &installation.person(0, "approver"));
    let foreign = Caller::person(&installation, &installation.person(1, "registration-officer"));
    for (caller, path) in [
        (officer, format!("/ra/v1/enrolments?limit=3{cursor}")),
        (officer, format!("/ra/v1/enrolments?stage=submitted{cursor}x")),
        (officer, "/ra/v1/enrolments?cursor=abc".to_owned()),
        (&other, format!("/ra/v1/enrolments?stage=submitted{cursor}")),
        (&foreign, format!("/ra/v1/enrolments?stage=submitted{cursor}")),
    ] {
        assert_eq!(caller.get(&path).await.problem(), (400, "cursor".to_owned()), "{path}");
    }
    for limit in ["0", "201", "-1", "x"] {
        assert_eq!(officer.get(&format!("/ra/v1/enrolments?limit={limit}")).await.status, 400, "{limit}");
    }
}

/// An auditor comes from the first record to the last.
#[tokio::test]
async fn the_audit_log_is_read_page_by_page() {
    let installation = Installation::start("audit-pages");
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let (mut sequence, mut cursor) = (0, String::new());
    for _ in 0..4 {
        let page = auditor.get(&format!("/admin/v1/audit?limit=5{cursor}")).await.ok();
        for record in page["items"].as_array().unwrap() {
            sequence += 1;
            assert_eq!(record["sequence"], sequence);
        }
        cursor = format!("&cursor={}", page["next"].as_str().unwrap());
    }
    let last = auditor.get("/admin/v1/audit?from=9223372036854775807").await;
    assert_eq!(last.problem(), (400, "invalid".to_owned()));
}

/// A whole list leaves under a permission of its own, as the table and as JSON say the same, and the log knows who took it.
#[tokio::test]
async fn a_list_is_exported_by_those_who_may() {
    let installation = Installation::start("exports");
    let agency = Agency::new(&installation, 0);
    let mut cards = BTreeSet::new();
    for _ in 0..3 {
        cards.insert(agency.submit().await.1);
    }
    let officer = &agency.registration.0;
    assert_eq!(officer.get("/ra/v1/exports/cards").await.problem(), (403, "denied".to_owned()));
    let managers = Managers::of(&installation).await;
    let (exporter, id) = known(&installation, "Hugo Hellberg").await;
    managers.train(&id, "security", &in_seconds(-60)).await.ok();
    managers.give(&id, "list-exporter", &in_seconds(3_600)).await;

    let json = exporter.get("/ra/v1/exports/cards?format=json").await;
    assert_eq!(json.content_type, "application/json");
    let rows = json.ok();
    let numbers = |rows: &serde_json::Value| -> BTreeSet<String> {
        rows.as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect()
    };
    assert!(numbers(&rows).is_superset(&cards));
    let table = exporter.get("/ra/v1/exports/cards").await;
    assert_eq!(table.content_type, "text/csv; charset=utf-8");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"cards.csv\"");
    let listed = officer.get("/ra/v1/cards?limit=200").await.ok();
    assert_eq!(numbers(&listed["items"]), numbers(&rows));
    for list in ["enrolments", "certificates", "assignments"] {
        let rows = exporter.get(&format!("/ra/v1/exports/{list}?format=json")).await.ok();
        assert!(!rows.as_array().unwrap().is_empty(), "{list}");
    }
    assert_eq!(exporter.get("/ra/v1/exports/people").await.status, 404);
    let log = installation.sigill(&["audit", "verify"]);
    assert!(log.contains("records"), "{log}");
}
