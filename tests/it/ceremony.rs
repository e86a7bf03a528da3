//! `sigill ceremony`: from an empty folder to CAs and first officers, and every shortcut that is refused.

use crate::support::ceremony::{DEMO, DEMO_ANSWERS, Room, done, refused, sigill};
use crate::support::installation::pause;
use crate::support::{Installation, Stopwatch};
use openssl::x509::X509;
use sigill::ceremony::script::Script;
use sigill::ceremony::transcript::verify::judge_folder;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::TestFolder;

/// For starting a service, and for its first lists.
const PATIENCE: Duration = Duration::from_secs(30);
pub const PRODUCTION: &str = include_str!("../../policies/ceremony/production.toml");

fn openssl_verifies(folder: &Path, issuer: &str, certificate: &str) {
    let root = std::fs::read_dir(folder.join("authorities")).unwrap().map(|file| file.unwrap().path());
    let root =
        root.into_iter().find(|path| path.to_string_lossy().contains("root-ca") && path.extension().unwrap() == "pem");
    let judged = Command::new("openssl")
        .args(["verify", "-x509_strict", "-CAfile"])
        .arg(root.unwrap())
        .arg("-untrusted")
        .arg(folder.join(issuer))
        .arg(folder.join(certificate))
        .output()
        .unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
}

/// Two of three custodians, one command, one file: root, two issuing CAs, first officers.
#[test]
fn one_command_and_one_file_found_everything() {
    let room = Room::new("ceremony-one").without(&["kim"]);
    done(&room.run("out", &[]));
    let out = room.path("out");
    done(&sigill(&["ceremony", "verify"]).arg(&out).output().unwrap());
    done(&sigill(&["ceremony", "verify"]).arg(out.join("transcript.json")).output().unwrap());
    let person_ca = "authorities/test-sigill-person-loa4-ca-v1.pem";
    openssl_verifies(&out, person_ca, "people/anna-almkvist.authentication.pem");
    openssl_verifies(&out, person_ca, "people/anna-almkvist.signature.pem");
    openssl_verifies(&out, person_ca, "authorities/ocsp-person-1.pem");
    openssl_verifies(&out, person_ca, "authorities/test-sigill-infrastructure-ca-v1.pem");
    one_edited_byte_fails(&out);
    a_ceremony_is_held_once(&room);
}

/// What the ceremony leaves is enough: the configuration is usable as it stands, and the service starts with it.
#[test]
fn after_the_ceremony_the_service_starts() {
    let room = Room::new("ceremony-serve");
    let said = done(&room.run("out", &[]));
    assert!(said.contains("sigill.toml"), "{said}");
    let config = room.path("out/sigill.toml");
    let checked = done(&sigill(&["check", "--config"]).arg(&config).output().unwrap());
    assert!(checked.contains("is usable") && checked.contains("test-sigill-person-loa4-ca-v1"), "{checked}");
    let service = room.serve("out");
    service.wait_for_api();
    assert!(!service.get("/crl/test-sigill-root-ca-v1.crl").unwrap().is_empty());
    assert!(service.wait_for_health().contains("signer"));
}

