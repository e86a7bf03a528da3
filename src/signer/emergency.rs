//! Other officers, when too few are left to approve anything.
//!
//! Whoever can approve could approve their successors; if nobody can, the custodians of the ceremony appoint them. Nothing
//! happens at once: the signer announces it to whoever asks how it is, any security officer who is left cancels it, and
//! only the first start after the delay obeys the new list.

use super::core::Core;
use super::digest::Digest;
use super::error::SignerError;
use super::journal::Record;
use super::officers::OfficerList;
use super::registry::Registry;
use domain::access::Role;
use domain::evidence::{Signed, verify_cancellation};
use domain::operation::CancelEmergency;
use pki::jose::read_compact;
use pki::key::PublicKey;
use pki::time::UtcTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The custodians of a ceremony, as its verified transcript names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custodians {
    /// Name of the ceremony.
    pub ceremony: String,
    /// How many act together.
    pub needed: usize,
    /// What their signatures are checked with, by their short names.
    pub keys: BTreeMap<String, PublicKey>,
}

/// What a custodian signs: a JWS with `typ` [`APPOINTMENT_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// Name of the ceremony.
    pub ceremony: String,
    /// Who appoints.
    pub custodian: String,
    /// SHA-256 of the new list of officers.
    pub officers: Digest,
    /// Which emergency of this signer it is, from 1 on: a signature is good for one.
    pub number: u64,
}

/// A new list of officers, and the custodians' signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRequest {
    /// Text of the list, in the form of `officers.json`.
    pub officers: String,
    /// A compact JWS of an [`Appointment`] from each custodian.
    pub appointments: Vec<String>,
}

/// Emergencies of a signer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyStatus {
    /// How many were ever announced.
    pub announced: u64,
    /// The one that is announced now.
    pub pending: Option<Pending>,
    /// SHA-256 of the list of officers in force, if one took the place of the ceremony's.
    pub in_force: Option<Digest>,
}

/// An emergency that is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// SHA-256 of the new list of officers.
    pub officers: Digest,
    /// Since when it is announced.
    pub announced: UtcTime,
    /// From when on it can take effect.
    pub effective: UtcTime,
}

impl Pending {
    /// What a security officer signs to stop it.
    pub fn cancellation(&self) -> CancelEmergency {
        CancelEmergency { officers: self.officers.to_string(), announced_at: self.announced }
    }
}

impl Core {
    /// Knows the custodians, who may appoint officers in an emergency. Without them nobody can.
    #[must_use]
    pub fn with_custodians(mut self, custodians: Option<Custodians>) -> Self {
        self.custodians = custodians;
        self
    }

    /// Announces the officers whom enough custodians appointed.
    pub(super) fn announce_emergency(&self, request: &EmergencyRequest) -> Result<EmergencyStatus, SignerError> {
        let list = OfficerList::from_json(request.officers.as_bytes())
            .map_err(|_| SignerError::Emergency("the list of officers cannot be used"))?;
        if list.holders(Role::SecurityOfficer) < FEWEST_SECURITY_OFFICERS {
            return Err(SignerError::Emergency(
                "the list has fewer than two security officers: it would change nothing",
            ));
        }
        let _one_at_a_time = self.emergency_turn.lock().expect("nothing panics while it announces an emergency");
        let (officers, number) = (Digest::of(request.officers.as_bytes()), self.ledger().emergency().announced + 1);
        let custodians = self.appointed_by(&request.appointments, officers, number)?;
        let at = self.clock.now();
        let effective = at.plus_seconds(self.emergency_delay_seconds);
        if self.ledger().emergency().pending.is_some() {
            return Err(SignerError::Emergency("another emergency is announced"));
        }
        keep(&self.directory.join(NEXT_OFFICERS), request.officers.as_bytes()).map_err(SignerError::Revoked)?;
        self.record(&Record::EmergencyAnnounced { at, officers, effective, custodians })?;
        tracing::error!(%officers, %effective, "EMERGENCY: other officers are announced");
        Ok(self.ledger().emergency())
    }

