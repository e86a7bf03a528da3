//! OCSP: requests of other programs, answers before OpenSSL.

use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspCertId, OcspCertStatus, OcspFlag, OcspRequest as OpensslRequest, OcspResponse as OpensslResponse,
    OcspResponseStatus, OcspRevokedStatus,
};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use pki::crl::Reason;
use pki::ocsp::{
    CertId, HashAlgorithm, IssuerHashes, LintedOcsp, OcspError, OcspTbs, Responder, Single, Status, UNAUTHORIZED,
    lint_ocsp, parse_request, parse_response, prepare_ocsp,
};
use pki::{Certificate, KeyId, KeyKind, UtcTime};

use crate::world::{World, named, now, serial, tlv};

/// A responder under the person CA; answers are judged by OpenSSL at its own clock, so they are made around it.
fn responder(world: &mut World) -> Responder {
    let key = world.key("ocsp-1", KeyKind::EcP256);
    let der = world.issue("ocsp-signer", &named("TEST OCSP 1"), &key, &world.person, serial(20), 30);
    Responder { certificate: Certificate::parse(der.as_bytes()).unwrap(), key: KeyId::new("ocsp-1") }
}

fn answer(world: &World, responder: &Responder, singles: &[Single], nonce: Option<&[u8]>) -> Vec<u8> {
    let tbs = prepare_ocsp(responder, singles, now(), nonce);
    lint_ocsp(tbs, responder).unwrap().sign(&world.keys).unwrap().into_bytes()
}

fn both(world: &World, status: Status) -> [Single; 2] {
    let issuer = IssuerHashes::of(&world.person.certificate);
    Single::both(&issuer, &serial(10), status, now(), now().plus_days(1))
}

fn openssl_id(world: &mut World, digest: MessageDigest) -> OcspCertId {
    let (_, leaf) = world.end_entities().swap_remove(0);
    let leaf = X509::from_der(leaf.as_bytes()).unwrap();
    let issuer = X509::from_der(world.person.certificate.der().as_bytes()).unwrap();
    OcspCertId::from_cert(digest, &leaf, &issuer).unwrap()
}

#[test]
fn requests_of_openssl_are_read_with_either_hash() {
    let mut world = World::new();
    let issuer = IssuerHashes::of(&world.person.certificate);
    for (digest, hash) in
        [(MessageDigest::sha1(), HashAlgorithm::Sha1), (MessageDigest::sha256(), HashAlgorithm::Sha256)]
    {
        let mut request = OpensslRequest::new().unwrap();
        request.add_id(openssl_id(&mut world, digest)).unwrap();
        let read = parse_request(&request.to_der().unwrap()).unwrap();
        assert_eq!(read.cert_ids, [issuer.cert_id(hash, serial(10).as_bytes())]);
        assert!(issuer.matches(&read.cert_ids[0]));
        assert_eq!(read.nonce, None);
    }
    let mut request = OpensslRequest::new().unwrap();
    request.add_id(openssl_id(&mut world, MessageDigest::sha384())).unwrap();
    let refused = parse_request(&request.to_der().unwrap()).unwrap_err();
    assert_eq!((refused, refused.response()), (OcspError::UnsupportedHash, UNAUTHORIZED));
}

#[test]
fn openssl_verifies_an_answer_and_reads_its_status() {
    let mut world = World::new();
    let responder = responder(&mut world);
    let revoked = Status::Revoked { at: now().plus_days(-1), reason: Reason::KeyCompromise };
    for (status, wanted) in [
        (Status::Good, OcspCertStatus::GOOD),
        (revoked, OcspCertStatus::REVOKED),
        (Status::Unknown, OcspCertStatus::UNKNOWN),
    ] {
        let der = answer(&world, &responder, &both(&world, status), None);
        let response = OpensslResponse::from_der(&der).unwrap();
        assert_eq!(response.status(), OcspResponseStatus::SUCCESSFUL);
        let basic = response.basic().unwrap();
        basic.verify(&chain(&world), &trust(&world), OcspFlag::empty()).unwrap();
        for digest in [MessageDigest::sha1(), MessageDigest::sha256()] {
            let id = openssl_id(&mut world, digest);
            let found = basic.find_status(&id).unwrap();
            assert_eq!(found.status, wanted);
            if wanted == OcspCertStatus::REVOKED {
                assert_eq!(found.reason, OcspRevokedStatus::KEY_COMPROMISE);
            }
        }
    }
}

fn chain(world: &World) -> Stack<X509> {
    let mut chain = Stack::new().unwrap();
    chain.push(X509::from_der(world.person.certificate.der().as_bytes()).unwrap()).unwrap();
    chain
}

fn trust(world: &World) -> openssl::x509::store::X509Store {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_der(world.root.certificate.der().as_bytes()).unwrap()).unwrap();
    let mut parameters = openssl::x509::verify::X509VerifyParam::new().unwrap();
    parameters.set_time(now().plus_seconds(60).unix());
    store.set_param(&parameters).unwrap();
    store.build()
}

