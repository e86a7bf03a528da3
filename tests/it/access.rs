//! Role × action × resource, as one table that an auditor can read.

use crate::support::Installation;
use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, fresh_person, proof};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use testkit::golden;

/// Every route, called as nobody, as each role, as an employee without a role, and as the same
/// roles of another agency. Objects belong to the first agency.
#[tokio::test]
async fn every_route_for_everyone() {
    let installation = Installation::start("access");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let objects = Objects::prepare(&agency, &oracle).await;
    let signed_before = certificates_signed(&installation);

    let callers = callers(&installation);
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
}

impl Objects {
    async fn prepare(agency: &Agency, oracle: &Oracle) -> Self {
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
        Self { submitted, identified, approved, issued, card, applicant, other_certificate }
    }

    fn routes(&self) -> Vec<Route> {
        let (number, card_number) = fresh_person();
        let applicant = json!({"identity_number": number, "given_name": "Eva", "surname": "Ek"});
        let delivery = json!({"authentication_csr": "x", "delivery": {"operation": "{}", "statement": "x"}});
        let reason = Some(json!({"reason": "keyCompromise"}));
        let (issuer, serial) = &self.other_certificate;
        let (s, i, a) = (&self.submitted, &self.identified, &self.approved);
        let ours = |method, template, path: String, body| Route { method, template, path, body, of_the_agency: true };
        let open = |method, template: &'static str, body| Route {
            method,
            template,
            path: template.to_owned(),
            body,
            of_the_agency: false,
        };
        vec![
            open(Method::GET, "/self/v1/me", None),
            ours(
                Method::POST,
                "/self/v1/cards/{number}/revocation",
                format!("/self/v1/cards/{}/revocation", self.card),
                reason.clone(),
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
            ours(
                Method::POST,
                "/ra/v1/enrolments/{id}/activation",
                format!("/ra/v1/enrolments/{}/activation", self.issued),
                Some(json!({})),
            ),
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
            open(Method::GET, "/admin/v1/tenants", None),
            open(Method::GET, "/admin/v1/keys", None),
            open(Method::GET, "/admin/v1/profiles", None),
            open(Method::GET, "/admin/v1/audit", None),
            open(Method::GET, "/admin/v1/audit/checkpoint", None),
            open(Method::POST, "/admin/v1/relying-services", Some(relying_service())),
            ours(
                Method::POST,
                "/admin/v1/relying-services/{client_id}/approval",
                "/admin/v1/relying-services/rp/approval".to_owned(),
                Some(json!({"revision": 1})),
            ),
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

fn callers(installation: &Installation) -> Vec<(String, Caller)> {
    let mut callers = vec![("nobody".to_owned(), Caller::nobody(installation))];
    let own = [
        "employee",
        "registration-officer",
        "approver",
        "card-desk",
        "revocation-officer",
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
