//! Authorization requests: plain, signed, pushed.

use crate::world::{ISSUER, NOW, REDIRECT, World, changed, parameters};
use federation::oidc::authorization::Way;
use federation::oidc::{Code, OidcError};
use serde_json::{Value, json};

fn refusal(world: &World, way: Way, changes: &[(&str, &str)]) -> (Code, bool) {
    let refused = world.read(way, &parameters(changes)).unwrap_err();
    (refused.error.code, refused.redirect.is_some())
}

#[test]
fn a_good_request_is_read() {
    let world = World::new();
    let request = world.read(Way::Front, &parameters(&[("acr_values", "a b"), ("max_age", "60")])).unwrap();
    assert_eq!(request.acr_values, ["a", "b"]);
    assert_eq!((request.max_age, request.nonce.as_deref()), (Some(60), Some("n1")));
    assert!(request.accepts_age(NOW - 60, NOW) && !request.accepts_age(NOW - 61, NOW));
    let back = request.redirect().with(ISSUER, &[("code", "c/1")]);
    assert_eq!(back, format!("{REDIRECT}&code=c%2F1&iss=https%3A%2F%2Fop.example&state=s%261"));
}

/// OIDC Sweden section 2.1, RFC 6749 section 4.1.2.1: what a browser may be sent back with.
#[test]
fn what_is_wrong_is_told_at_the_registered_address_only() {
    let world = World::new();
    for (changes, code, redirected) in [
        (&[("redirect_uri", "https://evil.example/cb")][..], Code::InvalidRequest, false),
        (&[("redirect_uri", "https://rp.example/cb")], Code::InvalidRequest, false),
        (&[("redirect_uri", "https://rp.example/cb?tenant=1&x")], Code::InvalidRequest, false),
        (&[("redirect_uri", "")], Code::InvalidRequest, false),
        (&[("request_uri", "https://rp.example/request")], Code::RequestUriNotSupported, false),
        (&[("request", "no.jws.here")], Code::InvalidRequestObject, false),
        (&[("response_type", "token")], Code::UnsupportedResponseType, true),
        (&[("response_type", "code id_token")], Code::UnsupportedResponseType, true),
        (&[("response_type", "")], Code::InvalidRequest, true),
        (&[("response_mode", "fragment")], Code::InvalidRequest, true),
        (&[("scope", "profile")], Code::InvalidScope, true),
        (&[("scope", "")], Code::InvalidScope, true),
        (&[("code_challenge", "")], Code::InvalidRequest, true),
        (&[("code_challenge_method", "plain")], Code::InvalidRequest, true),
        (&[("code_challenge_method", "")], Code::InvalidRequest, true),
        (&[("code_challenge", "short")], Code::InvalidRequest, true),
        (&[("prompt", "none login")], Code::InvalidRequest, true),
        (&[("max_age", "-1")], Code::InvalidRequest, true),
        (&[("claims", "[]")], Code::InvalidRequest, true),
        (&[("https://id.oidc.se/param/userMessage", "{\"message\":\"###\"}")], Code::InvalidRequest, true),
    ] {
        assert_eq!(refusal(&world, Way::Front, changes), (code, redirected), "{changes:?}");
    }
}

#[test]
fn fapi_clients_push_their_requests() {
    let world = World::with(&json!({"security_profile": "fapi2"}));
    assert_eq!(refusal(&world, Way::Front, &[]), (Code::InvalidRequest, false));
    world.read(Way::Pushed, &parameters(&[])).unwrap();
}

#[test]
fn scopes_that_nobody_registered_are_left_out() {
    let world = World::new();
    let scope = "openid profile https://id.oidc.se/scope/naturalPersonOrgId unknown";
    let request = world.read(Way::Front, &parameters(&[("scope", scope)])).unwrap();
    assert_eq!(request.scopes.into_iter().collect::<Vec<_>>(), ["openid"]);
}

#[test]
fn an_essential_acr_goes_before_acr_values() {
    let world = World::new();
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["x","y"]}}}"#;
    let request = world.read(Way::Front, &parameters(&[("claims", claims), ("acr_values", "z")])).unwrap();
    assert_eq!(request.acr_values, ["x", "y"]);
}

#[test]
fn a_message_is_shown_in_the_user_s_language() {
    let message = r#"{"message#sv":"SGVqIQ==","message#en":"SGkh","mime_type":"text/plain"}"#;
    let name = "https://id.oidc.se/param/userMessage";
    let request = World::new().read(Way::Front, &parameters(&[(name, message)])).unwrap();
    let message = request.message.unwrap();
    assert_eq!((message.text("sv"), message.text("en"), message.text("de")), ("Hej!", "Hi!", "Hi!"));
    let html = r#"{"message":"SGVq","mime_type":"text/html"}"#;
    assert!(World::new().read(Way::Front, &parameters(&[(name, html)])).is_err());
}

fn object(world: &World, header: Value, changes: &Value) -> Result<Vec<String>, OidcError> {
    let claims = json!({
        "iss": "rp", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "client_id": "rp",
        "response_type": "code", "redirect_uri": REDIRECT, "scope": "openid", "max_age": 30,
        "code_challenge": crate::world::CHALLENGE, "code_challenge_method": "S256", "acr_values": "signed",
    });
    let jws = world.sign(header, &changed(claims, changes));
    // What stands beside the object is not taken: it is not signed.
    let read = world.read(Way::Front, &parameters(&[("request", &jws), ("acr_values", "beside")]));
    read.map(|request| request.acr_values).map_err(|refused| refused.error)
}

#[test]
fn of_a_signed_request_only_what_is_signed_counts() {
    let world = World::new();
    let header = json!({"kid": "k1", "typ": "oauth-authz-req+jwt"});
    assert_eq!(object(&world, header, &json!({})), Ok(vec!["signed".to_owned()]));
    assert!(object(&world, json!({}), &json!({"aud": [ISSUER, "x"]})).is_ok(), "one key needs no name");
    assert!(object(&world, json!({"kid": "k1"}), &json!({"aud": "https://op.example/oidc/token"})).is_ok());
}

#[test]
fn a_request_object_that_is_not_for_us_is_refused() {
    let world = World::new();
    for changes in [
        json!({"iss": "other"}),
        json!({"iss": null}),
        json!({"aud": "https://other.example"}),
        json!({"aud": null}),
        json!({"exp": NOW}),
        json!({"exp": null}),
        json!({"exp": NOW + 100_000}),
        json!({"nbf": NOW + 11}),
        json!({"iat": NOW + 61}),
        json!({"client_id": "other"}),
        json!({"request": "x.y.z"}),
        json!({"request_uri": "https://rp.example/r"}),
    ] {
        let refused = object(&world, json!({"kid": "k1"}), &changes).unwrap_err();
        assert_eq!(refused.code, Code::InvalidRequestObject, "{changes}");
    }
    for header in [
        json!({"kid": "k2"}),
        json!({"kid": "k1", "jku": "https://evil.example"}),
        json!({"kid": "k1", "x5u": "https://evil.example"}),
        json!({"kid": "k1", "jwk": {}}),
        json!({"kid": "k1", "typ": "at+jwt"}),
        json!({"kid": "k1", "crit": ["x"]}),
    ] {
        assert!(object(&world, header.clone(), &json!({})).is_err(), "{header}");
    }
}

#[test]
fn a_client_that_signs_its_requests_is_held_to_it() {
    let world = World::with(&json!({"require_signed_request_object": true}));
    assert_eq!(refusal(&world, Way::Front, &[]), (Code::InvalidRequest, false));
}
