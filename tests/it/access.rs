//! Role × action × resource, as one table that an auditor can read.

use crate::packages::{Managers, known, order};
use crate::support::client::{Answer, Caller};
use crate::support::installation::pause;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, fresh_person, proof};
use crate::support::{Installation, in_seconds};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;
use testkit::golden;

/// Every route, called as nobody, as each role, as an employee without a role, and as the same
/// roles of another agency. Objects belong to the first agency.
#[tokio::test]
async fn every_route_for_everyone() {
    let installation = Installation::start("access");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let managers = Managers::of(&installation).await;
    let lapsed = lapsed(&installation, &managers).await;
    let objects = Objects::prepare(&agency, &oracle, &installation, &managers).await;
    let (_, feed) = crate::hr::feed(&installation, &managers).await;
    let signed_before = certificates_signed(&installation);

    pause(Duration::from_secs(MOMENT.unsigned_abs()));
    let mut callers = callers(&installation);
    for (name, person) in lapsed {
        callers.push((name.to_owned(), known(&installation, person).await.0));
    }
    callers.push(("personnel system".to_owned(), feed));
    let mut table = String::new();
    let mut called = BTreeSet::new();
    for route in objects.routes() {
        called.insert(format!("{} {}", route.method, route.template));
        writeln!(table, "{} {}", route.method, route.template).unwrap();
        for (name, caller) in &callers {
            let answer = caller.try_call(route.method.clone(), &route.path, route.body.clone()).await.unwrap();
            writeln!(table, "  {name:<36} {}", outcome(&answer)).unwrap();
            let leaks = name.starts_with("other agency") && answer.status < 300 && route.of_the_agency;
            assert!(!leaks, "{} {} answers {name}", route.method, route.path);
        }
    }
    assert_eq!(called, described(&installation), "the table and /openapi.json name the same routes");
    assert_eq!(certificates_signed(&installation), signed_before, "nothing was signed");
    golden("access.txt", &table);
}

struct Route {
    method: Method,
    template: &'static str,
    path: String,
    body: Option<Value>,
    /// Whether it is about objects of the first agency.
    of_the_agency: bool,
}

/// Things of the first agency at every stage.
struct Objects {
    submitted: String,
    identified: String,
    approved: String,
    issued: String,
    card: String,
    applicant: String,
    other_certificate: (String, String),
    /// Somebody who calls nothing: packages come and go.
    bertil: String,
    ordered: String,
    held: String,
    step: String,
    bulk: String,
    work: String,
    /// Asked for, and no more.
    function: String,
}

impl Objects {
    async fn prepare(agency: &Agency, oracle: &Oracle, installation: &Installation, managers: &Managers) -> Self {
        let (submitted, _) = agency.submit().await;
        let (identified, _) = agency.submit().await;
        agency.identify(oracle, &identified).await;
        let (approved, _) = agency.approved(oracle).await;
        let (issued, number) = agency.approved(oracle).await;
        agency.issue(oracle, &issued, &number, &Keys::new()).await;
        let (_, card, _) = agency.card(oracle, &Keys::new()).await;
        let (person, _, _) = agency.card(oracle, &Keys::new()).await;
        let view = agency.registration.0.get(&format!("/ra/v1/enrolments/{person}")).await.ok();
        let applicant = view["applicant_id"].as_str().unwrap().to_owned();
        let (_, _, certificate) = agency.card(oracle, &Keys::new()).await;
        let text = |name: &str| certificate["certificates"][0][name].as_str().unwrap().to_owned();
        let other_certificate = (text("issuer"), text("serial"));
        let (_, bertil) = known(installation, "Bertil Björklund").await;
        managers.train(&bertil, "security", &in_seconds(-60)).await.ok();
        let id = |view: Value| view["id"].as_str().unwrap().to_owned();
        let ordered = id(order(&managers.maja.0, &bertil, "revocation-officer", &in_seconds(3_600)).await.ok());
        let held = id(managers.give(&bertil, "access-manager", &in_seconds(3_600)).await);
        let step = open_step(installation).await;
        let many: Vec<_> = (0..11).map(|n| format!("NOSUCHCARD{n}")).collect();
        let many = json!({"cards": many, "reason": "superseded", "grounds": "series 4"});
        let bulk = id(agency.revoker.post("/ra/v1/bulk-revocations", many).await.ok());
        let work = crate::persons::waiting(agency).await;
        let function = id(crate::functions::requested(installation).await);
        Self {
            submitted,
            identified,
            approved,
            issued,
            card,
            applicant,
            other_certificate,
            bertil,
            ordered,
            held,
            step,
            bulk,
            work,
            function,
        }
    }

