//! Trays: cards that a bureau made in one run, delivered under one signature.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::installation::signal;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, request};
use domain::operation::{DeliverCards, DeliveredCard, MAX_TRAY, Operation, OperationHash};
use pki::Certificate;
use serde_json::{Value, json};

/// A card of a tray: its application, its number and its keys.
struct Made {
    id: String,
    card: String,
    keys: Keys,
}

impl Made {
    async fn approved(agency: &Agency, oracle: &Oracle) -> Self {
        let (id, card) = agency.approved(oracle).await;
        Self { id, card, keys: Keys::new() }
    }

    fn delivered(&self) -> DeliveredCard {
        self.keys.delivered(&self.id, &self.card)
    }

    fn requests(&self) -> Value {
        json!({
            "enrolment": self.id,
            "authentication_csr": request(&self.keys.authentication),
            "signature_csr": request(&self.keys.signature),
        })
    }
}

/// Whoever delivers: a connection, and an entry of the manifest.
type Desk = (Caller, Value);

/// The body of the request, signed by the desk.
fn tray(desk: &Desk, oracle: &Oracle, delivered: Vec<DeliveredCard>, cards: &[Value]) -> Value {
    let operation = Operation::DeliverCards(DeliverCards { cards: delivered }).to_bytes();
    let statement = oracle.statement(&desk.1, "deliver", &OperationHash::of(&operation).to_string());
    json!({
        "delivery": {"operation": String::from_utf8(operation).unwrap(), "statement": statement},
        "cards": cards,
    })
}

/// What became of each card: how many certificates, or the problem's code.
fn outcomes(answer: &Value) -> Vec<Result<usize, String>> {
    let outcome = |card: &Value| match card["certificates"].as_array() {
        Some(certificates) => Ok(certificates.len()),
        None => Err(card["problem"]["code"].as_str().unwrap().to_owned()),
    };
    answer["cards"].as_array().unwrap().iter().map(outcome).collect()
}

#[tokio::test]
async fn each_card_of_a_tray_stands_for_itself() {
    let installation = Installation::start("trays");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (good, swapped, revoked, last) = (
        Made::approved(&agency, &oracle).await,
        Made::approved(&agency, &oracle).await,
        Made::approved(&agency, &oracle).await,
        Made::approved(&agency, &oracle).await,
    );
    let (waiting, _) = agency.submit().await;
    let path = format!("/ra/v1/cards/{}/revocation", revoked.card);
    agency.revoker.post(&path, json!({"reason": "superseded"})).await.ok();
    let cards = [&good, &swapped, &revoked, &last];
    let mut requests: Vec<_> = cards.iter().map(|made| made.requests()).collect();
    // The keys of another card, with requests that prove possession of them.
    for field in ["authentication_csr", "signature_csr"] {
        requests[1][field] = requests[3][field].clone();
    }
    requests.extend([json!({"enrolment": waiting}), json!({"enrolment": "en-of-nobody"})]);
    let body = tray(&agency.desk, &oracle, cards.iter().map(|made| made.delivered()).collect(), &requests);

    let answer = agency.desk.0.post("/ra/v1/deliveries", body.clone()).await.ok();
    let refused = |code: &str| Err(code.to_owned());
    let expected = [
        Ok(2),
        refused("evidence-mismatch"),
        refused("wrong-stage"),
        Ok(2),
        refused("wrong-stage"),
        refused("not-found"),
    ];
    assert_eq!(outcomes(&answer), expected);
    for (made, at) in [(&good, 0), (&last, 3)] {
        let certificate = answer["cards"][at]["certificates"][0]["pem"].as_str().unwrap();
        let certificate = Certificate::from_pem(certificate).unwrap();
        assert_eq!(certificate.card_number(), Some(made.card.as_str()));
        agency.activate(&made.id).await;
    }

    // What failed can be delivered again under the same signature; what was issued is not issued twice.
    requests[1] = swapped.requests();
    let again = json!({"delivery": body["delivery"], "cards": [requests[0], requests[1]]});
    let answer = agency.desk.0.post("/ra/v1/deliveries", again).await.ok();
    assert_eq!(outcomes(&answer), [refused("wrong-stage"), Ok(2)]);
}

