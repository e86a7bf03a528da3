//! Tokens that outlive the first ones, and nothing else.

use crate::support::Installation;
use crate::support::relying::{Browser, Service, identity};
use serde_json::{Value, json};

async fn refresh(service: &Service, token: &Value) -> (u16, Value) {
    let token = token.as_str().unwrap();
    service.call("/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// RFC 6749 section 6, RFC 9700 section 4.14.2: for who registered, each once, and a replay ends everything.
#[tokio::test]
async fn a_refresh_token_is_used_once() {
    let installation = Installation::start("refresh");
    let service =
        Service::register(&installation, "rp", &json!({"grant_types": ["authorization_code", "refresh_token"]}));
    let without = Service::register(&installation, "without", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    assert!(
        browser.tokens(&without).await.get("refresh_token").is_none(),
        "nobody gets what they did not register for"
    );

    let first = browser.tokens(&service).await;
    assert_eq!(refresh(&without, &first["refresh_token"]).await.0, 400, "another client's");
    let (status, second) = refresh(&service, &first["refresh_token"]).await;
    assert_eq!(status, 200, "{second}");
    let claims = service.verified(second["id_token"].as_str().unwrap()).await;
    assert!(claims.get("nonce").is_none(), "{claims}");
    assert_eq!(service.userinfo(second["access_token"].as_str().unwrap()).await.0, 200);
    let more = [
        ("grant_type", "refresh_token"),
        ("refresh_token", second["refresh_token"].as_str().unwrap()),
        ("scope", "openid https://id.oidc.se/scope/naturalPersonNumber"),
    ];
    assert_eq!(service.call("/oidc/token", &more).await.1["error"], "invalid_scope");

    let (status, refused) = refresh(&service, &first["refresh_token"]).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    assert_eq!(refresh(&service, &second["refresh_token"]).await.0, 400, "the session is over");
    assert_eq!(service.userinfo(second["access_token"].as_str().unwrap()).await.0, 401);
}

/// A revocation ends what could be refreshed.
#[tokio::test]
async fn a_revoked_card_refreshes_nothing() {
    let installation = Installation::start("refresh-revoked");
    let service =
        Service::register(&installation, "rp", &json!({"grant_types": ["authorization_code", "refresh_token"]}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let tokens = browser.tokens(&service).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(service.call("/oidc/revoke", &[("token", token)]).await.0, 200);
    assert_eq!(refresh(&service, &tokens["refresh_token"]).await.0, 400, "revoked by its service");
}
