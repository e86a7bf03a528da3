use super::*;
use aws_lc_rs::agreement::PrivateKey;
use proptest::prelude::*;

/// The recipient of RFC 7518 appendix C.
fn bob() -> (PublicKey, PrivateKey) {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    });
    let secret = URL_SAFE_NO_PAD.decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw").unwrap();
    (read_jwk(&jwk).unwrap(), PrivateKey::from_private_key(&ECDH_P256, &secret).unwrap())
}

fn agreed(own: &PrivateKey, peer: &PublicKey) -> Vec<u8> {
    let peer = UnparsedPublicKey::new(&ECDH_P256, peer.key_bits());
    agree(own, peer, JweError::Key, |shared| Ok(shared.to_vec())).unwrap()
}

fn sealed(content: ContentEncryption, text: &str) -> String {
    let recipient = Recipient { kid: Some("k1".to_owned()), public: bob().0, content };
    recipient.encrypt(text, &Drawn { ephemeral: [0xff; 32], vector: [7; 16] }).unwrap()
}

#[test]
fn the_key_is_that_of_the_standard_s_example() {
    // RFC 7518 appendix C has parties; the round itself is the same, so only the agreed secret is compared here.
    let alice = URL_SAFE_NO_PAD.decode("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo").unwrap();
    let alice = PrivateKey::from_private_key(&ECDH_P256, &alice).unwrap();
    let shared = agreed(&alice, &bob().0);
    assert_eq!(shared[..8], [158, 86, 217, 29, 129, 113, 53, 211]);
}

#[test]
fn what_is_sealed_is_read_by_its_recipient() {
    for content in ContentEncryption::ALL {
        let text = sealed(content, "header.payload.signature");
        assert!(is_jwe(&text));
        let jwe = Jwe::read(&text).unwrap();
        assert_eq!(jwe.kid.as_deref(), Some("k1"));
        let shared = agreed(&bob().1, &jwe.ephemeral);
        assert_eq!(jwe.open(&shared).unwrap(), "header.payload.signature");
    }
}

#[test]
fn a_changed_message_is_not_read() {
    for content in ContentEncryption::ALL {
        let text = sealed(content, "header.payload.signature");
        for part in [0, 2, 3, 4] {
            let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
            let flipped = if parts[part].ends_with('A') { "Q" } else { "A" };
            let kept = parts[part].len() - 1;
            parts[part].replace_range(kept.., flipped);
            let opened = Jwe::read(&parts.join(".")).and_then(|jwe| {
                let shared = agreed(&bob().1, &jwe.ephemeral);
                jwe.open(&shared)
            });
            assert!(opened.is_err(), "{content:?}, part {part}");
        }
        let other = PrivateKey::from_private_key(&ECDH_P256, &[9; 32]).unwrap();
        let jwe = Jwe::read(&text).unwrap();
        let shared = agreed(&other, &jwe.ephemeral);
        assert_eq!(jwe.open(&shared), Err(JweError::Decryption));
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    let text = sealed(ContentEncryption::A256Gcm, "x");
    let (_, rest) = text.split_once('.').unwrap();
    let with = |header: Value| Jwe::read(&format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string())));
    let epk = write_jwk(&bob().0);
    let header = |name: &str, value: Value| {
        let mut header = json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": epk});
        header[name] = value;
        header
    };
    assert!(with(header("typ", "JWT".into())).is_ok());
    for (name, value, wanted) in [
        ("alg", "dir".into(), JweError::Algorithm),
        ("alg", "RSA1_5".into(), JweError::Algorithm),
        ("enc", "A192GCM".into(), JweError::Algorithm),
        ("zip", "DEF".into(), JweError::Critical),
        ("crit", json!(["b64"]), JweError::Critical),
        ("apu", "QQ".into(), JweError::Critical),
        ("epk", json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), JweError::Key),
        ("epk", json!({"kty": "oct", "k": "AA"}), JweError::Key),
    ] {
        assert_eq!(with(header(name, value)).unwrap_err(), wanted, "{name}");
    }
    for text in ["", "....", "a.b.c.d.e", "a..b.c.d.e"] {
        assert_eq!(Jwe::read(text), Err(JweError::Malformed), "{text}");
    }
    assert_eq!(Jwe::read(&format!("{}....", "A".repeat(MAX_JWS_OCTETS))), Err(JweError::Malformed));
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let read = Jwe::read(&text);
        prop_assert!(read.is_err());
    }
}
