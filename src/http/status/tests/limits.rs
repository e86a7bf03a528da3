use super::*;

fn impatient() -> StatusConfig {
    StatusConfig { head_timeout_ms: 100, body_timeout_ms: 100, ..StatusConfig::default() }
}

#[tokio::test]
async fn a_client_that_sends_its_head_slowly_is_cut() {
    let served = Served::with(Fake::default(), OcspConfig::default(), impatient()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHos").await.unwrap();
    let mut rest = Vec::new();
    assert!(stream.read_to_end(&mut rest).await.is_err() || !rest.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_sends_its_body_slowly_is_answered_and_cut() {
    let served = Served::with(Fake::default(), OcspConfig::default(), impatient()).await;
    let head = "POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".to_owned();
    let got = served.send(head, b"0").await;
    assert!(is_ocsp_error(&got, MALFORMED_REQUEST));
    assert_eq!(got.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let served = Served::start().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /").await.unwrap();
    let mut sent = 0;
    while sent < 1 << 20 && stream.write_all(&[b'A'; 1024]).await.is_ok() {
        sent += 1024;
    }
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    assert!(read.is_err() || !answer.starts_with(b"HTTP/1.1 200"), "{sent} octets");
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let one = StatusConfig { max_connections: 1, ..impatient() };
    let served = Served::with(Fake::default(), OcspConfig::default(), one).await;
    served.crl((-1, 24));
    let _silent = TcpStream::connect(served.address).await.unwrap();
    let got = served.ask("GET", "/health", "").await;
    assert_eq!(got.status, 200, "the silent one was cut and gave its place");
}

#[tokio::test]
async fn signing_on_demand_is_bounded() {
    let none = StatusConfig { max_live: 0, ..StatusConfig::default() };
    let served = Served::with(Fake::default(), OcspConfig::default(), none).await;
    served.publish(1, Status::Good, (-20, -1));
    let got = served.post(&served.request(MessageDigest::sha1(), &[1])).await;
    assert!(is_ocsp_error(&got, TRY_LATER));
}
