//! Second opinions: OpenSSL and webpki on every profile's chain.

use std::time::Duration;

use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext};
use pki::{Certificate, KeyKind};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::world::{World, now};

/// Verifies `leaf` up to the root with every strictness that OpenSSL has.
fn openssl_accepts(world: &World, leaf: &[u8]) -> Result<(), String> {
    let read = |certificate: &Certificate| X509::from_der(certificate.der().as_bytes()).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(read(&world.root.certificate)).unwrap();
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(now().plus_seconds(60).unix());
    parameters.set_flags(X509VerifyFlags::X509_STRICT | X509VerifyFlags::CHECK_SS_SIGNATURE).unwrap();
    store.set_param(&parameters).unwrap();
    let mut chain = Stack::new().unwrap();
    for (_, issuer) in world.authorities() {
        chain.push(read(&issuer.certificate)).unwrap();
    }
    let leaf = X509::from_der(leaf).unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), &leaf, &chain, |context| {
            let verified = context.verify_cert()?;
            Ok(if verified { Ok(()) } else { Err(context.error().error_string().to_owned()) })
        })
        .unwrap()
}

#[test]
fn openssl_accepts_every_profile() {
    for mut world in [World::new(), World::qualified()] {
        for (profile, der) in world.certificates() {
            assert_eq!(openssl_accepts(&world, der.as_bytes()), Ok(()), "{profile}");
        }
    }
}

#[test]
fn openssl_accepts_rsa_authorities() {
    let mut world = World::with_kinds(KeyKind::Rsa4096, KeyKind::EcP384);
    let key = world.key("card-rsa", KeyKind::Rsa3072);
    let facts = crate::world::anna();
    let der = world.issue("person-signature-loa4", &facts, &key, &world.person, crate::world::serial(9), 365);
    assert_eq!(openssl_accepts(&world, der.as_bytes()), Ok(()));
}

#[test]
fn openssl_refuses_a_changed_octet() {
    let mut world = World::new();
    let (_, der) = world.end_entities().swap_remove(0);
    let mut changed = der.into_bytes();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let refused = X509::from_der(&changed).is_err() || openssl_accepts(&world, &changed).is_err();
    assert!(refused);
}

/// webpki knows no P-384 root by another name than its bytes: a trust anchor and the chain suffice.
fn webpki_accepts(world: &World, leaf: &[u8], usage: webpki::KeyUsage) -> Result<(), webpki::Error> {
    let root = CertificateDer::from(world.root.certificate.der().as_bytes().to_vec());
    let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
    let chain =
        world.authorities().map(|(_, issuer)| CertificateDer::from(issuer.certificate.der().as_bytes().to_vec()));
    let leaf = CertificateDer::from(leaf.to_vec());
    let leaf = webpki::EndEntityCert::try_from(&leaf)?;
    let seconds = u64::try_from(now().plus_seconds(60).unix()).unwrap();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[anchor], &chain, time, usage, None, None).map(|_| ())
}

#[test]
fn webpki_accepts_the_certificates_of_tls() {
    let mut world = World::new();
    for (profile, der) in world.end_entities() {
        let usage = match profile {
            "person-authentication-loa4" | "demo-software-authentication" => webpki::KeyUsage::client_auth(),
            "tls-server" => webpki::KeyUsage::server_auth(),
            "ocsp-signer" => webpki::KeyUsage::required_if_present(&[0x2b, 6, 1, 5, 5, 7, 3, 9]),
            _ => continue,
        };
        assert_eq!(webpki_accepts(&world, der.as_bytes(), usage), Ok(()), "{profile}");
    }
}

#[test]
fn webpki_refuses_a_person_as_a_server() {
    let mut world = World::new();
    let (profile, der) = world.end_entities().swap_remove(0);
    assert_eq!(profile, "person-authentication-loa4");
    let refused = webpki_accepts(&world, der.as_bytes(), webpki::KeyUsage::server_auth());
    assert!(refused.is_err());
}
