//! Notices: written with the change, delivered by a real mail server and a signed post, again until they are taken.

use crate::support::installation::free_ports;
use crate::support::mailbox::Mailbox;
use crate::support::oracle::Oracle;
use crate::support::receiver::{Posted, Receiver};
use crate::support::records::events;
use crate::support::story::{Agency, Keys};
use crate::support::{Installation, Stopwatch, wait};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pki::certificate::Certificate;
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::Duration;

/// The life of a card as its holder and the agency's system are told of it. Nobody's name or number is told to anybody.
#[tokio::test]
async fn holders_and_systems_are_told() {
    let mut installation = Installation::start("notices");
    installation.stop();
    let (port, root) = (free_ports(), installation.folder().join("receiver.pem"));
    let receiver = Receiver::start(&root, &["500 Internal Server Error"]).await;
    configure(&installation, port, receiver.port);
    installation.run();
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (id, card) = agency.submit().await;
    let enrolment = agency.registration.0.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
    let person = enrolment["applicant_id"].as_str().unwrap().to_owned();
    let address = format!("/ra/v1/persons/{person}/address");
    for wrong in ["nobody", "a@b", "a\nb@c.se"] {
        let refused = agency.registration.0.post(&address, json!({"email": wrong})).await;
        assert_eq!(refused.problem(), (400, "invalid".to_owned()), "{wrong:?}");
    }
    let set = agency.registration.0.post(&address, json!({"email": "asa@norrsken.example.se"})).await;
    assert_eq!(set.status, 204);

    agency.identify(&oracle, &id).await;
    agency.approve(&oracle, &id).await;
    until(&agency, "waiting", |notice| notice["outcome"] == "mail-server-away").await;
    let mailbox = Mailbox::open(installation.folder(), port);
    let approved = mailbox.until("is approved").await;
    assert!(approved.contains("To: asa@norrsken.example.se") && approved.contains("Message-ID: <"), "{approved}");
    agency.issue(&oracle, &id, &card, &Keys::new()).await;
    mailbox.until("is ready at the desk").await;
    agency.activate(&id).await;
    mailbox.until("was handed out at").await;
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "keyCompromise"})).await.ok();
    let revoked = mailbox.until("cannot be used any more").await;
    assert!(revoked.contains(&card[card.len() - 4..]) && !revoked.contains(&card), "the end of the number: {revoked}");
    assert_eq!(mailbox.mails().len(), 4, "each is told once");

    let posted = until_posted(&receiver, 6).await;
    let bodies: Vec<Value> = posted.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    // A card of the demo ends soon: of that the agency's system is reminded too, and first.
    let kinds = bodies.iter().map(|body| body["kind"].as_str().unwrap()).filter(|kind| *kind != "card-expiring");
    assert_eq!(kinds.collect::<Vec<_>>(), ["card-approved", "card-ready", "card-activated", "card-revoked"]);
    assert!(posted[1..].iter().any(|again| again.1 == posted[0].1), "what failed comes again, with the same id");
    for one in &posted {
        signed_by_the_seal(&installation, one);
    }
    let told = mailbox.mails().concat() + &posted.iter().map(|(_, body)| body.as_str()).collect::<String>();
    for personal in ["Åsa", "Öberg", "=C3=85sa", "=C3=96berg"] {
        assert!(!told.contains(personal), "{personal}");
    }
    let begun = Stopwatch::start();
    while events(&installation, "notice.delivered").len() < 8 {
        assert!(begun.elapsed() < Duration::from_secs(20), "each on both ways");
        wait(Duration::from_millis(200)).await;
    }
    assert!(!events(&installation, "notice.delayed").is_empty());
    assert_eq!(events(&installation, "employment.address-set").len(), 1);
}