/// A key that may leave its token wrapped signs for its CA if the ceremony's own transcript says where it was born.
#[test]
fn a_wrapped_key_signs_with_its_transcript_only() {
    let wrap = |name: &str| {
        let key = "key = \"infrastructure-ca-v1\"";
        Room::new(name).edited(key, &format!("{key}\nbackup = \"wrap\""))
    };
    let (room, other) = (wrap("ceremony-wrap"), wrap("ceremony-wrap-other"));
    done(&room.run("out", &[]));
    done(&sigill(&["ceremony", "verify"]).arg(room.path("out")).output().unwrap());
    let report = std::fs::read_to_string(room.path("out/transcript.txt")).unwrap();
    assert!(report.contains("wrapped by a trusted key only") && report.contains("trusted wrapping key"), "{report}");
    let service = room.serve("out");
    service.wait_for_api();
    drop(service);

    let config = std::fs::read_to_string(room.signer_config("out")).unwrap();
    let named = config.lines().find(|line| line.starts_with("transcripts = ")).unwrap().to_owned();
    let start = |transcripts: &str| {
        std::fs::write(room.signer_config("out"), config.replace(&named, transcripts)).unwrap();
        let mut command = sigill(&["signer", "--config"]);
        command.arg(room.signer_config("out")).env("SOFTHSM2_CONF", room.path("out/softhsm2.conf")).output().unwrap()
    };
    refused(&start("transcripts = []"), "infrastructure");
    done(&other.run("out", &[]));
    let transcript = |path: &Path| format!("transcripts = [{:?}]", path.display().to_string());
    refused(&start(&transcript(&other.path("out/transcript.json"))), "another ceremony");
    let forged = room.path("forged.json");
    let sealed = std::fs::read_to_string(room.path("out/transcript.json")).unwrap();
    std::fs::write(&forged, edited(&sealed)).unwrap();
    assert!(!start(&transcript(&forged)).status.success(), "an edited transcript was taken");
}

/// Anywhere in the transcript, in its readable form, and in the files that it names.
fn one_edited_byte_fails(out: &Path) {
    let text = std::fs::read(out.join("transcript.json")).unwrap();
    let judge = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| judge_folder(out, text).is_ok());
    assert!(judge(&text));
    for at in (0..text.len()).step_by(text.len() / 300) {
        let mut edited = text.clone();
        edited[at] ^= 1 << (at % 7);
        assert!(!judge(&edited), "octet {at} of the transcript was edited unnoticed");
    }
    for last in 1..=40 {
        let mut edited = text.clone();
        let at = text.len() - last;
        edited[at] ^= 1;
        assert!(!judge(&edited), "octet {at} of the transcript was edited unnoticed");
    }
    for file in ["transcript.txt", "authorities/test-sigill-root-ca-v1.crl", "signer/officers.json"] {
        let content = std::fs::read(out.join(file)).unwrap();
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut edited = content.clone();
            edited[at] ^= 1;
            std::fs::write(out.join(file), edited).unwrap();
            assert!(!judge(&text), "{file} was edited unnoticed");
        }
        std::fs::write(out.join(file), content).unwrap();
    }
    assert!(judge(&text));
}

fn a_ceremony_is_held_once(room: &Room) {
    refused(&room.run("out", &[]), "finished ceremony");
    std::fs::remove_file(room.path("out/transcript.json")).unwrap();
    refused(&room.run("out", &[]), "exists");
}

/// Too few, the same twice, somebody else's code, other files: nothing is made.
#[test]
fn shortcuts_are_refused() {
    let room = Room::new("ceremony-alone").without(&["karl", "kim"]);
    refused(&room.run("out", &[]), "1 custodians confirmed and 2 are needed");
    assert!(!room.path("out/signer/journal").exists());
    refused(&Room::new("ceremony-unseen").without(&["vera"]).run("out", &[]), "Vera Viklund (witness)");

    let mut twice = Room::new("ceremony-twice").without(&["karl", "kim"]);
    let klara = twice.answers.split("\n[[answer]]").find(|one| one.contains("\"klara\"")).unwrap().to_owned();
    twice.answers = format!("{}\n[[answer]]{klara}", twice.answers);
    refused(&twice.run("out", &[]), "klara answers twice");
    twice.answers = twice.answers.replacen("participant = \"klara\"", "participant = \"karl\"", 1);
    refused(&twice.run("out", &[]), "twice");

    let prepared = Room::new("ceremony-prepared");
    std::fs::create_dir_all(prepared.path("out/signer")).unwrap();
    std::fs::write(prepared.path("out/signer/sigill-root.pin"), "0123456789abcdef\n").unwrap();
    refused(&prepared.run("out", &[]), "is not empty");

    let mut edited = Room::new("ceremony-edited");
    edited.answers = edited.answers.replace("code = \"F", "code = \"G");
    refused(&edited.run("out", &[]), "not the code of karl");

    let mut other_file = Room::new("ceremony-other-file");
    other_file.script = other_file.script.replace("days = 7305", "days = 7306");
    refused(&other_file.run("out", &[]), "the answers file is for the ceremony file");

    let mut replayed = Room::new("ceremony-replayed");
    replayed.answers = replayed.answers.replace("ceremony = \"demo\"", "ceremony = \"another\"");
    refused(&replayed.run("out", &[]), "the answers file is for the ceremony file");

    let expired = DEMO.replace("9999-12-31T23:59:59Z", "2026-01-02T00:00:00Z");
    refused(&Room::with("ceremony-expired", expired).run("out", &[]), "have a new one reviewed");
}

