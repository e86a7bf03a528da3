//! What the journal adds up to: used serials, keys, cards and approvals.
//!
//! The same rules judge a record when it is written and when it is read back at start.

mod error;
mod keys;

pub(super) use error::LedgerError;
pub(super) use keys::Keys;

use super::config::Mode;
use super::digest::Digest;
use super::emergency::{EmergencyStatus, Pending};
use super::journal::{Authority, Entry, Holder, IssuerSeal, Record, Revision};
use domain::PersonId;
use domain::evidence::{KEY_ACT_APPROVALS, POLICY_APPROVALS};
use keys::Approved;
use pki::crl::RevokedEntry;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The sum of a journal.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    phase: Phase,
    /// The bundle in force, and since when.
    policies: Option<(Digest, UtcTime)>,
    /// What each revision of a profile said when it was first in force.
    revisions: HashMap<(String, u32), Digest>,
    issuers: HashMap<String, Book>,
    ca_keys: Keys,
    keys: HashMap<Digest, (Holder, Purpose)>,
    cards: HashMap<String, PersonId>,
    approvals: HashMap<ApprovalUse, Use>,
    /// How many emergencies were announced, the one that is not over, and what came of the last.
    emergency: EmergencyStatus,
    /// Operations by which tokens were restored.
    restores: HashSet<Digest>,
    /// The use of an approval that each certificate, signed or not, holds on to.
    holds: HashMap<(String, SerialNumber), Hold>,
    /// Intents without an outcome.
    open: HashSet<(String, SerialNumber)>,
}

/// One purpose of an approved operation; it is used once.
type ApprovalUse = (Digest, Purpose);

/// A certificate's hold on an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hold {
    used: ApprovalUse,
    /// When the certificate was about to be signed.
    since: UtcTime,
}

/// What became of an approval that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A certificate holds it.
    Held,
    /// The certificate was revoked; a delivery signed later can use it again.
    Released(UtcTime),
}

/// What one CA has signed.
#[derive(Debug, Default)]
struct Book {
    /// Every serial, with the last second of its certificate.
    serials: HashMap<SerialNumber, UtcTime>,
    crl: Option<LastCrl>,
}

/// The newest CRL of a CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastCrl {
    pub(super) number: u64,
    /// Of the file with the revoked certificates.
    pub(super) revoked: Digest,
    /// Whether it never ends.
    pub(super) last: bool,
}

/// Where the life of a journal is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Empty,
    Founded(Founding),
    Closed(Founding, BTreeMap<String, IssuerSeal>),
}

/// What the first record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Founding {
    pub(super) mode: Mode,
    pub(super) officers: Digest,
    pub(super) standing: Digest,
    pub(super) policies: Digest,
}

impl Ledger {
    /// Takes in a record if it can follow; otherwise nothing changes.
    pub(super) fn admit(&mut self, record: &Record) -> Result<(), LedgerError> {
        match record {
            Record::Founded { mode, officers, standing, policies, .. } => {
                self.found(Founding { mode: *mode, officers: *officers, standing: *standing, policies: *policies })
            }
            Record::Closed { at, issuers, anchors } => {
                self.close(issuers)?;
                self.ca_keys.begin(issuers, anchors, *at);
                Ok(())
            }
            Record::KeyMoved { at, operation, approvers, ca, moved } => {
                self.in_service()?;
                let approved = Approved { act: *operation, approvers: approvers.len(), at: *at };
                let has_last_crl = self.has_last_crl(&moved.issuer);
                self.ca_keys.move_on(moved, *ca, has_last_crl, approved)
            }
            Record::AnchorAdded { at, operation, approvers, anchor } => {
                self.in_service()?;
                self.ca_keys.trust(anchor, Approved { act: *operation, approvers: approvers.len(), at: *at })
            }
            Record::Policies { at, bundle, replaces, approvers, revisions } => {
                self.follow(*bundle, *replaces, approvers.len())?;
                self.take_policies((*bundle, *at), revisions)
            }
            Record::Unlocked { .. } => self.in_service(),
            Record::EmergencyAnnounced { at, officers, effective, .. } => {
                self.announce(Pending { officers: *officers, announced: *at, effective: *effective })
            }
            Record::EmergencyCancelled { officers, .. } => self.end_emergency(*officers, None),
            Record::OfficersReplaced { at, officers } => self.end_emergency(*officers, Some(*at)),
            Record::Restored { operation, approvers, custodians, .. } => {
                self.restore(*operation, approvers.len().max(custodians.len()))
            }
            Record::Ceremony { issuer, holder, certificate, .. } => {
                self.in_ceremony()?;
                self.reserve(issuer, holder, std::slice::from_ref(certificate), None)
            }
            Record::Intent { at, issuer, authority, holder, certificates } => {
                self.in_service()?;
                self.ca_keys.may_certify(issuer, certificates)?;
                self.reserve(issuer, holder, certificates, Some((authority, *at)))
            }
            Record::Outcome { issuer, signed, freed, .. } => self.settle(issuer, signed, freed),
            Record::Released { at, issuer, serials } => self.release(issuer, serials, *at),
            Record::Crl { issuer, number, revoked, last, .. } => {
                self.number_crl(issuer, LastCrl { number: *number, revoked: *revoked, last: *last })
            }
        }
    }

