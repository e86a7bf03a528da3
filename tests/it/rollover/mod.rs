//! CAs and roots follow each other: made in a ceremony, activated by two security officers' cards, side by side for as
//! long as it takes. OpenSSL judges the chains before, during and after.

mod succession;

use crate::stamps;
use crate::support::Installation;
use crate::support::judge::{Judge, Reference, Status};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use crate::support::{Stopwatch, records, wait};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use succession::{PERSON, ROOT, Succession, affected, execute, judged, keys, refused};

/// Notices to people without an address are given up at once, and can be looked at.
const NOBODY_TAKES_MAIL: &str = r#"
[notices]
attempts = 12
first_pause_seconds = 600

[notices.mail]
host = "127.0.0.1"
port = 1
tls = "none"
from = "legitimation@norrsken.example.se"
"#;
const V1: &str = "test-sigill-person-loa4-ca-v1";
const V2: &str = "test-sigill-person-loa4-ca-v2";
const INFRASTRUCTURE: &str = "test-sigill-infrastructure-ca-v1";
const ROOT_V1: &str = "test-sigill-root-ca-v1";
const ROOT_V2: &str = "test-sigill-root-ca-v2";

/// A card's authentication certificate.
struct Issued {
    reference: Reference,
    number: String,
    pem: String,
    keys: Keys,
}

/// A new card, from application to hand-out.
async fn card(installation: &Installation) -> Issued {
    let (agency, oracle, keys) = (Agency::new(installation, 0), Oracle::new(installation), Keys::new());
    let (_, number, view) = agency.card(&oracle, &keys).await;
    let certificate = &view["certificates"][0];
    let text = |name: &str| certificate[name].as_str().unwrap().to_owned();
    Issued { reference: (text("issuer"), text("serial")), number, pem: text("pem"), keys }
}

async fn has_status(judge: &Judge, card: &Issued, wanted: Status) {
    let begun = Stopwatch::start();
    while judge.ocsp(&card.reference).await.unwrap() != wanted {
        assert!(begun.elapsed() < PATIENCE, "{:?} is not {wanted:?}", card.reference);
        wait(PAUSE).await;
    }
}

/// The next generation of the CA of persons: both serve, new cards come from the new one, and the old one's last card
/// is revoked by the old one.
#[tokio::test]
async fn an_issuing_ca_rolls_over() {
    let mut installation = Installation::start("rollover-ca");
    let before = card(&installation).await;
    let next = Succession::hold(&installation, PERSON, "next", &installation.data());
    next.adopt(&mut installation);
    let while_generated = card(&installation).await;
    assert_eq!(while_generated.reference.0, V1, "a key that nobody activated issues nothing");
    assert!(keys(&installation).contains(&format!("{V2}  generated")));
    shortcuts_are_refused(&installation, &next);

    next.act(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    let during = card(&installation).await;
    assert_eq!(during.reference.0, V2);
    next.act(&installation, "status-only", V1, &[]);
    let after = card(&installation).await;
    assert_eq!(after.reference.0, V2);

    let (root, old, new) = (next.file(&pem(ROOT_V1)), next.file(&pem(V1)), next.file(&pem(V2)));
    for (card, ca) in [(&before, &old), (&while_generated, &old), (&during, &new), (&after, &new)] {
        judged(&installation, &root, &[ca], &card.pem).unwrap();
    }
    judged(&installation, &root, &[&old], &after.pem).unwrap_err();
    served_side_by_side(&installation, &before, &after).await;
    both_let_in(&installation, &after);
    installation.stop();
    installation.run();
    assert_eq!(card(&installation).await.reference.0, V2, "also after a restart");
}

/// OCSP, CRL and certificates of both generations; a revocation reaches the old one's.
async fn served_side_by_side(installation: &Installation, old: &Issued, new: &Issued) {
    let judge = Judge::new(installation);
    has_status(&judge, old, Status::Good).await;
    has_status(&judge, new, Status::Good).await;
    let revoker = Agency::new(installation, 0).revoker;
    let reason = serde_json::json!({"reason": "keyCompromise"});
    revoker.post(&format!("/ra/v1/cards/{}/revocation", old.number), reason).await.ok();
    has_status(&judge, old, Status::Revoked).await;
    let begun = Stopwatch::start();
    while !judge.crl(V1).await.unwrap().unwrap().serials.contains(&old.reference.1) {
        assert!(begun.elapsed() < PATIENCE, "the old CA's list does not name the card");
        wait(PAUSE).await;
    }
    while judge.crl(V2).await.unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "the new CA's list is not published");
        wait(PAUSE).await;
    }
    for name in [V1, V2, ROOT_V1] {
        let served = succession::fetch(&format!("{}/aia/{name}.crt", installation.url("status_url")));
        assert!(!served.is_empty(), "{name}");
    }
}

