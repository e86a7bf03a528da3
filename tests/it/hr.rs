//! The feed of a personnel system: what the rules decide becomes an order, the rest waits, and nothing is approved.

use crate::lifecycle::until_revoked;
use crate::packages::{Managers, decide, known};
use crate::persons::registered;
use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys, fresh_person};
use crate::support::{Installation, in_seconds};
use serde_json::{Value, json};

/// The personnel system of the first agency, with its package: its id, and the system.
pub async fn feed(installation: &Installation, managers: &Managers) -> (String, Caller) {
    let (id, system) = crate::functions::client(installation, "TEST Norrsken personalsystem").await;
    let (_, bertil) = known(installation, "Bertil Björklund").await;
    managers.train(&bertil, "security", &in_seconds(-120)).await.ok();
    let ordered = order(managers, json!({"function": id})).await.ok();
    assert_eq!((&ordered["function"], &ordered["person"]), (&json!(id), &json!(bertil)));
    decide(&managers.maja.0, &ordered, true).await.ok();
    (id, system)
}

async fn order(managers: &Managers, holder: Value) -> Answer {
    let mut body = json!({"package": "hr-feed", "until": in_seconds(3_600), "reason": "the feed"});
    body.as_object_mut().unwrap().extend(holder.as_object().unwrap().clone());
    managers.lars.0.post("/ra/v1/assignments", body).await
}

fn day(ahead: i64) -> String {
    in_seconds(ahead * 86_400)[..10].to_owned()
}

