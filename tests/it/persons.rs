//! The person register, people whose data is protected, and what is decided about anybody.

use crate::packages::{Managers, known};
use crate::support::client::Caller;
use crate::support::installation::pause;
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys, fresh_person};
use crate::support::{Installation, in_seconds};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::golden;

/// Somebody of the demo's register, by surname: number and given name.
pub fn registered(surname: &str) -> (String, String) {
    let register: Value = serde_json::from_str(include_str!("../../src/cli/quickstart/register.json")).unwrap();
    let people = register["people"].as_array().unwrap().iter();
    let entry = people.map(|person| &person["entry"]).find(|entry| entry["surname"] == surname).unwrap();
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    (text("identity_number"), text("given_name"))
}

fn order(surname: &str) -> Value {
    let ((number, given_name), (_, card)) = (registered(surname), fresh_person());
    json!({
        "applicant": {"identity_number": number, "given_name": given_name, "surname": surname}, "card_number": card,
    })
}

/// Work that waits at the agency: somebody who died orders a card.
pub async fn waiting(agency: &Agency) -> String {
    let officer = &agency.registration.0;
    let refused = officer.post("/ra/v1/enrolments", order("Avliden")).await;
    assert_eq!(refused.problem(), (422, "on-work-list".to_owned()));
    let work = officer.get("/ra/v1/work").await.ok();
    let waits = work["items"].as_array().unwrap().iter().find(|item| item["name"] == "Sture Avliden").unwrap();
    waits["id"].as_str().unwrap().to_owned()
}

/// A card for somebody of the register: the applicant's id, the application, and the card's number.
async fn card_for(agency: &Agency, oracle: &Oracle, surname: &str) -> (String, String, String) {
    let body = order(surname);
    let card = body["card_number"].as_str().unwrap().to_owned();
    let view = agency.registration.0.post("/ra/v1/enrolments", body).await.ok();
    let id = view["id"].as_str().unwrap().to_owned();
    agency.identify(oracle, &id).await;
    agency.approve(oracle, &id).await;
    agency.issue(oracle, &id, &card, &Keys::new()).await;
    agency.activate(&id).await;
    (view["applicant_id"].as_str().unwrap().to_owned(), id, card)
}

/// What only a person can judge waits for one; what happens to people with cards has its consequences unasked.
#[tokio::test(flavor = "multi_thread")]
async fn the_register_is_asked_at_every_order_and_again() {
    let installation = Installation::start("register");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let officer = &agency.registration.0;
    let work = waiting(&agency).await;
    let close = format!("/ra/v1/work/{work}/closing");
    assert_eq!(officer.post(&close, json!({"reason": "the order is withdrawn"})).await.status, 204);
    assert_eq!(officer.post(&close, json!({"reason": "again"})).await.problem(), (409, "wrong-stage".to_owned()));
    let mut former = order("Nynummer");
    former["applicant"]["identity_number"] = json!(former_number("Nynummer"));
    for (what, reason) in [(order("Utvandrad"), "register-emigrated"), (former, "register-new-number")] {
        assert_eq!(officer.post("/ra/v1/enrolments", what).await.problem(), (422, "on-work-list".to_owned()));
        let open = officer.get("/ra/v1/work").await.ok();
        assert!(open["items"].as_array().unwrap().iter().any(|item| item["reasons"] == json!([reason])), "{open}");
    }
    let mut misspelt = order("Testsson");
    misspelt["applicant"]["given_name"] = json!("Else");
    assert_eq!(officer.post("/ra/v1/enrolments", misspelt).await.problem(), (400, "invalid".to_owned()));

    let (elsa, application, elsas) = card_for(&agency, &oracle, "Testsson").await;
    let (nils, _, _) = card_for(&agency, &oracle, "Provberg").await;
    let (maj, _, majs) = card_for(&agency, &oracle, "Exempelsdotter").await;
    decisions_say_why(&agency, (&elsa, &application)).await;

    change_register(&installation);
    look_up_again(&installation);
    for _ in 0..240 {
        let waits = officer.get("/ra/v1/work").await.ok();
        let about = |person: &String| waits["items"].as_array().unwrap().iter().any(|item| item["person"] == **person);
        if [&elsa, &nils, &maj].into_iter().all(about) {
            break;
        }
        pause(Duration::from_millis(500));
    }
    assert_eq!(officer.get(&format!("/ra/v1/cards/{elsas}")).await.ok()["state"], "revoked", "she died");
    assert_eq!(officer.get(&format!("/ra/v1/cards/{majs}")).await.ok()["state"], "active");
    let open = officer.get("/ra/v1/work").await.ok();
    let of = |person: &str| {
        let items = open["items"].as_array().unwrap();
        items.iter().find(|item| item["person"] == person).unwrap_or_else(|| panic!("{open}")).clone()
    };
    assert_eq!(of(&elsa)["reasons"], json!(["register-deceased"]));
    assert_eq!((&of(&nils)["reasons"], &of(&nils)["name"]), (&json!(["register-new-name"]), &json!("Nils Nygift")));
    assert_eq!(of(&maj)["reasons"], json!(["register-new-number"]));
    for number in [registered("Exempelsdotter").0, NEW_NUMBER.to_owned()] {
        let search = json!({"identity_number": number, "purpose": "a new card"});
        let found = officer.post("/ra/v1/persons/search", search).await.ok();
        assert_eq!(found["items"][0]["id"], maj.as_str(), "one person, whatever the number");
    }
}

