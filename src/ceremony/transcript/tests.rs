use super::text::render;
use super::verify::{Sound, Unsound, judge, walk};
use super::*;
use crate::ceremony::participant::Code;
use crate::ceremony::script::Script;
use hsm::BackupMode;
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};

mod forgery;

const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));

const ANSWERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.answers.toml"));

fn attributes() -> KeyAttributes {
    KeyAttributes {
        local: Some(true),
        always_sensitive: Some(true),
        never_extractable: Some(true),
        sensitive: Some(true),
        extractable: Some(false),
        wrap_with_trusted: Some(false),
        copyable: Some(false),
        modifiable: Some(false),
        always_authenticate: None,
        generation_mechanism: Some("CKM_EC_KEY_PAIR_GEN".to_owned()),
    }
}

/// One entry of each kind, at fixed times, chained.
fn entries() -> Vec<Entry> {
    let digest = Digest::of(b"something");
    let (step, file) = (Step::Root, "authorities/test.pem".to_owned());
    let events = [
        Event::Opened {
            ceremony: "demo".to_owned(),
            host: Host::Only,
            software: "1.2.3".to_owned(),
            script: DEMO.to_owned(),
            policies: digest,
            rehearsal: false,
        },
        Event::Resumed { software: "1.2.4".to_owned() },
        Event::Confirmed {
            step: Step::File,
            participant: "klara".to_owned(),
            role: ParticipantRole::Custodian,
            confirmation: "a.b.c".to_owned(),
        },
        Event::Founded { officers: digest, standing: digest },
        Event::Token {
            label: "sigill-ca".to_owned(),
            serial: "0123456789abcdef".to_owned(),
            model: "SoftHSM v2".to_owned(),
            firmware: "2.6".to_owned(),
            module: "libsofthsm2.so".to_owned(),
            card: false,
            earlier: false,
        },
        Event::Key {
            label: "person-loa4-ca-v1".to_owned(),
            token: "sigill-ca".to_owned(),
            kind: KeyKind::EcP256,
            role: KeyRole::Ca,
            fingerprint: digest,
            public: String::new(),
            attributes: attributes(),
            earlier: false,
        },
        Event::WrappingKey { label: "backup-wrapping".to_owned(), token: "sigill-ca".to_owned() },
        Event::Request { authority: "test-ca".to_owned(), proof: "a.b.c".to_owned() },
        Event::Requested { authority: "test-ca".to_owned(), fingerprint: digest },
        Event::Card {
            person: "anna-almkvist".parse().unwrap(),
            number: "9752000000000000001".parse().unwrap(),
            token: "sigill-card-anna-almkvist".to_owned(),
        },
        Event::Certificate {
            step,
            file: file.clone(),
            issuer: "test-root".to_owned(),
            serial: SerialNumber::from_random([7; 16]),
            profile: "issuing-ca-person".to_owned(),
            revision: 1,
            key: digest,
            person: None,
            not_after: UtcTime::from_unix(2_000_000_000),
            sha256: digest,
        },
        Event::Crl {
            issuer: "test-root".to_owned(),
            number: 1,
            next_update: UtcTime::from_unix(1_900_000_000),
            file: "authorities/test-root.crl".to_owned(),
            sha256: digest,
        },
        Event::Imported { file: file.clone(), sha256: digest },
        Event::Output { file, sha256: digest },
        Event::Closed { journal: digest, records: 12 },
    ];
    let mut previous = Digest::ZERO;
    let numbered = events.into_iter().zip(1..);
    numbered
        .map(|(what, sequence)| {
            let at = UtcTime::from_unix(1_800_000_000 + i64::try_from(sequence).unwrap());
            let entry = Entry { sequence, at, previous, what };
            previous = entry.digest();
            entry
        })
        .collect()
}

/// The code of one of the demo's participants.
fn code(who: &str) -> Code {
    let answer = ANSWERS.split("[[answer]]").find(|one| one.contains(&format!("\"{who}\""))).unwrap();
    Code::typed(answer.split("code = \"").nth(1).unwrap().split('"').next().unwrap())
}

fn confirmation(said: &Confirmation, code: &Code) -> String {
    let (payload, header) = (serde_json::to_vec(said).unwrap(), serde_json::json!({"typ": CONFIRMATION_TYPE}));
    let key = KeyId::new(said.participant.as_str());
    sign_compact(header, &payload, &key, SignatureAlgorithm::Ed25519, &code.voice()).unwrap()
}