/// What cannot be delivered is given up, stands on a list, and is tried again when somebody says so. A redirect is not
/// followed.
#[tokio::test]
async fn what_cannot_be_delivered_is_given_up() {
    let mut installation = Installation::start("dead-letters");
    installation.stop();
    let (port, root) = (free_ports(), installation.folder().join("receiver.pem"));
    let receiver = Receiver::start(&root, &["302 Found\r\nlocation: https://localhost:1/elsewhere"]).await;
    configure(&installation, port, receiver.port);
    installation.run();
    let mailbox = Mailbox::open(installation.folder(), port);
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (id, _) = agency.approved(&oracle).await;
    let redirected = until(&agency, "dead", |notice| notice["channel"] == "webhook").await;
    assert_eq!(redirected["outcome"], "webhook-redirects");
    let unknown =
        until(&agency, "dead", |notice| notice["channel"] == "mail" && notice["kind"] == "card-approved").await;
    assert_eq!(unknown["outcome"], "no-address");
    let dead = agency.registration.0.get("/ra/v1/notices?state=dead").await.ok();
    assert_eq!(events(&installation, "notice.given-up").len(), dead["items"].as_array().unwrap().len());
    assert!(mailbox.mails().is_empty());

    let enrolment = agency.registration.0.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
    let person = enrolment["applicant_id"].as_str().unwrap();
    let address = json!({"email": "asa@norrsken.example.se"});
    agency.registration.0.post(&format!("/ra/v1/persons/{person}/address"), address).await;
    let notice = unknown["id"].as_str().unwrap();
    let retry = format!("/ra/v1/notices/{notice}/mail/retry");
    agency.registration.0.post(&retry, json!({})).await.ok();
    mailbox.until("is approved").await;
    until(&agency, "delivered", |delivered| delivered["id"] == notice).await;
    assert_eq!(agency.registration.0.post(&retry, json!({})).await.problem(), (409, "wrong-stage".to_owned()));
    assert_eq!(events(&installation, "notice.retried").len(), 1);
}

fn configure(installation: &Installation, mail: u16, webhook: u16) {
    let root = installation.folder().join("receiver.pem");
    let section = format!(
        "\n[notices]\nattempts = 12\nfirst_pause_seconds = 1\n\n[notices.mail]\nhost = \"127.0.0.1\"\nport = {mail}\n\
         tls = \"none\"\nfrom = \"legitimation@norrsken.example.se\"\n\n[[notices.webhook]]\nagency = \"norrsken\"\n\
         url = \"https://localhost:{webhook}/notices\"\nroot = \"{}\"\nprivate = true\n",
        root.display()
    );
    let config = installation.data().join("sigill.toml");
    std::fs::File::options().append(true).open(config).unwrap().write_all(section.as_bytes()).unwrap();
}

/// A notice of the agency in a state that fits, once there is one.
async fn until(agency: &Agency, state: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let begun = Stopwatch::start();
    loop {
        let list = agency.registration.0.get(&format!("/ra/v1/notices?state={state}")).await.ok();
        if let Some(notice) = list["items"].as_array().unwrap().iter().find(|notice| fits(notice)) {
            return notice.clone();
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{list}");
        wait(Duration::from_millis(200)).await;
    }
}

async fn until_posted(receiver: &Receiver, count: usize) -> Vec<Posted> {
    let begun = Stopwatch::start();
    while receiver.posted().len() < count {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", receiver.posted());
        wait(Duration::from_millis(200)).await;
    }
    receiver.posted()
}

/// Whoever has the root's certificate can check the signature over the body.
fn signed_by_the_seal(installation: &Installation, (head, body): &Posted) {
    let signature = head.lines().find_map(|line| line.strip_prefix("sigill-signature: ")).unwrap();
    let (header, signature) = signature.split_once("..").unwrap();
    let jws = pki::jose::read_compact(&format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(body))).unwrap();
    assert_eq!(jws.header["typ"], "sigill-notice+jws");
    let chain = jws.header["x5c"].as_array().unwrap();
    let read = |at: usize| Certificate::parse(&STANDARD.decode(chain[at].as_str().unwrap()).unwrap()).unwrap();
    let root = installation.data().join("authorities/test-sigill-root-ca-v1.pem");
    let root = Certificate::from_pem(&std::fs::read_to_string(root).unwrap()).unwrap();
    read(0).verify_issued_by(&read(1)).unwrap();
    read(1).verify_issued_by(&root).unwrap();
    assert_eq!(read(0).common_name(), Some(sigill::service::seal::SEAL_NAME));
    jws.verify(read(0).public_key()).unwrap();
}