/// The officers' listener takes cards of both CAs; OpenSSL's client sees both named.
fn both_let_in(installation: &Installation, new: &Issued) {
    let said = succession::handshake(installation, new);
    assert!(said.contains("Person LoA4 CA v1") && said.contains("Person LoA4 CA v2"), "{said}");
    assert!(said.contains("HTTP/1.1 200"), "the holder of a new card is let in: {said}");
}

/// What one security officer, the same one twice, or an approval of something else brings about: nothing.
fn shortcuts_are_refused(installation: &Installation, next: &Succession) {
    let act = next.write(installation, "activate", V2, &[]);
    refused(&execute(installation, &act), "0 of 2 approvals");
    next.approve(installation, &act, 0);
    refused(&execute(installation, &act), "1 of 2 approvals");
    next.approve(installation, &act, 0);
    refused(&execute(installation, &act), "four eyes");
    let other = next.write(installation, "status-only", V1, &[]);
    next.approve(installation, &other, 0);
    next.approve(installation, &other, 1);
    let swapped = std::fs::read_to_string(&other).unwrap().replace("status-only", "retired");
    std::fs::write(&other, swapped).unwrap();
    refused(&execute(installation, &other), "another operation");
    let unused = next.write(installation, "destroy", V1, &[]);
    next.approve(installation, &unused, 0);
    next.approve(installation, &unused, 1);
    refused(&execute(installation, &unused), "is active, not retired");
}