/// Grounds, rules, who, when, the approver's own words, and how to appeal.
async fn decisions_say_why(agency: &Agency, (person, application): (&str, &str)) {
    let path = format!("/ra/v1/persons/{person}/decisions?purpose=asked%20by%20herself");
    let view = agency.approver.0.get(&path).await.ok();
    let items = view["items"].as_array().unwrap();
    let kinds: Vec<_> = items.iter().map(|item| item["decision"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ordered", "identified", "approved", "handed-out"]);
    assert!(items.iter().all(|item| item["object"] == application && item["rules"].as_str().unwrap().len() == 64));
    let ground = items[0]["grounds"][0].as_str().unwrap();
    assert!(ground.starts_with("demo register at ") && ground.ends_with(": alive"), "{ground}");
    assert_eq!(items[2]["reason"], "the employment is proven");
    assert!(view["appeal_sv"].as_str().unwrap().contains("överklaga") && view["appeal_en"].is_string());
}

/// Whoever has no package for it meets a mask; a full life of a card leaves name and number nowhere but where a list
/// that an auditor approved says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_protected_person_is_seen_by_those_only_who_may() {
    let mut installation = Installation::start("protected");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (number, name) = registered("Skyddad");
    let officer = &agency.registration.0;
    let refused = officer.post("/ra/v1/enrolments", order("Skyddad")).await;
    assert_eq!(refused.problem(), (422, "on-work-list".to_owned()), "as for anybody whom the rules do not decide");
    let mut seen = vec![refused.body];
    seen.push(officer.get("/ra/v1/work").await.ok());
    assert_eq!(seen[1]["items"][0]["name"], "***");

    let managers = Managers::of(&installation).await;
    for (who, _) in [&agency.registration, &agency.approver, &agency.desk] {
        let id = who.get("/self/v1/me").await.ok()["id"].as_str().unwrap().to_owned();
        let untrained = managers.order(&id, "protected-persons", &in_seconds(3_600)).await;
        assert_eq!(untrained.problem(), (409, "untrained".to_owned()));
        managers.train(&id, "protected-persons", &in_seconds(-60)).await.ok();
        managers.give(&id, "protected-persons", &in_seconds(3_600)).await;
    }
    let (person, application, card) = card_for(&agency, &oracle, "Skyddad").await;
    let view = officer.get(&format!("/ra/v1/cards/{card}")).await.ok();
    let certificate = pki::Certificate::from_pem(view["certificates"][0]["pem"].as_str().unwrap()).unwrap();
    let der = certificate.der().as_bytes();
    assert!(contains(der, b"EI:SE-") && !contains(der, number.as_bytes()), "the employer's identifier in its place");
    let search = json!({"identity_number": number, "purpose": "case 7"});
    let found = officer.post("/ra/v1/persons/search", search.clone()).await.ok();
    assert_eq!(found["items"][0]["id"], person.as_str());

    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let (lars, revoker) = (&managers.lars.0, &agency.revoker);
    let masked = revoker.get(&format!("/ra/v1/cards/{card}")).await.ok();
    assert!(masked["certificates"][0]["pem"].is_null() && masked["number"] == card.as_str());
    seen.push(masked);
    seen.push(revoker.post("/ra/v1/persons/search", search).await.ok());
    assert_eq!(seen.last().unwrap()["items"], json!([]), "as for somebody whom nobody knows");
    let tenant = installation.person(0, "auditor")["agency"].as_str().unwrap().to_owned();
    for path in ["enrolments".to_owned(), format!("cards/{card}")] {
        seen.push(auditor.get(&format!("/admin/v1/tenants/{tenant}/{path}")).await.body);
    }
    seen.push(auditor.get("/admin/v1/audit?limit=200").await.ok());
    seen.push(lars.get("/ra/v1/assignments?limit=200").await.ok());
    let exporter = crate::evidence::access_manager(&installation).await;
    let evidence = exporter.get(&format!("/ra/v1/cards/{card}/evidence")).await;
    assert_eq!(evidence.problem(), (403, "protected-person".to_owned()));
    seen.push(evidence.body);
    let (other, _) = known(&installation, "Oskar Ohlin").await;
    seen.push(other.get(&format!("/ra/v1/enrolments/{application}")).await.body);
    seen.push(revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "superseded"})).await.ok());
    assert!(events(&installation, "protected.handled").len() > 5, "every handling is on record");
    for (number, answer) in seen.iter().enumerate() {
        let text = answer.to_string();
        assert!(!text.contains(&name) && !text.contains("Skyddad"), "answer {number} names a protected person: {text}");
    }
    let (address, root) = (installation.url("openapi_url"), installation.manifest()["tls_ca"].clone());
    let address = address.replace("/openapi.json", "/metrics");
    let metrics = Command::new("curl").args(["-sS", "--fail", "--cacert", root.as_str().unwrap(), &address]).output();
    let metrics = String::from_utf8_lossy(&metrics.unwrap().stdout).into_owned();
    assert!(metrics.contains("sigill_") && !metrics.contains("Skyddad") && !metrics.contains(&number));
    installation.stop();
    let log = installation.log();
    assert!(!log.contains("Skyddad") && !log.contains(&number), "the log names a protected person");
    let mut found = Vec::new();
    search_files(&installation.data(), "", &["Skyddad", &number], &mut found);
    found.sort();
    golden("canary.txt", &(found.join("\n") + "\n"));
}

