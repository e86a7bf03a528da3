use super::*;

#[tokio::test]
async fn m21_a_serial_that_was_never_issued_is_never_good() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (0, 24));
    let got = served.post(&served.request(MessageDigest::sha1(), &[2])).await;
    assert!(is_ocsp_error(&got, UNAUTHORIZED));
    assert!(served.asked.lock().unwrap().is_empty(), "nobody can make the service sign");
}

#[tokio::test]
async fn m21_policy_may_have_unknown_signed() {
    let policy = OcspConfig { unknown: UnknownSerial::SignedUnknown, ..OcspConfig::default() };
    let served = Served::with(Fake::default(), policy, StatusConfig::default()).await;
    let got = served.post(&served.request(MessageDigest::sha1(), &[2])).await;
    assert_eq!(got.body, LIVE);
}

#[tokio::test]
async fn m23_every_way_to_write_a_get_is_read() {
    let served = Served::start().await;
    let answer = served.publish(1, Status::Good, (0, 24));
    let text = STANDARD.encode(served.request(MessageDigest::sha1(), &[1]));
    let encoded = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let lowercase = encoded.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
    let unpadded = text.trim_end_matches('=').to_owned();
    for path in [text.clone(), encoded.clone(), lowercase, unpadded, format!("/{text}"), format!("{encoded}/")] {
        let got = served.ask("GET", &format!("/ocsp/{path}"), "").await;
        assert_eq!((got.status, &got.body), (200, &answer), "{path}");
    }
}

#[tokio::test]
async fn m24_both_hashes_find_the_same_answer() {
    let served = Served::start().await;
    let answer = served.publish(1, Status::Good, (0, 24));
    for hash in [MessageDigest::sha1(), MessageDigest::sha256()] {
        assert_eq!(served.post(&served.request(hash, &[1])).await.body, answer);
    }
    let got = served.post(&served.request(MessageDigest::sha384(), &[1])).await;
    assert!(is_ocsp_error(&got, UNAUTHORIZED), "a hash that no answer is made for");
}

#[tokio::test]
async fn m27_an_answer_of_the_future_or_the_past_is_not_served() {
    let refusing = Fake { refuses: Some(LiveError::TryLater), ..Fake::default() };
    let served = Served::with(refusing, OcspConfig::default(), StatusConfig::default()).await;
    served.publish(1, Status::Good, (1, 24));
    served.publish(2, Status::Good, (-20, -1));
    for n in [1, 2] {
        let got = served.post(&served.request(MessageDigest::sha1(), &[n])).await;
        assert!(is_ocsp_error(&got, TRY_LATER), "{n}");
    }
}

#[tokio::test]
async fn m28_errors_are_ocsp_errors_in_http_200() {
    let served = Served::start().await;
    for body in [&b""[..], b"garbage", &[0x30; 4096], &[0x30; 5000]] {
        assert!(is_ocsp_error(&served.post(body).await, MALFORMED_REQUEST), "{} octets", body.len());
    }
    for path in ["/ocsp", "/ocsp/", "/ocsp/%", "/ocsp/not_base64-url", "/ocsp/AAAA", "/ocsp/M/../..", "/ocsp/%00"] {
        assert!(is_ocsp_error(&served.ask("GET", path, "").await, MALFORMED_REQUEST), "{path}");
    }
}

#[tokio::test]
async fn m29_several_certificates_are_answered_together_or_not_at_all() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (0, 24));
    served.board.note(&served.reference(2));
    let got = served.post(&served.request(MessageDigest::sha1(), &[1, 2])).await;
    assert_eq!(got.body, LIVE);
    let asked = served.asked.lock().unwrap()[0].iter().map(|id| id.serial.clone()).collect::<Vec<_>>();
    assert_eq!(asked, [serial(1).as_bytes().to_vec(), serial(2).as_bytes().to_vec()]);
    let got = served.post(&served.request(MessageDigest::sha1(), &[1, 3])).await;
    assert!(is_ocsp_error(&got, UNAUTHORIZED), "one was never issued");
}

#[tokio::test]
async fn m32_types_are_right_and_nothing_redirects() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (0, 24));
    let request = served.request(MessageDigest::sha256(), &[1]);
    let posted = served.post(&request).await;
    let path = format!("/ocsp/{}", STANDARD.encode(&request).replace('/', "%2F"));
    for got in [posted, served.ask("GET", &path, "").await] {
        assert_eq!((got.status, got.header("content-type")), (200, Some("application/ocsp-response")));
        assert!(got.header("location").is_none());
    }
}

#[tokio::test]
async fn m33_status_goes_on_after_the_answer_has_ended() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (-20, -1));
    let got = served.post(&served.request(MessageDigest::sha1(), &[1])).await;
    assert_eq!(got.body, LIVE, "made on demand: certificates that expired need no answers in advance");
}

#[tokio::test]
async fn a_revocation_is_try_later_until_its_answer_is_signed() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (0, 24));
    served.board.withdraw(&served.reference(1));
    let request = served.request(MessageDigest::sha1(), &[1]);
    assert!(is_ocsp_error(&served.post(&request).await, TRY_LATER));
    let (at, reason) = (served.now, pki::crl::Reason::KeyCompromise);
    served.publish(1, Status::Revoked { at, reason }, (0, 24));
    let says = parse_response(&served.post(&request).await.body).unwrap();
    assert!(says.singles.iter().all(|single| single.status == Status::Revoked { at, reason }));
}

#[tokio::test]
async fn m22_a_cached_answer_has_no_nonce() {
    let served = Served::start().await;
    served.publish(1, Status::Good, (0, 24));
    let mut request = served.request(MessageDigest::sha1(), &[1]);
    append_nonce(&mut request);
    let says = parse_response(&served.post(&request).await.body).unwrap();
    assert_eq!(says.nonce, None);
}

/// Adds requestExtensions with a nonce of 16 octets to a request that stays short enough for lengths of one octet.
fn append_nonce(request: &mut Vec<u8>) {
    const EXTENSIONS: &[u8] =
        b"\xa2\x23\x30\x21\x30\x1f\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02\x04\x12\x04\x10sixteen  octets!";
    let inside = [&request[4..], EXTENSIONS].concat();
    let length = u8::try_from(inside.len()).unwrap();
    *request = [&[0x30, length + 2, 0x30, length][..], &inside].concat();
}
