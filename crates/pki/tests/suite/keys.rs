//! Public keys: what is accepted, and signatures of OpenSSL.

use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer as OpensslSigner};
use pki::{BadSignature, KeyError, KeyKind, PublicKey, SignatureAlgorithm};

/// DER of an RSA SubjectPublicKeyInfo with these numbers.
pub(crate) fn rsa_spki(modulus: &BigNum, exponent: u32) -> Vec<u8> {
    let exponent = BigNum::from_u32(exponent).unwrap();
    let rsa = Rsa::from_public_components((**modulus).to_owned().unwrap(), exponent).unwrap();
    rsa.public_key_to_der().unwrap()
}

/// An odd number of this many bits without a factor below 128.
fn modulus(bits: i32) -> BigNum {
    let prime = |bits| {
        let mut prime = BigNum::new().unwrap();
        prime.generate_prime(bits, false, None, None).unwrap();
        prime
    };
    let mut product = BigNum::new().unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    product.checked_mul(&prime(bits / 2), &prime(bits - bits / 2), &mut context).unwrap();
    product
}

#[test]
fn rsa_keys_are_judged_by_their_numbers() {
    let good = modulus(2048);
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    // Two primes with their two highest bits set, times 15, always have 2048 bits.
    let mut with_factor = BigNum::new().unwrap();
    with_factor.checked_mul(&modulus(2044), &BigNum::from_u32(15).unwrap(), &mut context).unwrap();
    let mut even = good.to_owned().unwrap();
    even.clear_bit(0).unwrap();
    for (modulus, exponent, wanted) in [
        (&good, 65_537, Ok(KeyKind::Rsa2048)),
        (&good, 65_539, Ok(KeyKind::Rsa2048)),
        (&good, 3, Err(KeyError::BadExponent)),
        (&good, 65_538, Err(KeyError::BadExponent)),
        (&good, 1, Err(KeyError::BadExponent)),
        (&modulus(1024), 65_537, Err(KeyError::WeakRsa { bits: 1024 })),
        (&modulus(2560), 65_537, Err(KeyError::UnsupportedRsaSize { bits: 2560 })),
        (&with_factor, 65_537, Err(KeyError::WeakModulus)),
        (&even, 65_537, Err(KeyError::WeakModulus)),
    ] {
        let found = PublicKey::from_spki(&rsa_spki(modulus, exponent)).map(|key| key.kind());
        assert_eq!(found, wanted, "{} bits, exponent {exponent}", modulus.num_bits());
    }
}

/// A number with the structure of the faulty generator: a power of 65537 modulo the product of small primes.
pub(crate) fn faulty_modulus() -> BigNum {
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let mut primorial = BigNum::from_u32(2).unwrap();
    for odd in (3..=167_u32).step_by(2).filter(|n| (3..*n).step_by(2).all(|d| n % d != 0)) {
        primorial.mul_word(odd).unwrap();
    }
    let mut power = BigNum::new().unwrap();
    power
        .mod_exp(&BigNum::from_u32(65_537).unwrap(), &BigNum::from_u32(77).unwrap(), &primorial, &mut context)
        .unwrap();
    let mut factor = BigNum::new().unwrap();
    factor.lshift(&BigNum::from_u32(1).unwrap(), 2047).unwrap();
    let mut quotient = BigNum::new().unwrap();
    quotient.checked_div(&factor, &primorial, &mut context).unwrap();
    quotient.add_word(1).unwrap();
    let mut modulus = BigNum::new().unwrap();
    modulus.checked_mul(&quotient, &primorial, &mut context).unwrap();
    let mut faulty = BigNum::new().unwrap();
    faulty.checked_add(&modulus, &power).unwrap();
    faulty
}

#[test]
fn moduli_of_the_faulty_generator_are_found() {
    assert_eq!(PublicKey::from_spki(&rsa_spki(&faulty_modulus(), 65_537)).err(), Some(KeyError::WeakModulus));
}

#[test]
fn points_off_the_curve_and_of_small_order_are_refused() {
    let mut keys = testkit::SoftSigner::new();
    let key = keys.add("point", KeyKind::EcP256);
    let mut spki = keys.public(&key).spki().to_vec();
    let last = spki.len() - 1;
    spki[last] ^= 1;
    assert_eq!(PublicKey::from_spki(&spki).err(), Some(KeyError::NotOnCurve));
    for y in [0_u8, 1] {
        let mut point = [0; 32];
        point[0] = y;
        for sign in [0, 0x80] {
            point[31] = sign;
            let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &point].concat();
            assert_eq!(PublicKey::from_spki(&spki).err(), Some(KeyError::SmallOrder));
        }
    }
}

fn openssl_signature(key: &PKey<Private>, digest: MessageDigest, pss: bool) -> Vec<u8> {
    let mut signer = if key.id() == openssl::pkey::Id::ED25519 {
        OpensslSigner::new_without_digest(key).unwrap()
    } else {
        OpensslSigner::new(digest, key).unwrap()
    };
    if pss {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
    }
    signer.sign_oneshot_to_vec(b"message").unwrap()
}

#[test]
fn signatures_of_openssl_verify_only_as_what_they_are() {
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let ec = PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    let edwards = PKey::generate_ed25519().unwrap();
    let cases = [
        (&ec, MessageDigest::sha256(), false, SignatureAlgorithm::EcdsaSha256),
        (&ec, MessageDigest::sha384(), false, SignatureAlgorithm::EcdsaSha384),
        (&edwards, MessageDigest::null(), false, SignatureAlgorithm::Ed25519),
        (&rsa, MessageDigest::sha256(), false, SignatureAlgorithm::RsaPkcs1Sha256),
        (&rsa, MessageDigest::sha384(), false, SignatureAlgorithm::RsaPkcs1Sha384),
        (&rsa, MessageDigest::sha512(), false, SignatureAlgorithm::RsaPkcs1Sha512),
        (&rsa, MessageDigest::sha256(), true, SignatureAlgorithm::RsaPssSha256),
        (&rsa, MessageDigest::sha384(), true, SignatureAlgorithm::RsaPssSha384),
        (&rsa, MessageDigest::sha512(), true, SignatureAlgorithm::RsaPssSha512),
    ];
    for (key, digest, pss, algorithm) in cases {
        let public = PublicKey::from_spki(&key.public_key_to_der().unwrap()).unwrap();
        let signature = openssl_signature(key, digest, pss);
        for other in SignatureAlgorithm::ALL {
            let wanted = if other == algorithm { Ok(()) } else { Err(BadSignature) };
            assert_eq!(public.verify(other, b"message", &signature), wanted, "{algorithm:?} as {other:?}");
        }
        assert_eq!(public.verify(algorithm, b"Message", &signature), Err(BadSignature));
    }
}

/// Every identifier is what x509-cert reads and writes again, and none is another's.
#[test]
fn algorithm_identifiers_are_der() {
    use x509_cert::der::{Decode as _, Encode as _};
    for algorithm in SignatureAlgorithm::ALL {
        let der = algorithm.identifier();
        let read = x509_cert::spki::AlgorithmIdentifierOwned::from_der(der).unwrap();
        assert_eq!(read.to_der().unwrap(), der, "{algorithm:?}");
        assert_eq!(SignatureAlgorithm::from_identifier(der), Some(algorithm));
    }
}
