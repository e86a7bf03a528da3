//! Keys that may leave their token, and under what.

use std::collections::BTreeSet;

use hsm::{BackupMode, HsmError, KeyRole, Module, Pool, WrappedKey, make_wrapping_key};
use pki::{KeyId, KeyKind, PublicKey};

use crate::{SO_PIN, TOKEN, config, on_each_token, usable, with_token};

/// A token with a trusted wrapping key and a CA key of mode `wrap`, wrapped by it.
fn with_wrapped(test: &str, kind: KeyKind, body: impl FnOnce(&Pool, &KeyId, &PublicKey, &WrappedKey)) {
    with_token(test, |_| {
        let config = config();
        let (ca, wrapping) = (KeyId::new("ca"), KeyId::new("wrapping"));
        make_wrapping_key(&config.module, TOKEN, &SO_PIN.into(), &wrapping).unwrap();
        let again = make_wrapping_key(&config.module, TOKEN, &SO_PIN.into(), &wrapping);
        assert!(matches!(again, Err(HsmError::KeyExists { .. })), "{again:?}");

        let pool = usable(config);
        let public = pool.generate_with_backup(&ca, kind, KeyRole::Ca, BackupMode::Wrap).unwrap();
        let wrapped = pool.wrap_key(&ca, &wrapping).unwrap();
        assert_eq!(wrapped.public, public);
        body(&pool, &wrapping, &public, &wrapped);
    });
}

/// Such a key signs for a CA if a transcript names it, before it went out and after it came back.
#[test]
fn wrapped_ca_key_needs_a_transcript() {
    with_wrapped("backup::wrapped_ca_key_needs_a_transcript", KeyKind::EcP384, |pool, wrapping, public, wrapped| {
        let (ca, back) = (KeyId::new("ca"), KeyId::new("ca back"));
        pool.unwrap_key(&back, KeyRole::Ca, wrapped, wrapping).unwrap();
        let other = pool.generate(&KeyId::new("other"), KeyKind::EcP384, KeyRole::Ca).unwrap();
        assert_eq!(pool.attributes(&back).unwrap().local, Some(false));
        for key in [&ca, &back] {
            assert_eq!(pool.attributes(key).unwrap().backup(), BackupMode::Wrap);
            for transcribed in [BTreeSet::new(), BTreeSet::from([other.fingerprint()])] {
                let refused = pool.check_ca_key(key, public, &transcribed).unwrap_err();
                assert!(matches!(refused, HsmError::NoTranscript { .. }), "{refused}");
            }
            pool.check_ca_key(key, public, &BTreeSet::from([public.fingerprint()])).unwrap();
            pool.prove(key, public).unwrap();
            assert!(matches!(pool.prove(key, &other), Err(HsmError::WrongPublicKey { .. })));
        }
    });
}

#[test]
fn other_kinds_come_back_from_under_a_wrapping_key() {
    with_wrapped("backup::other_kinds_come_back_from_under_a_wrapping_key", KeyKind::EcP256, |pool, wrapping, _, _| {
        for kind in [KeyKind::Rsa3072, KeyKind::Rsa4096] {
            let (key, back) = (KeyId::new(format!("ca {kind}")), KeyId::new(format!("ca {kind} back")));
            let public = pool.generate_with_backup(&key, kind, KeyRole::Ca, BackupMode::Wrap).unwrap();
            pool.unwrap_key(&back, KeyRole::Ca, &pool.wrap_key(&key, wrapping).unwrap(), wrapping).unwrap();
            pool.prove(&back, &public).unwrap();
        }
    });
}

/// A backup that names another key, or was changed, leaves nothing behind.
#[test]
fn key_that_does_not_prove_itself_does_not_stay() {
    let test = "backup::key_that_does_not_prove_itself_does_not_stay";
    with_wrapped(test, KeyKind::EcP256, |pool, wrapping, _, wrapped| {
        let (back, other) = (KeyId::new("ca back"), KeyId::new("other"));
        let other = pool.generate(&other, KeyKind::EcP256, KeyRole::Ca).unwrap();
        let keys = pool.keys().unwrap();
        let renamed = WrappedKey { public: other, ..wrapped.clone() };
        let refused = pool.unwrap_key(&back, KeyRole::Ca, &renamed, wrapping).unwrap_err();
        assert!(matches!(refused, HsmError::Faulty { .. }), "{refused}");
        let mut changed = wrapped.clone();
        changed.content[9] ^= 1;
        pool.unwrap_key(&back, KeyRole::Ca, &changed, wrapping).unwrap_err();
        assert_eq!(pool.keys().unwrap(), keys);

        let taken = pool.unwrap_key(&KeyId::new("ca"), KeyRole::Ca, wrapped, wrapping).unwrap_err();
        assert!(matches!(taken, HsmError::KeyExists { .. }), "{taken}");
    });
}

/// The default mode: no wrapping key takes the key out.
#[test]
fn key_of_mode_clone_stays() {
    with_wrapped("backup::key_of_mode_clone_stays", KeyKind::EcP256, |pool, wrapping, _, _| {
        let key = KeyId::new("staying");
        pool.generate(&key, KeyKind::EcP256, KeyRole::Ca).unwrap();
        let refused = pool.wrap_key(&key, wrapping).unwrap_err().to_string();
        assert_eq!(refused, "C_WrapKey returned CKR_KEY_UNEXTRACTABLE");
    });
}

/// A key that could never be backed up is not made.
fn check_refused(pool: &Pool, kind: KeyKind, why: &str) {
    let before = pool.keys().unwrap();
    let error = pool.generate_with_backup(&KeyId::new("never"), kind, KeyRole::Ca, BackupMode::Wrap).unwrap_err();
    assert!(matches!(&error, HsmError::NoTrustedWrapping { detail } if detail == why), "{error}");
    assert_eq!(pool.keys().unwrap(), before);
}

#[test]
fn without_a_trusted_wrapping_key_there_is_no_mode_wrap() {
    on_each_token("backup::without_a_trusted_wrapping_key_there_is_no_mode_wrap", |config| {
        check_refused(&usable(config.clone()), KeyKind::EcP256, "it has no trusted wrapping key");
    });
}

/// `SoftHSM2` wraps no Ed25519 key; the embedded token knows the standard's later name of the mechanism only.
#[test]
fn kind_that_the_token_does_not_wrap_has_no_mode_wrap() {
    on_each_token("backup::kind_that_the_token_does_not_wrap_has_no_mode_wrap", |config| {
        make_wrapping_key(&config.module, TOKEN, &SO_PIN.into(), &KeyId::new("wrapping")).unwrap();
        let pool = usable(config.clone());
        if config.module == Module::Embedded {
            check_refused(&pool, KeyKind::EcP256, "C_WrapKey returned CKR_MECHANISM_INVALID");
        } else {
            check_refused(&pool, KeyKind::Ed25519, "C_WrapKey returned CKR_KEY_NOT_WRAPPABLE");
        }
    });
}
