//! Security officers who approve what a later ceremony certifies, for a host that knows no database and no signer.
//!
//! In a first ceremony nobody has a card, and the participants' confirmations are the approval. In every later one the
//! root's key certifies no CA before two security officers signed, with their cards, for exactly these certificates. Who
//! they are the ceremony before says; the files that say so go on from ceremony to ceremony.

use super::error::Error;
use super::layout::APPROVERS;
use super::run::authority_file;
use super::script::Script;
use crate::config::issuer::IssuerKind;
use crate::signer::officers::OfficerList;
use domain::evidence::{ApprovedAct, EvidenceError, KEY_ACT_APPROVALS, Officer, Officers, Signed, verify_key_act};
use domain::operation::{CertifyAuthorities, Operation};
use pki::certificate::Certificate;
use pki::crl::{CrlSummary, parse_crl, verify_crl};
use pki::time::UtcTime;
use std::collections::BTreeMap;

/// The officers of an installation, the CAs that certified them, and what these have revoked.
pub(crate) struct Approvers {
    officers: OfficerList,
    authorities: Vec<Authority>,
}

/// A CA of persons with a current list.
struct Authority {
    certificate: Certificate,
    list: CrlSummary,
}

impl Approvers {
    /// Reads the files: `approvers/officers.json`, and for each CA `approvers/NAME.pem` and `approvers/NAME.crl`. The
    /// officers of a CA without a list do not count: nobody could say who of them is revoked.
    ///
    /// # Errors
    /// [`Error`] if one cannot be read, or a CA is not one that `root` certified.
    pub(crate) fn of(files: &BTreeMap<String, Vec<u8>>, root: &Certificate) -> Result<Self, Error> {
        let missing = || Error::NotThere(OFFICERS.to_owned());
        let officers = OfficerList::from_json(files.get(&path(OFFICERS)).ok_or_else(missing)?)
            .map_err(|error| Error::Exchange { file: path(OFFICERS), problem: error.to_string() })?;
        let mut authorities = Vec::new();
        for (name, pem) in files.iter().filter_map(|(file, pem)| Some((file.strip_suffix(".pem")?, pem))) {
            let Some(der) = files.get(&format!("{name}.crl")) else { continue };
            let certificate = Certificate::from_pem(&String::from_utf8_lossy(pem))?;
            certificate.verify_issued_by(root)?;
            verify_crl(der, &certificate)?;
            authorities.push(Authority { list: parse_crl(der)?, certificate });
        }
        Ok(Self { officers, authorities })
    }

    /// Verifies that enough of them approved exactly this.
    ///
    /// # Errors
    /// [`EvidenceError`], the first thing found wrong.
    pub(crate) fn judge(
        &self,
        approval: &Signed,
        certificates: CertifyAuthorities,
        now: UtcTime,
    ) -> Result<ApprovedAct, EvidenceError> {
        let operation = Operation::CertifyAuthorities(certificates);
        verify_key_act(approval, &operation, KEY_ACT_APPROVALS, |_| false, (self, now))
    }
}

impl Officers for Approvers {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        let entry = self.officers.holder_of(certificate)?;
        let serial = certificate.serial()?;
        let ca = self.authorities.iter().find(|ca| certificate.verify_issued_by(&ca.certificate).is_ok())?;
        let is_current = (ca.list.this_update..=ca.list.next_update).contains(&at);
        let stands = is_current && ca.certificate.valid_at(at) && certificate.valid_at(at) && !ca.list.lists(&serial);
        stands.then(|| Officer {
            person: entry.person.clone(),
            tenant: entry.tenant.clone(),
            roles: entry.roles.clone(),
        })
    }
}

/// Which file of a ceremony's folder the next ceremony has as which: its officers, and the CAs of persons. Those of a
/// later ceremony go on, with what it made itself.
pub(crate) fn handed_on(script: &Script) -> Vec<(String, String)> {
    let persons = script.issuing().iter().filter(|ca| ca.kind == IssuerKind::Person);
    let mut files: Vec<_> =
        persons.map(|ca| (authority_file(&ca.name()), path(&format!("{}.pem", ca.name())))).collect();
    if script.continues.is_none() {
        files.push((format!("signer/{OFFICERS}"), path(OFFICERS)));
    }
    files
}

/// A file in the folder of approvers.
pub(crate) fn path(file: &str) -> String {
    format!("{APPROVERS}/{file}")
}

/// The list of officers.
pub(crate) const OFFICERS: &str = "officers.json";
