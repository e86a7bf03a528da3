//! Tokens that are worth nothing without a key.

use crate::support::Installation;
use crate::support::relying::{Browser, Service, identity};
use serde_json::json;

/// FAPI 2.0 section 5.3.2.1, RFC 9449: pushed, bound, and of no use to whoever finds the token.
#[tokio::test]
async fn a_fapi_client_gets_tokens_that_are_bound_to_its_key() {
    let installation = Installation::start("fapi");
    let fapi = Service::register(&installation, "fapi", &json!({"security_profile": "fapi2"}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let pushed = fapi.parameters(&[]);
    let pushed: Vec<(&str, &str)> = pushed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (_, answer) = fapi.call("/oidc/par", &pushed).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", "fapi"), ("request_uri", answer["request_uri"].as_str().unwrap())])
        .finish();
    let answer = browser.login(&fapi, &format!("{}/oidc/authorize?{query}", fapi.issuer()), "accept").await;
    let code = &answer["code"];

    let (status, refused) = fapi.exchange(code).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_dpop_proof".into()));
    let elsewhere = fapi.proof("POST", "/oidc/par", None);
    assert_eq!(fapi.exchange_with_proof(code, &elsewhere).await.0, 400);
    let (status, tokens) = fapi.exchange_with_proof(code, &fapi.proof("POST", "/oidc/token", None)).await;
    assert_eq!((status, &tokens["token_type"]), (200, &"DPoP".into()), "{tokens}");

    let token = tokens["access_token"].as_str().unwrap();
    let proof = fapi.proof("GET", "/oidc/userinfo", Some(token));
    assert_eq!(fapi.userinfo_as("Bearer", token, None).await, 401, "a bound token is no bearer's");
    assert_eq!(fapi.userinfo_as("DPoP", token, None).await, 401);
    assert_eq!(fapi.userinfo_as("Bearer", token, Some(&proof)).await, 401);
    let other = Service::register(&installation, "other", &json!({}));
    let stolen = other.proof("GET", "/oidc/userinfo", Some(token));
    assert_eq!(other.userinfo_as("DPoP", token, Some(&stolen)).await, 401, "another key");
    assert_eq!(fapi.userinfo_as("DPoP", token, Some(&fapi.proof("GET", "/oidc/userinfo", None))).await, 401, "no ath");
    assert_eq!(fapi.userinfo_as("DPoP", token, Some(&proof)).await, 200);
    assert_eq!(fapi.userinfo_as("DPoP", token, Some(&proof)).await, 401, "a proof is used once");
    let (_, active) = fapi.call("/oidc/introspect", &[("token", token)]).await;
    assert!(active["cnf"]["jkt"].is_string(), "{active}");
}
