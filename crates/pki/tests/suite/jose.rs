//! Compact JWS with every algorithm, and those that must not pass; keys as JWK.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::jose::{JoseError, JwkError, MAX_JWS_OCTETS, read_compact, read_jwk, sign_compact, thumbprint, write_jwk};
use pki::{KeyError, KeyKind, SignError, SignatureAlgorithm};
use serde_json::json;
use testkit::SoftSigner;

const KINDS: [(KeyKind, SignatureAlgorithm, &str); 5] = [
    (KeyKind::EcP256, SignatureAlgorithm::EcdsaSha256, "ES256"),
    (KeyKind::EcP384, SignatureAlgorithm::EcdsaSha384, "ES384"),
    (KeyKind::Ed25519, SignatureAlgorithm::Ed25519, "EdDSA"),
    (KeyKind::Rsa2048, SignatureAlgorithm::RsaPkcs1Sha256, "RS256"),
    (KeyKind::Rsa2048, SignatureAlgorithm::RsaPssSha256, "PS256"),
];

#[test]
fn what_is_signed_verifies_with_this_key_only() {
    let mut keys = SoftSigner::new();
    let stranger = keys.add("stranger", KeyKind::EcP256);
    for (kind, algorithm, name) in KINDS {
        let key = keys.add("jws", kind);
        // Leading zeros in r or s come once in 128 signatures.
        for round in 0..if kind.is_rsa() { 1 } else { 300 } {
            let payload = format!("payload {round}");
            let jws = sign_compact(json!({"typ": "test"}), payload.as_bytes(), &key, algorithm, &keys).unwrap();
            let read = read_compact(&jws).unwrap();
            assert_eq!(read.header["alg"], name);
            assert_eq!(read.payload, payload.as_bytes());
            assert_eq!(read.verify(&keys.public(&key)), Ok(()), "{name}");
            assert!(read.verify(&keys.public(&stranger)).is_err(), "{name}");
        }
    }
}

#[test]
fn headers_that_choose_for_us_are_refused() {
    let encode = |header: &str| {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(header), encode("payload"), encode("signature"))
    };
    for (header, refused) in [
        (r#"{"alg":"none"}"#, JoseError::Algorithm),
        (r#"{"alg":"HS256"}"#, JoseError::Algorithm),
        (r#"{"alg":"es256"}"#, JoseError::Algorithm),
        (r#"{"alg":7}"#, JoseError::Algorithm),
        ("{}", JoseError::Algorithm),
        (r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, JoseError::Critical),
        ("[]", JoseError::Malformed),
        ("", JoseError::Malformed),
    ] {
        assert_eq!(read_compact(&encode(header)), Err(refused), "{header}");
    }
    for text in ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.=", &"a".repeat(20)] {
        assert!(read_compact(text).is_err(), "{text}");
    }
    let octets = MAX_JWS_OCTETS + 1;
    assert_eq!(read_compact(&"a".repeat(octets)), Err(JoseError::Oversized { octets }));
}

#[test]
fn the_algorithm_is_never_taken_from_the_caller_twice() {
    let mut keys = SoftSigner::new();
    let key = keys.add("jws", KeyKind::EcP256);
    for header in [json!({"alg": "ES256"}), json!([])] {
        let refused = sign_compact(header, b"", &key, SignatureAlgorithm::EcdsaSha256, &keys);
        assert!(matches!(refused, Err(SignError::Refused { .. })));
    }
}

#[test]
fn the_first_certificate_of_x5c_is_given() {
    let mut keys = SoftSigner::new();
    let key = keys.add("jws", KeyKind::EcP256);
    let sign = |header| sign_compact(header, b"", &key, SignatureAlgorithm::EcdsaSha256, &keys).unwrap();
    assert_eq!(read_compact(&sign(json!({"x5c": ["AQID", "BA=="]}))).unwrap().x5c(), Some(vec![1, 2, 3]));
    for header in [json!({}), json!({"x5c": []}), json!({"x5c": [7]}), json!({"x5c": ["_"]})] {
        assert_eq!(read_compact(&sign(header)).unwrap().x5c(), None);
    }
}

#[test]
fn every_kind_comes_back_as_it_went() {
    let mut keys = SoftSigner::new();
    for kind in [KeyKind::EcP256, KeyKind::EcP384, KeyKind::Ed25519, KeyKind::Rsa2048] {
        let id = keys.add("jwk", kind);
        assert_eq!(read_jwk(&write_jwk(&keys.public(&id))), Ok(keys.public(&id)));
    }
}

/// The example of RFC 7638 section 3.1.
#[test]
fn the_thumbprint_is_that_of_the_standard() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
             tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1\
             n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let key = read_jwk(&json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})).unwrap();
    assert_eq!(thumbprint(&key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn what_is_no_public_key_is_refused() {
    let zeros = |octets: usize| URL_SAFE_NO_PAD.encode(vec![0; octets]);
    for (jwk, refused) in [
        (json!({}), JwkError::Member("kty")),
        (json!({"kty": "oct", "k": "AAAA"}), JwkError::Secret),
        (json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}), JwkError::Secret),
        (json!({"kty": "EC", "crv": "P-256", "x": zeros(31), "y": zeros(32)}), JwkError::Member("x")),
        (json!({"kty": "EC", "crv": "P-256", "x": zeros(32), "y": 7}), JwkError::Member("y")),
        (json!({"kty": "EC", "crv": "P-256", "x": zeros(32), "y": zeros(32)}), JwkError::Key(KeyError::NotOnCurve)),
        (json!({"kty": "EC", "crv": "secp256k1", "x": zeros(32), "y": zeros(32)}), JwkError::Unsupported),
        (json!({"kty": "RSA", "n": zeros(128), "e": "AQAB"}), JwkError::Key(KeyError::Malformed)),
    ] {
        let found = read_jwk(&jwk);
        if let JwkError::Key(_) = refused {
            assert!(matches!(found, Err(JwkError::Key(_))), "{jwk}: {found:?}");
        } else {
            assert_eq!(found, Err(refused), "{jwk}");
        }
    }
}
