//! Octet by octet: other encoders write what this one writes.

use pki::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, DnValue, IsCa, KeyIdMethod, KeyUsagePurpose,
};
use x509_cert::der::{Decode as _, Encode as _};

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

/// rcgen, told the same facts in the same order, builds a root with the same signed part.
#[test]
fn rcgen_builds_the_same_root() {
    let world = World::new();
    let root = &world.root.certificate;
    let ours = x509_cert::Certificate::from_der(root.der().as_bytes()).unwrap();
    let theirs = rcgen_root(root);
    let theirs = x509_cert::Certificate::from_der(&theirs).unwrap();
    let (ours, theirs) = (ours.tbs_certificate(), theirs.tbs_certificate());
    assert_eq!(ours.subject().to_der().unwrap(), theirs.subject().to_der().unwrap());
    assert_eq!(ours.validity().to_der().unwrap(), theirs.validity().to_der().unwrap());
    assert_eq!(ours.serial_number(), theirs.serial_number());
    let sorted = |tbs: &x509_cert::TbsCertificate| {
        let extensions = tbs.extensions().unwrap().iter().map(|extension| extension.to_der().unwrap());
        let mut extensions: Vec<_> = extensions.collect();
        extensions.sort();
        extensions
    };
    assert_eq!(sorted(ours), sorted(theirs));
}

fn rcgen_root(root: &Certificate) -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = CertificateParams::default();
    params.serial_number = Some(root.serial_bytes().to_vec().into());
    params.not_before = time(root.not_before());
    params.not_after = time(root.not_after());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.key_identifier_method = KeyIdMethod::PreSpecified(root.subject_key_identifier().unwrap().to_vec());
    params.custom_extensions = Vec::<CustomExtension>::new();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let name = &mut params.distinguished_name;
    name.push(DnType::CountryName, DnValue::PrintableString("SE".try_into().unwrap()));
    name.push(DnType::OrganizationName, "TEST Myndighet");
    name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), "NTRSE-2021005521");
    name.push(DnType::CommonName, "TEST Root CA v1");
    params.self_signed(&key).unwrap().der().to_vec()
}

fn time(time: pki::UtcTime) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(time.unix()).unwrap()
}
