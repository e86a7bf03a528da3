//! Requests that are done once, and only to what their caller saw.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, fresh_person};
use futures::future::join_all;
use serde_json::{Value, json};

fn application() -> Value {
    let (number, card) = fresh_person();
    json!({
        "applicant": {"identity_number": number, "given_name": "Åsa", "surname": "Öberg"},
        "card_number": card,
    })
}

/// Sent again, a request is answered as the first time and done no second time; with another body, by somebody else or
/// at another address its key is another key.
#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    let installation = Installation::start("request-keys");
    let agency = Agency::new(&installation, 0);
    let officer = &agency.registration.0;
    let path = "/ra/v1/enrolments";
    let key = [("idempotency-key", "3f1c0d2e-6a5b-4c7d-8e9f-0a1b2c3d4e5f")];
    let body = application();

    let first = officer.post_with(&key, path, body.clone()).await;
    let again = officer.post_with(&key, path, body.clone()).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!((first.header("idempotent-replayed"), &again.content_type), ("", &first.content_type));
    assert_eq!(first.ok(), again.ok());
    let (status, code) = officer.post(path, body.clone()).await.problem();
    assert_eq!((status, code.as_str()), (409, "conflict"), "without its key it is another request");

    let other = officer.post_with(&key, path, application()).await;
    assert_eq!(other.problem(), (422, "request-key-reused".to_owned()));
    let elsewhere = Caller::person(&installation, &installation.person(1, "registration-officer"));
    assert_eq!(elsewhere.post_with(&key, path, application()).await.status, 201, "keys are the caller's own");
    let nobody = Caller::nobody(&installation).post_with(&key, path, body.clone()).await;
    assert_eq!(nobody.problem(), (401, "certificate-needed".to_owned()), "an answer is for whoever may ask");
    let short = officer.post_with(&[("idempotency-key", "1")], path, body).await;
    assert_eq!(short.problem(), (400, "request-key".to_owned()));
}

/// A refusal changes nothing, so the key is free; and nothing that is kept says whose application it was.
#[tokio::test]
async fn a_refused_request_may_be_sent_again() {
    let installation = Installation::start("refused-requests");
    let agency = Agency::new(&installation, 0);
    let (officer, key) = (&agency.registration.0, [("idempotency-key", "another-key-for-one-request")]);
    let mut body = application();
    let number = body["applicant"]["identity_number"].as_str().unwrap().to_owned();
    body["card_number"] = json!("not a card number");
    assert_eq!(officer.post_with(&key, "/ra/v1/enrolments", body.clone()).await.status, 400);
    body["card_number"] = json!(fresh_person().1);
    officer.post_with(&key, "/ra/v1/enrolments", body).await.ok();

    let query = "SELECT hex(id) || hex(request) || coalesce(hex(answer), '') FROM request_key";
    let kept = std::process::Command::new("sqlite3").arg(installation.data().join("sigill.db")).arg(query).output();
    let kept = String::from_utf8(kept.unwrap().stdout).unwrap();
    assert_eq!(kept.lines().count(), 1, "{kept}");
    let hidden = |text: &str| !kept.contains(&text.bytes().map(|b| format!("{b:02X}")).collect::<Vec<_>>().concat());
    assert!(hidden(&number) && hidden("applicant") && hidden("another-key"), "{kept}");
}

/// Many who send one request at once: it is done once, the others are told so or get its answer.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_done() {
    let installation = Installation::start("racing-requests");
    let agency = Agency::new(&installation, 0);
    let (body, key) = (application(), [("idempotency-key", "racing-racing-racing-1")]);
    let attempts = (0..12).map(|_| agency.registration.0.post_with(&key, "/ra/v1/enrolments", body.clone()));
    let answers = join_all(attempts).await;
    let (done, told): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.body == done[0].body), "one application");
    assert!(told.iter().all(|answer| answer.problem() == (409, "request-under-way".to_owned())));
}

/// The service dies between the deed and the keeping of its answer: the request is not done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deed_whose_answer_was_lost_is_not_done_again() {
    let crash = (sigill::crash::STORE_VARIABLE, "request-answer:1");
    let mut installation = Installation::start("lost-answers");
    tokio::task::block_in_place(|| {
        installation.stop();
        installation.set_environment(&[crash]);
        installation.run();
    });
    let (body, key) = (application(), [("idempotency-key", "lost-answer-lost-answer")]);
    let officer = Agency::new(&installation, 0).registration.0;
    let post = reqwest::Method::POST;
    officer.try_call_with(post, "/ra/v1/enrolments", Some(body.clone()), &key).await.expect_err("the service dies");
    tokio::task::block_in_place(|| {
        installation.kill();
        installation.set_environment(&[]);
        installation.run();
    });
    let again = officer.post_with(&key, "/ra/v1/enrolments", body.clone()).await;
    assert_eq!(again.problem(), (409, "request-answer-lost".to_owned()));
    let list = officer.get("/ra/v1/enrolments").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["card_number"], body["card_number"]);
}

/// What has changed since it was read is left alone.
#[tokio::test]
async fn an_act_on_what_has_changed_is_refused() {
    let installation = Installation::start("if-match");
    let (agency, oracle) = (Agency::new(&installation, 0), Oracle::new(&installation));
    let (id, _) = agency.submit().await;
    let path = format!("/ra/v1/enrolments/{id}");
    let before = agency.registration.0.get(&path).await.header("etag").to_owned();
    assert_eq!(before, "\"enrolment-1\"");
    agency.identify(&oracle, &id).await;
    let now = agency.approver.0.get(&path).await;
    let after = now.header("etag").to_owned();
    assert_eq!(after, "\"enrolment-2\"");

    let hash = now.body["operation_hash"].as_str().unwrap();
    let approval = json!({"statement": oracle.statement(&agency.approver.1, "approve", hash)});
    for seen in [before.as_str(), "\"card-2\"", "2"] {
        let headers = [("if-match", seen)];
        let answer = agency.approver.0.post_with(&headers, &format!("{path}/approval"), approval.clone()).await;
        assert_eq!(answer.problem(), (412, "not-as-seen".to_owned()), "{seen}");
    }
    let headers = [("if-match", after.as_str())];
    let approved = agency.approver.0.post_with(&headers, &format!("{path}/approval"), approval).await.ok();
    assert_eq!(approved["stage"], "approved");
    installation.sigill(&["audit", "verify"]);
}

/// Problems are told in the language that the client prefers, and in both always.
#[tokio::test]
async fn problems_are_told_in_two_languages() {
    let installation = Installation::start("languages");
    let nobody = Caller::nobody(&installation);
    for (wanted, language, title) in [
        ("", "sv", "Ett klientcertifikat behövs"),
        ("en-GB, sv;q=0.3", "en", "A client certificate is needed"),
        ("fi", "sv", "Ett klientcertifikat behövs"),
    ] {
        let headers = [("accept-language", wanted)];
        let answer = nobody.try_call_with(reqwest::Method::GET, "/self/v1/me", None, &headers).await.unwrap();
        assert_eq!((answer.header("content-language"), answer.header("vary")), (language, "Accept-Language"));
        assert_eq!(answer.body["title"], title, "{wanted}");
        assert_eq!(answer.body["title_sv"], "Ett klientcertifikat behövs");
        assert_eq!(answer.body["title_en"], "A client certificate is needed");
    }
}
