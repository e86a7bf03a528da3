//! Transcripts that somebody without the participants' codes, or without all of them, puts together.

use super::*;
use crate::ceremony::exchange::ROOT_TRANSCRIPT;

/// Entries that follow each other, confirmed with the codes of the demo's people.
struct Chain(Vec<Entry>);

impl Chain {
    fn opened_at(at: UtcTime, rehearsal: bool) -> Self {
        let Entry { mut what, .. } = entries().remove(0);
        if let Event::Opened { rehearsal: said, .. } = &mut what {
            *said = rehearsal;
        }
        Self(vec![Entry { sequence: 1, at, previous: Digest::ZERO, what }])
    }

    /// Confirmed as far as [`Step::Close`].
    fn confirmed() -> Self {
        let mut chain = Self::opened_at(entries()[0].at, false);
        for step in Step::of_host(Host::Only) {
            chain.confirm(*step);
        }
        chain
    }

    fn with(mut self, what: Event) -> Self {
        let last = self.0.last().unwrap();
        let (sequence, at, previous) = (last.sequence + 1, last.at, last.digest());
        self.0.push(Entry { sequence, at, previous, what });
        self
    }

    fn confirm(&mut self, step: Step) {
        let script = Script::from_toml(DEMO).unwrap();
        let statement = step.statement(&script, Script::digest(DEMO), &self.0);
        for one in &script.participants {
            let said = Confirmation {
                ceremony: script.id.clone(),
                script: Script::digest(DEMO),
                step,
                participant: one.id.clone(),
                after: self.0.last().unwrap().digest(),
                statement: statement.clone(),
            };
            let (participant, role, confirmation) = (one.id.clone(), one.role, confirmation(&said, &code(&one.id)));
            let so_far = Self(std::mem::take(&mut self.0));
            self.0 = so_far.with(Event::Confirmed { step, participant, role, confirmation }).0;
        }
    }

    #[track_caller]
    fn refused(&self, why: &str) {
        let refused = walk(&self.0).err().expect("it was taken").to_string();
        assert!(refused.contains(why), "wanted {why:?}, got {refused}");
    }
}

fn key(label: &str, role: KeyRole, secret: &str) -> Event {
    let public = Code::typed(secret).voice().key();
    Event::Key {
        label: label.to_owned(),
        token: "sigill-service".to_owned(),
        kind: KeyKind::Ed25519,
        role,
        fingerprint: Digest::from_bytes(public.public().fingerprint()),
        public: public.to_string(),
        attributes: attributes(),
        earlier: false,
    }
}

fn output(file: &str) -> Event {
    Event::Output { file: file.to_owned(), sha256: Digest::of(b"something") }
}

/// Whoever carries a transcript could add entries after the last confirmation, and seal them with a key of their own.
#[test]
fn a_second_key_cannot_take_the_place_of_the_seal() {
    let seal = "audit-seal";
    let honest = Chain::confirmed().with(key(seal, KeyRole::AuditSeal, "MADE IN THE CEREMONY"));
    walk(&honest.0).unwrap();
    for role in [KeyRole::AuditSeal, KeyRole::Ca, KeyRole::OcspSigner] {
        let forged = Chain(honest.0.clone()).with(key(seal, role, "THE COURIER'S"));
        forged.refused("made before");
    }
    let card = Chain(honest.0).with(key(seal, KeyRole::Card, "A CARD'S"));
    let kept = walk(&card.0).unwrap().key_of(seal).fingerprint();
    assert_eq!(kept, Code::typed("MADE IN THE CEREMONY").voice().key().public().fingerprint());
}

/// The files of an answer are written where its transcript names them.
#[test]
fn a_file_outside_the_folder_is_refused() {
    walk(&Chain::confirmed().with(output("authorities/a.pem")).0).unwrap();
    walk(&Chain::confirmed().with(output(ROOT_TRANSCRIPT)).0).unwrap();
    for file in ["authorities/../signer/officers.json", "../a", "/etc/passwd", "authorities/..", "", "./.."] {
        Chain::confirmed().with(output(file)).refused("no path below the folder");
    }
}

#[test]
fn a_confirmation_out_of_time_is_refused_except_in_a_rehearsal() {
    let too_early = UtcTime::from_unix(1_700_000_000);
    for (rehearsal, at) in [(true, too_early), (false, entries()[0].at)] {
        let mut chain = Chain::opened_at(at, rehearsal);
        chain.confirm(Step::File);
        walk(&chain.0).unwrap();
    }
    let mut chain = Chain::opened_at(too_early, false);
    chain.confirm(Step::File);
    chain.refused("not valid then");
}

/// What participants sign shows the first policies: they come into force without any other approval.
#[test]
fn the_first_policies_are_shown_before_they_are_confirmed() {
    let Event::Opened { policies, .. } = &entries()[0].what else { panic!("it begins otherwise") };
    let shown = Step::File.statement(&Script::from_toml(DEMO).unwrap(), Script::digest(DEMO), &entries()[..1]);
    assert!(shown.contains(&format!("policies: {policies}")), "{shown}");
}
