//! Reserve cards: two administrators, one extension, and nobody else.

use crate::evidence::{access_manager, until_sealed};
use crate::packages::named;
use crate::support::Installation;
use crate::support::client::{Answer, Caller};
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys, fresh_person, proof, request};
use domain::id::hex;
use domain::operation::{Operation, OperationHash, StockCards, StockedKeys};
use pki::key::PublicKey;
use pki::profile::Purpose;
use rcgen::PublicKeyData;
use serde_json::{Value, json};
use sigill::service::evidence::verify::verify;
use std::collections::BTreeMap;

/// The whole way: stocked, ordered and identified by Anna, identified again and approved by Bertil, fetched by the card
/// itself; extended once; superseded by the next ordinary card.
#[tokio::test]
async fn two_administrators_give_a_reserve_card_and_extend_it_once() {
    let stage = Stage::set("reserve");
    let (holder, ordinary) = stage.holder().await;
    let (number, keys) = stage.stocked().await;
    let early = stage.fetch(&number, &keys).await;
    assert_eq!(early.problem(), (404, "not-found".to_owned()), "nobody ordered it");
    let id = stage.ordered(&holder, &number, &ordinary).await;
    assert_eq!(stage.fetch(&number, &keys).await.problem(), (409, "wrong-stage".to_owned()), "one administrator");
    stage.second(&id).await.ok();

    let others = stage.fetch(&number, &Keys::new()).await;
    assert_eq!(others.problem(), (404, "not-found".to_owned()), "not the keys on this card");
    let issued = stage.fetch(&number, &keys).await.ok();
    assert_eq!(issued["revocation_code"].as_str().map(str::len), Some(14), "{issued}");
    let certificates = issued["certificates"].as_array().unwrap();
    assert!(certificates.iter().all(|one| one["issuer"].as_str().unwrap().contains("loa3")), "{issued}");
    let read = pki::Certificate::from_pem(certificates[0]["pem"].as_str().unwrap()).unwrap();
    assert_eq!(read.not_after().unix() - read.not_before().unix(), 20 * 86_400 - 1, "as many days as were ordered");
    assert_eq!(stage.state(&number).await, "active");
    let again = stage.fetch(&number, &keys).await;
    assert_eq!(again.problem(), (409, "wrong-stage".to_owned()), "once");

    let extension = format!("/ra/v1/reserve-cards/{number}/extension");
    let view = stage.agency.registration.0.post(&extension, json!({})).await.ok();
    let twice = stage.agency.registration.0.post(&extension, json!({})).await;
    assert_eq!(twice.problem(), (409, "reserve-extended".to_owned()));
    let extended = view["id"].as_str().unwrap();
    assert_eq!(view["reserve"]["extends"], id);
    stage.agency.identify(&stage.oracle, extended).await;
    assert_eq!(stage.fetch(&number, &keys).await.problem(), (409, "wrong-stage".to_owned()));
    stage.second(extended).await.ok();
    stage.fetch(&number, &keys).await.ok();
    let thrice = stage.agency.registration.0.post(&extension, json!({})).await;
    assert_eq!(thrice.problem(), (409, "reserve-extended".to_owned()));

    let next = stage.ordinary_card(&holder).await;
    assert_eq!(stage.state(&next).await, "active");
    assert_eq!(stage.state(&number).await, "revoked", "the next ordinary card takes its place");
    for name in ["reserve-card.stocked", "enrolment.identified-again", "reserve-card.extension-submitted"] {
        assert!(!events(&stage.installation, name).is_empty(), "{name}");
    }
    let refused = events(&stage.installation, "reserve-card.refused");
    let refused: Vec<_> = refused.iter().map(|event| event["details"]["code"].as_str().unwrap()).collect();
    assert_eq!(refused, ["not-ordered", "wrong-stage", "other-keys", "wrong-stage", "wrong-stage"]);
    stage.has_evidence(&number).await;
}