/// What was done is not done again; an edited record or another file is not gone on with.
#[test]
fn a_ceremony_that_stopped_goes_on() {
    let room = Room::new("ceremony-stopped").up_to("[\"file\", \"keys\", \"root\", \"issuing\"]");
    refused(&room.run("out", &[]), "step first-certificates is not confirmed");
    let draft = room.path("out/transcript.draft");
    let so_far = std::fs::read_to_string(&draft).unwrap();
    let before = std::fs::read(room.path("out/authorities/test-sigill-root-ca-v1.pem")).unwrap();

    let mut all = Room { answers: Room::new("ceremony-answers").answers, ..room };
    std::fs::write(&draft, so_far.replacen("\"kind\":\"ec-p384\"", "\"kind\":\"ec-p256\"", 1)).unwrap();
    refused(&all.run("out", &[]), "is not what the entry says of it");
    std::fs::write(&draft, so_far.replacen("\"firmware\":\"2", "\"firmware\":\"3", 1)).unwrap();
    refused(&all.run("out", &[]), "does not follow");
    // As if the power failed before the last things were written down; the last line is torn.
    let cut = so_far.lines().position(|line| line.contains("\"label\":\"infrastructure-ca-v1\"")).unwrap();
    let kept: Vec<&str> = so_far.lines().take(cut).collect();
    std::fs::write(&draft, format!("{}\n{{\"sequence\":", kept.join("\n"))).unwrap();
    let (script, answers) = (all.script.clone(), all.answers.clone());
    all.script = script.replace("days = 7305", "days = 7306");
    all.answers = answers.replace(&Script::digest(&script).to_string(), &Script::digest(&all.script).to_string());
    refused(&all.run("out", &[]), "the ceremony in this folder is for the ceremony file");
    (all.script, all.answers) = (script, answers);

    done(&all.run("out", &[]));
    done(&sigill(&["ceremony", "verify"]).arg(all.path("out")).output().unwrap());
    assert_ne!(before, std::fs::read(all.path("out/authorities/test-sigill-root-ca-v1.pem")).unwrap());
}

/// Whoever can write the draft names a root of their own there: the same key, but nobody's signature.
#[test]
fn a_certificate_that_its_ca_did_not_sign_is_refused() {
    let room = Room::new("ceremony-slipped-in").up_to("[\"file\", \"keys\", \"root\"]");
    refused(&room.run("out", &[]), "step issuing is not confirmed");
    let (draft, path) = (room.path("out/transcript.draft"), room.path("out/authorities/test-sigill-root-ca-v1.pem"));
    let pem = X509::from_pem(&std::fs::read(&path).unwrap()).unwrap();
    let mut der = pem.to_der().unwrap();
    *der.last_mut().unwrap() ^= 1;
    let other = X509::from_der(&der).unwrap().to_pem().unwrap();
    let so_far = std::fs::read_to_string(&draft).unwrap();
    let hash = |octets: &[u8]| Script::digest(std::str::from_utf8(octets).unwrap()).to_string();
    let edited = so_far.replace(&hash(&std::fs::read(&path).unwrap()), &hash(&other));
    assert!(edited != so_far && edited.trim_end().ends_with(&format!("\"{}\"}}}}", hash(&other))), "it was the last");
    std::fs::write(&draft, edited).unwrap();
    std::fs::write(&path, other).unwrap();

    let all = Room { answers: Room::new("ceremony-all-answers").answers, ..room };
    refused(&all.run("out", &[]), "is not the certificate");
    refused(&sigill(&["ceremony", "verify"]).arg(all.path("out")).output().unwrap(), "is not the certificate");
}

