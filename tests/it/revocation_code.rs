//! A card is revoked by whoever has its revocation code, and by nobody who guesses.

use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::records::{audit, events};
use crate::support::story::{Agency, Keys, fresh_person};
use crate::support::{Installation, Stopwatch};
use futures::future::join_all;
use serde_json::{Value, json};

/// Lost cards: the answer is always the same, and only the right code does anything. The first of two requests wins.
#[tokio::test]
async fn a_lost_card_is_revoked_with_its_code() {
    let installation = Installation::start("revocation-code");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (card, code) = handed_out(&agency, &oracle).await;
    let (other, _) = handed_out(&agency, &oracle).await;
    let nobody = Public::of(&installation);

    for (number, code) in [(&other, code.as_str()), (&card, "0000-0000-0000"), (&card, "no code"), (&unknown(), &code)]
    {
        let answer = nobody.revoke(number, code).await;
        assert_eq!((answer.status, answer.body), (202, json!({"received": true})));
    }
    assert_eq!((state(&agency, &card).await, state(&agency, &other).await), ("active".into(), "active".into()));
    let refused = events(&installation, "revocation-code.refused");
    assert_eq!(refused.len(), 4, "{refused:?}");

    let lower = code.to_lowercase().replace('-', " ");
    let twice = join_all([nobody.revoke(&card, &code), nobody.revoke(&card, &lower)]).await;
    assert!(twice.iter().all(|answer| answer.status == 202 && answer.body == json!({"received": true})));
    assert_eq!(state(&agency, &card).await, "revoked");
    let revoked = events(&installation, "card.revoked");
    assert_eq!(revoked.len(), 1, "the first wins");
    assert_eq!(revoked[0]["details"]["channel"], "revocation-code");
    let second = events(&installation, "revocation-code.refused");
    assert_eq!(second.last().unwrap()["details"]["code"], "already-revoked", "the second is logged");

    let log = audit(&installation);
    let kept =
        [code.as_str(), &code.replace('-', "")].map(|code| log.contains(code) || installation.log().contains(code));
    assert_eq!(kept, [false, false], "a code is shown once and written nowhere");
}

/// Nobody tries on: a number and the service have their limits, and an officer takes the request then.
#[tokio::test]
async fn guessing_has_an_end_and_an_officer_takes_over() {
    let installation = Installation::start("revocation-code-limit");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (card, code) = handed_out(&agency, &oracle).await;
    let (nobody, made_up) = (Public::of(&installation), unknown());
    for number in [&card, &made_up] {
        for _ in 0..5 {
            assert_eq!(nobody.revoke(number, "0000-0000-0000").await.status, 202);
        }
        let sixth = nobody.revoke(number, &code).await;
        assert_eq!(sixth.problem(), (429, "too-many-attempts".to_owned()), "whether there is such a card or not");
    }
    assert_eq!(state(&agency, &card).await, "active");

    let path = format!("/ra/v1/cards/{card}/revocation");
    let call = |via: &str| {
        let request = json!({"claimed_by": "Åsa Öberg", "via": via, "grounds": "ringde upp på känt nummer"});
        json!({"reason": "keyCompromise", "unauthenticated": request})
    };
    assert_eq!(agency.revoker.post(&path, call(" ")).await.problem(), (400, "invalid".to_owned()));
    agency.revoker.post(&path, call("telefon")).await.ok();
    let taken = events(&installation, "card.revoked");
    assert_eq!(
        (&taken[0]["details"]["channel"], &taken[0]["details"]["via"]),
        (&json!("officer-exception"), &json!("telefon"))
    );
    assert!(!taken[0].to_string().contains("Öberg"), "a commitment stands for the name");
}

/// With the card in the reader its holder gets a new code; the old one is none any more.
#[tokio::test]
async fn a_new_code_takes_the_place_of_the_old_one() {
    let installation = Installation::start("revocation-code-new");
    let agency = Agency::new(&installation, 0);
    let holder = &agency.registration.0;
    let me = holder.get("/self/v1/me").await.ok();
    let card = me["cards"][0]["number"].as_str().unwrap();
    let path = format!("/self/v1/cards/{card}/revocation-code");
    let first = holder.post(&path, json!({})).await.ok();
    let second = holder.post(&path, json!({})).await.ok();
    assert_eq!(agency.approver.0.post(&path, json!({})).await.problem(), (404, "not-found".to_owned()));
    let nobody = Public::of(&installation);
    nobody.revoke(card, first["revocation_code"].as_str().unwrap()).await;
    assert_eq!(state(&agency, card).await, "active");
    let begun = Stopwatch::start();
    nobody.revoke(card, second["revocation_code"].as_str().unwrap()).await;
    assert!(begun.elapsed().as_secs() < 10);
    assert_eq!(state(&agency, card).await, "revoked");
}

/// The listener that asks for no certificate.
struct Public(Caller);

impl Public {
    fn of(installation: &Installation) -> Self {
        Self(Caller::nobody(installation).at(&installation.url("api_url")))
    }

    async fn revoke(&self, number: &str, code: &str) -> Answer {
        let body = json!({"card_number": number, "revocation_code": code, "reason": "keyCompromise"});
        self.0.post("/self/v1/revocations", body).await
    }
}

/// A card that was handed out: its number and revocation code.
async fn handed_out(agency: &Agency, oracle: &Oracle) -> (String, String) {
    let (id, card) = agency.approved(oracle).await;
    agency.issue(oracle, &id, &card, &Keys::new()).await;
    let view: Value = agency.activate(&id).await;
    (card, view["revocation_code"].as_str().unwrap().to_owned())
}

fn unknown() -> String {
    fresh_person().1
}

async fn state(agency: &Agency, card: &str) -> String {
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
    view["state"].as_str().unwrap().to_owned()
}
