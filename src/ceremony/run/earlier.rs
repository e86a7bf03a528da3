//! What an earlier ceremony made, and this one goes on from.

use super::certificates::{Order, root_crl_file_of};
use super::{Ceremony, Error, authority_file};
use crate::ceremony::exchange::ROOT_TRANSCRIPT;
use crate::ceremony::files;
use crate::ceremony::layout::Layout;
use crate::ceremony::script::{Host, PlannedAuthority, Script};
use crate::ceremony::step::Step;
use crate::ceremony::transcript::{Event, verify};
use crate::signer::digest::Digest;
use domain::certificate::Holder;
use pki::certificate::Certificate;
use pki::crl::{RevokedEntry, parse_crl, verify_crl};
use pki::issue::Issuer;
use pki::key::PublicKey;
use std::collections::BTreeMap;

/// The folder of an earlier ceremony, whose transcript was found sound.
#[derive(Debug, Clone)]
pub(crate) struct Earlier {
    pub(crate) layout: Layout,
    /// Its reviewed file.
    pub(super) script: Script,
    files: BTreeMap<String, Digest>,
}

impl Earlier {
    /// Judges the folder; its transcript must be the one that the reviewed file names: that of the root, which the
    /// issuing host took in.
    ///
    /// # Errors
    /// [`Error::OtherTranscript`], or that the transcript is not sound.
    pub(crate) fn open(layout: &Layout, script: &Script, host: Host) -> Result<Option<Self>, Error> {
        let Some(continues) = &script.continues else { return Ok(None) };
        let text = files::read_text(&layout.transcript())?;
        let found = match host {
            Host::Only | Host::Root => Digest::of(text.as_bytes()),
            Host::Issuing => Digest::of(&files::read(&layout.data().join(ROOT_TRANSCRIPT))?),
        };
        if found != continues.transcript {
            return Err(Error::OtherTranscript { found, wanted: continues.transcript });
        }
        let sound = verify::judge_folder(layout.data(), &text)?;
        let files = verify::outputs(&sound.entries).map(|(file, sha256)| (file.to_owned(), sha256)).collect();
        Ok(Some(Self { layout: layout.clone(), script: sound.script, files }))
    }

    /// The files that the transcript names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A file that the transcript names, as it was left.
    pub(super) fn read(&self, file: &str) -> Result<Vec<u8>, Error> {
        let missing = || Error::NotThere(file.to_owned());
        let wanted = self.files.get(file).ok_or_else(missing)?;
        let content = files::read(&self.layout.data().join(file))?;
        if Digest::of(&content) == *wanted { Ok(content) } else { Err(missing()) }
    }
}

impl Ceremony<'_> {
    /// The root that signs: one that this ceremony founds, or the one before.
    pub(super) fn root(&mut self) -> Result<Issuer, Error> {
        self.confirm(Step::Root)?;
        if self.script.makes_root() {
            return self.found_root();
        }
        let planned = self.script.root().clone();
        self.take_root(&planned)
    }

    /// Both roots certify each other's key and sign their lists; a root alone signs its list.
    pub(super) fn finish_roots(&mut self, root: &Issuer) -> Result<(), Error> {
        self.sign_root_crl(root)?;
        let Some(cross) = self.script.cross().cloned() else { return Ok(()) };
        let old = self.take_root(&cross)?;
        self.certify_across((root, &self.script.root().clone()), (&old, &cross))?;
        self.certify_across((&old, &cross), (root, &self.script.root().clone()))?;
        self.sign_root_crl(&old)
    }

    /// Takes the certificate of the root before; its key must be on the token.
    fn take_root(&mut self, planned: &PlannedAuthority) -> Result<Issuer, Error> {
        let earlier = self.earlier.clone().ok_or_else(|| Error::NotThere("an earlier ceremony".to_owned()))?;
        let file = authority_file(&planned.name());
        let pem = earlier.read(&file)?;
        let certificate = Certificate::from_pem(&String::from_utf8_lossy(&pem))?;
        if self.key(&planned.key) != Some(certificate.public_key()) {
            return Err(Error::OtherKey(planned.key.clone()));
        }
        files::public(&self.layout.data().join(&file), &pem)?;
        self.once(Event::Taken { file, sha256: Digest::of(&pem) })?;
        Ok(self.issuer(planned, certificate))
    }

    /// `by` certifies the key of the other root under that root's own name.
    fn certify_across(
        &mut self,
        (by, planned): (&Issuer, &PlannedAuthority),
        (other, of): (&Issuer, &PlannedAuthority),
    ) -> Result<(), Error> {
        let order = self.cross_order(planned, of, other.certificate.public_key().clone());
        self.certify(Some(by), &order).map(drop)
    }

    /// What the root `by` certifies of the root `of`.
    pub(super) fn cross_order(&self, by: &PlannedAuthority, of: &PlannedAuthority, key: PublicKey) -> Order {
        let cross = self.script.cross().unwrap_or(by);
        Order {
            file: cross_file(of, by),
            step: Step::Issuing,
            profile: cross.profile.clone(),
            subject: self.script.operator_facts(&of.common_name),
            key,
            holder: Holder::Service { key: of.key.clone() },
            days: Some(cross.days),
        }
    }

    /// Number and entries of a root's list before, with the CAs that the file revokes now.
    pub(super) fn earlier_list(&self, root: &Issuer) -> Result<(u64, Vec<RevokedEntry>), Error> {
        let is_earlier = self.script.earlier_root().is_some_and(|earlier| earlier.name() == root.name);
        let Some(earlier) = self.earlier.as_ref().filter(|_| is_earlier) else { return Ok((0, Vec::new())) };
        let der = earlier.read(&root_crl_file_of(&root.name))?;
        verify_crl(&der, &root.certificate)?;
        let list = parse_crl(&der)?;
        let before = list.revoked.iter().map(|(serial, revocation)| RevokedEntry {
            serial: *serial,
            at: revocation.at,
            reason: revocation.reason,
        });
        let mut entries: Vec<RevokedEntry> = before.collect();
        for ca in self.script.continues.iter().flat_map(|continues| &continues.revoked) {
            if !list.lists(&ca.serial) {
                entries.push(ca.into());
            }
        }
        Ok((list.number, entries))
    }
}

/// Where the certificate of a root's key by another root is.
pub(crate) fn cross_file(of: &PlannedAuthority, by: &PlannedAuthority) -> String {
    format!("authorities/{}-by-{}.pem", of.name(), by.name())
}