/// The root's host has no database and no network: requests and certificates travel as files.
#[test]
fn two_hosts_exchange_files() {
    let script =
        PRODUCTION.replace("mode = \"production\"", "mode = \"demo\"").replace("inside = false", "inside = true");
    let room = Room::with("ceremony-hosts", script);
    let (offline, issuing) = (room.path("root"), room.path("issuing"));
    let said = done(&room.run("issuing", &["--host", "issuing"]));
    assert!(said.contains("answer.json"), "{said}");
    refused(&room.run("root", &[]), "say --host");

    assert!(done(&room.run("root", &["--host", "root"])).contains("request.json"));
    let request = std::fs::read_to_string(issuing.join("out/request.json")).unwrap();
    std::fs::write(offline.join("in/request.json"), edited(&request)).unwrap();
    assert!(!room.run("root", &["--host", "root"]).status.success(), "an edited request was taken");
    std::fs::write(offline.join("in/request.json"), request).unwrap();
    done(&room.run("root", &["--host", "root"]));
    done(&sigill(&["ceremony", "verify"]).arg(&offline).output().unwrap());

    let answer = std::fs::read_to_string(offline.join("out/answer.json")).unwrap();
    std::fs::write(issuing.join("in/answer.json"), edited(&answer)).unwrap();
    assert!(!room.run("issuing", &["--host", "issuing"]).status.success(), "an edited answer was taken");
    std::fs::write(issuing.join("in/answer.json"), answer).unwrap();
    let database = format!("sqlite://{}", issuing.join("sigill.db").display());
    done(&room.run("issuing", &["--host", "issuing", "--database", &database]));
    done(&sigill(&["ceremony", "verify"]).arg(&issuing).output().unwrap());
    let person_ca = "authorities/sigill-exempel-person-loa4-ca-v1.pem";
    openssl_verifies(&issuing, person_ca, "people/anna-almkvist.authentication.pem");
    let root_transcript = std::fs::read_to_string(issuing.join("root-transcript.json")).unwrap();
    std::fs::write(issuing.join("root-transcript.json"), edited(&root_transcript)).unwrap();
    refused(&sigill(&["ceremony", "verify"]).arg(&issuing).output().unwrap(), "root-transcript.json");
}

/// The next CA of persons where the root has a host of its own: the same files travel again.
#[test]
fn a_later_ceremony_on_two_hosts() {
    let founding =
        PRODUCTION.replace("mode = \"production\"", "mode = \"demo\"").replace("inside = false", "inside = true");
    let first = Room::with("ceremony-later", founding.clone());
    hold_on_two_hosts(&first, ("issuing", &[]), ("root", &[]));
    let transcript = std::fs::read_to_string(first.path("root/transcript.json")).unwrap();
    let parts: Vec<&str> = founding.split("[[authority]]").collect();
    let person = parts[2].replace("v1", "v2").replace("ocsp-person-1", "ocsp-person-2").replace("OCSP 1", "OCSP 2");
    let script = format!(
        "{}[[authority]]{}[[authority]]{person}\n[continues]\ntranscript = \"{}\"\n",
        parts[0].replace("production-v1", "production-v2"),
        parts[1],
        Script::digest(&transcript)
    );
    let made = Room::with("ceremony-later-files", script);
    let later = Room { folder: first.folder, ..made };
    let (issuing, root) = (later.path("issuing"), later.path("root"));
    refused(
        &later.run("root-2", &["--host", "root", "--after", issuing.to_str().unwrap()]),
        "goes on from the transcript",
    );
    let after = |folder: &Path| ["--after".to_owned(), folder.to_str().unwrap().to_owned()];
    hold_on_two_hosts(&later, ("issuing-2", &after(&issuing)), ("root-2b", &after(&root)));
    done(&sigill(&["ceremony", "verify"]).arg(later.path("issuing-2")).output().unwrap());
    openssl_verifies(
        &later.path("issuing-2"),
        "authorities/sigill-exempel-person-loa4-ca-v2.pem",
        "authorities/ocsp-person-2.pem",
    );
    refused(&later.run("alone", &["--host", "root"]), "--after");
}