    /// The CA keys and the trusted roots.
    pub(super) const fn keys(&self) -> &Keys {
        &self.ca_keys
    }

    /// Whether the last CRL of a CA never ends.
    pub(super) fn has_last_crl(&self, issuer: &str) -> bool {
        self.last_crl(issuer).is_some_and(|crl| crl.last)
    }

    /// How many certificates of a CA are neither over at `now` nor `listed` as revoked. Its OCSP signers do not count:
    /// they answer for the others.
    pub(super) fn living(&self, issuer: &str, now: UtcTime, listed: &[RevokedEntry]) -> usize {
        let listed: HashSet<_> = listed.iter().map(|entry| entry.serial).collect();
        let lives = |(serial, until): &(&SerialNumber, &UtcTime)| **until >= now && !listed.contains(*serial);
        self.issuers.get(issuer).map_or(0, |book| book.serials.iter().filter(lives).count())
    }

    pub(super) const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The bundle in force, and since when; none until the signer starts after the ceremony.
    pub(super) const fn policies(&self) -> Option<(Digest, UtcTime)> {
        self.policies
    }

    /// Whether these policies are in force, and what each profile says is on record.
    pub(super) fn has_policies(&self, digest: Digest, revisions: &BTreeMap<String, Revision>) -> bool {
        let on_record = |(name, r): (&String, &Revision)| self.revisions.contains_key(&(name.clone(), r.revision));
        self.in_force() == Some(digest) && revisions.iter().all(on_record)
    }

    /// Whether the journal knows that this CA was to sign this serial.
    pub(super) fn knows(&self, issuer: &str, serial: &SerialNumber) -> bool {
        self.issuers.get(issuer).is_some_and(|book| book.serials.contains_key(serial))
    }

    /// Whether a certificate was to be signed and nothing became of it so far.
    pub(super) fn is_open(&self, issuer: &str, serial: &SerialNumber) -> bool {
        self.open.contains(&(issuer.to_owned(), *serial))
    }

    /// What became of emergencies.
    pub(super) const fn emergency(&self) -> EmergencyStatus {
        self.emergency
    }

    /// Whether a token was restored with this approved operation.
    pub(super) fn has_restored(&self, operation: Digest) -> bool {
        self.restores.contains(&operation)
    }

    pub(super) fn last_crl(&self, issuer: &str) -> Option<LastCrl> {
        self.issuers.get(issuer).and_then(|book| book.crl)
    }

    /// Which of these certificates of a CA, revoked now, let go of their approval.
    pub(super) fn releasable(&self, issuer: &str, listed: &[RevokedEntry], now: UtcTime) -> Vec<SerialNumber> {
        let releasable = |serial: &SerialNumber| self.may_release(&(issuer.to_owned(), *serial), now);
        listed.iter().map(|entry| entry.serial).filter(releasable).collect()
    }

    /// A certificate that may never have been signed; or one that was, and was revoked so soon that
    /// nobody can have used it: the service died before it kept it. Later revocations free nothing.
    fn may_release(&self, certificate: &(String, SerialNumber), now: UtcTime) -> bool {
        let soon = |hold: &Hold| now.unix() - hold.since.unix() <= RECOVERY_SECONDS;
        self.holds.get(certificate).is_some_and(|hold| self.open.contains(certificate) || soon(hold))
    }

    /// Whether a key can move so, before anything irrevocable is done.
    pub(super) fn may_move(&self, record: &Record) -> Result<(), LedgerError> {
        let Record::KeyMoved { at, operation, approvers, moved, .. } = record else {
            return Err(LedgerError::OutOfPlace);
        };
        self.in_service()?;
        let approved = Approved { act: *operation, approvers: approvers.len(), at: *at };
        self.ca_keys.may_move(moved, self.has_last_crl(&moved.issuer), approved)
    }

    fn found(&mut self, founding: Founding) -> Result<(), LedgerError> {
        if self.phase != Phase::Empty {
            return Err(LedgerError::OutOfPlace);
        }
        self.phase = Phase::Founded(founding);
        Ok(())
    }

    fn close(&mut self, issuers: &BTreeMap<String, IssuerSeal>) -> Result<(), LedgerError> {
        let Phase::Founded(founding) = self.phase else {
            return Err(LedgerError::OutOfPlace);
        };
        self.phase = Phase::Closed(founding, issuers.clone());
        Ok(())
    }