/// One asks, another decides; what proves a certificate stays, and so does the chain.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_beside_the_log_is_erased_on_two_peoples_word() {
    let mut installation = Installation::start("erasure");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let managers = Managers::of(&installation).await;
    let officer = &agency.registration.0;
    let (certified, _, _) = card_for(&agency, &oracle, "Testsson").await;
    let view = officer.post("/ra/v1/enrolments", order("Exempelsdotter")).await.ok();
    let (maj, (number, _)) = (view["applicant_id"].as_str().unwrap(), registered("Exempelsdotter"));
    officer.post("/ra/v1/persons/search", json!({"identity_number": number, "purpose": "case 1"})).await.ok();

    let (hugo, hugos_id) = known(&installation, "Hugo Hellberg").await;
    let (bertil, bertils_id) = known(&installation, "Bertil Björklund").await;
    let ask = |who: &Caller, person: &str| {
        let (who, path) = (who.clone(), format!("/ra/v1/persons/{person}/erasure"));
        async move { who.post(&path, json!({"grounds": "she asks for it"})).await }
    };
    assert_eq!(ask(&hugo, maj).await.problem(), (403, "denied".to_owned()));
    for id in [&hugos_id, &bertils_id] {
        managers.train(id, "security", &in_seconds(-60)).await.ok();
        managers.give(id, "record-keeper", &in_seconds(3_600)).await;
    }
    assert_eq!(ask(&hugo, &hugos_id).await.problem(), (403, "on-self".to_owned()));
    assert_eq!(ask(&hugo, "nobody").await.problem(), (404, "not-found".to_owned()));
    assert_eq!(ask(&hugo, maj).await.problem(), (409, "still-kept".to_owned()), "she is employed");
    for person in [maj, &certified] {
        let end = json!({"last_day": "2026-01-31", "reason": "case 2"});
        officer.post(&format!("/ra/v1/persons/{person}/employment-end"), end).await.ok();
    }
    assert_eq!(ask(&hugo, &certified).await.problem(), (409, "still-kept".to_owned()), "it proves a certificate");
    let asked = ask(&hugo, maj).await.ok();
    let work = asked["work"].as_str().unwrap();
    let path = format!("/ra/v1/work/{work}/erasure");
    let decision = || json!({"reason": "nothing was issued"});
    assert_eq!(hugo.post(&path, decision()).await.problem(), (403, "four-eyes".to_owned()));
    let other = format!("/ra/v1/work/{}/erasure", waiting(&agency).await);
    assert_eq!(bertil.post(&other, decision()).await.problem(), (409, "wrong-stage".to_owned()));
    let before = beside(&installation);
    assert_eq!(bertil.post(&path, decision()).await.ok()["records"], 2, "her order and the look-up");
    assert_eq!(before - beside(&installation), 3, "number and name, and the number");
    assert_eq!(bertil.post(&path, decision()).await.problem(), (409, "wrong-stage".to_owned()));
    assert_eq!(events(&installation, "erasure.done")[0]["details"]["records"], "2");
    installation.stop();
    let verified = installation.try_sigill(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// How many values stand beside the log.
fn beside(installation: &Installation) -> i64 {
    let database = installation.data().join("sigill.db");
    let sql = "SELECT count(*) FROM audit_personal";
    let counted = Command::new("sqlite3").arg(database).arg(".timeout 10000").arg(sql).output().unwrap();
    String::from_utf8(counted.stdout).unwrap().trim().parse().unwrap()
}

/// Where in the files of an installation one of `canaries` stands: in clear, or in hexadecimal.
fn search_files(folder: &Path, prefix: &str, canaries: &[&str], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            search_files(&entry.path(), &format!("{name}/"), canaries, found);
        } else if kind.is_file() {
            let octets = std::fs::read(entry.path()).unwrap();
            let hexadecimal = |canary: &str| domain::id::hex(canary.as_bytes());
            let stands = |canary: &&&str| {
                contains(&octets, canary.as_bytes()) || contains(&octets, hexadecimal(canary).as_bytes())
            };
            found.extend(canaries.iter().filter(stands).map(|canary| format!("{name}: {canary}")));
        }
    }
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}