    fn routes(&self) -> Vec<Route> {
        [
            self.of_enrolments(),
            self.of_cards(),
            self.of_reserve_cards(),
            self.of_functions(),
            self.of_rights(),
            self.of_the_operator(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn of_enrolments(&self) -> Vec<Route> {
        let (number, card_number) = fresh_person();
        let applicant = json!({"identity_number": number, "given_name": "Eva", "surname": "Ek"});
        let delivery = json!({"authentication_csr": "x", "delivery": {"operation": "{}", "statement": "x"}});
        let reason = Some(json!({"reason": "keyCompromise"}));
        let (s, i, a) = (&self.submitted, &self.identified, &self.approved);
        vec![
            open(Method::GET, "/self/v1/me", None),
            ours(
                Method::POST,
                "/self/v1/cards/{number}/revocation",
                format!("/self/v1/cards/{}/revocation", self.card),
                reason,
            ),
            open(Method::GET, "/self/v1/sessions", None),
            ours(Method::POST, "/self/v1/sessions/{sid}/end", "/self/v1/sessions/unknown/end".to_owned(), None),
            open(Method::POST, "/ra/v1/enrolments", Some(json!({"applicant": applicant, "card_number": card_number}))),
            open(Method::GET, "/ra/v1/enrolments", None),
            ours(Method::GET, "/ra/v1/enrolments/{id}", format!("/ra/v1/enrolments/{s}"), None),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/identification/preparation",
                format!("/ra/v1/enrolments/{s}/identification/preparation"),
                Some(json!({"proof": proof()})),
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/identification",
                format!("/ra/v1/enrolments/{s}/identification"),
                Some(json!({"proof": proof(), "statement": "x"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/approval",
                format!("/ra/v1/enrolments/{i}/approval"),
                Some(json!({"statement": "x"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/certificates",
                format!("/ra/v1/enrolments/{a}/certificates"),
                Some(delivery.clone()),
            ),
            ours(
                Method::POST,
                "/ra/v1/deliveries",
                "/ra/v1/deliveries".to_owned(),
                Some(json!({"delivery": delivery["delivery"], "cards": [{"enrolment": a, "authentication_csr": "x"}]})),
            ),
            open(Method::GET, "/ra/v1/terms", None),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/activation/preparation",
                format!("/ra/v1/enrolments/{}/activation/preparation", self.issued),
                Some(json!({
                    "document": {"kind": "passport", "number": "AA1234567", "expires": "2099-12-31"}, "language": "sv",
                })),
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/activation",
                format!("/ra/v1/enrolments/{}/activation", self.issued),
                Some(json!({})),
            ),
        ]
    }

    fn of_cards(&self) -> Vec<Route> {
        let reason = Some(json!({"reason": "keyCompromise"}));
        let (issuer, serial) = &self.other_certificate;
        vec![
            open(Method::GET, "/ra/v1/cards", None),
            open(Method::GET, "/ra/v1/certificates", None),
            at(Method::GET, "/ra/v1/exports/{list}", "/ra/v1/exports/cards", None),
            ours(Method::GET, "/ra/v1/cards/{number}", format!("/ra/v1/cards/{}", self.card), None),
            ours(
                Method::POST,
                "/ra/v1/cards/{number}/revocation",
                format!("/ra/v1/cards/{}/revocation", self.card),
                reason.clone(),
            ),
            ours(
                Method::POST,
                "/ra/v1/persons/{id}/revocation",
                format!("/ra/v1/persons/{}/revocation", self.applicant),
                reason.clone(),
            ),
            ours(
                Method::POST,
                "/ra/v1/certificates/{issuer}/{serial}/revocation",
                format!("/ra/v1/certificates/{issuer}/{serial}/revocation"),
                reason,
            ),
            open(
                Method::POST,
                "/ra/v1/bulk-revocations/trial",
                Some(json!({"cards": [self.card], "reason": "superseded", "grounds": "series 4"})),
            ),
            open(
                Method::POST,
                "/ra/v1/bulk-revocations",
                Some(json!({"cards": ["NOSUCHCARD"], "reason": "superseded", "grounds": "series 4"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/bulk-revocations/{id}/clearance",
                format!("/ra/v1/bulk-revocations/{}/clearance", self.bulk),
                Some(json!({})),
            ),
            ours(Method::GET, "/ra/v1/bulk-revocations/{id}", format!("/ra/v1/bulk-revocations/{}", self.bulk), None),
            ours(
                Method::GET,
                "/ra/v1/bulk-revocations/{id}/items",
                format!("/ra/v1/bulk-revocations/{}/items", self.bulk),
                None,
            ),
        ]
    }

    fn of_reserve_cards(&self) -> Vec<Route> {
        let i = &self.identified;
        let second = json!({"proof": proof(), "identification": "x", "approval": "x"});
        let fetch = json!({"authentication_csr": "x", "signature_csr": "x"});
        let code = json!({"card_number": "no number", "revocation_code": "x", "reason": "keyCompromise"});
        vec![
            ours(
                Method::POST,
                "/ra/v1/reserve-cards",
                "/ra/v1/reserve-cards".to_owned(),
                Some(json!({"stock": {"operation": "{}", "statement": "x"}})),
            ),
            ours(
                Method::POST,
                "/ra/v1/reserve-cards/{number}/extension",
                format!("/ra/v1/reserve-cards/{}/extension", self.card),
                None,
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/second-identification/preparation",
                format!("/ra/v1/enrolments/{i}/second-identification/preparation"),
                Some(json!({"proof": proof()})),
            ),
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/second-identification",
                format!("/ra/v1/enrolments/{i}/second-identification"),
                Some(second),
            ),
            at(
                Method::POST,
                "/self/v1/reserve-cards/{number}/certificates",
                "/self/v1/reserve-cards/NOSUCHCARD/certificates",
                Some(fetch),
            ),
            open(Method::POST, "/self/v1/revocations", Some(code)),
            ours(
                Method::POST,
                "/self/v1/cards/{number}/revocation-code",
                format!("/self/v1/cards/{}/revocation-code", self.card),
                None,
            ),
        ]
    }

    fn of_functions(&self) -> Vec<Route> {
        let wish = json!({
            "profile": "function-server", "common_name": "a.example.se", "dns_names": ["a.example.se"],
            "responsible": "nobody", "contact": "drift@norrsken.example.se", "csr": "x",
        });
        let about = |method: Method, template: &'static str, body: Option<Value>| {
            ours(method, template, template.replace("{id}", &self.function), body)
        };
        let post = |template, body: Value| about(Method::POST, template, Some(body));
        vec![
            open(Method::POST, "/ra/v1/functions", Some(wish)),
            open(Method::GET, "/ra/v1/functions", None),
            open(Method::GET, "/ra/v1/function-work-list", None),
            about(Method::GET, "/ra/v1/functions/{id}", None),
            post("/ra/v1/functions/{id}/order/preparation", json!({})),
            post("/ra/v1/functions/{id}/order", json!({"operation": "{}", "statement": "x"})),
            post("/ra/v1/functions/{id}/approval", json!({"statement": "x"})),
            post("/ra/v1/functions/{id}/certificate", json!({})),
            post(
                "/ra/v1/functions/{id}/keeper",
                json!({"responsible": "nobody", "contact": "drift@norrsken.example.se", "reason": "case 9"}),
            ),
            post("/ra/v1/functions/{id}/revocation", json!({"reason": "keyCompromise"})),
            ours(
                Method::POST,
                "/ra/v1/persons/{id}/address",
                format!("/ra/v1/persons/{}/address", self.applicant),
                Some(json!({"email": null})),
            ),
            open(Method::GET, "/ra/v1/notices", None),
            ours(
                Method::POST,
                "/ra/v1/notices/{id}/{channel}/retry",
                "/ra/v1/notices/unknown/mail/retry".to_owned(),
                Some(json!({})),
            ),
            ours(Method::GET, "/ra/v1/cards/{number}/evidence", format!("/ra/v1/cards/{}/evidence", self.card), None),
            open(Method::GET, "/ra/v1/audit", None),
        ]
    }

    fn of_rights(&self) -> Vec<Route> {
        let (number, _) = fresh_person();
        let (begins, _) = fresh_person();
        vec![
            open(Method::GET, "/ra/v1/packages", None),
            open(Method::GET, "/ra/v1/assignments", None),
            ours(
                Method::POST,
                "/ra/v1/assignments",
                "/ra/v1/assignments".to_owned(),
                Some(json!({
                    "person": self.bertil, "package": "personnel", "until": in_seconds(3_600), "reason": "a new task",
                })),
            ),
            ours(
                Method::POST,
                "/ra/v1/assignments/{id}/decision",
                format!("/ra/v1/assignments/{}/decision", self.ordered),
                Some(json!({"approve": true, "reason": "as agreed"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/assignments/{id}/end",
                format!("/ra/v1/assignments/{}/end", self.held),
                Some(json!({"reason": "another task"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/trainings",
                "/ra/v1/trainings".to_owned(),
                Some(json!({"person": self.bertil, "training": "registration", "passed_at": in_seconds(-60)})),
            ),
            open(
                Method::POST,
                "/ra/v1/persons/search",
                Some(json!({"identity_number": number, "purpose": "an order, case 1"})),
            ),
            ours(
                Method::GET,
                "/ra/v1/persons/{id}/decisions",
                format!("/ra/v1/persons/{}/decisions?purpose=case%201", self.applicant),
                None,
            ),
            ours(
                Method::POST,
                "/ra/v1/persons/{id}/erasure",
                format!("/ra/v1/persons/{}/erasure", self.applicant),
                Some(json!({"grounds": "case 6"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/work/{id}/erasure",
                format!("/ra/v1/work/{}/erasure", self.work),
                Some(json!({"reason": "case 7"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/persons/{id}/protection",
                format!("/ra/v1/persons/{}/protection", self.applicant),
                Some(json!({"protection": "secrecy-marking", "reason": "case 2"})),
            ),
            open(
                Method::POST,
                "/ra/v1/hr/beginnings",
                Some(json!({
                    "identity_number": begins, "given_name": "Eva", "surname": "Ek", "first_day": "2026-01-01",
                    "reference": "case 3",
                })),
            ),
            open(
                Method::POST,
                "/ra/v1/hr/changes",
                Some(json!({"identity_number": begins, "given_name": "Eva", "surname": "Ek", "reference": "case 4"})),
            ),
            open(
                Method::POST,
                "/ra/v1/hr/ends",
                Some(json!({"identity_number": begins, "last_day": "2030-12-31", "reference": "case 5"})),
            ),
            open(Method::GET, "/ra/v1/work", None),
            ours(
                Method::POST,
                "/ra/v1/work/{id}/closing",
                format!("/ra/v1/work/{}/closing", self.work),
                Some(json!({"reason": "a new card is ordered"})),
            ),
            ours(
                Method::POST,
                "/ra/v1/persons/{id}/employment-end",
                format!("/ra/v1/persons/{}/employment-end", self.applicant),
                Some(json!({"last_day": "2099-12-31", "reason": "temporary post"})),
            ),
        ]
    }

    fn of_the_operator(&self) -> Vec<Route> {
        let read = |template: &'static str| open(Method::GET, template, None);
        let tenant = json!({"id": "nova", "name": "Nova", "organisation_number": "2021006883", "kind": "state-agency"});
        let agreement = json!({
            "reference": "dnr 1", "sha256": "ab".repeat(32), "signatory": "GD", "from": "2026-01-01T00:00:00Z",
        });
        let step = json!({"scope": "agency", "phase": "initiera", "shown": {"letter-of-intent": "dnr 2"}});
        let decision = json!({"verdict": "accepted", "reason": "as agreed"});
        let affected = format!("/admin/v1/keys/{}/affected", self.other_certificate.0);
        let decided = format!("/admin/v1/tenants/skogsbryn/steps/{}/decision", self.step);
        vec![
            read("/admin/v1/tenants"),
            open(Method::POST, "/admin/v1/tenants", Some(tenant)),
            at(Method::GET, "/admin/v1/tenants/{id}/onboarding", "/admin/v1/tenants/fjallvind/onboarding", None),
            at(
                Method::POST,
                "/admin/v1/tenants/{id}/agreements",
                "/admin/v1/tenants/fjallvind/agreements",
                Some(agreement),
            ),
            at(Method::POST, "/admin/v1/tenants/{id}/steps", "/admin/v1/tenants/fjallvind/steps", Some(step)),
            at(Method::POST, "/admin/v1/tenants/{id}/steps/{step}/decision", &decided, Some(decision)),
            at(Method::GET, "/admin/v1/tenants/{id}/enrolments", "/admin/v1/tenants/havsbris/enrolments", None),
            at(Method::GET, "/admin/v1/tenants/{id}/assignments", "/admin/v1/tenants/havsbris/assignments", None),
            at(
                Method::GET,
                "/admin/v1/tenants/{id}/cards/{number}",
                &format!("/admin/v1/tenants/norrsken/cards/{}", self.card),
                None,
            ),
            at(
                Method::GET,
                "/admin/v1/tenants/{id}/cards/{number}/evidence",
                &format!("/admin/v1/tenants/norrsken/cards/{}/evidence", self.card),
                None,
            ),
            read("/admin/v1/keys"),
            open(Method::POST, "/admin/v1/keys/acts", Some(json!({"operation": "{}", "statements": []}))),
            at(Method::GET, "/admin/v1/keys/{issuer}/affected", &affected, None),
            open(Method::POST, "/validate/v1/certificate", Some(json!({"certificate": "AAAA"}))),
            open(Method::POST, "/admin/v1/relying-services", Some(relying_service())),
            ours(
                Method::POST,
                "/admin/v1/relying-services/{client_id}/approval",
                "/admin/v1/relying-services/rp/approval".to_owned(),
                Some(json!({"revision": 1})),
            ),
            read("/admin/v1/profiles"),
            read("/admin/v1/audit"),
            read("/admin/v1/audit/checkpoint"),
        ]
    }
}

/// A registration that can be taken.
fn relying_service() -> Value {
    json!({
        "client_id": "rp",
        "redirect_uris": ["https://rp.example/cb"],
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=rp",
    })
}

/// A route about objects of the first agency.
fn ours(method: Method, template: &'static str, path: String, body: Option<Value>) -> Route {
    Route { method, template, path, body, of_the_agency: true }
}

/// A route about nothing of an agency's.
fn open(method: Method, template: &'static str, body: Option<Value>) -> Route {
    at(method, template, template, body)
}

/// A route about something that belongs to no agency of the callers.
fn at(method: Method, template: &'static str, path: &str, body: Option<Value>) -> Route {
    Route { method, template, path: path.to_owned(), body, of_the_agency: false }
}

fn callers(installation: &Installation) -> Vec<(String, Caller)> {
    let mut callers = vec![("nobody".to_owned(), Caller::nobody(installation))];
    let own = [
        "employee",
        "registration-officer",
        "approver",
        "card-desk",
        "revocation-officer",
        "function-administrator",
        "administrator",
        "security-officer",
        "auditor",
    ];
    for role in ["registration-officer", "approver", "card-desk"] {
        let person = installation.person(1, role);
        callers.push((format!("other agency, {role}"), Caller::person(installation, &person)));
    }
    for role in own {
        let person = installation.person(0, role);
        callers.push((role.to_owned(), Caller::person(installation, &person)));
    }
    callers
}

/// Two by name, who were given what they no longer have when the table is made.
async fn lapsed(installation: &Installation, managers: &Managers) -> [(&'static str, &'static str); 2] {
    let (oskar, tuva) = ("Oskar Ohlin", "Tuva Tall");
    let ((_, oskars_id), (_, tuvas_id)) = (known(installation, oskar).await, known(installation, tuva).await);
    managers.train(&oskars_id, "registration", &in_seconds(-60)).await.ok();
    managers.train(&tuvas_id, "registration", &in_seconds(MOMENT - 365 * 86_400)).await.ok();
    managers.give(&oskars_id, "registration-officer", &in_seconds(MOMENT)).await;
    managers.give(&tuvas_id, "registration-officer", &in_seconds(86_400)).await;
    [("expired package", oskar), ("expired training", tuva)]
}

/// A step that waits for its decision, of an agency of its own.
async fn open_step(installation: &Installation) -> String {
    let administrator = Caller::person(installation, &installation.person(0, "administrator"));
    let tenant =
        json!({"id": "skogsbryn", "name": "Skogsbryn", "organisation_number": "2021005521", "kind": "state-agency"});
    administrator.post("/admin/v1/tenants", tenant).await.ok();
    let step = json!({"scope": "agency", "phase": "initiera", "shown": {"letter-of-intent": "dnr 2"}});
    let view = administrator.post("/admin/v1/tenants/skogsbryn/steps", step).await.ok();
    view["steps"][0]["id"].as_str().unwrap().to_owned()
}

/// How long packages and trainings of the lapsed last, in seconds: until everything is prepared.
const MOMENT: i64 = 20;

fn outcome(answer: &Answer) -> String {
    if answer.status < 300 {
        return answer.status.to_string();
    }
    let (status, code) = answer.problem();
    format!("{status} {code}")
}

/// The routes that the API describes.
fn described(installation: &Installation) -> BTreeSet<String> {
    let text = installation.openapi();
    let paths = text["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

/// How many certificates the signer's journal says it signed.
fn certificates_signed(installation: &Installation) -> usize {
    installation.signer_journal().lines().filter(|line| line.contains("\"issued\"")).count()
}
