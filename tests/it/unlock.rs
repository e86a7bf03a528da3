//! A signer whose token custodians open, on SoftHSM2 and in the real processes.

use crate::support::Stopwatch;
use crate::support::ceremony::{Room, Service, done, refused, sigill};
use crate::support::installation::pause;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const OUT: &str = "out";

/// One of three is refused, the same custodian twice is one, a wrong share tells nothing, two of three open the token;
/// status goes on meanwhile; and the next start needs two again, within the window.
#[test]
fn two_of_three_custodians_open_the_signer_at_every_start() {
    let room = Room::locked("unlock");
    done(&room.run(OUT, &[]));
    no_file_has_the_pin(&room);

    let service = room.serve(OUT);
    locked_signer_is_ready(&room, &service);
    assert!(done(&room.unlock(OUT, "klara", "klara")).contains("1 of 2 given"));
    refused(&room.unlock(OUT, "klara", "klara"), "klara gave their share before");
    refused(&room.unlock(OUT, "karl", "klara"), "no share opens for karl");
    refused(&room.unlock(OUT, "nobody", "klara"), "no share opens for nobody");
    wrong_shares_are_refused_alike(&room);
    assert!(!service.has_api(), "a locked CA signed");
    assert!(!service.get("/crl/test-sigill-root-ca-v1.crl").unwrap().is_empty());
    assert!(done(&room.unlock(OUT, "karl", "karl")).contains("the token is open"));
    service.wait_for_api();
    refused(&room.unlock(OUT, "kim", "kim"), "was opened before");
    let journal = std::fs::read_to_string(room.path("out/signer/journal")).unwrap();
    assert!(journal.contains(r#""kind":"unlocked""#) && journal.contains(r#""custodians":["karl","klara"]"#));
    drop(service);

    shorten_the_window(&room);
    let service = room.serve(OUT);
    locked_signer_is_ready(&room, &service);
    assert!(done(&room.unlock(OUT, "kim", "kim")).contains("1 of 2 given"));
    pause(Duration::from_secs(WINDOW_SECONDS + 2));
    let late = done(&room.unlock(OUT, "karl", "karl"));
    assert!(late.contains("1 of 2 given"), "a share of before the window counted: {late}");
    assert!(done(&room.unlock(OUT, "kim", "kim")).contains("the token is open"));
    drop(service);
    changed_shares_are_refused_at_the_start(&room);
}

/// Whoever changes the file with the shares finds no signer to give shares to.
fn changed_shares_are_refused_at_the_start(room: &Room) {
    let file = room.path("out/signer/sigill-ca.shares.json");
    let other = std::fs::read(room.path("out/signer/sigill-root.shares.json")).unwrap();
    std::fs::write(file, other).unwrap();
    let mut signer = sigill(&["signer", "--config"]);
    signer.arg(room.signer_config(OUT)).env("SOFTHSM2_CONF", room.path("out/softhsm2.conf"));
    refused(&signer.output().unwrap(), "is not what the ceremony left");
}

/// The signer's folder holds shares and no PIN, and its configuration names none.
fn no_file_has_the_pin(room: &Room) {
    let files = std::fs::read_dir(room.path("out/signer")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains(".pin")), "{names:?}");
    assert!(
        names.contains(&"sigill-ca.shares.json".to_owned()) && names.contains(&"sigill-root.shares.json".to_owned())
    );
    let config = std::fs::read_to_string(room.signer_config(OUT)).unwrap();
    assert!(config.contains(r#"unlock = "quorum""#) && !config.contains("pin"), "{config}");
}

/// The public is served, and the custodians' door answers.
fn locked_signer_is_ready(room: &Room, service: &Service) {
    service.wait_for_status();
    let watch = Stopwatch::start();
    while UnixStream::connect(room.path("out/signer/unlock.sock")).is_err() {
        assert!(watch.elapsed() < Duration::from_secs(10), "nobody attends the door");
        pause(Duration::from_millis(20));
    }
}

/// Whoever reaches the socket and guesses gets one answer for everything.
fn wrong_shares_are_refused_alike(room: &Room) {
    let wrong = [("karl", "AAAA"), ("nobody", "AAAA"), ("klara", "AAAA"), ("karl", "")];
    for (custodian, share) in wrong {
        let mut door = UnixStream::connect(room.path("out/signer/unlock.sock")).unwrap();
        writeln!(door, r#"{{"custodian":"{custodian}","share":"{share}"}}"#).unwrap();
        let mut answer = String::new();
        BufReader::new(door).read_line(&mut answer).unwrap();
        assert_eq!(answer, "{\"answer\":\"refused\",\"why\":\"the share is not taken\"}\n", "{custodian}");
    }
}

fn shorten_the_window(room: &Room) {
    let config = std::fs::read_to_string(room.signer_config(OUT)).unwrap();
    let short = config.replace("unlock_window_seconds = 900", &format!("unlock_window_seconds = {WINDOW_SECONDS}"));
    assert_ne!(short, config);
    std::fs::write(room.signer_config(OUT), short).unwrap();
}

const WINDOW_SECONDS: u64 = 4;
