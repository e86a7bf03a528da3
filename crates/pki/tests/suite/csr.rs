//! Requests: those of OpenSSL and rcgen are read, every fault has its own code.

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509ReqBuilder;
use pki::csr::MAX_CSR_OCTETS;
use pki::{KeyKind, read_csr};

fn request(key: &PKey<Private>, digest: MessageDigest) -> Vec<u8> {
    let mut builder = X509ReqBuilder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(key, digest).unwrap();
    builder.build().to_der().unwrap()
}

fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn rsa(bits: u32, exponent: u32) -> PKey<Private> {
    let exponent = BigNum::from_u32(exponent).unwrap();
    PKey::from_rsa(Rsa::generate_with_e(bits, &exponent).unwrap()).unwrap()
}

/// The kind of the key, or the code of the refusal.
fn check(der: &[u8]) -> Result<KeyKind, &'static str> {
    read_csr(der).map(|request| request.key.kind()).map_err(|refused| refused.code())
}

#[test]
fn good_requests_give_their_key() {
    let sha256 = MessageDigest::sha256();
    for (key, digest, kind) in [
        (ec(Nid::X9_62_PRIME256V1), sha256, KeyKind::EcP256),
        (ec(Nid::SECP384R1), MessageDigest::sha384(), KeyKind::EcP384),
        (rsa(2048, 65_537), sha256, KeyKind::Rsa2048),
        (rsa(3072, 65_537), MessageDigest::sha512(), KeyKind::Rsa3072),
        (PKey::generate_ed25519().unwrap(), MessageDigest::null(), KeyKind::Ed25519),
    ] {
        let der = request(&key, digest);
        let read = read_csr(&der).unwrap().key;
        assert_eq!(read.kind(), kind);
        assert_eq!(read.spki(), key.public_key_to_der().unwrap());
    }
}

#[test]
fn pem_is_read_as_der_is() {
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let pem = request.pem().unwrap();
    assert_eq!(check(pem.as_bytes()), Ok(KeyKind::EcP256));
    assert_eq!(check(format!("\n{pem}\n").as_bytes()), Ok(KeyKind::EcP256));
    assert_eq!(check(format!("{pem}{pem}").as_bytes()), Err("trailing_data"));
    assert_eq!(check(pem.replace("REQUEST", "").as_bytes()), Err("malformed"));
}

#[test]
fn each_fault_has_its_code() {
    let sha256 = MessageDigest::sha256();
    let good = request(&ec(Nid::X9_62_PRIME256V1), sha256);
    let mut forged = good.clone();
    let at = forged.len() - 10;
    forged[at] ^= 1;
    let trailing = [good.as_slice(), &[0]].concat();
    let cases: [(Vec<u8>, &str); 10] = [
        (forged, "bad_signature"),
        (trailing, "trailing_data"),
        (good[..good.len() - 1].to_vec(), "malformed"),
        (Vec::new(), "malformed"),
        (vec![0x30; MAX_CSR_OCTETS + 1], "oversized"),
        (request(&rsa(1024, 65_537), sha256), "weak_rsa"),
        (request(&rsa(2048, 3), sha256), "bad_exponent"),
        (request(&ec(Nid::X9_62_PRIME192V1), sha256), "unsupported_curve"),
        (request(&rsa(2048, 65_537), MessageDigest::sha1()), "unsupported_algorithm"),
        (request(&PKey::generate_ed448().unwrap(), MessageDigest::null()), "unsupported_key"),
    ];
    for (der, code) in cases {
        assert_eq!(check(&der), Err(code));
    }
}