    /// The first bundle is the ceremony's, every later one takes the place of the last with officers' approval.
    fn follow(&self, bundle: Digest, replaces: Option<Digest>, approvers: usize) -> Result<(), LedgerError> {
        let Phase::Closed(founding, _) = &self.phase else { return Err(LedgerError::OutOfPlace) };
        let may_follow = match replaces {
            None => self.policies.is_none() && bundle == founding.policies,
            Some(_) => replaces == self.in_force() && approvers >= POLICY_APPROVALS,
        };
        if may_follow { Ok(()) } else { Err(LedgerError::PoliciesNotApproved) }
    }

    /// Officers approve a profile by name and revision: its content must not change under them.
    fn take_policies(
        &mut self,
        policies: (Digest, UtcTime),
        revisions: &BTreeMap<String, Revision>,
    ) -> Result<(), LedgerError> {
        let key = |name: &str, r: &Revision| (name.to_owned(), r.revision);
        for (name, one) in revisions {
            if self.revisions.get(&key(name, one)).is_some_and(|content| *content != one.content) {
                return Err(LedgerError::ProfileChanged { name: name.clone(), revision: one.revision });
            }
        }
        self.revisions.extend(revisions.iter().map(|(name, one)| (key(name, one), one.content)));
        self.policies = Some(policies);
        Ok(())
    }

    fn in_force(&self) -> Option<Digest> {
        self.policies.map(|(digest, _)| digest)
    }

    /// One emergency at a time, and never at once.
    fn announce(&mut self, pending: Pending) -> Result<(), LedgerError> {
        self.in_service()?;
        if self.emergency.pending.is_some() || pending.effective <= pending.announced {
            return Err(LedgerError::OutOfPlace);
        }
        self.emergency.announced += 1;
        self.emergency.pending = Some(pending);
        Ok(())
    }

    /// Cancelled, or, after the delay, in force since `since`.
    fn end_emergency(&mut self, officers: Digest, since: Option<UtcTime>) -> Result<(), LedgerError> {
        self.in_service()?;
        let early = |pending: &Pending| since.is_some_and(|since| since < pending.effective);
        match self.emergency.pending {
            Some(pending) if pending.officers == officers && !early(&pending) => {}
            _ => return Err(LedgerError::OutOfPlace),
        }
        self.emergency.pending = None;
        if since.is_some() {
            self.emergency.in_force = Some(officers);
        }
        Ok(())
    }

    /// Officers' approval of a restore is used once.
    fn restore(&mut self, operation: Digest, approvers: usize) -> Result<(), LedgerError> {
        self.in_service()?;
        if approvers < KEY_ACT_APPROVALS {
            return Err(LedgerError::OutOfPlace);
        }
        if self.restores.insert(operation) { Ok(()) } else { Err(LedgerError::ApprovalUsed) }
    }

    fn in_ceremony(&self) -> Result<(), LedgerError> {
        if matches!(self.phase, Phase::Founded(_)) { Ok(()) } else { Err(LedgerError::OutOfPlace) }
    }

    fn in_service(&self) -> Result<(), LedgerError> {
        if matches!(self.phase, Phase::Closed(..)) { Ok(()) } else { Err(LedgerError::OutOfPlace) }
    }

    fn reserve(
        &mut self,
        issuer: &str,
        holder: &Holder,
        certificates: &[Entry],
        authority: Option<(&Authority, UtcTime)>,
    ) -> Result<(), LedgerError> {
        self.may_reserve(issuer, holder, certificates, authority.map(|(authority, _)| authority))?;
        let book = self.issuers.entry(issuer.to_owned()).or_default();
        for entry in certificates {
            book.serials.insert(entry.serial, in_scope_until(entry));
            self.keys.insert(entry.key, (holder.without_card(), use_of_key(entry.purpose)));
            if let Some((authority, since)) = authority {
                let certificate = (issuer.to_owned(), entry.serial);
                if let Some((used, _)) = used_approval(Some(authority), entry.purpose) {
                    self.approvals.insert(used, Use::Held);
                    self.holds.insert(certificate.clone(), Hold { used, since });
                }
                self.open.insert(certificate);
            }
        }
        if let Holder::Person { person, card: Some(card) } = holder {
            self.cards.insert(card.as_str().to_owned(), person.clone());
        }
        Ok(())
    }

