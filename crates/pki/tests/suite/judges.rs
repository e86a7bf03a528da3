//! Second opinions: OpenSSL and webpki on every profile's chain.

use std::time::Duration;

use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext};
use pki::profile::ExtendedKeyUsage;
use pki::{Certificate, KeyKind};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::world::{World, named, now};

/// Verifies `leaf` up to the world's root through its issuing CAs.
fn openssl_accepts(world: &World, leaf: &[u8]) -> Result<(), String> {
    let chain = world.authorities().map(|(_, issuer)| issuer.certificate.der().as_bytes());
    openssl_verifies(world.root.certificate.der().as_bytes(), &chain, leaf)
}

/// Verifies `leaf` up to `anchor` for any purpose.
fn openssl_verifies(anchor: &[u8], chain: &[&[u8]], leaf: &[u8]) -> Result<(), String> {
    openssl_verifies_for(X509PurposeId::ANY, anchor, chain, leaf)
}

/// Verifies `leaf` up to `anchor` with every strictness that OpenSSL has.
fn openssl_verifies_for(purpose: X509PurposeId, anchor: &[u8], chain: &[&[u8]], leaf: &[u8]) -> Result<(), String> {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_der(anchor).unwrap()).unwrap();
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(now().plus_seconds(60).unix());
    parameters.set_flags(X509VerifyFlags::X509_STRICT | X509VerifyFlags::CHECK_SS_SIGNATURE).unwrap();
    parameters.set_purpose(purpose).unwrap();
    store.set_param(&parameters).unwrap();
    let mut intermediates = Stack::new().unwrap();
    for issuer in chain {
        intermediates.push(X509::from_der(issuer).unwrap()).unwrap();
    }
    let leaf = X509::from_der(leaf).unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), &leaf, &intermediates, |context| {
            let verified = context.verify_cert()?;
            Ok(if verified { Ok(()) } else { Err(context.error().error_string().to_owned()) })
        })
        .unwrap()
}

/// Who trusts one root only reaches what the other root's CAs issue through the cross certificates, both ways.
#[test]
fn openssl_follows_cross_certificates_between_two_roots() {
    let (old, new) = (World::of_root(1), World::of_root(2));
    let leaf = |world: &mut World| world.end_entities().swap_remove(0).1;
    let cross = |by: &World, other: &World| {
        let root = &other.root.certificate;
        let name = named(root.common_name().unwrap());
        let der = by.issue("cross-ca", &name, root.public_key(), &by.root, crate::world::serial(90), 1826);
        let cross = Certificate::parse(der.as_bytes()).unwrap();
        assert_eq!(cross.subject_der(), root.subject_der());
        assert_eq!(cross.subject_key_identifier(), root.subject_key_identifier());
        der
    };
    for (trusted, mut serving) in [(&old, World::of_root(2)), (&new, World::of_root(1))] {
        let anchor = trusted.root.certificate.der().as_bytes();
        let leaf = leaf(&mut serving);
        let authority = serving.person.certificate.der().as_bytes();
        let cross = cross(trusted, &serving);
        assert!(openssl_verifies(anchor, &[authority], leaf.as_bytes()).is_err(), "without the cross certificate");
        assert_eq!(openssl_verifies(anchor, &[authority, cross.as_bytes()], leaf.as_bytes()), Ok(()));
    }
}

#[test]
fn openssl_accepts_every_profile() {
    for mut world in [World::new(), World::qualified()] {
        for (profile, der) in world.certificates() {
            assert_eq!(openssl_accepts(&world, der.as_bytes()), Ok(()), "{profile}");
        }
    }
}

/// What OpenSSL lets each certificate be used for, of what it knows to tell apart.
#[test]
fn openssl_finds_certificates_fit_for_their_purpose_and_no_other() {
    let mut world = World::new();
    let certificates = world.end_entities();
    let chain = world.authorities().map(|(_, issuer)| issuer.certificate.der().as_bytes());
    let purposes = [X509PurposeId::SSL_SERVER, X509PurposeId::SSL_CLIENT, X509PurposeId::TIMESTAMP_SIGN];
    for (profile, der) in certificates {
        let anchor = world.root.certificate.der().as_bytes();
        let fits = purposes.map(|purpose| openssl_verifies_for(purpose, anchor, &chain, der.as_bytes()).is_ok());
        let wanted = match world.profile(profile).extended_key_usage() {
            [ExtendedKeyUsage::ServerAuth] => [true, false, false],
            [ExtendedKeyUsage::ClientAuth] => [false, true, false],
            [ExtendedKeyUsage::TimeStamping] => [false, false, true],
            _ => [false; 3],
        };
        assert_eq!(fits, wanted, "{profile}");
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
