//! Kinds of keys, algorithms and attributes.

use std::collections::BTreeSet;

use hsm::{HsmError, KeyRole, Pool};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::{X509, X509Name};
use pki::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm as Algorithm, Signer};

use crate::{TOKEN, config, config_through, on_each_token, usable, with_token};

/// No transcript names any key.
const NONE: BTreeSet<[u8; 32]> = BTreeSet::new();
const MESSAGE: &[u8] = b"what OpenSSL is asked to verify";

/// OpenSSL's verdict.
fn openssl_accepts(public: &PublicKey, algorithm: Algorithm, signature: &[u8]) -> bool {
    let key = PKey::public_key_from_der(public.spki()).unwrap();
    let digest = match algorithm {
        Algorithm::EcdsaSha256 | Algorithm::RsaPkcs1Sha256 | Algorithm::RsaPssSha256 => MessageDigest::sha256(),
        Algorithm::EcdsaSha384 | Algorithm::RsaPkcs1Sha384 | Algorithm::RsaPssSha384 => MessageDigest::sha384(),
        Algorithm::RsaPkcs1Sha512 | Algorithm::RsaPssSha512 => MessageDigest::sha512(),
        Algorithm::Ed25519 => {
            let mut verifier = Verifier::new_without_digest(&key).unwrap();
            return verifier.verify_oneshot(signature, MESSAGE).unwrap();
        }
    };
    let mut verifier = Verifier::new(digest, &key).unwrap();
    if matches!(algorithm, Algorithm::RsaPssSha256 | Algorithm::RsaPssSha384 | Algorithm::RsaPssSha512) {
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        verifier.set_rsa_mgf1_md(digest).unwrap();
    }
    verifier.verify_oneshot(signature, MESSAGE).unwrap()
}

const ECDSA: &[Algorithm] = &[Algorithm::EcdsaSha256, Algorithm::EcdsaSha384];
const RSA: &[Algorithm] = &[
    Algorithm::RsaPkcs1Sha256,
    Algorithm::RsaPkcs1Sha384,
    Algorithm::RsaPkcs1Sha512,
    Algorithm::RsaPssSha256,
    Algorithm::RsaPssSha384,
    Algorithm::RsaPssSha512,
];
const KINDS: [(KeyKind, &[Algorithm]); 6] = [
    (KeyKind::EcP256, ECDSA),
    (KeyKind::EcP384, ECDSA),
    (KeyKind::Ed25519, &[Algorithm::Ed25519]),
    (KeyKind::Rsa2048, RSA),
    (KeyKind::Rsa3072, RSA),
    (KeyKind::Rsa4096, RSA),
];
const ROLES: [KeyRole; 3] = [KeyRole::Ca, KeyRole::OcspSigner, KeyRole::Card];

fn check_kind(pool: &Pool, kind: KeyKind, algorithms: &[Algorithm], role: KeyRole) {
    let key = KeyId::new(format!("{kind} {role:?}"));
    let public = pool.generate(&key, kind, role).unwrap();
    assert_eq!(public.kind(), kind);
    assert_eq!(pool.public_key(&key).unwrap(), public);
    for &algorithm in algorithms {
        let signature = pool.sign(&key, algorithm, MESSAGE).unwrap();
        assert!(openssl_accepts(&public, algorithm, &signature), "{key} {algorithm:?}");
    }
    let misfit = if kind == KeyKind::Ed25519 { Algorithm::EcdsaSha256 } else { Algorithm::Ed25519 };
    assert!(matches!(pool.sign(&key, misfit, MESSAGE), Err(SignError::Refused { .. })));
}

#[test]
fn openssl_accepts_every_kind_algorithm_and_role() {
    on_each_token("keys::openssl_accepts_every_kind_algorithm_and_role", |config| {
        let pool = usable(config.clone());
        for (kind, algorithms) in KINDS {
            for role in ROLES {
                check_kind(&pool, kind, algorithms, role);
            }
        }
        assert_eq!(pool.keys().unwrap().len(), KINDS.len() * ROLES.len());
    });
}