    fn may_reserve(
        &self,
        issuer: &str,
        holder: &Holder,
        certificates: &[Entry],
        authority: Option<&Authority>,
    ) -> Result<(), LedgerError> {
        if let Holder::Person { person, card: Some(card) } = holder
            && self.cards.get(card.as_str()).is_some_and(|owner| owner != person)
        {
            return Err(LedgerError::CardUsed);
        }
        for (at, entry) in certificates.iter().enumerate() {
            let earlier = &certificates[..at];
            if used_approval(authority, entry.purpose).is_some_and(|(used, delivered)| self.is_used(&used, delivered))
                || (authority.is_some() && earlier.iter().any(|other| other.purpose == entry.purpose))
            {
                return Err(LedgerError::ApprovalUsed);
            }
            if self.knows(issuer, &entry.serial) || earlier.iter().any(|other| other.serial == entry.serial) {
                return Err(LedgerError::SerialUsed(entry.serial));
            }
            let other_use = |(used_by, purpose): &(Holder, Purpose)| {
                *used_by != holder.without_card() || *purpose != use_of_key(entry.purpose)
            };
            if self.keys.get(&entry.key).is_some_and(other_use) || earlier.iter().any(|other| other.key == entry.key) {
                return Err(LedgerError::KeyUsed);
            }
        }
        Ok(())
    }

    fn settle(&mut self, issuer: &str, signed: &[SerialNumber], freed: &[SerialNumber]) -> Result<(), LedgerError> {
        self.in_service()?;
        let key = |serial: &SerialNumber| (issuer.to_owned(), *serial);
        if signed.iter().chain(freed).any(|serial| !self.open.contains(&key(serial))) {
            return Err(LedgerError::NoIntent);
        }
        for serial in signed {
            self.open.remove(&key(serial));
        }
        for serial in freed {
            self.open.remove(&key(serial));
            if let Some(hold) = self.holds.remove(&key(serial)) {
                self.approvals.remove(&hold.used);
            }
        }
        Ok(())
    }

    fn release(&mut self, issuer: &str, serials: &[SerialNumber], at: UtcTime) -> Result<(), LedgerError> {
        self.in_service()?;
        let key = |serial: &SerialNumber| (issuer.to_owned(), *serial);
        if serials.iter().any(|serial| !self.may_release(&key(serial), at)) {
            return Err(LedgerError::NoIntent);
        }
        for serial in serials {
            self.open.remove(&key(serial));
            if let Some(hold) = self.holds.remove(&key(serial)) {
                self.approvals.insert(hold.used, Use::Released(at));
            }
        }
        Ok(())
    }

    fn is_used(&self, used: &ApprovalUse, delivered_at: UtcTime) -> bool {
        match self.approvals.get(used) {
            None => false,
            Some(Use::Held) => true,
            Some(Use::Released(at)) => delivered_at <= *at,
        }
    }

    fn number_crl(&mut self, issuer: &str, crl: LastCrl) -> Result<(), LedgerError> {
        match self.phase {
            Phase::Empty => return Err(LedgerError::OutOfPlace),
            Phase::Founded(_) => {}
            Phase::Closed(..) => self.ca_keys.may_answer(issuer)?,
        }
        let book = self.issuers.entry(issuer.to_owned()).or_default();
        if let Some(LastCrl { number: last, .. }) = book.crl
            && crl.number <= last
        {
            return Err(LedgerError::CrlNumber { number: crl.number, last });
        }
        if book.crl.is_some_and(|crl| crl.last) && !crl.last {
            return Err(LedgerError::AfterLastCrl { issuer: issuer.to_owned() });
        }
        book.crl = Some(crl);
        Ok(())
    }
}

impl Holder {
    /// A key stays its person's on any card.
    fn without_card(&self) -> Self {
        match self {
            Self::Person { person, .. } => Self::Person { person: person.clone(), card: None },
            Self::Function { .. } | Self::Service { .. } => self.clone(),
        }
    }
}

/// A root's key is the same key under another root.
const fn use_of_key(purpose: Purpose) -> Purpose {
    if matches!(purpose, Purpose::CrossCa) { Purpose::RootCa } else { purpose }
}

/// Until when a CA must answer for a certificate. A journal of an older version does not say: for ever.
fn in_scope_until(entry: &Entry) -> UtcTime {
    if entry.purpose == Purpose::OcspSigner {
        return UtcTime::from_unix(0);
    }
    entry.not_after.unwrap_or(UtcTime::MAX)
}

/// How long after signing a revocation can mean that the certificate never reached anybody.
const RECOVERY_SECONDS: i64 = 900;

/// The approval's purpose that a certificate uses, and when its delivery was signed.
fn used_approval(authority: Option<&Authority>, purpose: Purpose) -> Option<(ApprovalUse, UtcTime)> {
    match authority? {
        Authority::Approval { operation, delivered_at, .. } => Some(((*operation, purpose), *delivered_at)),
        Authority::Function { operation, ordered_at, .. } => Some(((*operation, purpose), *ordered_at)),
        Authority::Standing { .. } => None,
    }
}
