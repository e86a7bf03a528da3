//! The end of a ceremony: the door closes, the transcript is sealed.

use super::{Ceremony, Error};
use crate::ceremony::layout::shares_file;
use crate::ceremony::script::Host;
use crate::ceremony::tokens::failed;
use crate::ceremony::transcript::{Event, SEAL_TYPE, Seal, Sealed, text, verify};
use crate::ceremony::{exchange, files};
use crate::clock::{Clock, System};
use crate::signer::digest::Digest;
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};
use serde_json::json;

impl Ceremony<'_> {
    /// Closes the signer's door, seals the transcript and removes the draft.
    pub(super) fn close(mut self) -> Result<(), Error> {
        self.record_lists()?;
        let head = self.foundation.close()?;
        let closed = Event::Closed { journal: head.hash, records: head.records };
        if self.draft.entries().last().is_none_or(|entry| entry.what != closed) {
            self.draft.append(System.now(), closed)?;
        }
        let (token, label) = self.script.seal(self.host);
        let (label, keys) = (KeyId::new(label), &self.tokens[token]);
        let entries = self.draft.entries().to_vec();
        let seal = Seal {
            ceremony: self.script.id.clone(),
            script: self.digest,
            entries: u64::try_from(entries.len()).expect("a length fits"),
            head: self.draft.head(),
        };
        let payload = serde_json::to_vec(&seal).expect("a seal holds strings and numbers");
        let kind = keys.public_key(&label).map_err(failed(token))?.kind();
        let header = json!({"typ": SEAL_TYPE, "kid": label.as_str()});
        let seal = sign_compact(header, &payload, &label, SignatureAlgorithm::default_for(kind), keys)?;
        let sealed = Sealed { entries, seal }.to_json();
        let sound = verify::judge(&sealed)?;
        files::private(&self.layout.transcript_text(), text::render(&sound))?;
        if self.host == Host::Root {
            exchange::write_answer(self.layout, &sealed, &sound)?;
        }
        files::private(&self.layout.signer_transcript(), &sealed)?;
        files::private(&self.layout.transcript(), sealed)?;
        files::remove(&self.layout.draft())?;
        self.desk.say(&format!("The transcript is sealed; its end is {}\n", sound.head))
    }

    /// Writes down the files that are no certificates.
    fn record_lists(&mut self) -> Result<(), Error> {
        let mut left = vec!["signer/officers.json".to_owned(), "signer/standing.json".to_owned()];
        left.extend(self.script.split_tokens(self.host).into_iter().map(shares_file));
        if self.host != Host::Root {
            self.write_seal()?;
            left.push("authorities/audit-seal.pem".to_owned());
        }
        for file in left {
            let sha256 = Digest::of(&files::read(&self.layout.data().join(&file))?);
            self.once(Event::Output { file, sha256 })?;
        }
        Ok(())
    }
}