/// Several that are asked for at the same time all come about.
#[test]
fn keys_generated_at_once_all_come_about() {
    on_each_token("keys::keys_generated_at_once_all_come_about", |config| {
        let pool = usable(config.clone());
        std::thread::scope(|scope| {
            for caller in 0..6 {
                let pool = &pool;
                scope.spawn(move || {
                    for number in 0..4 {
                        let key = KeyId::new(format!("{caller}-{number}"));
                        let (kind, role) = match caller {
                            0 => (KeyKind::Rsa3072, KeyRole::TokenSigner),
                            1 => (KeyKind::EcP256, KeyRole::Agreement),
                            _ => (KeyKind::EcP256, KeyRole::TimeStamper),
                        };
                        pool.generate(&key, kind, role).unwrap();
                    }
                });
            }
        });
        assert_eq!(pool.keys().unwrap().len(), 24);
    });
}

#[test]
fn ca_key_is_held_to_its_attributes_and_its_certificate() {
    on_each_token("keys::ca_key_is_held_to_its_attributes_and_its_certificate", |config| {
        let pool = usable(config.clone());
        let (ca, ocsp) = (KeyId::new("ca"), KeyId::new("ocsp"));
        let ca_public = pool.generate(&ca, KeyKind::EcP384, KeyRole::Ca).unwrap();
        let ocsp_public = pool.generate(&ocsp, KeyKind::EcP256, KeyRole::OcspSigner).unwrap();

        pool.check_ca_key(&ca, &ca_public, &NONE).unwrap();
        let attributes = pool.attributes(&ca).unwrap();
        assert_eq!(attributes.copyable, Some(false));
        assert_eq!(attributes.modifiable, Some(false));
        assert_eq!(attributes.generation_mechanism.as_deref(), Some("CKM_EC_KEY_PAIR_GEN"));

        let wrong = pool.check_ca_key(&ocsp, &ocsp_public, &NONE).unwrap_err();
        assert!(matches!(wrong, HsmError::WrongAttribute { attribute: "CKA_COPYABLE", .. }), "{wrong}");
        let other = pool.generate(&KeyId::new("ca 2"), KeyKind::EcP384, KeyRole::Ca).unwrap();
        assert!(matches!(pool.check_ca_key(&ca, &other, &NONE), Err(HsmError::WrongPublicKey { .. })));
    });
}