/// Every shortcut has its own word, and stands in the log.
#[tokio::test]
async fn no_shortcut_leads_to_a_reserve_card() {
    let stage = Stage::set("reserve-cheats");
    let (holder, ordinary) = stage.holder().await;
    let (number, keys) = stage.stocked().await;
    let mut refused: Vec<(u16, String)> = Vec::new();
    let (anna, bertil) = (&stage.agency.registration, &stage.bertil);

    refused.push(stage.order(&holder, &number, "NOSUCHCARD", 20).await.problem());
    refused.push(stage.order(&holder, &number, &ordinary, 31).await.problem());
    refused.push(stage.order(&holder, "NOTSTOCKED", &ordinary, 20).await.problem());
    let stranger = fresh_person().0;
    refused.push(stage.order(&stranger, &number, &ordinary, 20).await.problem());
    let own = stage.order(ANNA, &number, &stage.annas_card().await, 20).await;
    refused.push(own.problem());

    let id = stage.ordered(&holder, &number, &ordinary).await;
    refused.push(stage.second_by(anna, &id, "approve").await.problem());
    refused.push(stage.second_by(bertil, &id, "identify").await.problem());
    let alone = stage.agency.approver.0.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
    let hash = alone["operation_hash"].as_str().unwrap();
    let approval = stage.oracle.statement(&stage.agency.approver.1, "approve", hash);
    let path = format!("/ra/v1/enrolments/{id}/approval");
    refused.push(stage.agency.approver.0.post(&path, json!({"statement": approval})).await.problem());
    let delivery = stage.agency.delivery(&stage.oracle, &id, &number, &keys);
    stage.second(&id).await.ok();
    let path = format!("/ra/v1/enrolments/{id}/certificates");
    refused.push(stage.agency.desk.0.post(&path, delivery).await.problem());
    let (second, _) = stage.stocked().await;
    refused.push(stage.order(&holder, &second, &ordinary, 20).await.problem());

    let (ordinary_id, _) = stage.agency.submit().await;
    stage.agency.identify(&stage.oracle, &ordinary_id).await;
    refused.push(stage.second_by(bertil, &ordinary_id, "approve").await.problem());

    let wanted = [
        (400, "reserve-no-ordinary-card"), // a card that is nobody's
        (400, "reserve-days"),
        (409, "reserve-not-stocked"),
        (400, "reserve-no-ordinary-card"), // of somebody else
        (403, "four-eyes"),                // for oneself
        (403, "four-eyes"),                // one administrator twice
        (403, "other-act"),                // an identification that is no approval
        (409, "reserve-other-way"),        // approved as an ordinary card
        (409, "reserve-other-way"),        // delivered as an ordinary card
        (409, "reserve-has-one"),
        (409, "reserve-other-way"), // two administrators for an ordinary card
    ];
    let words: Vec<_> = refused.iter().map(|(status, code)| (*status, code.as_str())).collect();
    assert_eq!(words, wanted);
    let logged = events(&stage.installation, "act.refused");
    let logged: Vec<_> = logged.iter().map(|event| event["details"]["code"].as_str().unwrap()).collect();
    let of_note: Vec<_> = wanted.iter().filter(|(status, _)| *status != 400).map(|(_, code)| *code).collect();
    assert_eq!(logged, of_note, "what was asked wrongly is no attempt");
}

/// An agency where Bertil is a second administrator.
struct Stage {
    installation: Installation,
    oracle: Oracle,
    agency: Agency,
    bertil: (Caller, Value),
    nobody: Caller,
}

impl Stage {
    fn set(name: &str) -> Self {
        let installation = Installation::start(name);
        let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
        let entry = named(&installation, "Bertil Björklund");
        let bertil = (Caller::person(&installation, &entry), entry);
        let nobody = Caller::nobody(&installation);
        Self { installation, oracle, agency, bertil, nobody }
    }

    /// Somebody with an ordinary card: their number and the card's.
    async fn holder(&self) -> (String, String) {
        let (number, _) = fresh_person();
        let card = self.ordinary_card(&number).await;
        (number, card)
    }

    /// An ordinary card for this person, handed out.
    async fn ordinary_card(&self, person: &str) -> String {
        let (_, card) = fresh_person();
        let body = json!({"applicant": applicant(person), "card_number": card});
        let view = self.agency.registration.0.post("/ra/v1/enrolments", body).await.ok();
        let id = view["id"].as_str().unwrap().to_owned();
        self.agency.identify(&self.oracle, &id).await;
        self.agency.approve(&self.oracle, &id).await;
        self.agency.issue(&self.oracle, &id, &card, &Keys::new()).await;
        self.agency.activate(&id).await;
        card
    }