/// The number that somebody of the register had before.
fn former_number(surname: &str) -> String {
    let register: Value = serde_json::from_str(include_str!("../../src/cli/quickstart/register.json")).unwrap();
    let people = register["people"].as_array().unwrap().iter();
    let person = people.clone().find(|person| person["entry"]["surname"] == surname).unwrap();
    person["former"][0].as_str().unwrap().to_owned()
}

/// Elsa dies, Nils has another name, Maj another number.
fn change_register(installation: &Installation) {
    let path = installation.data().join("register.json");
    let mut register: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for person in register["people"].as_array_mut().unwrap() {
        match person["entry"]["surname"].as_str().unwrap() {
            "Testsson" => person["entry"]["status"] = json!("deceased"),
            "Provberg" => person["entry"]["surname"] = json!("Nygift"),
            "Exempelsdotter" => {
                person["former"] = json!([person["entry"]["identity_number"]]);
                person["entry"]["identity_number"] = json!(NEW_NUMBER);
            }
            _ => {}
        }
    }
    std::fs::write(&path, register.to_string()).unwrap();
}

/// A month passes.
fn look_up_again(installation: &Installation) {
    let database = installation.data().join("sigill.db");
    let sql = ".timeout 10000\nUPDATE person SET checked_at = checked_at - 31 * 86400;";
    let done = Command::new("sqlite3").arg(database).args(sql.lines()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Another number for Maj.
const NEW_NUMBER: &str = "199201319820";