    /// Stops the emergency that is announced.
    pub(super) fn cancel_emergency(&self, cancellation: &Signed) -> Result<EmergencyStatus, SignerError> {
        let pending = self.ledger().emergency().pending.ok_or(SignerError::Emergency("no emergency is announced"))?;
        let now = self.clock.now();
        let by = verify_cancellation(cancellation, pending.cancellation(), &Registry::new(self), now)?;
        self.record(&Record::EmergencyCancelled { at: now, officers: pending.officers, by })?;
        tracing::error!(officers = %pending.officers, "the emergency is cancelled");
        Ok(self.ledger().emergency())
    }

    /// The different custodians who signed for this list, if they are enough.
    fn appointed_by(
        &self,
        appointments: &[String],
        officers: Digest,
        number: u64,
    ) -> Result<BTreeSet<String>, SignerError> {
        let known = self.custodians.as_ref().ok_or(SignerError::Emergency("this signer knows no custodians"))?;
        let mut by = BTreeSet::new();
        for jws in appointments.iter().take(MAX_CUSTODIANS) {
            let custodian = known.signer_of(jws, officers, number)?;
            if !by.insert(custodian) {
                return Err(SignerError::Emergency("a custodian signed twice"));
            }
        }
        if by.len() < known.needed {
            return Err(SignerError::Emergency("fewer custodians signed than are needed"));
        }
        Ok(by)
    }
}

impl Custodians {
    /// Who signed an appointment of exactly these officers.
    fn signer_of(&self, jws: &str, officers: Digest, number: u64) -> Result<String, SignerError> {
        let wanted = |custodian: &str| Appointment {
            ceremony: self.ceremony.clone(),
            custodian: custodian.into(),
            officers,
            number,
        };
        let found = self.who_said(jws, APPOINTMENT_TYPE, wanted);
        found.ok_or(SignerError::Emergency("an appointment is no custodian's, or is for something else"))
    }

    /// The custodian whose key signed a JWS of this type that says exactly what is `wanted` of them.
    pub(super) fn who_said<T: DeserializeOwned + PartialEq>(
        &self,
        jws: &str,
        typ: &str,
        wanted: impl Fn(&str) -> T,
    ) -> Option<String> {
        let jws = read_compact(jws).ok().filter(|jws| jws.header.get("typ").is_some_and(|found| found == typ))?;
        let said: T = serde_json::from_slice(&jws.payload).ok()?;
        let by = |(custodian, key): &(&String, &PublicKey)| said == wanted(custodian) && jws.verify(key).is_ok();
        self.keys.iter().find(by).map(|(custodian, _)| custodian.clone())
    }
}

/// Puts the officers whose delay is over in force, before anything else of a start. `record` writes the journal. A list
/// that is not the announced one stays where it is, and the emergency stays announced.
///
/// # Errors
/// If a file or the journal cannot be written.
pub(super) fn settle(
    directory: &Path,
    status: EmergencyStatus,
    now: UtcTime,
    record: impl FnOnce(&Record) -> io::Result<()>,
) -> io::Result<()> {
    let due = status.pending.filter(|pending| now >= pending.effective).map(|pending| pending.officers);
    let next = directory.join(NEXT_OFFICERS);
    let Some(officers) = due.or(status.in_force) else { return Ok(()) };
    let found = std::fs::read(&next).ok().filter(|list| Digest::of(list) == officers);
    if due.is_some() {
        if found.is_none() {
            tracing::error!(%officers, "EMERGENCY: the announced list is not in officers.next.json; nobody takes office");
            return Ok(());
        }
        record(&Record::OfficersReplaced { at: now, officers })?;
        tracing::error!(%officers, "EMERGENCY: the announced officers are in force");
    }
    // Also after a crash between the record and this.
    if found.is_some() {
        std::fs::rename(&next, directory.join("officers.json"))?;
        std::fs::File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn keep(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The JWS `typ` of an [`Appointment`].
pub const APPOINTMENT_TYPE: &str = "sigill-emergency+jws";
/// The list that is announced, beside the one in force.
const NEXT_OFFICERS: &str = "officers.next.json";
/// As many as acts under dual control need.
const FEWEST_SECURITY_OFFICERS: usize = 2;
/// Most appointments that are looked at.
const MAX_CUSTODIANS: usize = 255;
