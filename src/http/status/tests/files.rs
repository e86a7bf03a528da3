use super::*;

#[tokio::test]
async fn a_get_may_be_cached_but_never_past_next_update() {
    let served = Served::start().await;
    let answer = served.publish(1, Status::Good, (-1, 24));
    let path = format!("/ocsp/{}", STANDARD.encode(served.request(MessageDigest::sha1(), &[1])));
    let got = served.ask("GET", &path, "").await;
    assert_eq!(got.header("cache-control"), Some("max-age=60, public, no-transform, must-revalidate"));
    for name in ["etag", "last-modified", "expires", "date"] {
        assert!(got.header(name).is_some(), "{name}");
    }
    let tag = got.header("etag").unwrap().to_owned();
    let again = served.ask("GET", &path, &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let head = served.ask("HEAD", &path, "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(answer.len().to_string().as_str()));
}

#[tokio::test]
async fn errors_are_not_cached() {
    let served = Served::start().await;
    let got = served.ask("GET", "/ocsp/AAAA", "").await;
    assert_eq!(got.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn crl_and_issuer_certificate_are_served_as_files() {
    let served = Served::start().await;
    let (crl, certificate) = ("/crl/issuing-ca-person.crl", "/aia/issuing-ca-person.crt");
    assert_eq!(served.ask("GET", crl, "").await.status, 404, "none was published yet");
    served.crl((-1, 24));
    let got = served.ask("GET", crl, "").await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/pkix-crl")));
    assert_eq!(got.body, b"a crl");
    assert!(got.header("etag").is_some() && got.header("last-modified").is_some());
    let got = served.ask("GET", certificate, "").await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/pkix-cert")));
    assert_eq!(got.body, served.pki.issuer.certificate.der().as_bytes());
}

#[tokio::test]
async fn everything_else_is_not_found() {
    let served = Served::start().await;
    served.crl((-1, 24));
    for path in
        ["/", "/ocspx", "/crl/", "/crl/other.crl", "/crl/issuing-ca-person", "/aia/..%2f", "/metrics", "/admin/v1"]
    {
        assert_eq!(served.ask("GET", path, "").await.status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(served.ask(method, "/crl/issuing-ca-person.crl", "").await.status, 404, "{method}");
    }
}

#[tokio::test]
async fn health_tells_what_is_away_and_stays_200_while_status_is_served() {
    let down = Fake { is_down: true, ..Fake::default() };
    let served = Served::with(down, OcspConfig::default(), StatusConfig::default()).await;
    served.crl((-1, 24));
    served.board.note(&served.reference(1));
    let got = served.ask("GET", "/health", "").await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/json")));
    let json: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(
        (&json["status"], &json["hsm"], &json["database"]),
        (&"degraded".into(), &"down".into(), &"down".into())
    );
    let issuer = &json["published"][0];
    assert_eq!(
        (&issuer["certificates"], &issuer["waiting"], &issuer["crl"]["number"]),
        (&1.into(), &1.into(), &7.into())
    );
}

#[tokio::test]
async fn health_is_503_when_a_crl_has_ended() {
    let served = Served::start().await;
    served.crl((-20, -1));
    let got = served.ask("GET", "/health", "").await;
    assert_eq!(got.status, 503);
    let json: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(json["status"], "unavailable");
}
