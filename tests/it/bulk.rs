//! Many cards revoked as one act.

use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use crate::support::{Installation, Stopwatch, wait};
use serde_json::{Value, json};
use std::time::Duration;

/// Tried first, cleared by a second person, done one by one; a few cards wait for nobody.
#[tokio::test]
async fn many_cards_are_revoked_with_a_second_person() {
    let installation = Installation::start("bulk");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (_, active, _) = agency.card(&oracle, &Keys::new()).await;
    let mut cards = vec![active.clone()];
    for _ in 0..MANY {
        cards.push(agency.submit().await.1);
    }
    let reason = json!({"reason": "superseded"});
    agency.revoker.post(&format!("/ra/v1/cards/{}/revocation", cards[MANY]), reason).await.ok();
    cards.push("NOSUCHCARD".to_owned());
    let order = |cards: &[String]| json!({"cards": cards, "reason": "superseded", "grounds": "series 2026-4"});

    let tried = agency.revoker.post("/ra/v1/bulk-revocations/trial", order(&cards)).await.ok();
    assert_eq!(outcomes(&tried), [("already-revoked", 1), ("revoked", MANY), ("unknown", 1)]);
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{active}")).await.ok();
    assert_eq!(view["state"], "active", "a trial changes nothing");

    let asked = agency.revoker.post("/ra/v1/bulk-revocations", order(&cards)).await.ok();
    assert_eq!((&asked["state"], &asked["total"]), (&json!("waiting"), &json!(MANY + 2)));
    let path = format!("/ra/v1/bulk-revocations/{}", asked["id"].as_str().unwrap());
    let clear = |who: &Caller| {
        let (who, path) = (who.clone(), format!("{path}/clearance"));
        async move { who.post(&path, json!({})).await }
    };
    assert_eq!(clear(&agency.revoker).await.problem(), (403, "four-eyes".to_owned()), "alone");
    let other = Caller::person(&installation, &installation.person(1, "approver"));
    assert_eq!(clear(&other).await.problem(), (404, "not-found".to_owned()), "another agency");
    clear(&agency.approver.0).await.ok();
    let done = finished(&agency, &path).await;
    assert_eq!(done["outcomes"], json!({"already-revoked": 1, "revoked": MANY, "unknown": 1}));
    assert_eq!(clear(&agency.approver.0).await.problem(), (409, "not-waiting".to_owned()));
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{active}")).await.ok();
    assert_eq!((&view["state"], &view["certificates"][0]["reason"]), (&json!("revoked"), &json!("superseded")));
    let items = agency.revoker.get(&format!("{path}/items?limit=200")).await.ok();
    assert_eq!(outcomes(&items), outcomes(&tried), "as the trial said");

    let few = vec![agency.submit().await.1];
    let asked = agency.revoker.post("/ra/v1/bulk-revocations", order(&few)).await.ok();
    assert_eq!(asked["state"], "running", "a few wait for nobody");
    finished(&agency, &format!("/ra/v1/bulk-revocations/{}", asked["id"].as_str().unwrap())).await;
    let none = agency.revoker.post("/ra/v1/bulk-revocations", order(&[])).await;
    assert_eq!(none.problem(), (400, "bulk-size".to_owned()));
}

/// More than the policy leaves to one person.
const MANY: usize = 11;

async fn finished(agency: &Agency, path: &str) -> Value {
    let begun = Stopwatch::start();
    loop {
        let view = agency.revoker.get(path).await.ok();
        if view["state"] == "finished" {
            return view;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not end: {view}");
        wait(Duration::from_millis(100)).await;
    }
}

/// How many cards have which outcome.
fn outcomes(list: &Value) -> Vec<(&str, usize)> {
    let items = list["items"].as_array().unwrap();
    let count = |word: &'static str| (word, items.iter().filter(|item| item["outcome"] == word).count());
    ["already-revoked", "revoked", "unknown"].map(count).to_vec()
}