#[test]
fn an_answer_is_read_back() {
    let mut world = World::new();
    let responder = responder(&mut world);
    let status = Status::Revoked { at: now(), reason: Reason::Unspecified };
    let singles = both(&world, status);
    let der = answer(&world, &responder, &singles, Some(&[7; 32]));
    let read = parse_response(&der).unwrap();
    assert_eq!(read.verify(responder.certificate.public_key()), Ok(()));
    assert_eq!(read.verify(world.person.certificate.public_key()), Err(OcspError::BadSignature));
    assert_eq!(read.nonce.as_deref(), Some(&[7; 32][..]));
    assert_eq!(read.responder_key_hash, responder.certificate.public_key().key_identifier());
    assert_eq!(read.certificates, [responder.certificate.der().as_bytes().to_vec()]);
    for single in &singles {
        assert_eq!(read.status_of(&single.id).unwrap().status, status);
    }
    assert_eq!(parse_response(pki::ocsp::TRY_LATER), Err(OcspError::Status(3)));
}

#[test]
fn lints_name_what_is_wrong() {
    let mut world = World::new();
    let responder = responder(&mut world);
    let infrastructure = IssuerHashes::of(&world.infrastructure.certificate);
    let single = |status, this_update: UtcTime, next_update: UtcTime| {
        let [single, _] = both(&world, status);
        Single { this_update, next_update, ..single }
    };
    let good = single(Status::Good, now(), now().plus_days(1));
    let foreign = Single { id: infrastructure.cert_id(HashAlgorithm::Sha1, &[1]), ..good.clone() };
    let early =
        single(Status::Revoked { at: now().plus_seconds(1), reason: Reason::Superseded }, now(), now().plus_days(1));
    let cases = [
        (vec![good.clone()], None),
        (vec![], Some("e_ocsp_no_answer")),
        (
            vec![single(Status::Good, now().plus_seconds(1), now().plus_days(1))],
            Some("e_ocsp_this_update_after_produced_at"),
        ),
        (vec![single(Status::Good, now(), now())], Some("e_ocsp_next_update_passed")),
        (vec![single(Status::Good, now(), now().plus_days(31))], Some("e_ocsp_outlives_responder")),
        (vec![early.clone()], Some("e_ocsp_revocation_after_this_update")),
        (vec![foreign], Some("e_ocsp_foreign_issuer")),
        (vec![good.clone(), single(Status::Unknown, now(), now().plus_days(1))], Some("e_ocsp_contradiction")),
    ];
    let rule = |result: Result<LintedOcsp<'_>, Vec<pki::Finding>>| result.err().map(|found| found[0].rule);
    for (singles, wanted) in cases {
        assert_eq!(rule(lint_ocsp(prepare_ocsp(&responder, &singles, now(), None), &responder)), wanted);
    }
    let tbs = prepare_ocsp(&responder, &[good], now(), None);
    let ca = Responder { certificate: world.person.certificate.clone(), key: world.person.key.clone() };
    let found: Vec<_> = lint_ocsp(tbs, &ca).err().unwrap().into_iter().map(|finding| finding.rule).collect();
    assert!(found.contains(&"e_ocsp_responder_id") && found.contains(&"e_ocsp_responder_purpose"), "{found:?}");
    assert_eq!(rule(lint_ocsp(OcspTbs::from_bytes(vec![0x30, 0]), &responder)), Some("e_ocsp_not_der"));
}

/// DER of a request with this many certificates and this nonce, built by hand.
fn request(count: usize, nonce: Option<&[u8]>) -> Vec<u8> {
    let id = [
        &[0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00][..],
        &tlv(4, &[1; 20]),
        &tlv(4, &[2; 20]),
        &[2, 1, 5],
    ]
    .concat();
    let list = tlv(0x30, &tlv(0x30, &tlv(0x30, &id)).repeat(count));
    let extensions = nonce.map_or_else(Vec::new, |nonce| {
        let nonce_id = [0x06, 0x09, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
        tlv(0xa2, &tlv(0x30, &tlv(0x30, &[&nonce_id[..], &tlv(4, &tlv(4, nonce))].concat())))
    });
    tlv(0x30, &tlv(0x30, &[list, extensions].concat()))
}

#[test]
fn requests_are_bounded() {
    let check =
        |der: Vec<u8>| parse_request(&der).map(|request| (request.cert_ids.len(), request.nonce.map(|n| n.len())));
    assert_eq!(check(request(1, None)), Ok((1, None)));
    assert_eq!(check(request(32, Some(&[7; 128]))), Ok((32, Some(128))));
    assert_eq!(check(request(0, None)), Err(OcspError::Count { count: 0 }));
    assert_eq!(check(request(33, None)), Err(OcspError::Count { count: 33 }));
    assert_eq!(check(request(1, Some(&[]))), Err(OcspError::Nonce));
    assert_eq!(check(request(1, Some(&[7; 129]))), Err(OcspError::Nonce));
    assert_eq!(check(request(90, None)), Err(OcspError::Oversized { octets: request(90, None).len() }));
    assert_eq!(check([request(1, None), vec![0]].concat()), Err(OcspError::Malformed));
}

#[test]
fn a_cert_id_names_its_serial() {
    let id = |serial: u8| CertId {
        hash: HashAlgorithm::Sha1,
        issuer_name_hash: vec![1; 20],
        issuer_key_hash: vec![2; 20],
        serial: vec![serial],
    };
    assert_eq!(parse_request(&request(1, None)).unwrap().cert_ids, [id(5)]);
    assert_ne!(id(5), id(6));
}
