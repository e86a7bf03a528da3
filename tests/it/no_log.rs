//! What cannot be recorded is not done, and says so; status goes on.

use crate::packages::known;
use crate::support::Installation;
use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, fresh_person};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Command;

/// While the log takes no record, whatever would change something, tell of somebody, or be refused with a record fails
/// for everybody in the same way, and leaves the database as it was. What is published is still read.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let installation = Installation::start("no-log");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (_, card, _) = agency.card(&oracle, &Keys::new()).await;
    let (submitted, _) = agency.submit().await;
    let (oskar, _) = known(&installation, "Oskar Ohlin").await;
    let manager = crate::evidence::access_manager(&installation).await;
    let applicant = applicant(&agency, &submitted).await;
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let (officer, approver) = (&agency.registration.0, &agency.approver.0);
    let ((number, new_card), revocation) = (fresh_person(), json!({"reason": "superseded"}));
    let (at_card, end) = (format!("/ra/v1/cards/{card}"), json!({"last_day": "2030-12-31", "reason": "case 1"}));
    let order = json!({
        "applicant": {"identity_number": number, "given_name": "Eva", "surname": "Ek"}, "card_number": new_card,
    });
    let changes = [
        ("/ra/v1/enrolments".to_owned(), officer, order),
        (format!("/ra/v1/persons/{applicant}/employment-end"), officer, end),
        (format!("{at_card}/revocation"), &agency.revoker, revocation.clone()),
        ("/ra/v1/persons/search".to_owned(), officer, json!({"identity_number": number, "purpose": "case 2"})),
    ];
    let sights = [
        (format!("/ra/v1/persons/{applicant}/decisions?purpose=case%203"), approver),
        (format!("{at_card}/evidence"), &manager),
        ("/ra/v1/audit".to_owned(), &manager),
        ("/admin/v1/audit".to_owned(), &auditor),
    ];
    let refused = (format!("{at_card}/revocation"), &oskar, revocation);

    crate::evidence::until_sealed(&manager, &format!("{at_card}/evidence")).await;
    run(&installation, "CREATE TRIGGER no_log BEFORE INSERT ON audit_record BEGIN SELECT RAISE(ABORT, 'no log'); END;");
    let before = content(&installation);
    for (path, who, body) in changes.iter().chain([&refused]) {
        says_so(path, &who.post(path, body.clone()).await);
    }
    for (path, who) in &sights {
        says_so(path, &who.get(path).await);
    }
    let after = content(&installation);
    let done: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(done.is_empty(), "what is not recorded is not done: {done:?}");
    assert_eq!(officer.get(&at_card).await.ok()["state"], "active");
    published(&installation);

    run(&installation, "DROP TRIGGER no_log;");
    for (path, who, body) in &changes {
        assert!(who.post(path, body.clone()).await.status < 300, "{path}: the log takes records again");
    }
    assert_eq!(oskar.post(&refused.0, refused.2.clone()).await.status, 403);
    for (path, who) in &sights {
        let answer = who.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    assert_eq!(officer.get(&at_card).await.ok()["state"], "revoked");
}

fn says_so(path: &str, answer: &Answer) {
    assert_eq!(answer.problem(), (503, "store-unavailable".to_owned()), "{path}");
}

async fn applicant(agency: &Agency, enrolment: &str) -> String {
    let view = agency.registration.0.get(&format!("/ra/v1/enrolments/{enrolment}")).await.ok();
    view["applicant_id"].as_str().unwrap().to_owned()
}

/// The CRL of the people's CA is read as before.
fn published(installation: &Installation) {
    let manifest = installation.manifest();
    let issuers = manifest["issuers"].as_array().unwrap();
    for issuer in issuers {
        let url = issuer["crl_url"].as_str().unwrap();
        let read = Command::new("curl").args(["-sS", "--fail", url]).output().unwrap();
        assert!(read.status.success() && !read.stdout.is_empty(), "{url}: {}", String::from_utf8_lossy(&read.stderr));
    }
}

/// Everything in the database but what is published, which jobs make anew.
fn content(installation: &Installation) -> BTreeSet<String> {
    let dump = run(installation, ".dump");
    let is_published = |line: &&str| !line.starts_with("INSERT INTO certificate_status");
    dump.lines().filter(is_published).map(str::to_owned).collect()
}

fn run(installation: &Installation, sql: &str) -> String {
    let database = installation.data().join("sigill.db");
    let done = Command::new("sqlite3").arg(database).arg(".timeout 10000").arg(sql).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
