//! The code for tokens.

use crate::world::{ISSUER, NOW, REDIRECT, VERIFIER, World, form, parameters};
use federation::oidc::Code;
use federation::oidc::authorization::Way;
use federation::oidc::claims::Release;
use federation::oidc::jwt::Frame;
use federation::oidc::token::{Binding, CodeExchange, Exchange, Grant, Held};
use pki::Signer;
use pki::jose::{JoseAlgorithm, read_compact};
use serde_json::{Map, Value};

fn grant(world: &World) -> Grant {
    Grant {
        request: world.read(Way::Front, &parameters(&[])).unwrap(),
        sub: "s1".into(),
        acr: "http://id.swedenconnect.se/loa/1.0/uncertified-loa3".into(),
        amr: vec!["sc".into()],
        auth_time: NOW - 5,
        sid: "sid1".into(),
        release: Release::default(),
        binding: None,
    }
}

fn exchange(changes: &[(&str, &str)]) -> Result<CodeExchange, Code> {
    let mut all = vec![
        ("grant_type", "authorization_code"),
        ("code", "c1"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        all.push((name, value));
    }
    match Exchange::read(&form(&all)).map_err(|error| error.code)? {
        Exchange::Code(exchange) => Ok(exchange),
        Exchange::Refresh { .. } => panic!("a code was brought"),
    }
}

#[test]
fn the_code_belongs_to_client_address_and_verifier() {
    let grant = grant(&World::new());
    assert_eq!(exchange(&[]).unwrap().check(&grant, "rp"), Ok(()));
    assert_eq!(exchange(&[]).unwrap().check(&grant, "other").unwrap_err().code, Code::InvalidGrant);
    let verifier = VERIFIER.replace('d', "e");
    for (name, value) in [
        ("redirect_uri", "https://rp.example/cb"),
        ("code_verifier", "short"),
        ("code_verifier", &verifier),
        ("code_verifier", crate::world::CHALLENGE),
    ] {
        let refused = exchange(&[(name, value)]).unwrap().check(&grant, "rp").unwrap_err();
        assert_eq!(refused.code, Code::InvalidGrant, "{name}");
    }
    assert_eq!(exchange(&[("grant_type", "password")]), Err(Code::UnsupportedGrantType));
    for name in ["code", "redirect_uri", "code_verifier", "grant_type"] {
        assert_eq!(exchange(&[(name, "")]), Err(Code::InvalidRequest), "{name}");
    }
}

/// RFC 6749 section 6, OpenID Connect Core section 12.
#[test]
fn a_refresh_gives_no_more_than_the_login() {
    let (token, scope) = (("refresh_token", "r1"), ("scope", "openid"));
    let read = Exchange::read(&form(&[("grant_type", "refresh_token"), token, scope])).unwrap();
    let Exchange::Refresh { token, scopes } = read else { panic!("a refresh token was brought") };
    assert_eq!(token, "r1");
    let missing = Exchange::read(&form(&[("grant_type", "refresh_token")])).unwrap_err();
    assert_eq!(missing.code, Code::InvalidRequest);

    let grant = Grant { binding: Some(Binding::Proof("jkt".into())), ..grant(&World::new()) };
    let held = Held { jkt: Some("jkt".into()), certificate: None };
    let fresh = grant.clone().refreshed(scopes, &held).unwrap();
    assert_eq!((fresh.request.scopes.len(), fresh.request.nonce), (1, None));
    assert_eq!(grant.clone().refreshed(None, &held).unwrap().request.scopes, grant.request.scopes);
    let stolen = grant.clone().refreshed(None, &Held::default()).unwrap_err();
    assert_eq!(stolen.code, Code::InvalidGrant, "bound to a key");
    for scopes in [&["openid", "address"][..], &["https://id.oidc.se/scope/naturalPersonInfo"]] {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        assert_eq!(grant.clone().refreshed(Some(scopes), &held).unwrap_err().code, Code::InvalidScope);
    }
}

/// OpenID Connect Core section 2, OIDC Sweden section 3.1.
#[test]
fn an_id_token_says_who_when_how_and_for_whom() {
    let world = World::new();
    let frame = Frame { kid: "k", algorithm: JoseAlgorithm::Es256, issuer: ISSUER, audience: "rp", now: NOW };
    // The example of OpenID Connect Core appendix A.3.
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let draft = frame.id_token(&grant(&world), token, Map::new()).unwrap();
    let signature = world.keys.sign(&world.key, draft.algorithm(), draft.message()).unwrap();
    let jws = read_compact(&draft.finish(signature).unwrap()).unwrap();
    jws.verify(&world.keys.public(&world.key)).unwrap();
    let claims: Value = serde_json::from_slice(&jws.payload).unwrap();
    assert_eq!((&claims["iss"], &claims["aud"], &claims["sub"]), (&ISSUER.into(), &"rp".into(), &"s1".into()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!((&claims["auth_time"], &claims["nonce"]), (&(NOW - 5).into(), &"n1".into()));
    assert_eq!(claims["at_hash"], "77QmUPtjPfzWtF2AnpK9RQ");
    assert!(claims.get("name").is_none());
}
