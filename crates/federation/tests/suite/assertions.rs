//! Who calls: client assertions and what is wrong with them.

use crate::world::{ISSUER, NOW, World, clock, form};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use federation::oidc::authentication::{Proven, claimed, prove};
use federation::oidc::{Code, OidcError};
use serde_json::{Value, json};

const TOKEN: &str = "https://op.example/oidc/token";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn call(world: &World, assertion: &str) -> Result<Proven, OidcError> {
    let parameters = form(&[("client_assertion_type", TYPE), ("client_assertion", assertion)]);
    prove(&world.client, &parameters, None, (&world.provider, TOKEN), clock())
}

#[test]
fn a_good_assertion_proves_the_client_and_is_remembered() {
    let world = World::new();
    let proven = call(&world, &world.assertion(&json!({}))).unwrap();
    let remember = proven.remember.unwrap();
    assert_eq!((remember.until.unix(), remember.id.as_str()), (NOW + 60, "rp\nj1"));
    for audience in [json!(TOKEN), json!([ISSUER]), json!(["x", TOKEN])] {
        assert!(call(&world, &world.assertion(&json!({"aud": audience}))).is_ok(), "{audience}");
    }
}

/// RFC 7523 section 3, OpenID Connect Core section 9.
#[test]
fn an_assertion_that_is_not_the_client_s_now_and_here_is_refused() {
    let world = World::new();
    for changes in [
        json!({"iss": "other"}),
        json!({"sub": "other"}),
        json!({"iss": null}),
        json!({"aud": "https://other.example"}),
        json!({"aud": null}),
        json!({"aud": 7}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": "x".repeat(300)}),
        json!({"exp": NOW}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"exp": NOW + 601}),
        json!({"iat": NOW + 61}),
        json!({"nbf": NOW + 61}),
        json!({"nbf": "now"}),
    ] {
        let refused = call(&world, &world.assertion(&changes)).unwrap_err();
        assert_eq!(refused.code, Code::InvalidClient, "{changes}");
    }
    assert!(call(&world, &world.assertion(&json!({"iat": NOW + 10, "nbf": NOW + 10}))).is_ok(), "clocks differ");
}

/// FAPI 2.0 section 5.3.2.1: the issuer as a string, and nothing else.
#[test]
fn fapi_takes_the_issuer_as_the_only_audience() {
    let world = World::with(&json!({"security_profile": "fapi2"}));
    assert!(call(&world, &world.assertion(&json!({}))).is_ok());
    for audience in [json!(TOKEN), json!([ISSUER]), json!([ISSUER, TOKEN])] {
        assert!(call(&world, &world.assertion(&json!({"aud": audience}))).is_err(), "{audience}");
    }
}

/// An assertion cannot choose how it is checked.
#[test]
fn algorithms_and_keys_are_not_the_sender_s_choice() {
    let world = World::new();
    let good = world.assertion(&json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let with = |header: Value| format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1], parts[2]);
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "k1"}),
        json!({"alg": "RS256", "kid": "k1"}),
        json!({"alg": "ES384", "kid": "k1"}),
        json!({"alg": "ES256", "kid": "other"}),
        json!({"alg": "ES256", "kid": "k1", "jku": "https://evil.example/keys"}),
        json!({"alg": "ES256", "kid": "k1", "typ": "changed"}),
    ] {
        assert!(call(&world, &with(header.clone())).is_err(), "{header}");
    }
    assert!(call(&world, &format!("{}.{}.", parts[0], parts[1])).is_err());
}

#[test]
fn nobody_is_two_clients_and_nobody_has_a_secret() {
    let world = World::new();
    let assertion = world.assertion(&json!({}));
    assert_eq!(claimed(&form(&[("client_assertion", &assertion)])), Ok("rp".to_owned()));
    let two = claimed(&form(&[("client_assertion", &assertion), ("client_id", "other")]));
    assert_eq!(two.unwrap_err().code, Code::InvalidClient);
    assert_eq!(claimed(&form(&[])).unwrap_err().code, Code::InvalidClient);
    let parameters =
        form(&[("client_assertion_type", TYPE), ("client_assertion", &assertion), ("client_secret", "wrong")]);
    let refused = prove(&world.client, &parameters, None, (&world.provider, TOKEN), clock()).unwrap_err();
    assert_eq!(refused.code, Code::InvalidClient);
    let other_type = form(&[("client_assertion_type", "saml"), ("client_assertion", &assertion)]);
    assert!(prove(&world.client, &other_type, None, (&world.provider, TOKEN), clock()).is_err());
}