/// The report as an auditor reads it.
#[test]
fn the_report_names_who_what_when_and_every_key() {
    let entries = entries();
    let script = Script::from_toml(DEMO).unwrap();
    let head = Digest::of(b"the end");
    let seal = Code::typed("TEST").voice().key().public().clone();
    let sound = Sound { digest: Digest::of(b"file"), host: Host::Only, script, rehearsal: false, head, seal, entries };
    testkit::golden("ceremony/transcript.txt", &render(&sound));
}

/// What was not confirmed cannot have been done.
#[test]
fn nothing_happens_before_its_step_is_confirmed() {
    let all = entries();
    walk(&all[..2]).unwrap();
    let refused = walk(&all[..3]).err().unwrap();
    assert!(matches!(refused, Unsound::Confirmation { sequence: 3, .. }), "{refused}");
    let mut unconfirmed = all[..1].to_vec();
    unconfirmed.push(Entry { sequence: 2, previous: all[0].digest(), ..all[3].clone() });
    let refused = walk(&unconfirmed).err().unwrap();
    assert!(matches!(refused, Unsound::Order { sequence: 2, .. }), "{refused}");
}

/// A confirmation counts for one person, step, file, ceremony and moment.
#[test]
fn a_confirmation_fits_nothing_else() {
    let opened = entries()[0].clone();
    let right = Confirmation {
        ceremony: "demo".to_owned(),
        script: Script::digest(DEMO),
        step: Step::File,
        participant: "lena".to_owned(),
        after: opened.digest(),
        statement: Step::File.statement(
            &Script::from_toml(DEMO).unwrap(),
            Script::digest(DEMO),
            std::slice::from_ref(&opened),
        ),
    };
    let judged = |said: &Confirmation, code: &Code| {
        let confirmation = confirmation(said, code);
        let (step, participant, role) = (Step::File, "lena".to_owned(), ParticipantRole::Leader);
        let what = Event::Confirmed { step, participant, role, confirmation };
        walk(&[opened.clone(), Entry { sequence: 2, at: opened.at, previous: opened.digest(), what }]).map(drop)
    };
    judged(&right, &code("lena")).unwrap();
    let wrong = [
        Confirmation { ceremony: "another".to_owned(), ..right.clone() },
        Confirmation { script: Digest::of(b"another file"), ..right.clone() },
        Confirmation { step: Step::Close, ..right.clone() },
        Confirmation { participant: "vera".to_owned(), ..right.clone() },
        Confirmation { after: Digest::of(b"another moment"), ..right.clone() },
        Confirmation { statement: "I saw other fingerprints.".to_owned(), ..right.clone() },
    ];
    for said in wrong {
        let refused = judged(&said, &code("lena")).unwrap_err();
        assert!(matches!(refused, Unsound::Confirmation { sequence: 2, .. }), "{said:?}: {refused}");
    }
    let refused = judged(&right, &code("vera")).unwrap_err().to_string();
    assert!(refused.contains("another key"), "{refused}");
}

#[test]
fn an_edit_a_gap_and_a_new_order_break_the_chain() {
    let all = entries();
    let breaks = |entries: &[Entry]| matches!(walk(entries), Err(Unsound::Chain(_)));
    let mut edited = all[..2].to_vec();
    edited[0].at = UtcTime::from_unix(1);
    assert!(breaks(&edited));
    assert!(breaks(&[all[0].clone(), all[2].clone()]));
    let mut early = all[..2].to_vec();
    early[1].at = UtcTime::from_unix(1);
    assert!(breaks(&early));
    assert!(matches!(walk(&all[1..]), Err(Unsound::Form(_))));
}

/// Each attribute that a CA's key must have is demanded again by whoever reads the transcript.
#[test]
fn a_key_that_can_leave_its_token_is_refused() {
    let wrong = [
        KeyAttributes { local: Some(false), ..attributes() },
        KeyAttributes { sensitive: None, ..attributes() },
        KeyAttributes { always_sensitive: Some(false), ..attributes() },
        KeyAttributes { extractable: Some(true), ..attributes() },
        KeyAttributes { never_extractable: Some(false), ..attributes() },
        KeyAttributes { copyable: Some(true), ..attributes() },
        KeyAttributes { modifiable: None, ..attributes() },
    ];
    super::rules::check_attributes("ca", (KeyRole::Ca, BackupMode::Clone), &attributes()).unwrap();
    for attributes in wrong {
        assert!(
            super::rules::check_attributes("ca", (KeyRole::Ca, BackupMode::Clone), &attributes).is_err(),
            "{attributes:?}"
        );
    }
}

#[test]
fn other_spellings_of_the_same_are_refused() {
    let sealed = Sealed { entries: entries(), seal: "a.b.c".to_owned() };
    let text = serde_json::to_string(&sealed).unwrap();
    assert!(matches!(judge(&text), Err(Unsound::Form(_))));
}
