//! An agency on its way from an interest to an active card, and out again.

use crate::support::Installation;
use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, fresh_person};
use futures::future::join_all;
use serde_json::{Value, json};

/// The demo's agency that is not connected.
const UNCONNECTED: usize = 2;

/// The people of the operator who lead agencies through the phases.
struct Operator {
    administrator: Caller,
    security_officer: Caller,
}

impl Operator {
    fn of(installation: &Installation) -> Self {
        let person = |role| Caller::person(installation, &installation.person(0, role));
        Self { administrator: person("administrator"), security_officer: person("security-officer") }
    }

    async fn propose(&self, agency: &str, scope: &str, phase: &str) -> Answer {
        let shown: Value = CRITERIA.iter().map(|word| ((*word).to_owned(), json!("dnr 2026/1"))).collect();
        let body = json!({"scope": scope, "phase": phase, "shown": shown});
        self.administrator.post(&format!("/admin/v1/tenants/{agency}/steps"), body).await
    }

    async fn decide(&self, by: &Caller, agency: &str, connection: &Value, verdict: &str) -> Answer {
        let steps = connection["steps"].as_array().unwrap();
        let open = steps.iter().find(|step| step["verdict"].is_null()).unwrap();
        let path = format!("/admin/v1/tenants/{agency}/steps/{}/decision", open["id"].as_str().unwrap());
        by.post(&path, json!({"verdict": verdict, "reason": "as agreed"})).await
    }

    /// Takes a step, proposed by one and decided by another.
    async fn step(&self, agency: &str, scope: &str, phase: &str) -> Value {
        let proposed = self.propose(agency, scope, phase).await.ok();
        self.decide(&self.security_officer, agency, &proposed, "accepted").await.ok()
    }

    async fn file_agreement(&self, agency: &str) -> Value {
        let body = json!({
            "reference": "dnr 2026/2", "sha256": "ab".repeat(32), "signatory": "Generaldirektören",
            "from": "2026-01-01T00:00:00Z",
        });
        self.administrator.post(&format!("/admin/v1/tenants/{agency}/agreements"), body).await.ok()
    }
}

/// How many cards an agency gets, so many of them at a time.
const CARDS: usize = 100;
const TOGETHER: usize = 10;

/// Every word that a step can show.
const CRITERIA: [&str; 9] = [
    "letter-of-intent",
    "contact-persons",
    "plan",
    "plan-approved",
    "officers-appointed",
    "training-done",
    "trial-passed",
    "cards-collected",
    "archive-plan",
];

fn application() -> Value {
    let (number, card) = fresh_person();
    json!({"applicant": {"identity_number": number, "given_name": "Åsa", "surname": "Öberg"}, "card_number": card})
}

/// From an interest to the hundredth active card and to the end: before its phase an agency gets nothing, after it nothing new.
#[tokio::test]
async fn an_agency_goes_from_an_interest_to_its_hundredth_card_and_out_again() {
    let installation = Installation::start("agencies");
    let oracle = Oracle::new(&installation);
    let operator = Operator::of(&installation);
    let agency = Agency::new(&installation, UNCONNECTED);
    let apply = || async { agency.registration.0.post("/ra/v1/enrolments", application()).await };
    let refused = (409, "service-not-running".to_owned());

    let id = "fjallvind";
    let path = format!("/admin/v1/tenants/{id}/onboarding");
    let interest = operator.administrator.get(&path).await.ok();
    assert!(interest["phases"]["agency"].is_null(), "{interest}");
    assert_eq!(apply().await.problem(), refused, "an interest is no connection");
    for phase in ["initiera", "planera"] {
        operator.step(id, "agency", phase).await;
        operator.step(id, "certificates", phase).await;
        assert_eq!(apply().await.problem(), refused, "{phase}");
    }
    operator.step(id, "agency", "paketera").await;
    assert_eq!(apply().await.problem(), refused, "the service is not there yet");
    operator.step(id, "certificates", "paketera").await;
    let (trial, trial_card) = agency.approved(&oracle).await;

    let early = operator.propose(id, "agency", "köra").await;
    assert_eq!(early.problem(), (409, "no-agreement".to_owned()));
    operator.file_agreement(id).await;
    let ahead = operator.propose(id, "certificates", "köra").await;
    assert_eq!(ahead.problem(), (409, "phase-ahead-of-agency".to_owned()));
    operator.step(id, "agency", "köra").await;
    let running = operator.step(id, "certificates", "köra").await;
    assert_eq!(running["phases"]["certificates"], "köra");
    assert!(running["phases"]["login"].is_null(), "each service has phases of its own");

    let (_, number, issued) = agency.card(&oracle, &Keys::new()).await;
    assert_eq!(issued["certificates"].as_array().unwrap().len(), 2);
    let card = agency.desk.0.get(&format!("/ra/v1/cards/{number}")).await.ok();
    assert_eq!(card["state"], "active");
    for _ in 1..CARDS / TOGETHER {
        join_all((0..TOGETHER).map(|_| async { agency.card(&oracle, &Keys::new()).await })).await;
    }
    join_all((1..TOGETHER).map(|_| async { agency.card(&oracle, &Keys::new()).await })).await;
    let active = agency.registration.0.get("/ra/v1/enrolments?stage=activated&limit=200").await.ok();
    assert_eq!(active["items"].as_array().unwrap().len(), CARDS);

    let remains = operator.propose(id, "agency", "avslut").await;
    assert_eq!(remains.problem(), (409, "service-remains".to_owned()));
    operator.step(id, "certificates", "avslut").await;
    assert_eq!(apply().await.problem(), refused, "nothing new after the end");
    let delivery = agency.delivery(&oracle, &trial, &trial_card, &Keys::new());
    let late = agency.desk.0.post(&format!("/ra/v1/enrolments/{trial}/certificates"), delivery).await;
    assert_eq!(late.problem(), refused, "not even what was approved before");
    let back = operator.propose(id, "certificates", "köra").await;
    assert_eq!(back.problem(), (409, "phase-out-of-order".to_owned()), "the end is final");
    let reason = json!({"reason": "cessationOfOperation"});
    agency.revoker.post(&format!("/ra/v1/cards/{number}/revocation"), reason).await.ok();
    operator.step(id, "agency", "avslut").await;
}