/// A key that came from outside is not a CA key, whatever its label says.
#[test]
fn imported_key_is_no_ca_key() {
    with_token("keys::imported_key_is_no_ca_key", |folder| {
        let curve = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let outside = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
        let file = folder.root().join("outside.pem");
        std::fs::write(&file, outside.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let imported = std::process::Command::new("softhsm2-util")
            .args(["--import", file.to_str().unwrap(), "--token", TOKEN, "--label", "ca", "--id", "01"])
            .args(["--pin", crate::PIN])
            .output()
            .unwrap();
        assert!(imported.status.success(), "{imported:?}");

        let pool = usable(config());
        let public = PublicKey::from_spki(&outside.public_key_to_der().unwrap()).unwrap();
        let refused = pool.check_ca_key(&KeyId::new("ca"), &public, &NONE).unwrap_err();
        assert!(matches!(refused, HsmError::WrongAttribute { attribute: "CKA_LOCAL", .. }), "{refused}");
    });
}

#[test]
fn label_is_given_once() {
    on_each_token("keys::label_is_given_once", |config| {
        let pool = usable(config.clone());
        let key = KeyId::new("once");
        pool.generate(&key, KeyKind::EcP256, KeyRole::Holder).unwrap();
        let again = pool.generate(&key, KeyKind::EcP256, KeyRole::Holder);
        assert!(matches!(again, Err(HsmError::KeyExists { .. })));
        let absent = crate::sign(&pool, &KeyId::new("never"));
        assert_eq!(absent, Err(SignError::NoSuchKey { key: KeyId::new("never") }));
    });
}

#[test]
fn agreement_is_what_openssl_derives() {
    on_each_token("keys::agreement_is_what_openssl_derives", |config| {
        let pool = usable(config.clone());
        for (kind, curve) in [(KeyKind::EcP256, Nid::X9_62_PRIME256V1), (KeyKind::EcP384, Nid::SECP384R1)] {
            let key = KeyId::new(format!("agree {kind}"));
            let public = pool.generate(&key, kind, KeyRole::Agreement).unwrap();
            let ours = PKey::public_key_from_der(public.spki()).unwrap();
            let curve = EcGroup::from_curve_name(curve).unwrap();
            let peer = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
            let peer_public = PublicKey::from_spki(&peer.public_key_to_der().unwrap()).unwrap();

            let mut judge = Deriver::new(&peer).unwrap();
            judge.set_peer(&ours).unwrap();
            assert_eq!(*pool.derive(&key, &peer_public).unwrap(), judge.derive_to_vec().unwrap());
            // It agrees and does nothing else.
            assert!(matches!(crate::sign(&pool, &key), Err(SignError::Refused { .. })));
        }
        let (p256, p384) = (KeyId::new("agree ec-p256"), KeyId::new("agree ec-p384"));
        let other = pool.public_key(&p384).unwrap();
        assert!(matches!(pool.derive(&p256, &other), Err(HsmError::WrongKind { .. })));
    });
}

#[test]
fn token_is_made_and_found_by_label() {
    on_each_token("keys::token_is_made_and_found_by_label", |config| {
        let initialise = || hsm::init_token(&config.module, "made here", &"87654321".into(), &"135790".into());
        let made = initialise().unwrap();
        assert_eq!(made.label, "made here");
        assert!(!made.serial.is_empty());
        assert!(matches!(initialise(), Err(HsmError::TokenExists { .. })));
        assert_eq!(hsm::tokens(&config.module).unwrap().iter().filter(|token| **token == made).count(), 1);

        let (first, mut second) = (usable(config.clone()), config.clone());
        second.token_label = made.label;
        second.token_serial = Some(made.serial);
        second.pin = "135790".into();
        let second = usable(second);
        second.generate(&KeyId::new("k"), KeyKind::EcP256, KeyRole::Ca).unwrap();
        assert!(first.keys().unwrap().is_empty());
        assert_eq!(second.keys().unwrap(), [KeyId::new("k")]);
    });
}

/// A mechanism that a token lacks is named, at once, and nothing is left behind; the pool goes on.
#[test]
fn mechanism_that_the_token_lacks_is_named() {
    with_token("keys::mechanism_that_the_token_lacks_is_named", |folder| {
        let pool = usable(config_through(folder.fault_module().unwrap()));
        let key = KeyId::new("k");
        folder.set_faults("C_GenerateKeyPair rv 0x70\n").unwrap();
        let lacking = pool.generate(&key, KeyKind::Ed25519, KeyRole::Ca).unwrap_err().to_string();
        assert_eq!(lacking, "C_GenerateKeyPair returned CKR_MECHANISM_INVALID");
        folder.set_faults("").unwrap();
        pool.generate(&key, KeyKind::Rsa3072, KeyRole::Ca).unwrap();
        folder.set_faults("C_SignInit rv 0x70\n").unwrap();
        let Err(SignError::Refused { detail }) = pool.sign(&key, Algorithm::RsaPssSha256, MESSAGE) else {
            panic!("a signature without its mechanism")
        };
        assert_eq!(detail, "C_SignInit returned CKR_MECHANISM_INVALID");
        folder.set_faults("").unwrap();
        pool.sign(&key, Algorithm::RsaPkcs1Sha256, MESSAGE).unwrap();
    });
}

/// A certificate for `subject`, signed by nobody in particular: the token does not judge it.
fn certificate_for(subject: &PKeyRef<Public>, name: &str) -> Vec<u8> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let issuer = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let mut common_name = X509Name::builder().unwrap();
    common_name.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let common_name = common_name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(4711).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&common_name).unwrap();
    builder.set_issuer_name(&common_name).unwrap();
    builder.set_pubkey(subject).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1_800_000_000).unwrap()).unwrap();
    builder.sign(&issuer, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

#[test]
fn certificate_stands_beside_its_own_key_only() {
    on_each_token("keys::certificate_stands_beside_its_own_key_only", |config| {
        let pool = usable(config.clone());
        let (key, other) = (KeyId::new("card auth"), KeyId::new("card sign"));
        let public = pool.generate(&key, KeyKind::EcP256, KeyRole::Card).unwrap();
        pool.generate(&other, KeyKind::EcP256, KeyRole::Card).unwrap();
        let subject = PKey::public_key_from_der(public.spki()).unwrap();
        assert_eq!(pool.certificate(&key).unwrap(), None);

        for name in ["first", "renewed"] {
            let der = certificate_for(&subject, name);
            pool.import_certificate(&key, &der).unwrap();
            assert_eq!(pool.certificate(&key).unwrap(), Some(der));
        }
        let der = certificate_for(&subject, "misplaced");
        assert!(matches!(pool.import_certificate(&other, &der), Err(HsmError::WrongPublicKey { .. })));
        assert!(matches!(pool.import_certificate(&key, b"no DER"), Err(HsmError::Certificate { .. })));
    });
}