/// Somebody of the register begins in ten days, for good, with a card set aside.
fn beginning(surname: &str) -> Value {
    let ((number, given_name), (_, card)) = (registered(surname), fresh_person());
    json!({
        "identity_number": number, "given_name": given_name, "surname": surname, "first_day": day(10),
        "card_number": card, "reference": "PA-17",
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn only(body: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|field| ((*field).to_owned(), body[*field].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// A system acts with its certificate and its package alone: no person has it, and it has nothing of a person's.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_acts_by_a_package_of_its_own() {
    let installation = Installation::start("hr-rights");
    let managers = Managers::of(&installation).await;
    let (_, bertil) = known(&installation, "Bertil Björklund").await;
    let report = beginning("Provberg");

    let (id, bare) = crate::functions::client(&installation, "TEST Norrsken utan behörighet").await;
    assert_eq!(bare.post("/ra/v1/hr/beginnings", report.clone()).await.problem(), (403, "denied".to_owned()));
    assert_eq!(bare.get("/self/v1/me").await.problem(), (403, "denied".to_owned()), "a system is nobody");
    assert_eq!(order(&managers, json!({"function": id})).await.problem(), (409, "untrained".to_owned()));
    assert_eq!(order(&managers, json!({"person": bertil})).await.problem(), (409, "package-holder".to_owned()));
    assert_eq!(order(&managers, json!({})).await.problem(), (400, "invalid".to_owned()));
    let both = json!({"person": bertil, "function": id});
    assert_eq!(order(&managers, both).await.problem(), (400, "invalid".to_owned()));
    assert_eq!(order(&managers, json!({"function": "other"})).await.problem(), (404, "not-found".to_owned()));

    let (id, system) = feed(&installation, &managers).await;
    assert_eq!(bare.post("/ra/v1/hr/beginnings", report.clone()).await.problem(), (403, "denied".to_owned()));
    assert_eq!(system.get("/self/v1/me").await.problem(), (403, "denied".to_owned()));
    assert_eq!(system.get("/ra/v1/work").await.problem(), (403, "denied".to_owned()));
    let heard = system.post("/ra/v1/hr/beginnings", report).await.ok();
    assert_eq!(heard["outcome"], "ordered");
    let event = &events(&installation, "employment.reported")[0];
    assert!(event.to_string().contains(&format!("{{\"function\":\"{id}\"}}")), "{event}");

    // Somebody else answers for it from now on: the package was given under Bertil.
    let frida = Caller::person(&installation, &installation.person(0, "function-administrator"));
    let (_, lars) = known(&installation, "Lars Lindgren").await;
    let keeper = json!({"responsible": lars, "contact": "drift@norrsken.example.se", "reason": "moves on"});
    frida.post(&format!("/ra/v1/functions/{id}/keeper"), keeper).await.ok();
    let refused = system.post("/ra/v1/hr/beginnings", beginning("Exempelsdotter")).await;
    assert_eq!(refused.problem(), (403, "denied".to_owned()));
}

/// The rules decide; what they do not decide waits with its reasons; a last day ends what there is.
#[tokio::test(flavor = "multi_thread")]
async fn the_rules_order_and_people_do_the_rest() {
    let installation = Installation::start("hr-feed");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let managers = Managers::of(&installation).await;
    let (_, system) = feed(&installation, &managers).await;
    let officer = &agency.registration.0;
    let report = |body: Value| system.post("/ra/v1/hr/beginnings", body);

    let elsa = beginning("Testsson");
    let heard = report(elsa.clone()).await.ok();
    assert_eq!((&heard["outcome"], &heard["work"]), (&json!("ordered"), &Value::Null));
    let id = heard["enrolment"].as_str().unwrap();
    let (_, bertil) = known(&installation, "Bertil Björklund").await;
    let view = officer.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
    assert_eq!((&view["stage"], &view["submitted_by"]), (&json!("submitted"), &json!(bertil)));
    agency.identify(&oracle, id).await;
    let hash = officer.get(&format!("/ra/v1/enrolments/{id}")).await.ok()["operation_hash"].clone();
    let bertils = crate::packages::named(&installation, "Bertil Björklund");
    let statement = json!({"statement": oracle.statement(&bertils, "approve", hash.as_str().unwrap()), "reason": "x"});
    let path = format!("/ra/v1/enrolments/{id}/approval");
    assert_eq!(system.post(&path, statement.clone()).await.problem(), (403, "denied".to_owned()), "no system approves");
    let own = Caller::person(&installation, &bertils).post(&path, statement).await;
    assert_eq!(own.problem(), (403, "four-eyes".to_owned()), "nor does who answers for the feed");
    agency.approve(&oracle, id).await;
    let card = elsa["card_number"].as_str().unwrap();
    agency.issue(&oracle, id, card, &Keys::new()).await;
    agency.activate(id).await;

    waits_with_reasons(officer, &system).await;
    ends(&agency, &system, (&elsa, card)).await;
    assert_eq!(events(&installation, "employment.reported").len(), 5);
}

/// Whatever the rules leave to people stands on the work-list with every reason, and there alone.
async fn waits_with_reasons(officer: &Caller, system: &Caller) {
    let soon = |body: Value| with(body, "last_day", json!(day(40)));
    let no_card = with(beginning("Provberg"), "card_number", Value::Null);
    let early = with(beginning("Exempelsdotter"), "first_day", json!(day(200)));
    let misspelt = with(beginning("Nynummer"), "surname", json!("Nynumer"));
    let cases = [
        (soon(no_card), true, json!(["short-employment", "no-card-number"])),
        (early, true, json!(["too-early"])),
        (beginning("Samordnad"), true, json!(["coordination-number"])),
        (beginning("Testsson"), true, json!(["has-card"])),
        (misspelt, false, json!(["other-name"])),
        (beginning("Avliden"), false, json!(["register-deceased"])),
        (beginning("Skyddad"), false, json!(["protected-person"])),
    ];
    for (number, (body, recorded, reasons)) in cases.into_iter().enumerate() {
        let key = format!("report-of-the-day-{number}");
        let key = [("Idempotency-Key", key.as_str())];
        let heard = system.post_with(&key, "/ra/v1/hr/beginnings", body.clone()).await.ok();
        assert_eq!((&heard["outcome"], heard["person"].is_string()), (&json!("waits"), recorded), "{body}");
        assert!(heard["enrolment"].is_null() && !heard.to_string().contains("reason"), "{heard}");
        let again = system.post_with(&key, "/ra/v1/hr/beginnings", body.clone()).await.ok();
        assert_eq!(again, heard, "heard once");
        let open = officer.get("/ra/v1/work?limit=200").await.ok();
        let item = open["items"].as_array().unwrap().iter().find(|item| item["id"] == heard["work"]).unwrap();
        assert_eq!(item["reasons"], reasons, "{body}");
        let masked = reasons == json!(["protected-person"]);
        assert_eq!(item["name"] == "***", masked, "{item}");
    }
    for (field, value) in [
        ("last_day", json!("2020-01-01")),
        ("first_day", json!("2026-02-30")),
        ("identity_number", json!("197001010000")),
        ("card_number", json!("no card")),
    ] {
        let refused = system.post("/ra/v1/hr/beginnings", with(beginning("Flyttad"), field, value)).await;
        assert_eq!(refused.problem(), (400, "invalid".to_owned()), "{field}");
    }
}

/// A last day may be to come, may be taken back, and revokes everything when it is over.
async fn ends(agency: &Agency, system: &Caller, (elsa, card): (&Value, &str)) {
    let officer = &agency.registration.0;
    let until = || async {
        let search = json!({"identity_number": elsa["identity_number"], "purpose": "case 9"});
        officer.post("/ra/v1/persons/search", search).await.ok()["items"][0]["employed_until"].clone()
    };
    let end = |last: String| {
        let body = with(only(elsa, &["identity_number", "reference"]), "last_day", json!(last));
        system.post("/ra/v1/hr/ends", body)
    };
    assert_eq!(end(day(30)).await.ok()["outcome"], "recorded");
    assert!(until().await.as_str().unwrap().starts_with(&day(30)));
    let change = only(elsa, &["identity_number", "given_name", "surname", "reference"]);
    assert_eq!(system.post("/ra/v1/hr/changes", change.clone()).await.ok()["outcome"], "recorded");
    assert!(until().await.is_null());
    let renamed = system.post("/ra/v1/hr/changes", with(change, "surname", json!("Nygift"))).await.ok();
    assert_eq!((&renamed["outcome"], renamed["person"].is_string()), (&json!("waits"), true));

    let unknown = json!({"identity_number": fresh_person().0, "last_day": day(1), "reference": "PA-18"});
    let heard = system.post("/ra/v1/hr/ends", unknown).await.ok();
    assert_eq!((&heard["outcome"], &heard["person"]), (&json!("waits"), &Value::Null));
    let state = || async { officer.get(&format!("/ra/v1/cards/{card}")).await.ok()["state"].clone() };
    assert_eq!(state().await, "active");
    assert_eq!(end(day(-2)).await.ok()["outcome"], "recorded");
    until_revoked(agency, card).await;
}
