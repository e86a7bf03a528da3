//! Proofs of possession, and tokens that are bound to a key (RFC 9449, RFC 8705).

use crate::world::{NOW, World, changed, clock, parameters};
use federation::oidc::Code;
use federation::oidc::authorization::Way;
use federation::oidc::dpop::{Proof, Request, verify};
use federation::oidc::token::{Binding, Held};
use pki::jose::{thumbprint, write_jwk};
use serde_json::{Value, json};

const TOKEN: &str = "https://op.example/oidc/token";

fn proof(world: &World, header: &Value, claims: &Value, access_token: Option<&str>) -> Result<Proof, Code> {
    let good = json!({"typ": "dpop+jwt", "jwk": write_jwk(&world.keys.public(&world.key))});
    let honest = json!({"jti": "p1", "htm": "POST", "htu": TOKEN, "iat": NOW});
    let jws = world.sign(changed(good, header), &changed(honest, claims));
    verify(&jws, Request { method: "POST", address: TOKEN, access_token }, clock()).map_err(|error| error.code)
}

#[test]
fn a_proof_names_its_key_by_thumbprint_and_is_remembered() {
    let world = World::new();
    let found = proof(&world, &json!({}), &json!({}), None).unwrap();
    assert_eq!(found.jkt, thumbprint(&world.keys.public(&world.key)));
    assert!(found.remember.until.unix() > NOW + 60 && found.remember.id.contains("p1"));
    assert!(proof(&world, &json!({}), &json!({"htu": format!("{TOKEN}?x#y")}), None).is_ok(), "query does not count");
    let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"; // RFC 9449 section 7.1
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    assert!(proof(&world, &json!({}), &json!({"ath": ath}), Some(token)).is_ok());
    assert!(proof(&world, &json!({}), &json!({"ath": ath}), Some("other")).is_err());
    assert!(proof(&world, &json!({}), &json!({}), Some(token)).is_err());
}

#[test]
fn a_proof_for_something_else_is_refused() {
    let world = World::new();
    for claims in [
        json!({"htm": "GET"}),
        json!({"htu": "https://op.example/oidc/userinfo"}),
        json!({"htu": "https://evil.example/oidc/token"}),
        json!({"iat": NOW - 61}),
        json!({"iat": NOW + 11}),
        json!({"iat": null}),
        json!({"jti": null}),
        json!({"jti": "x".repeat(300)}),
    ] {
        assert_eq!(proof(&world, &json!({}), &claims, None), Err(Code::InvalidDpopProof), "{claims}");
    }
    let other = World::new();
    let mut strange = other.keys;
    let stranger = strange.add("stranger", pki::KeyKind::EcP256);
    for header in [
        json!({"typ": "JWT"}),
        json!({"typ": null}),
        json!({"jwk": null}),
        json!({"jwk": {"kty": "oct", "k": "AAAA"}}),
        json!({"jwk": write_jwk(&strange.public(&stranger))}),
    ] {
        assert_eq!(proof(&world, &header, &json!({}), None), Err(Code::InvalidDpopProof), "{header}");
    }
}

fn held(jkt: Option<&str>, certificate: Option<&str>) -> Held {
    Held { jkt: jkt.map(str::to_owned), certificate: certificate.map(str::to_owned) }
}

/// FAPI 2.0 section 5.3.2.1: tokens of these clients are bound, by proof or certificate.
#[test]
fn tokens_of_fapi_clients_are_bound() {
    let (free, fapi) = (World::new(), World::with(&json!({"security_profile": "fapi2"})));
    let decide = |world: &World, changes: &[(&str, &str)], held: &Held| {
        let request = world.read(Way::Pushed, &parameters(changes)).unwrap();
        Binding::decide(&world.client, &request, held)
    };
    assert_eq!(decide(&free, &[], &held(None, None)), Ok(None));
    assert_eq!(decide(&free, &[], &held(None, Some("c"))), Ok(None));
    assert_eq!(decide(&free, &[], &held(Some("k"), None)), Ok(Some(Binding::Proof("k".into()))));
    assert_eq!(decide(&fapi, &[], &held(None, None)).unwrap_err().code, Code::InvalidDpopProof);
    assert_eq!(decide(&fapi, &[], &held(None, Some("c"))), Ok(Some(Binding::Certificate("c".into()))));
    let named = [("dpop_jkt", "k")];
    assert_eq!(decide(&fapi, &named, &held(Some("k"), None)), Ok(Some(Binding::Proof("k".into()))));
    for other in [held(Some("l"), None), held(None, Some("c")), held(None, None)] {
        assert_eq!(decide(&fapi, &named, &other).unwrap_err().code, Code::InvalidGrant);
    }
}

#[test]
fn a_bound_token_is_worth_nothing_without_its_key() {
    let (proof, certificate) = (Binding::Proof("k".into()), Binding::Certificate("c".into()));
    for (binding, shown, met) in [
        (None, held(None, None), true),
        (None, held(Some("k"), None), false),
        (Some(&proof), held(Some("k"), None), true),
        (Some(&proof), held(Some("l"), None), false),
        (Some(&proof), held(None, Some("c")), false),
        (Some(&proof), held(None, None), false),
        (Some(&certificate), held(None, Some("c")), true),
        (Some(&certificate), held(None, Some("d")), false),
        (Some(&certificate), held(None, None), false),
    ] {
        assert_eq!(Binding::is_met(binding, &shown), met, "{binding:?} {shown:?}");
    }
}