/// Both parts of a ceremony, with the files carried between them.
pub fn hold_on_two_hosts(room: &Room, issuing: (&str, &[String]), offline: (&str, &[String])) {
    let run = |(out, more): (&str, &[String]), host: &str| {
        let more = more.iter().map(String::as_str).chain(["--host", host]).collect::<Vec<_>>();
        done(&room.run(out, &more))
    };
    let carry = |from: &str, to: &str, name: &str| {
        std::fs::create_dir_all(room.path(to).join("in")).unwrap();
        std::fs::copy(room.path(from).join("out").join(name), room.path(to).join("in").join(name)).unwrap();
    };
    run(issuing, "issuing");
    carry(issuing.0, offline.0, "request.json");
    if run(offline, "root").contains("Two security officers sign") {
        get_approved(room, offline.0);
        run(offline, "root");
    }
    carry(offline.0, issuing.0, "answer.json");
    run(issuing, "issuing");
}

/// Two security officers sign what the root is to certify. The list of the CA of their cards comes from the service, whose
/// signer two custodians open.
fn get_approved(room: &Room, out: &str) {
    let service = room.serve("issuing");
    service.wait_for_status();
    for custodian in ["klara", "karl"] {
        let begun = Stopwatch::start();
        while !room.unlock("issuing", custodian, custodian).status.success() {
            assert!(begun.elapsed() < PATIENCE, "the signer takes no share");
            pause(Duration::from_millis(100));
        }
    }
    service.wait_for_api();
    let (ca, begun) = ("sigill-exempel-person-loa4-ca-v1", Stopwatch::start());
    let list = loop {
        match service.get(&format!("/crl/{ca}.crl")) {
            Ok(list) => break list,
            Err(why) => assert!(begun.elapsed() < PATIENCE, "{why}"),
        }
        pause(Duration::from_millis(100));
    };
    std::fs::write(room.path(out).join(format!("in/{ca}.crl")), list).unwrap();
    let act = room.path(out).join("out/approval.json");
    for officer in ["lars-lindgren", "maja-modig"] {
        let card = format!("card-{officer}");
        let pin = room.path("issuing").join(format!("secrets/{card}.pin"));
        let mut command = sigill(&["key", "approve"]);
        command.arg(&act).args(["--token", &card, "--pin-file"]).arg(pin);
        done(&command.env("SOFTHSM2_CONF", room.path("issuing/softhsm2.conf")).output().unwrap());
    }
    std::fs::copy(&act, room.path(out).join("in/approval.json")).unwrap();
}

