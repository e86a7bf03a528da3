//! Every way to a card that two people did not give.

use crate::packages::named;
use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys, fresh_person, proof};
use serde_json::{Value, json};

/// For oneself, alone, with another's signature, by replay, by changing the order after its approval: each is refused with
/// its own word, and each attempt is in the log.
#[tokio::test]
async fn nobody_gets_a_card_alone() {
    let installation = Installation::start("one-person");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    // He may register and may approve, never both for one card.
    let entry = named(&installation, "Bertil Björklund");
    let bertil = Caller::person(&installation, &entry);
    let mut refused = Vec::new();

    let own = application("197111039819", "Bertil", "Björklund");
    refused.push(bertil.post("/ra/v1/enrolments", own).await.problem());

    let (number, _) = fresh_person();
    let view = bertil.post("/ra/v1/enrolments", application(&number, "Åsa", "Öberg")).await.ok();
    let id = view["id"].as_str().unwrap().to_owned();
    let hash = identify(&bertil, &entry, &oracle, &id).await;
    let approval = format!("/ra/v1/enrolments/{id}/approval");
    let approve = |who: &Caller, statement: String| {
        let (who, path) = (who.clone(), approval.clone());
        async move { who.post(&path, json!({"statement": statement})).await }
    };
    let by_bertil = oracle.statement(&entry, "approve", &hash);
    refused.push(approve(&bertil, by_bertil).await.problem());
    let by_cecilia = oracle.statement(&agency.approver.1, "approve", &hash);
    refused.push(approve(&bertil, by_cecilia.clone()).await.problem());

    let (other, _) = agency.submit().await;
    agency.identify(&oracle, &other).await;
    let replay = format!("/ra/v1/enrolments/{other}/approval");
    refused.push(agency.approver.0.post(&replay, json!({"statement": by_cecilia})).await.problem());
    approve(&agency.approver.0, by_cecilia.clone()).await.ok();
    refused.push(approve(&agency.approver.0, by_cecilia).await.problem());

    let keys = Keys::new();
    let changed = agency.delivery(&oracle, &id, "ANOTHERCARD", &keys);
    let certificates = format!("/ra/v1/enrolments/{id}/certificates");
    refused.push(agency.desk.0.post(&certificates, changed).await.problem());

    let words: Vec<_> = refused.iter().map(|(status, code)| (*status, code.as_str())).collect();
    let wanted = [
        (403, "four-eyes"),         // for oneself
        (403, "four-eyes"),         // alone
        (403, "not-an-officer"),    // with another's signature
        (403, "other-operation"),   // by replay
        (409, "wrong-stage"),       // twice
        (403, "evidence-mismatch"), // another card than the approved one
    ];
    assert_eq!(words, wanted);
    let logged = events(&installation, "act.refused");
    let logged: Vec<_> = logged.iter().map(|event| event["details"]["code"].as_str().unwrap()).collect();
    assert_eq!(logged, wanted.map(|(_, code)| code));
}

fn application(number: &str, given_name: &str, surname: &str) -> Value {
    let (_, card) = fresh_person();
    json!({"applicant": {"identity_number": number, "given_name": given_name, "surname": surname}, "card_number": card})
}

/// Identifies the applicant; what approvers sign.
async fn identify(who: &Caller, entry: &Value, oracle: &Oracle, id: &str) -> String {
    let path = format!("/ra/v1/enrolments/{id}/identification");
    let prepared = who.post(&format!("{path}/preparation"), json!({"proof": proof()})).await.ok();
    let statement = oracle.statement(entry, "identify", prepared["operation_hash"].as_str().unwrap());
    let view = who.post(&path, json!({"proof": proof(), "statement": statement})).await.ok();
    view["operation_hash"].as_str().unwrap().to_owned()
}
