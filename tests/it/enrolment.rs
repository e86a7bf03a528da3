//! What an application may say.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::story::{fresh_person, proof};
use serde_json::json;

/// What one agency writes down about a person neither binds another nor is told to it.
#[tokio::test]
async fn a_name_at_one_agency_is_no_secret_told_and_no_obstacle_at_another() {
    let installation = Installation::start("names");
    let [first, second] =
        [0, 1].map(|agency| Caller::person(&installation, &installation.person(agency, "registration-officer")));
    let (number, card) = fresh_person();
    let apply = |given_name: &str, card: &str| {
        json!({
            "applicant": {"identity_number": number, "given_name": given_name, "surname": "Öberg"},
            "card_number": card,
        })
    };
    let wrong = first.post("/ra/v1/enrolments", apply("Fel", &card)).await.ok();
    let right = second.post("/ra/v1/enrolments", apply("Åsa", &format!("{card}b"))).await.ok();
    assert_eq!(wrong["applicant_id"], right["applicant_id"], "one person, one identity");
    let changed = first.post("/ra/v1/enrolments", apply("Åsa", &format!("{card}c"))).await;
    assert_eq!(changed.problem(), (400, "invalid".to_owned()));
    for name in [String::new(), " Åsa".to_owned(), "Å\0sa".to_owned(), "å".repeat(65)] {
        let refused = second.post("/ra/v1/enrolments", apply(&name, &format!("{card}d"))).await;
        assert_eq!(refused.problem(), (400, "invalid".to_owned()), "{name:?}");
    }
}

/// What the certificates' level demands of the identification is said before anybody signs for it. The signer holds it
/// again.
#[tokio::test]
async fn an_identification_below_the_level_is_refused() {
    let installation = Installation::start("levels");
    let officer = Caller::person(&installation, &installation.person(0, "registration-officer"));
    let (adult, card) = fresh_person();
    let mut expired = proof();
    expired["expires"] = json!("2020-01-01");
    for (number, card, proof, wanted) in [
        (adult.as_str(), format!("{card}f"), proof(), None),
        (adult.as_str(), format!("{card}g"), expired, Some("proof.expires")),
        ("202402292383", format!("{card}h"), proof(), Some("identity_number")),
    ] {
        let application = json!({
            "applicant": {"identity_number": number, "given_name": "Åsa", "surname": "Öberg"},
            "card_number": card,
        });
        let submitted = officer.post("/ra/v1/enrolments", application).await.ok();
        let path = format!("/ra/v1/enrolments/{}/identification/preparation", submitted["id"].as_str().unwrap());
        let answer = officer.post(&path, json!({"proof": proof})).await;
        match wanted {
            None => assert!(answer.ok()["operation_hash"].is_string()),
            Some(field) => {
                assert!(answer.body["detail"].as_str().unwrap().starts_with(field), "{field}: {}", answer.body);
                assert_eq!(answer.problem(), (400, "invalid".to_owned()), "{field}");
            }
        }
    }
}
