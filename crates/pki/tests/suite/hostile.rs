//! No reader panics, whatever it is given: random octets, and real documents with octets changed.

use std::sync::OnceLock;

use pki::crl::{CrlTbs, lint_crl, parse_crl, prepare_crl, verify_crl};
use pki::jose::{read_compact, sign_compact};
use pki::ocsp::{
    IssuerHashes, OcspTbs, Responder, Single, Status, lint_ocsp, parse_request, parse_response, prepare_ocsp,
};
use pki::{Certificate, KeyId, KeyKind, PublicKey, SerialNumber, UtcTime, read_csr};
use proptest::prelude::*;

use crate::world::{World, now, serial};

/// Real documents, made once.
struct Seeds {
    world: World,
    responder: Responder,
    documents: Vec<Vec<u8>>,
}

fn seeds() -> &'static Seeds {
    static SEEDS: OnceLock<Seeds> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut world = World::new();
        let mut certificates = world.end_entities();
        let (_, signer) = certificates.remove(3);
        let responder =
            Responder { certificate: Certificate::parse(signer.as_bytes()).unwrap(), key: KeyId::new("ocsp-1") };
        let mut documents: Vec<_> = certificates.into_iter().map(|(_, der)| der.into_bytes()).collect();
        let entry = pki::crl::RevokedEntry { serial: serial(1), at: now(), reason: pki::crl::Reason::Superseded };
        let crl = prepare_crl(&world.person, 7, now(), now().plus_days(1), [entry].iter());
        documents.push(crl.as_bytes().to_vec());
        let crl = lint_crl(crl, &world.person.certificate, world.person.key.clone()).unwrap();
        documents.push(crl.sign(&world.keys).unwrap().into_bytes());
        let issuer = IssuerHashes::of(&world.person.certificate);
        let singles = Single::both(&issuer, &serial(1), Status::Good, now(), now().plus_days(1));
        let answer = prepare_ocsp(&responder, &singles, now(), Some(&[7; 32]));
        documents.push(answer.as_bytes().to_vec());
        documents.push(lint_ocsp(answer, &responder).unwrap().sign(&world.keys).unwrap().into_bytes());
        let key = rcgen::KeyPair::generate().unwrap();
        documents.push(rcgen::CertificateParams::default().serialize_request(&key).unwrap().der().to_vec());
        documents.push(world.key("rsa", KeyKind::Rsa2048).spki().to_vec());
        let header = serde_json::json!({"x5c": ["AQID"]});
        let algorithm = pki::SignatureAlgorithm::EcdsaSha256;
        let jws = sign_compact(header, b"payload", &KeyId::new("card-1"), algorithm, &world.keys).unwrap();
        documents.push(jws.into_bytes());
        Seeds { world, responder, documents }
    })
}

/// Gives the octets to every reader; a later check may only fail.
fn read_everything(octets: &[u8]) {
    let seeds = seeds();
    let person = &seeds.world.person;
    if let Ok(certificate) = Certificate::parse(octets) {
        assert_eq!(certificate.der().as_bytes(), octets);
        for profile in seeds.world.profiles.iter() {
            let findings = pki::issue::lint_issued(certificate.der(), profile, &person.certificate);
            let genuine = seeds.documents.iter().any(|document| document == octets);
            assert!(genuine || !findings.is_empty(), "a changed certificate passed as {}", profile.name());
        }
    }
    if let Ok(request) = parse_request(octets) {
        assert!(!request.cert_ids.is_empty());
    }
    if let Ok(answer) = parse_response(octets) {
        let genuine = seeds.documents.iter().any(|document| document == octets);
        assert!(
            genuine
                || answer.verify(seeds.responder.certificate.public_key()).is_err()
                || answer.tbs().len() < octets.len()
        );
    }
    if let Ok(key) = read_csr(octets)
        .map(|request| request.key)
        .or_else(|_| PublicKey::from_spki(octets).map_err(pki::CsrError::Key))
    {
        assert_eq!(PublicKey::from_spki(key.spki()).as_ref(), Ok(&key));
    }
    let _ = parse_crl(octets);
    let _ = verify_crl(octets, &person.certificate);
    let _ = lint_crl(CrlTbs::from_bytes(octets.to_vec()), &person.certificate, person.key.clone());
    let _ = lint_ocsp(OcspTbs::from_bytes(octets.to_vec()), &seeds.responder);
    let text = String::from_utf8_lossy(octets);
    let _ = Certificate::from_pem(&text);
    let _ = text.parse::<SerialNumber>();
    let _ = text.parse::<UtcTime>();
    let _ = text.parse::<pki::identifier::PersonalNumber>();
    let _ = text.parse::<pki::identifier::OrganisationNumber>();
    let _ = pki::Profile::from_toml(&text);
    if let Ok(jws) = read_compact(&text) {
        let _ = (jws.x5c(), jws.verify(seeds.world.person.certificate.public_key()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn random_octets(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_everything(&octets);
    }

    #[test]
    fn real_documents_with_octets_changed(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut octets = seeds().documents[which.index(seeds().documents.len())].clone();
        for (at, value) in changes {
            let at = at.index(octets.len());
            octets[at] = value;
        }
        read_everything(&octets);
    }

    #[test]
    fn real_documents_cut_or_joined(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        extra in proptest::collection::vec(any::<u8>(), 0..8),
        cut in any::<bool>(),
    ) {
        let mut octets = seeds().documents[which.index(seeds().documents.len())].clone();
        let at = at.index(octets.len());
        if cut {
            octets.truncate(at);
        } else {
            octets.splice(at..at, extra);
        }
        read_everything(&octets);
    }

    #[test]
    fn times_round_trip(seconds in -62_135_596_800_i64..=253_402_300_799) {
        let time = UtcTime::from_unix(seconds);
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn serial_numbers_round_trip(octets in any::<[u8; 16]>()) {
        let serial = SerialNumber::from_random(octets);
        prop_assert_eq!(serial.to_string().parse(), Ok(serial));
    }
}
