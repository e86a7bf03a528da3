//! What a person sees.

use crate::support::Installation;
use crate::support::relying::{Browser, Service, answered, identity};
use reqwest::StatusCode;
use serde_json::json;

/// The page of release says who asks and what is told, escapes what others wrote, works without script, and its form may
/// end at the relying service alone. The holder may say no.
#[tokio::test]
async fn the_holder_sees_and_decides() {
    let installation = Installation::start("pages");
    let service = Service::register(&installation, "rp", &json!({}));
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));
    let message = r#"{"message#sv":"PGI+SGVqPC9iPg==","mime_type":"text/plain"}"#;
    let url = service.login_url(&[("https://id.oidc.se/param/userMessage", message)]);
    let (_, page) = browser.follow(&url).await;
    let body = &page.body;
    assert!(body.contains("Tjänsten &#60;b&#62;") && body.contains("&#60;b&#62;Hej&#60;/b&#62;"), "{body}");
    assert!(body.contains(person["name"].as_str().unwrap()) && body.contains("lang=\"sv\""), "{body}");
    assert!(!body.contains("<script") && !body.contains("<b>"), "{body}");
    assert!(
        page.policy.contains("default-src 'none'") && page.policy.contains("frame-ancestors 'none'"),
        "{}",
        page.policy
    );
    assert!(page.policy.contains("form-action 'self' https://rp.example;"), "{}", page.policy);
    let (_, english) = browser.follow(&service.login_url(&[("ui_locales", "en-GB")])).await;
    assert!(english.body.contains("lang=\"en\"") && english.body.contains("Agree and log in"));

    let answer = browser.login(&service, &service.login_url(&[]), "refuse").await;
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "state-1"));
}

/// Without a card there is a page that says what to do, and a way back.
#[tokio::test]
async fn a_person_without_a_card_is_helped() {
    let installation = Installation::start("no-card");
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, None);
    let (at, page) = browser.follow(&service.login_url(&[])).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("Inget kort hittades"), "{}", page.body);
    let handle = at.split("login=").nth(1).unwrap();
    let cancel = format!("{}/oidc/cancel?login={handle}", service.issuer());
    assert!(page.body.contains(&cancel), "{}", page.body);
    let stranger = Browser::new(&installation, None);
    assert_eq!(stranger.get(&cancel).await.status, StatusCode::GONE);
    let back = browser.get(&cancel).await.location.unwrap();
    assert_eq!(answered(&back)["error"], "access_denied");
    assert_eq!(browser.get(&at).await.status, StatusCode::GONE, "the login is over");
}
