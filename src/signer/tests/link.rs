//! Over the socket, with the link that the web process uses.

use super::story::Story;
use super::world::{NOW, World, tls_facts};
use crate::app::signer_link::{LinkError, SignerLink};
use crate::signer::error::Code;
use crate::signer::frame::{read_request, write_answer};
use crate::signer::protocol::{Answer, Refusal};
use crate::signer::server::{Server, Stop};
use pki::Kind;
use pki::certificate::Certificate;
use pki::crl::{prepare_crl, verify_crl};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

struct Running {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(world: &World) -> Self {
        let server = Server::bind(&world.config, Arc::new(world.core())).unwrap();
        let stop = server.stop();
        Self { stop, thread: Some(std::thread::spawn(|| server.run().unwrap())) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap();
    }
}

fn link(world: &World) -> SignerLink {
    SignerLink::new(world.config.socket.clone(), 16, Duration::from_secs(5))
}

#[tokio::test]
async fn everything_goes_through_the_socket() {
    let world = World::found();
    let _running = Running::start(&world);
    let link = link(&world);
    let status = link.hello().await.unwrap();
    assert_eq!(status.issuers, ["function", "infrastructure", "person"]);
    assert_eq!((status.token_problem, status.journal), (None, world.head()));

    let request = Story::new(&world, "x").request(&world);
    let issue = || link.issue("person", request.delivery.clone(), request.cards.clone());
    let signed = issue().await.unwrap().remove(0).unwrap();
    let wanted = &request.cards[0].certificates;
    assert!(
        signed
            .iter()
            .zip(wanted)
            .all(|(certificate, wanted)| Certificate::parse(certificate).unwrap().tbs() == wanted.tbs)
    );
    let again = issue().await.unwrap().remove(0).unwrap_err();
    assert_eq!((again.kind(), again.code()), (Kind::Conflict, "approval-used"));

    let refused = link.issue_standing("person", "tls-server", tls_facts(), &[], world.serial(), (NOW, NOW), &[]).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
    let tbs = prepare_crl(&world.person_ca, 1, NOW, NOW.plus_days(1), std::iter::empty());
    let crl = link.crl("person", tbs.as_bytes().to_vec()).await.unwrap();
    verify_crl(&crl, &world.person_ca.certificate).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_share_the_connections() {
    let world = Arc::new(World::found());
    let _running = Running::start(&world);
    let link = link(&world);
    let calls = (0..64).map(|number| {
        let (world, link) = (Arc::clone(&world), link.clone());
        tokio::spawn(async move {
            let request = Story::new(&world, &format!("n{number}")).request(&world);
            link.issue("person", request.delivery, request.cards).await.unwrap().remove(0).unwrap().len()
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_signer_that_is_away_is_said_to_be_and_found_again() {
    let world = World::found();
    let link = link(&world);
    assert!(matches!(link.hello().await, Err(LinkError::Away(_))));
    let running = Running::start(&world);
    link.hello().await.unwrap();
    drop(running);
    assert_eq!(
        link.hello().await.map(|_| ()).or_else(|error| if error.kind() == Kind::Busy {
            Ok(())
        } else {
            Err(error.code())
        }),
        Ok(())
    );
}

#[tokio::test]
async fn a_signer_that_hangs_is_left_at_the_deadline() {
    let world = World::found();
    std::fs::create_dir(world.config.socket.parent().unwrap()).unwrap();
    let _silent = std::os::unix::net::UnixListener::bind(&world.config.socket).unwrap();
    let link = SignerLink::new(world.config.socket.clone(), 1, Duration::from_millis(50));
    assert!(matches!(link.hello().await, Err(LinkError::Timeout)));
}

#[tokio::test]
async fn a_big_tray_may_take_longer_than_a_card() {
    let world = World::found();
    std::fs::create_dir(world.config.socket.parent().unwrap()).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(&world.config.socket).unwrap();
    let deadline = Duration::from_millis(500);
    let slow = std::thread::spawn(move || {
        let (mut given_up, _) = listener.accept().unwrap();
        while read_request(&mut given_up, || Ok(())).unwrap().is_some() {}
        let (mut patient, _) = listener.accept().unwrap();
        read_request(&mut patient, || Ok(())).unwrap().unwrap();
        let (_sender, nothing) = mpsc::channel::<()>();
        nothing.recv_timeout(deadline + deadline / 4).unwrap_err();
        let refusal = Refusal { code: Code::Busy, detail: "slow".to_owned() };
        write_answer(&mut patient, &Answer::Refused(refusal), &[]).unwrap();
    });
    let link = SignerLink::new(world.config.socket.clone(), 1, deadline);
    let request = Story::new(&world, "x").request(&world);
    let issue = |cards| link.issue("person", request.delivery.clone(), vec![request.cards[0].clone(); cards]);
    assert!(matches!(issue(10).await, Err(LinkError::Timeout)));
    assert!(matches!(issue(50).await, Err(LinkError::Refused(_))));
    slow.join().unwrap();
}

#[test]
fn the_socket_is_its_owners() {
    let world = World::found();
    let running = Running::start(&world);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = world.config.socket.parent().unwrap();
    assert_eq!((mode(folder), mode(&world.config.socket)), (0o700, 0o600));
    let second = World::found();
    let mut config = second.config.clone();
    config.socket.clone_from(&world.config.socket);
    let core = Arc::new(second.core());
    assert!(Server::bind(&config, Arc::clone(&core)).is_err(), "another signer answers there");
    drop(running);
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Server::bind(&config, core).is_err(), "others could enter");
}

#[test]
fn another_user_is_not_answered() {
    let mut world = World::found();
    world.config.allowed_uid += 1;
    let folder = world.config.socket.parent().unwrap().to_owned();
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750)).unwrap();
    let _running = Running::start(&world);
    let mut stream = UnixStream::connect(&world.config.socket).unwrap();
    // The write fails if the connection is closed already.
    let _ = stream.write_all(&[0, 0, 0, 19]);
    assert!(stream.read(&mut [0]).map_or(true, |octets| octets == 0));
}

#[test]
fn nonsense_ends_the_connection_with_a_word() {
    let world = World::found();
    let _running = Running::start(&world);
    let before = world.trace();
    for nonsense in [&b"\xff\xff\xff\xff"[..], b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x03\xff\xfe\xfd"] {
        let mut stream = UnixStream::connect(&world.config.socket).unwrap();
        stream.write_all(nonsense).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("bad-request"));
    }
    assert_eq!(world.trace(), before);
}