/// The next root: cross certificates carry old and new alike, to the old anchor alone and to the new one alone.
#[tokio::test]
async fn a_root_rolls_over() {
    let mut installation = Installation::start("rollover-root");
    let old_card = card(&installation).await;
    let next = Succession::hold(&installation, ROOT, "next", &installation.data());
    next.adopt(&mut installation);
    let act = next.write(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    next.approve(&installation, &act, 0);
    next.approve(&installation, &act, 1);
    refused(&execute(&installation, &act), "no trusted root certified");
    next.act(&installation, "trust", ROOT_V2, &[]);
    let done = execute(&installation, &act);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let new_card = card(&installation).await;
    assert_eq!(new_card.reference.0, V2);

    let (old_root, new_root) = (next.file(&pem(ROOT_V1)), next.file(&pem(ROOT_V2)));
    let (old_ca, new_ca) = (next.file(&pem(V1)), next.file(&pem(V2)));
    let old_with_new = next.file(&pem(&format!("{ROOT_V1}-by-{ROOT_V2}")));
    let new_with_old = next.file(&pem(&format!("{ROOT_V2}-by-{ROOT_V1}")));
    let judge = |anchor: &str, chain: &[&String], card: &Issued| judged(&installation, anchor, chain, &card.pem);
    judge(&old_root, &[&old_ca], &old_card).expect("before, to the old anchor");
    judge(&new_root, &[&new_ca], &new_card).expect("after, to the new anchor");
    judge(&new_root, &[&old_ca, &old_with_new], &old_card).expect("old cards, to the new anchor alone");
    judge(&old_root, &[&new_ca, &new_with_old], &new_card).expect("new cards, to the old anchor alone");
    judge(&old_root, &[&new_ca], &new_card).expect_err("without the cross certificate");
    judge(&new_root, &[&old_ca], &old_card).expect_err("without the cross certificate");
    for root in [ROOT_V1, ROOT_V2] {
        let list = succession::fetch(&format!("{}/crl/{root}.crl", installation.url("status_url")));
        succession::list_verifies(&installation, &list, &next.file(&pem(root)));
    }
    assert!(keys(&installation).contains(&format!("{ROOT_V2}  active")));
}

/// Another algorithm is a policy edit and a ceremony; afterwards the CA comes to its end and its key is destroyed.
#[tokio::test]
async fn an_algorithm_changes_and_a_ca_ends() {
    let mut installation = Installation::start("rollover-algorithm");
    let before = card(&installation).await;
    succession::allow_rsa(&installation);
    let script = PERSON.replace("key = \"person-loa4-ca-v2\"\nkey_kind = \"ec-p256\"", RSA_KEY);
    let next = Succession::hold(&installation, &script, "next", &installation.data());
    next.adopt(&mut installation);
    next.act(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    let after = card(&installation).await;
    let root = next.file(&pem(ROOT_V1));
    judged(&installation, &root, &[&next.file(&pem(V1))], &before.pem).unwrap();
    judged(&installation, &root, &[&next.file(&pem(V2))], &after.pem).unwrap();
    assert!(succession::text_of(&installation, &after.pem).contains("sha256WithRSAEncryption"));
    has_status(&Judge::new(&installation), &after, Status::Good).await;
    the_end(&installation, &next, &after).await;
    installation.stop();
    installation.run();
    assert_eq!(card(&installation).await.reference.0, V1, "the service goes on without the destroyed key");
    has_final_word(&installation, &next, &after, "cessationOfOperation");
}

/// The OCSP answer that stands for ever: OpenSSL verifies it, and it says what the last CRL says.
fn has_final_word(installation: &Installation, next: &Succession, card: &Issued, reason: &str) {
    let (ca, root) = (next.file(&pem(V2)), next.file(&pem(ROOT_V1)));
    let said = succession::ocsp(installation, &root, &ca, &card.pem).unwrap();
    assert!(said.contains("Response verify OK") && said.contains(": revoked"), "{said}");
    assert!(said.contains(&format!("Reason: {reason}")), "{said}");
    assert!(said.contains("Next Update: Dec 31 23:59:59 9999 GMT"), "{said}");
}

/// Status only, retired with a last CRL, destroyed; not while a card lives.
async fn the_end(installation: &Installation, next: &Succession, last: &Issued) {
    next.act(installation, "status-only", V2, &[]);
    assert_eq!(card(installation).await.reference.0, V1, "the other one issues");
    let retire = next.write(installation, "retire", V2, &[]);
    next.approve(installation, &retire, 0);
    next.approve(installation, &retire, 1);
    refused(&execute(installation, &retire), "neither over nor revoked");
    let revoker = Agency::new(installation, 0).revoker;
    let reason = serde_json::json!({"reason": "cessationOfOperation"});
    revoker.post(&format!("/ra/v1/cards/{}/revocation", last.number), reason).await.ok();
    let done = execute(installation, &retire);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let der = succession::fetch(&format!("{}/crl/{V2}.crl", installation.url("status_url")));
    let said = succession::list_verifies(installation, &der, &next.file(&pem(V2)));
    assert!(said.contains("Dec 31 23:59:59 9999 GMT") && said.contains("Cessation Of Operation"), "{said}");
    has_final_word(installation, next, last, "cessationOfOperation");
    next.act(installation, "destroy", V2, &[]);
    assert!(keys(installation).contains(&format!("{V2}  destroyed")));
}

/// How often the holder of a card was told that it is revoked.
async fn told(agency: &Agency, card: &str) -> usize {
    let notices = agency.registration.0.get("/ra/v1/notices?state=dead&limit=200").await.ok();
    let about = |notice: &&serde_json::Value| notice["kind"] == "card-revoked" && notice["about"] == card;
    notices["items"].as_array().unwrap().iter().filter(about).count()
}

/// Everything that a compromised CA signed is revoked and listed with its holder; the root's next list names the CA.
#[tokio::test]
async fn a_compromised_ca_is_revoked_with_all_that_it_signed() {
    let mut installation = Installation::start("rollover-compromise");
    let next = Succession::hold(&installation, PERSON, "next", &installation.data());
    next.adopt(&mut installation);
    next.act(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    installation.stop();
    let config = installation.data().join("sigill.toml");
    std::fs::File::options().append(true).open(config).unwrap().write_all(NOBODY_TAKES_MAIL.as_bytes()).unwrap();
    installation.run();
    let (kept, lost) = (card(&installation).await, card(&installation).await);
    assert_eq!((kept.reference.0.as_str(), lost.reference.0.as_str()), (V2, V2));
    next.act(&installation, "compromised", V2, &[]);
    has_status(&Judge::new(&installation), &lost, Status::Revoked).await;
    let agency = Agency::new(&installation, 0);
    for card in [&kept, &lost] {
        let begun = Stopwatch::start();
        while told(&agency, &card.number).await != 1 {
            assert!(begun.elapsed() < Duration::from_secs(20), "each holder is told once");
            wait(Duration::from_millis(200)).await;
        }
    }
    let now = card(&installation).await;
    assert_eq!(now.reference.0, V1, "it issues nothing more");
    let concerned = affected(&installation, V2);
    for card in [&kept, &lost] {
        let line = concerned.lines().find(|line| line.starts_with(&card.reference.1)).unwrap();
        assert!(line.contains("norrsken") && line.contains(&card.number), "{line}");
        assert!(!line.ends_with(','), "revoked: {line}");
    }
    assert!(keys(&installation).contains("COMPROMISED"));

    let serial = succession::serial_of(&installation, &next.file(&pem(V2)));
    let script = succession::revoking(&serial);
    let later = Succession::hold(&installation, &script, "list", &next.out());
    later.adopt(&mut installation);
    let chain = [next.file(&pem(V2)), next.file(&pem(V1))];
    let lists = later.file(&format!("{ROOT_V1}.crl"));
    let root = next.file(&pem(ROOT_V1));
    succession::ca_is(&installation, &root, &lists, &chain[0]).expect_err("the root's list names it");
    succession::ca_is(&installation, &root, &lists, &chain[1]).expect("and no other");
    let served = succession::fetch(&format!("{}/crl/{ROOT_V1}.crl", installation.url("status_url")));
    assert_eq!(served, std::fs::read(Path::new(&lists)).unwrap(), "the new list is served");
}

/// The CA that certified the time-stamping unit is lost: nobody can make another unit, and this one stamps no more.
#[tokio::test]
async fn a_unit_of_a_compromised_ca_stamps_no_more() {
    let mut installation = Installation::start("rollover-compromise-unit");
    let next = Succession::hold(&installation, PERSON, "next", &installation.data());
    next.adopt(&mut installation);
    let stamps = |installation: &Installation| stamps::says(installation).contains("Granted");
    let begun = Stopwatch::start();
    while !stamps(&installation) {
        assert!(begun.elapsed() < PATIENCE, "{}", stamps::says(&installation));
        wait(PAUSE).await;
    }
    next.act(&installation, "compromised", INFRASTRUCTURE, &[]);
    let begun = Stopwatch::start();
    while stamps(&installation) {
        assert!(begun.elapsed() < PATIENCE, "a revoked unit stamps");
        wait(PAUSE).await;
    }
    installation.stop();
    installation.run();
    wait(Duration::from_secs(15)).await;
    assert!(!stamps(&installation), "{}", stamps::says(&installation));
}

/// The service dies when the officers' act is recorded, and nothing was revoked yet: after the restart all of it is.
#[tokio::test]
async fn a_compromise_is_finished_after_a_crash() {
    let mut installation = Installation::start("rollover-compromise-crash");
    let next = Succession::hold(&installation, PERSON, "next", &installation.data());
    next.adopt(&mut installation);
    next.act(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    let lost = card(&installation).await;
    installation.kill();
    installation.set_environment(&[(sigill::crash::STORE_VARIABLE, "ca-key:1,committed:1")]);
    installation.run();
    let act = next.write(&installation, "compromised", V2, &[]);
    (0..2).for_each(|officer| next.approve(&installation, &act, officer));
    assert!(!execute(&installation, &act).status.success(), "the service died");
    assert!(installation.has_ended());
    let is_revoked = |installation: &Installation| {
        let rows = records::certificates(installation);
        rows.iter()
            .find(|((issuer, serial), _)| (issuer, serial) == (&lost.reference.0, &lost.reference.1))
            .unwrap()
            .1
            .revoked
    };
    assert!(!is_revoked(&installation), "nothing was revoked before the crash");
    installation.set_environment(&[]);
    installation.run();
    has_status(&Judge::new(&installation), &lost, Status::Revoked).await;
    assert!(is_revoked(&installation));
    assert!(keys(&installation).contains("COMPROMISED"));
    installation.sigill(&["audit", "verify"]);
}

/// A CA that only answers any more can be lost like one that issues: it is retired at once, with everything revoked and
/// its last words said.
#[tokio::test]
async fn a_compromised_ca_that_only_answers_is_retired_at_once() {
    let mut installation = Installation::start("rollover-compromise-late");
    let next = Succession::hold(&installation, PERSON, "next", &installation.data());
    next.adopt(&mut installation);
    next.act(&installation, "activate", V2, &["--responder", &next.file("ocsp-person-v2.pem")]);
    let lost = card(&installation).await;
    assert_eq!(lost.reference.0, V2);
    next.act(&installation, "status-only", V2, &[]);
    has_status(&Judge::new(&installation), &lost, Status::Good).await;
    next.act(&installation, "compromised", V2, &["--status-only"]);
    let told = keys(&installation);
    assert!(told.contains(&format!("{V2}  retired")) && told.contains("COMPROMISED"), "{told}");
    has_status(&Judge::new(&installation), &lost, Status::Revoked).await;
    has_final_word(&installation, &next, &lost, "cACompromise");
    let der = succession::fetch(&format!("{}/crl/{V2}.crl", installation.url("status_url")));
    let said = succession::list_verifies(&installation, &der, &next.file(&pem(V2)));
    assert!(said.contains("Dec 31 23:59:59 9999 GMT") && said.contains("CA Compromise"), "{said}");
    assert_eq!(card(&installation).await.reference.0, V1, "the other one issues");
}

/// A ceremony after another installation's, whose root is called the same; and one that went on from the same ceremony as
/// the one that was adopted, and knows nothing of what that one revoked.
#[tokio::test]
async fn a_ceremony_that_does_not_follow_is_not_adopted() {
    let mut installation = Installation::start("rollover-fork");
    let earlier = installation.data();
    let lost = succession::serial_of(&installation, earlier.join("authorities").join(pem(V1)).to_str().unwrap());
    let other = format!("{}{}", &lost[..31], if lost.ends_with('0') { '1' } else { '0' });
    let published = Succession::hold(&installation, &succession::revoking(&lost), "list", &earlier);
    let fork = Succession::hold(&installation, &succession::revoking(&other), "fork", &earlier);
    let again = Succession::hold(&installation, &succession::revoking(&other), "again", &fork.out());
    published.adopt(&mut installation);
    installation.stop();
    for late in [&fork, &again] {
        refused(&late.offer(&installation), "does not follow the one on record");
    }

    let mut stranger = Installation::start("rollover-stranger");
    let foreign = Succession::hold(&stranger, PERSON, "next", &stranger.data());
    refused(&foreign.offer(&installation), "is not the one on record here");
    installation.run();
    assert!(!keys(&installation).contains(V2), "nothing of it was taken");

    // Whoever writes the ceremony's file names no officers of their own: these are not those in force.
    stranger.stop();
    let officers = stranger.data().join("signer/officers.json");
    let in_force = std::fs::read_to_string(&officers).unwrap();
    std::fs::write(&officers, in_force.replace("\"registration-officer\"", "\"auditor\"")).unwrap();
    refused(&foreign.offer(&stranger), "another list of officers than the one in force");
    std::fs::write(&officers, in_force).unwrap();
    assert!(foreign.offer(&stranger).status.success());
}

fn pem(name: &str) -> String {
    format!("{name}.pem")
}

const RSA_KEY: &str = "key = \"person-loa4-ca-v2\"\nkey_kind = \"rsa-3072\"";
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);
