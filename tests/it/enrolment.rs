//! What an application may say.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::story::fresh_person;
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
