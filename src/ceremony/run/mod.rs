//! Holds a ceremony: each step is confirmed, then done, then written down.
//!
//! Everything asks the transcript first whether it was done before, so a ceremony that was interrupted goes on where
//! it was. `begin` opens transcript and journal, `confirm` asks the participants, `keys` makes tokens and keys,
//! `pins` keeps what opens them, `certificates` has them certified, `cards` equips the first officers, `specimens` shows the
//! other profiles, `seal` ends it.

mod approvals;
mod begin;
mod cards;
mod certificates;
mod confirm;
mod earlier;
mod keys;
mod pins;
mod seal;
mod specimens;

use super::desk::Desk;
use super::error::Error;
use super::exchange;
use super::layout::Layout;
use super::script::{Host, Script};
use super::step::Step;
use super::transcript::{Draft, Event};
use crate::clock::{Clock, System};
use crate::signer::ceremony::Foundation;
use crate::signer::digest::Digest;
use domain::bundle::Bundle;
use hsm::Pool;
use pki::key::PublicKey;
use pki::profile::Profiles;
use std::collections::BTreeMap;

use approvals::APPROVAL;
pub(crate) use cards::{AUTHENTICATION, SIGNATURE, SOFTWARE_PROFILE, card_number};
pub(crate) use certificates::{OCSP_PROFILE, authority_file, certificate_files, root_crl_files};
pub(crate) use earlier::Earlier;

/// What a ceremony is held with.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'a> {
    /// Text of the reviewed file.
    pub(crate) script: &'a str,
    /// Which part of it this host holds.
    pub(crate) host: Host,
    /// Where everything goes. The policies are there already.
    pub(crate) layout: &'a Layout,
    /// The first policies; the ceremony is their approval.
    pub(crate) policies: &'a Bundle,
    /// Folder of the ceremony that the file goes on from, if it does.
    pub(crate) after: Option<&'a Layout>,
    /// Whether it is only tried out: at any time, on throw-away `SoftHSM2` tokens.
    pub(crate) rehearsal: bool,
}

/// How far a ceremony came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is over and its transcript is sealed.
    Finished,
    /// It waits for a file from another host; the text says what to do.
    Waiting(String),
}

/// A ceremony under way.
pub(crate) struct Ceremony<'a> {
    pub(crate) script: Script,
    pub(crate) digest: Digest,
    pub(super) host: Host,
    pub(crate) layout: &'a Layout,
    pub(crate) draft: Draft,
    pub(super) foundation: Foundation,
    earlier: Option<Earlier>,
    pub(crate) rehearsal: bool,
    profiles: Profiles,
    desk: &'a mut dyn Desk,
    entropy: System,
    tokens: BTreeMap<String, Pool>,
    keys: BTreeMap<String, PublicKey>,
}

/// Holds the ceremony, or as much of it as this host can before it needs another's file.
///
/// # Errors
/// [`Error`]; the same call goes on from there.
pub(crate) fn hold(setup: Setup<'_>, desk: &mut dyn Desk) -> Result<Progress, Error> {
    let mut ceremony = Ceremony::open(setup, desk)?;
    ceremony.confirm(Step::Keys)?;
    ceremony.make_keys()?;
    let waits_for = match ceremony.host {
        Host::Only => ceremony.certify_own()?,
        Host::Root => ceremony.certify_for_others()?,
        Host::Issuing => ceremony.ask_root()?,
    };
    if let Some(file) = waits_for {
        return Ok(ceremony.wait(file));
    }
    if ceremony.host != Host::Root {
        ceremony.confirm(Step::FirstCertificates)?;
        ceremony.certify_responders()?;
        ceremony.equip_people()?;
        ceremony.make_specimens(Step::FirstCertificates)?;
    }
    ceremony.confirm(Step::Close)?;
    ceremony.close()?;
    Ok(Progress::Finished)
}

impl Ceremony<'_> {
    /// One host: the root certifies itself and the issuing CAs. A first ceremony waits for nothing.
    fn certify_own(&mut self) -> Result<Option<&'static str>, Error> {
        self.confirm(Step::Root)?;
        if !self.approved(None)? {
            return Ok(Some(APPROVAL));
        }
        let root = self.root()?;
        self.confirm(Step::Issuing)?;
        self.found_issuing(&root)?;
        self.make_specimens(Step::Issuing)?;
        self.finish_roots(&root)?;
        Ok(None)
    }

    /// The root's host: the root certifies itself, and the CAs that ask. Gives the file that is not there yet.
    fn certify_for_others(&mut self) -> Result<Option<&'static str>, Error> {
        self.confirm(Step::Root)?;
        let Some(requests) = exchange::read_requests(self)? else { return Ok(Some(exchange::REQUEST)) };
        if !self.approved(Some(&requests))? {
            return Ok(Some(APPROVAL));
        }
        let root = self.root()?;
        self.confirm(Step::Issuing)?;
        self.certify_requests(&root, &requests)?;
        self.finish_roots(&root)?;
        Ok(None)
    }

    /// The issuing host: asks, and takes the answer in. Gives the file that is not there yet.
    fn ask_root(&mut self) -> Result<Option<&'static str>, Error> {
        exchange::write_requests(self)?;
        let Some(answer) = exchange::read_answer(self)? else { return Ok(Some(exchange::ANSWER)) };
        self.confirm(Step::Import)?;
        exchange::import(self, &answer)?;
        Ok(None)
    }

    /// Writes down what happened.
    pub(crate) fn record(&mut self, what: Event) -> Result<(), Error> {
        self.draft.append(System.now(), what)
    }

    /// The public half of a key of this host.
    pub(crate) fn key(&self, label: &str) -> Option<&PublicKey> {
        self.keys.get(label)
    }

    /// Has a step confirmed, unless it was.
    fn confirm(&mut self, step: Step) -> Result<(), Error> {
        confirm::confirm(&mut self.draft, (&self.script, self.digest), step, self.desk)
    }

    fn wait(self, file: &str) -> Progress {
        let (here, there) = (self.layout.outgoing(""), self.layout.incoming(file));
        if file == APPROVAL {
            return Progress::Waiting(format!(
                "Two security officers sign {} within a week, each with `sigill key approve`. Put it to {}, the current \
                 list of the CA of their cards beside it as NAME.crl, and run the same command again.\n",
                self.layout.outgoing(file).display(),
                there.display()
            ));
        }
        Progress::Waiting(format!(
            "Carry the files in {} to the other host, and its {file} to {}; then run the same command again.\n",
            here.display(),
            there.display()
        ))
    }

    /// Writes down what has no other effect, unless it stands there.
    pub(crate) fn once(&mut self, what: Event) -> Result<(), Error> {
        if self.draft.entries().iter().any(|entry| entry.what == what) {
            return Ok(());
        }
        self.record(what)
    }
}