#[tokio::test]
async fn a_tray_without_a_good_delivery_changes_nothing() {
    let installation = Installation::start("bad-trays");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let other = installation.person(1, "card-desk");
    let other = (Caller::person(&installation, &other), other);
    let made = Made::approved(&agency, &oracle).await;
    let post = async |desk: &Desk, body: Value| desk.0.post("/ra/v1/deliveries", body).await.problem();
    let refused = |status, code: &str| (status, code.to_owned());

    let body = tray(&agency.desk, &oracle, vec![made.delivered()], &[]);
    assert_eq!(post(&agency.desk, body).await, refused(400, "invalid"));
    let body = tray(&agency.desk, &oracle, vec![made.delivered()], &vec![made.requests(); 2]);
    assert_eq!(post(&agency.desk, body).await, refused(400, "invalid"));
    let many: Vec<_> = (0..=MAX_TRAY).map(|n| json!({"enrolment": format!("en-{n}")})).collect();
    let body = tray(&agency.desk, &oracle, vec![made.delivered()], &many);
    assert_eq!(post(&agency.desk, body).await, refused(400, "invalid"));
    let body = tray(&agency.desk, &oracle, vec![made.delivered(); 2], &[made.requests()]);
    assert_eq!(post(&agency.desk, body).await, refused(400, "statement-malformed"));
    // Another agency's desk, with a signature of its own: as if the application did not exist.
    let body = tray(&other, &oracle, vec![made.delivered()], &[made.requests()]);
    assert_eq!(post(&other, body).await, refused(404, "not-found"));
    // Another officer's signature.
    let body = tray(&other, &oracle, vec![made.delivered()], &[made.requests()]);
    assert_eq!(post(&agency.desk, body).await, refused(403, "not-an-officer"));

    let view = agency.registration.0.get(&format!("/ra/v1/enrolments/{}", made.id)).await.ok();
    assert_eq!(view["stage"], "approved");
    let body = tray(&agency.desk, &oracle, vec![made.delivered()], &[made.requests()]);
    assert_eq!(outcomes(&agency.desk.0.post("/ra/v1/deliveries", body).await.ok()), [Ok(2)]);
}

/// Neither a card that cannot be recorded nor a revocation that cannot follow hides what was issued.
#[tokio::test]
async fn a_store_that_fails_for_one_card_hides_nothing_of_the_others() {
    let installation = Installation::start("lame-trays");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (good, bad) = (Made::approved(&agency, &oracle).await, Made::approved(&agency, &oracle).await);
    let fail = |name: &str, when: String| {
        format!("CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'four_eyes: a fault'); END;")
    };
    let unrecorded = fail("unrecorded", format!("BEFORE UPDATE ON enrolment WHEN NEW.id = '{}'", bad.id));
    let unrevoked = fail("unrevoked", "BEFORE INSERT ON revocation".to_owned());
    let database = installation.data().join("sigill.db");
    let faults = std::process::Command::new("sqlite3").arg(&database).arg(unrecorded + &unrevoked).status();
    assert!(faults.unwrap().success());

    let cards = [&bad, &good];
    let requests: Vec<_> = cards.iter().map(|made| made.requests()).collect();
    let body = tray(&agency.desk, &oracle, cards.iter().map(|made| made.delivered()).collect(), &requests);
    let answer = agency.desk.0.post("/ra/v1/deliveries", body).await.ok();
    assert_eq!(outcomes(&answer), [Err("four-eyes".to_owned()), Ok(2)]);
    agency.activate(&good.id).await;
}

/// Nothing is reserved for a signer that does not answer: afterwards the same delivery is as good as before.
#[tokio::test]
async fn a_signer_that_is_away_costs_a_tray_nothing() {
    let installation = Installation::start("early-trays");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let made = Made::approved(&agency, &oracle).await;
    let body = tray(&agency.desk, &oracle, vec![made.delivered()], &[made.requests()]);
    let before = installation.signer_journal();

    let signer = installation.signer_id().unwrap();
    signal(signer, "STOP");
    let refused = agency.desk.0.post("/ra/v1/deliveries", body.clone()).await.problem();
    signal(signer, "CONT");
    assert_eq!(refused, (503, "signer-timeout".to_owned()));
    assert_eq!(installation.signer_journal(), before, "no serial was revoked, so no CRL was due");
    assert_eq!(outcomes(&agency.desk.0.post("/ra/v1/deliveries", body).await.ok()), [Ok(2)]);
}