/// One letter in the middle is another.
fn edited(text: &str) -> String {
    let at = text.len() / 2 + text[text.len() / 2..].find(|c: char| c.is_ascii_lowercase() && c != 'z').unwrap();
    let other = char::from(text.as_bytes()[at] + 1);
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// The published production file can be rehearsed, leaves nothing, and founds nothing.
#[test]
fn production_is_rehearsed_but_not_with_published_codes() {
    let folder = TestFolder::new("ceremony-rehearsal");
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/ceremony");
    let run = |more: &[&str]| {
        let mut command = sigill(&["ceremony", "run"]);
        command.arg(policies.join("production.toml")).arg("--out").arg(folder.path().join("out")).args(more);
        command.env("TMPDIR", folder.path()).output().unwrap()
    };
    let answers = policies.join("production.answers.toml");
    let said = done(&run(&["--dry-run", "--answers", answers.to_str().unwrap()]));
    assert!(said.contains("nothing of it is left") && said.contains("Vera Viklund (witness) confirmed step close"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the rehearsal left something");
    refused(&run(&["--answers", answers.to_str().unwrap()]), "--dry-run");
    refused(&run(&["--host", "root"]), "is published");
}

/// A file of codes is an answers file by another name.
#[test]
fn production_takes_no_codes_from_a_pipe() {
    let nobody = format!("agency = []\n{}", PRODUCTION.split("[[agency]]").next().unwrap());
    let own_keys = nobody.lines().map(|line| {
        let published = [("key", "key = \"MCow"), ("share_key", "share_key = \"")];
        let Some((name, _)) = published.into_iter().find(|(_, start)| line.starts_with(start)) else {
            return line.to_owned();
        };
        let said = done(&sigill(&["ceremony", "participant"]).output().unwrap());
        let own = said.lines().find_map(|line| line.strip_prefix(&format!("{name}   "))).unwrap();
        format!("{name} = \"{}\"", own.split(' ').next().unwrap())
    });
    let script = own_keys.collect::<Vec<_>>().join("\n");
    let room = Room::with("ceremony-piped", script);
    refused(&room.command("out", &["--host", "root"]).output().unwrap(), "at a terminal");
    assert!(!room.path("out").exists());
}

/// The demo's ceremony is held by the same engine: its transcript verifies, and its hash is in the audit log.
#[test]
fn quickstart_leaves_a_transcript_that_verifies() {
    let installation = Installation::start("transcript");
    let data = installation.data();
    done(&sigill(&["ceremony", "verify"]).arg(&data).output().unwrap());
    let transcript = std::fs::read_to_string(data.join("transcript.json")).unwrap();
    let hash = Script::digest(&transcript).to_string();
    let closed = "select text from audit_record where text like '%ceremony.closed%'";
    let record = Command::new("sqlite3").arg(data.join("sigill.db")).arg(closed).output().unwrap();
    assert!(done(&record).contains(&hash), "the audit log does not name the transcript");
}

/// In person: each types the code that is theirs, and nobody's code confirms for another.
#[test]
fn participants_answer_at_the_terminal() {
    let room = Room::new("ceremony-terminal");
    let answer = |codes: &str| {
        let typed = room.path("typed");
        std::fs::write(&typed, codes).unwrap();
        room.command("out", &[]).stdin(std::fs::File::open(typed).unwrap()).output().unwrap()
    };
    let code = |who: &str| {
        let mine = DEMO_ANSWERS.split("[[answer]]").find(|one| one.contains(&format!("\"{who}\""))).unwrap();
        mine.split("code = \"").nth(1).unwrap().split('"').next().unwrap().to_lowercase()
    };
    refused(&answer(&format!("{}\n", code("klara"))), "not the code of lena");
    let roll_call = [code("lena"), code("vera"), code("rut"), code("klara"), String::new(), code("kim")].join("\n");
    refused(&answer(&format!("{roll_call}\n")), "the terminal");
    let draft = std::fs::read_to_string(room.path("out/transcript.draft")).unwrap();
    assert_eq!(draft.lines().filter(|line| line.contains("\"event\":\"confirmed\"")).count(), 5);
    assert!(!draft.contains("\"event\":\"token\""));
}

/// A code is made for one person and never shown again.
#[test]
fn a_participant_gets_a_code_and_a_key() {
    let (one, other) = (sigill(&["ceremony", "participant"]).output(), sigill(&["ceremony", "participant"]).output());
    let (one, other) = (done(&one.unwrap()), done(&other.unwrap()));
    assert!(one.contains("code  ") && one.contains("key   MCowBQYDK2Vw") && one != other);
}