    /// A reserve card in its envelope.
    async fn stocked(&self) -> (String, Keys) {
        let ((_, number), keys) = (fresh_person(), Keys::new());
        let fingerprint =
            |key: &rcgen::KeyPair| hex(&PublicKey::from_spki(&key.subject_public_key_info()).unwrap().fingerprint());
        let born = BTreeMap::from([
            (Purpose::PersonAuthentication, fingerprint(&keys.authentication)),
            (Purpose::PersonSignature, fingerprint(&keys.signature)),
        ]);
        let cards = vec![StockedKeys { card: number.parse().unwrap(), keys: born }];
        let operation = Operation::StockCards(StockCards { cards }).to_bytes();
        let hash = OperationHash::of(&operation).to_string();
        let statement = self.oracle.statement(&self.agency.desk.1, "deliver", &hash);
        let stock = json!({"operation": String::from_utf8(operation).unwrap(), "statement": statement});
        self.agency.desk.0.post("/ra/v1/reserve-cards", json!({"stock": stock})).await.ok();
        (number, keys)
    }

    async fn order(&self, person: &str, number: &str, ordinary: &str, days: u16) -> Answer {
        let body = json!({
            "applicant": applicant(person), "card_number": number,
            "reserve": {"ordinary_card": ordinary, "days": days},
        });
        self.agency.registration.0.post("/ra/v1/enrolments", body).await
    }

    /// Anna's part: ordered for 20 days, and identified.
    async fn ordered(&self, person: &str, number: &str, ordinary: &str) -> String {
        let view = self.order(person, number, ordinary, 20).await.ok();
        let id = view["id"].as_str().unwrap().to_owned();
        self.agency.identify(&self.oracle, &id).await;
        id
    }

    /// Bertil's part.
    async fn second(&self, id: &str) -> Answer {
        self.second_by(&self.bertil, id, "approve").await
    }

    /// Somebody's try at Bertil's part, with this act in the place of the approval.
    async fn second_by(&self, (caller, entry): &(Caller, Value), id: &str, act: &str) -> Answer {
        let path = format!("/ra/v1/enrolments/{id}/second-identification");
        let answer = caller.post(&format!("{path}/preparation"), json!({"proof": proof()})).await;
        if answer.status != 200 {
            return answer;
        }
        let prepared = answer.ok();
        let sign = |act: &str, what: &str| {
            self.oracle.statement(entry, act, prepared[what]["operation_hash"].as_str().unwrap())
        };
        let (identification, approval) = (sign("identify", "identification"), sign(act, "approval"));
        let body = json!({"proof": proof(), "identification": identification, "approval": approval});
        caller.post(&path, body).await
    }

    /// The card's own part.
    async fn fetch(&self, number: &str, keys: &Keys) -> Answer {
        let body = json!({
            "authentication_csr": request(&keys.authentication), "signature_csr": request(&keys.signature),
        });
        self.nobody.post(&format!("/self/v1/reserve-cards/{number}/certificates"), body).await
    }

    async fn state(&self, card: &str) -> String {
        let view = self.agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
        view["state"].as_str().unwrap().to_owned()
    }

    /// Both orders, with both administrators' signatures, and the certificates of both.
    async fn has_evidence(&self, number: &str) {
        let manager = access_manager(&self.installation).await;
        let package = until_sealed(&manager, &format!("/ra/v1/cards/{number}/evidence")).await;
        let root = self.installation.data().join("authorities/test-sigill-root-ca-v1.pem");
        let root = pki::Certificate::from_pem(&std::fs::read_to_string(root).unwrap()).unwrap();
        let sound = verify(&package, &root).unwrap();
        assert_eq!((sound.statements, sound.certificates), (8, 4), "{:?}", sound.manifest.files.keys());
        assert!(sound.manifest.files.contains_key("signed/extension-second-identification.json"));
    }

    async fn annas_card(&self) -> String {
        let me = self.agency.registration.0.get("/self/v1/me").await.ok();
        me["cards"][0]["number"].as_str().unwrap().to_owned()
    }
}

fn applicant(number: &str) -> Value {
    let (given_name, surname) = if number == ANNA { ("Anna", "Almkvist") } else { ("Åsa", "Öberg") };
    json!({"identity_number": number, "given_name": given_name, "surname": surname})
}

/// Anna Almkvist, who registers.
const ANNA: &str = "196804129804";
