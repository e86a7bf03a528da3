//! The steps that participants confirm, and who must.

use super::participant::{Participant, ParticipantRole};
use super::script::{Host, Script};
use super::transcript::{Entry, Event};
use crate::signer::digest::Digest;
use hsm::KeyRole;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

/// A step. Nothing of it happens before it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The file is the reviewed one, and everybody is there.
    File,
    /// Tokens and keys are made.
    Keys,
    /// The root certifies itself, or is taken up from an earlier ceremony.
    Root,
    /// The root certifies the issuing CAs and signs its list.
    Issuing,
    /// What the root's host answered is taken in.
    Import,
    /// The issuing CAs certify their OCSP signers and the first officers.
    FirstCertificates,
    /// The signer's door closes for ever.
    Close,
}

impl Step {
    /// The steps of a host, in order.
    pub const fn of_host(host: Host) -> &'static [Self] {
        match host {
            Host::Only => &[Self::File, Self::Keys, Self::Root, Self::Issuing, Self::FirstCertificates, Self::Close],
            Host::Root => &[Self::File, Self::Keys, Self::Root, Self::Issuing, Self::Close],
            Host::Issuing => &[Self::File, Self::Keys, Self::Import, Self::FirstCertificates, Self::Close],
        }
    }

    /// The step that must be confirmed before this may happen; none for what only tells.
    pub fn before(event: &Event) -> Option<Self> {
        match event {
            Event::Opened { .. } | Event::Resumed { .. } | Event::Confirmed { .. } => None,
            Event::Founded { .. } => Some(Self::File),
            Event::Token { card: false, .. }
            | Event::WrappingKey { .. }
            | Event::Request { .. }
            | Event::Taken { .. } => Some(Self::Keys),
            Event::Key { role, .. } if *role != KeyRole::Card => Some(Self::Keys),
            Event::Certificate { step, .. } => Some(*step),
            // It is what the custodians look at before they let the root's key certify it.
            Event::Requested { .. } | Event::Approved { .. } => Some(Self::Root),
            Event::Crl { .. } => Some(Self::Issuing),
            Event::Imported { .. } => Some(Self::Import),
            Event::Token { .. } | Event::Key { .. } | Event::Card { .. } => Some(Self::FirstCertificates),
            Event::Output { .. } | Event::Closed { .. } => Some(Self::Close),
        }
    }

    /// Whether this participant must confirm it whoever else does. Custodians count by their number instead.
    pub fn needs(self, participant: &Participant) -> bool {
        matches!(self, Self::File | Self::Close) && participant.role != ParticipantRole::Custodian
    }

    /// Who is missing for the step to be confirmed; none if nobody is.
    pub fn missing(self, script: &Script, confirmed: &[&str]) -> Option<String> {
        let said = |participant: &&Participant| confirmed.contains(&participant.id.as_str());
        if let Some(absent) = script.participants.iter().find(|one| self.needs(one) && !said(one)) {
            return Some(format!("{} ({}) did not confirm", absent.name, absent.role));
        }
        let custodians = script.custodians().filter(said).count();
        let needed = script.custodians_needed;
        (custodians < needed).then(|| format!("{custodians} custodians confirmed and {needed} are needed"))
    }

    /// What is shown to whoever is asked, and signed by them.
    pub fn statement(self, script: &Script, digest: Digest, entries: &[Entry]) -> String {
        let mut text = match self {
            Self::File => format!(
                "Ceremony {}. I compared the file with the reviewed one: SHA-256 {digest}. Everybody named is present.",
                script.id
            ),
            Self::Keys => "Make the tokens and generate the keys of the file on them.".to_owned(),
            Self::Root if script.makes_root() => format!("Certify the root {}.", script.root().common_name),
            Self::Root => format!("Take up the root {}.", script.root().common_name),
            Self::Issuing => issuing(script),
            Self::Import => "Take in the certificates that the root's host made.".to_owned(),
            Self::FirstCertificates => "Use the issuing CAs' keys: certify OCSP signers and first officers.".to_owned(),
            Self::Close => "Close the signer's door for ever and seal the transcript.".to_owned(),
        };
        if matches!(self, Self::Issuing | Self::FirstCertificates) && !script.specimens.is_empty() {
            text.push_str(" Make the specimens of the file.");
        }
        for (label, fingerprint) in entries.iter().filter_map(|entry| shown(&entry.what)) {
            let _ = write!(text, "\n  {label}: {fingerprint}"); // writing to a String cannot fail
        }
        text
    }

    /// The word in answers and transcripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Keys => "keys",
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::Import => "import",
            Self::FirstCertificates => "first-certificates",
            Self::Close => "close",
        }
    }
}

/// What the roots' keys are used for.
fn issuing(script: &Script) -> String {
    let mut text = "Use the root's key: certify the issuing CAs, and sign its list of revoked CAs.".to_owned();
    if let Some(cross) = script.cross() {
        let _ = write!(text, " Use the key of {} too: the roots certify each other.", cross.common_name); // cannot fail
    }
    for ca in script.continues.iter().flat_map(|continues| &continues.revoked) {
        let _ = write!(text, "\n  revoked: {} ({})", ca.serial, ca.reason.as_str()); // cannot fail
    }
    text
}

/// What everybody compares: the first policies, which come into force with the ceremony; the CAs' keys, here and as another
/// host asked for them, and their certificates.
fn shown(event: &Event) -> Option<(&str, Digest)> {
    match event {
        Event::Opened { policies, .. } => Some(("policies", *policies)),
        Event::Key { label, fingerprint, role: KeyRole::Ca, .. } => Some((label, *fingerprint)),
        Event::Requested { authority, fingerprint } => Some((authority, *fingerprint)),
        Event::Approved { operation, .. } => Some(("approved by security officers", *operation)),
        Event::Certificate { file, sha256, person: None, .. } => Some((file, *sha256)),
        _ => None,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
