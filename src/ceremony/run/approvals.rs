//! In a later ceremony: what the root's key certifies, as security officers sign for it, and their signatures.

use super::certificates::Order;
use super::certificates::root_crl_file_of;
use super::earlier::Earlier;
use super::{Ceremony, Error, authority_file};
use crate::ceremony::approvers::{Approvers, OFFICERS, handed_on, path};
use crate::ceremony::exchange::Requests;
use crate::ceremony::files;
use crate::ceremony::script::PlannedAuthority;
use crate::ceremony::step::Step;
use crate::ceremony::transcript::Event;
use crate::clock::{Clock, System};
use crate::signer::digest::Digest;
use domain::evidence::Signed;
use domain::id::hex;
use domain::operation::{CaCertificate, CertifyAuthorities, Operation};
use pki::certificate::Certificate;
use pki::crl::parse_crl;
use std::collections::BTreeMap;

impl Ceremony<'_> {
    /// Whether the certificates of CAs that come next are approved. A first ceremony's participants do that themselves; a
    /// later one waits for two security officers' signatures, unless it certifies nobody.
    pub(super) fn approved(&mut self, asked: Option<&Requests>) -> Result<bool, Error> {
        let Some(earlier) = self.earlier.clone() else { return Ok(true) };
        let known = |event: &Event| matches!(event, Event::Approved { .. }).then_some(());
        if self.draft.find(known).is_some() {
            return Ok(true);
        }
        let (certificates, found) = (self.to_approve(asked)?, self.officers(&earlier)?);
        if certificates.certificates.is_empty() {
            return self.take_over(found).map(|()| true);
        }
        let Some(approval) = self.signed(&certificates)? else { return Ok(false) };
        let (found, root) = (self.with_lists(found)?, self.earlier_root(&earlier)?);
        let act = Approvers::of(&found, &root)?.judge(&approval, certificates, System.now());
        let act = act.map_err(|error| refused(error.to_string()))?;
        self.take_over(found)?;
        let operation = Digest::from_bytes(*act.hash.as_bytes());
        let approval = serde_json::to_string(&approval).expect("an approval holds strings");
        self.record(Event::Approved { operation, approvers: act.approvers, approval })?;
        Ok(true)
    }

    /// What officers signed, as it was brought here. Until then what they are to sign lies ready, and keeps what they signed.
    fn signed(&self, certificates: &CertifyAuthorities) -> Result<Option<Signed>, Error> {
        let (given, asked) = (self.layout.incoming(APPROVAL), self.layout.outgoing(APPROVAL));
        if given.exists() {
            let approval = serde_json::from_str(&files::read_text(&given)?);
            return approval.map(Some).map_err(|error| refused(error.to_string()));
        }
        if !asked.exists() {
            let operation = Operation::CertifyAuthorities(certificates.clone()).to_bytes();
            let operation = String::from_utf8(operation).expect("an operation is JSON");
            files::private(&asked, render(&Signed { operation, statements: Vec::new() }))?;
        }
        Ok(None)
    }

    /// Leaves the files of the officers here, for whoever verifies the transcript and for the next ceremony.
    fn take_over(&mut self, found: BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
        for (file, content) in found {
            files::private(&self.layout.data().join(&file), &content)?;
            self.once(Event::Taken { file, sha256: Digest::of(&content) })?;
        }
        Ok(())
    }

    /// Every certificate of a CA that this host's keys sign in this ceremony, in their order.
    fn to_approve(&self, asked: Option<&Requests>) -> Result<CertifyAuthorities, Error> {
        let mut certificates = Vec::new();
        let root = self.script.root();
        if self.script.makes_root() {
            let order = self.authority_order(root, Step::Root, self.keys[&root.key].clone());
            certificates.push(self.planned(&root.name(), order)?);
        }
        for planned in self.script.issuing() {
            let key = match asked {
                Some(requests) => requests.key_of(planned)?,
                None => self.keys[&planned.key].clone(),
            };
            certificates.push(self.planned(&root.name(), self.authority_order(planned, Step::Issuing, key))?);
        }
        if let Some(cross) = self.script.cross() {
            for (by, of) in [(root, cross), (cross, root)] {
                certificates.push(self.planned(&by.name(), self.cross_order(by, of, self.keys[&of.key].clone()))?);
            }
        }
        let policies = self.draft.find(|event| match event {
            Event::Opened { policies, .. } => Some(*policies),
            _ => None,
        });
        Ok(CertifyAuthorities {
            ceremony: self.script.id.clone(),
            script: self.digest.to_string(),
            policies: policies.unwrap_or(Digest::ZERO).to_string(),
            certificates,
        })
    }

    fn planned(&self, issuer: &str, order: Order) -> Result<CaCertificate, Error> {
        let profile = self.profiles.get(&order.profile).ok_or_else(|| Error::NoProfile(order.profile.clone()))?;
        Ok(CaCertificate {
            file: order.file,
            issuer: issuer.to_owned(),
            subject: order.subject,
            profile: profile.name().to_owned(),
            revision: profile.revision(),
            key: hex(&order.key.fingerprint()),
            days: order.days.unwrap_or_else(|| profile.max_days().into()),
        })
    }

    /// The officers and their CAs as the ceremony before left them, but for CAs that are revoked.
    fn officers(&self, earlier: &Earlier) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let list = parse_crl(&earlier.read(&root_crl_file_of(&self.root_before().name()))?)?;
        let named: Vec<_> = self.script.continues.iter().flat_map(|it| &it.revoked).map(|ca| ca.serial).collect();
        let mut found = BTreeMap::new();
        for (from, to) in earlier.approvers() {
            let content = earlier.read(&from)?;
            let serial = if to.strip_suffix(CERTIFICATE).is_some() { certificate(&content)?.serial() } else { None };
            if !serial.is_some_and(|serial| list.lists(&serial) || named.contains(&serial)) {
                found.insert(to, content);
            }
        }
        let Some(wanted) = self.script.continues.as_ref().and_then(|it| it.officers) else { return Ok(found) };
        let content = files::read(&self.layout.incoming(OFFICERS))?;
        if Digest::of(&content) != wanted {
            return Err(Error::Exchange { file: OFFICERS.to_owned(), problem: "the file names another list".into() });
        }
        found.insert(path(OFFICERS), content);
        Ok(found)
    }

    /// With the lists of these CAs that were carried here.
    fn with_lists(&self, mut found: BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let names: Vec<String> =
            found.keys().filter_map(|file| Some(file.strip_suffix(CERTIFICATE)?.to_owned())).collect();
        for name in names {
            let name = format!("{}.crl", name.rsplit('/').next().unwrap_or(&name));
            let list = self.layout.incoming(&name);
            if list.exists() {
                found.insert(path(&name), files::read(&list)?);
            }
        }
        Ok(found)
    }

    fn earlier_root(&self, earlier: &Earlier) -> Result<Certificate, Error> {
        certificate(&earlier.read(&authority_file(&self.root_before().name()))?)
    }

    /// The root that certified the officers' CAs.
    fn root_before(&self) -> &PlannedAuthority {
        self.script.earlier_root().unwrap_or_else(|| self.script.root())
    }
}

impl Earlier {
    /// Which file here is which of the approvers' there.
    fn approvers(&self) -> Vec<(String, String)> {
        let inherited = self.names().filter(|file| file.starts_with(&path("")) && file.strip_suffix(".crl").is_none());
        let mut files: Vec<_> = inherited.map(|file| (file.to_owned(), file.to_owned())).collect();
        files.extend(handed_on(&self.script));
        files
    }
}

fn certificate(pem: &[u8]) -> Result<Certificate, Error> {
    Ok(Certificate::from_pem(&String::from_utf8_lossy(pem))?)
}

fn render(approval: &Signed) -> String {
    let mut text = serde_json::to_string_pretty(approval).expect("an approval holds strings");
    text.push('\n');
    text
}

fn refused(problem: String) -> Error {
    Error::Exchange { file: APPROVAL.to_owned(), problem }
}

/// What security officers sign, and bring back.
pub(crate) const APPROVAL: &str = "approval.json";
/// What the name of a certificate's file ends with.
const CERTIFICATE: &str = ".pem";
