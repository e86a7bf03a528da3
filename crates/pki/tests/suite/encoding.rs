//! Octet by octet: other encoders write what this one writes.

use pki::profile::Claims;
use pki::{Certificate, KeyKind};
use rcgen::SubjectPublicKeyInfo;
use x509_cert::der::{Decode as _, Encode as _};

use crate::reading::Reading;
use crate::render::hex;
use crate::world::{World, now};

/// x509-cert reads each certificate and writes the very same octets.
#[test]
fn every_profile_is_encoded_again_to_the_same_octets() {
    let all = [World::new(), World::qualified()].into_iter().flat_map(|mut world| world.certificates());
    for (_, der) in all {
        let read = x509_cert::Certificate::from_der(der.as_bytes()).unwrap();
        assert_eq!(read.to_der().unwrap(), der.as_bytes());
    }
}

#[test]
fn crls_are_encoded_again_to_the_same_octets() {
    let world = World::new();
    for count in [0, 3] {
        let entries: Vec<_> = (1..=count)
            .map(|number| pki::crl::RevokedEntry {
                serial: crate::world::serial(number),
                at: now(),
                reason: pki::crl::Reason::Superseded,
            })
            .collect();
        let tbs = pki::crl::prepare_crl(&world.person, 128, now(), now().plus_days(1), entries.iter());
        let read = x509_cert::crl::TbsCertList::<x509_cert::certificate::Rfc5280>::from_der(tbs.as_bytes()).unwrap();
        assert_eq!(read.to_der().unwrap(), tbs.as_bytes());
    }
}

/// rcgen, told by a second reader of the same files, builds certificates with the same signed part; only the order of
/// their extensions is its own.
#[test]
fn rcgen_builds_the_same_certificates() {
    for (claims, mut world) in [(Claims::Ordinary, World::new()), (Claims::Qualified, World::qualified())] {
        for (profile, der) in world.certificates() {
            let theirs = second(&world, claims, profile, &Certificate::parse(der.as_bytes()).unwrap());
            assert_eq!(fields(der.as_bytes()), fields(&theirs), "{profile}");
        }
    }
}

/// The certificate of a second encoder, for the same request.
fn second(world: &World, claims: Claims, profile: &str, ours: &Certificate) -> Vec<u8> {
    let path = format!("{}/../../policies/profiles/{profile}.toml", env!("CARGO_MANIFEST_DIR"));
    let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let (subject, issuer) = world.request(profile, ours);
    let reading = Reading { file, claims, subject: &subject, issuer: (profile != "root-ca").then_some(issuer), ours };
    let algorithm = match issuer.certificate.public_key().kind() {
        KeyKind::EcP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
        _ => &rcgen::PKCS_ECDSA_P256_SHA256,
    };
    // Another key signs: the signature is not compared.
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let authority = issuer.certificate.der().as_bytes().to_vec().into();
    let authority = rcgen::Issuer::from_ca_cert_der(&authority, key).unwrap();
    let subject_key = SubjectPublicKeyInfo::from_der(ours.public_key().spki()).unwrap();
    reading.params().signed_by(&subject_key, &authority).unwrap().der().to_vec()
}

/// The fields of the signed part in their order, the extensions sorted, in hexadecimal digits.
fn fields(der: &[u8]) -> Vec<String> {
    let certificate = x509_cert::Certificate::from_der(der).unwrap();
    let tbs = certificate.tbs_certificate();
    let mut fields = vec![
        tbs.serial_number().to_der().unwrap(),
        tbs.signature().to_der().unwrap(),
        tbs.issuer().to_der().unwrap(),
        tbs.validity().to_der().unwrap(),
        tbs.subject().to_der().unwrap(),
        tbs.subject_public_key_info().to_der().unwrap(),
    ];
    let mut extensions: Vec<_> = tbs.extensions().unwrap().iter().map(|it| it.to_der().unwrap()).collect();
    extensions.sort();
    fields.extend(extensions);
    fields.iter().map(|field| hex(field)).collect()
}