/// Each step is proposed by one and decided by another; organisations that may not be connected are refused.
#[tokio::test]
async fn nobody_connects_an_agency_alone() {
    let installation = Installation::start("alone");
    let operator = Operator::of(&installation);
    let proposed = operator.propose("fjallvind", "agency", "initiera").await.ok();
    let own = operator.decide(&operator.administrator, "fjallvind", &proposed, "accepted").await;
    assert_eq!(own.problem(), (403, "denied".to_owned()));
    let twice = operator.propose("fjallvind", "agency", "initiera").await;
    assert_eq!(twice.problem(), (409, "conflict".to_owned()), "one step is open at a time");
    let decided = operator.decide(&operator.security_officer, "fjallvind", &proposed, "refused").await.ok();
    assert!(decided["phases"]["agency"].is_null() && decided["steps"][0]["reason"] == "as agreed");
    let path = format!("/admin/v1/tenants/fjallvind/steps/{}/decision", decided["steps"][0]["id"].as_str().unwrap());
    let again = operator.security_officer.post(&path, json!({"verdict": "accepted", "reason": "x"})).await;
    assert_eq!(again.problem(), (409, "wrong-stage".to_owned()), "a decision is final");

    let register = |kind: &str, number: &str| {
        let body = json!({"id": "nova", "name": "Nova", "organisation_number": number, "kind": kind});
        operator.administrator.post("/admin/v1/tenants", body)
    };
    assert_eq!(register("region", "2021005521").await.problem(), (422, "not-eligible".to_owned()));
    assert_eq!(register("state-agency", "9999999999").await.problem(), (422, "not-eligible".to_owned()));
    let nova = register("state-agency", "2021005521").await.ok();
    assert!(nova["phases"]["agency"].is_null() && nova["agreement_in_force"] == false);
    assert_eq!(register("state-agency", "2021005521").await.problem(), (409, "conflict".to_owned()));
    let bare = json!({"scope": "agency", "phase": "initiera"});
    let bare = operator.administrator.post("/admin/v1/tenants/nova/steps", bare).await;
    assert_eq!(bare.problem(), (400, "criterion-not-shown".to_owned()));
}

/// The same from a command line: registered by one, led by two, and shown.
#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_led_from_the_command_line() {
    let installation = Installation::start("tenant-command");
    let sigill = |role: &str, words: &[&str]| {
        let (manifest, person) = (installation.manifest(), installation.person(0, role));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut command = std::process::Command::new(installation.program());
        command.args(["tenant", "--url", &text(&manifest["officer_url"]), "--root", &text(&manifest["tls_ca"])]);
        command.args(["--cert", &text(&person["certificate"]), "--key", &text(&person["key"])]);
        let output = tokio::task::block_in_place(|| command.args(words).output().unwrap());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(said) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    let organisation = ["register", "skogsbryn", "--name", "TEST Skogsbryn", "--organisation-number", "2021005521"];
    let said = sigill("administrator", &organisation).unwrap();
    assert!(said.starts_with("skogsbryn  2021005521  TEST Skogsbryn\n"), "{said}");
    let step =
        ["propose", "skogsbryn", "--scope", "agency", "--phase", "initiera", "--shown", "letter-of-intent=dnr 2"];
    let said = sigill("administrator", &step).unwrap();
    let id = said.split("    step ").nth(1).unwrap().split(':').next().unwrap();
    let decision = ["decide", "skogsbryn", id, "--verdict", "accepted", "--reason", "as agreed"];
    let refused = sigill("administrator", &decision).unwrap_err();
    assert!(refused.contains("denied"), "{refused}");
    let said = sigill("security-officer", &decision).unwrap();
    assert!(said.contains("agency: initiera"), "{said}");
    let document = installation.folder().join("agreement.pdf");
    std::fs::write(&document, "what both signed").unwrap();
    let mut agreement = vec!["agreement", "skogsbryn", "--reference", "dnr 3", "--signatory", "GD"];
    agreement.extend(["--from", "2026-01-01T00:00:00Z", "--document", document.to_str().unwrap()]);
    let said = sigill("administrator", &agreement).unwrap();
    assert!(said.contains("agreement dnr 3: 2026-01-01T00:00:00Z to –"), "{said}");
    assert!(sigill("administrator", &["list"]).unwrap().contains("skogsbryn  2021005521  state-agency"));
    assert_eq!(sigill("administrator", &["show", "skogsbryn"]).unwrap(), said);
}
