//! The board: what the public is served, in memory.
//!
//! Everything on it was signed and stored before. It is read without waiting for anything, so status goes on while
//! the HSM, the signer and the database are away. A committed revocation takes the `good` answer down at once, and a
//! late `good` cannot come back: a mark of revocation outlives every answer.

mod marks;
mod published;
#[cfg(test)]
mod tests;

pub use published::Published;

use bytes::Bytes;
use domain::certificate::CertificateRef;
use domain::changes::{PublishedCrl, PublishedOcsp};
use marks::Marks;
use pki::certificate::Certificate;
use pki::ocsp::{CertId, IssuerHashes};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Published answers, CRLs and issuer certificates of all CAs.
#[derive(Debug)]
pub struct Board {
    /// In the order given; a handful, so a walk is faster than a table.
    walls: Vec<Wall>,
}

/// What hangs there for one CA.
#[derive(Debug)]
struct Wall {
    issuer: String,
    hashes: IssuerHashes,
    marks: Marks,
    /// Replaced by the CRL job; readers clone a handle.
    crl: RwLock<Option<Crl>>,
    certificate: Published,
    /// Whether its key was never active: then nobody needs its CRL.
    waits: AtomicBool,
}

#[derive(Debug, Clone)]
struct Crl {
    number: u64,
    published: Published,
}

/// What the board says to a CertID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This answer, which is current.
    Published(Published),
    /// Ours, but no answer is signed: just issued, or just revoked.
    TryLater,
    /// Ours, but its answer has ended: an expired certificate, or nobody could sign for long.
    Lapsed,
    /// A serial that this CA of ours never issued.
    NeverIssued,
    /// Another CA's.
    NotOurs,
}

/// How one CA stands on the board, for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The CA's URL name.
    pub issuer: String,
    /// Certificates it issued, as far as the board was told.
    pub certificates: usize,
    /// Those without a current answer.
    pub waiting: usize,
    /// Number and nextUpdate of the CRL.
    pub crl: Option<(u64, UtcTime)>,
    /// Whether its key was never active: then nobody needs its CRL.
    pub waits: bool,
}

impl Board {
    /// An empty board for these CAs: URL name and certificate.
    pub fn new<'a>(issuers: impl IntoIterator<Item = (&'a str, &'a Certificate)>) -> Self {
        Self { walls: issuers.into_iter().map(|(name, certificate)| Wall::new(name, certificate)).collect() }
    }

    /// Says whether a CA's key was never active.
    pub fn set_waits(&self, issuer: &str, waits: bool) {
        if let Some(wall) = self.wall(issuer) {
            wall.waits.store(waits, Ordering::Relaxed);
        }
    }

    /// What is said to `id` at `now`. An answer outside of its thisUpdate and nextUpdate is never served.
    pub fn ocsp(&self, id: &CertId, now: UtcTime) -> Answer {
        let Some(wall) = self.wall_of(id) else { return Answer::NotOurs };
        SerialNumber::from_der_integer(&id.serial).map_or(Answer::NeverIssued, |serial| wall.marks.answer(&serial, now))
    }

    /// The certificate that `id` names, if its issuer is ours; it may never have been issued.
    pub fn certificate_ref(&self, id: &CertId) -> Option<CertificateRef> {
        let wall = self.wall_of(id)?;
        let serial = SerialNumber::from_der_integer(&id.serial)?;
        Some(CertificateRef { issuer: wall.issuer.clone(), serial })
    }

    /// URL name of the CA that `id` names.
    pub fn issuer_of(&self, id: &CertId) -> Option<&str> {
        self.wall_of(id).map(|wall| wall.issuer.as_str())
    }

    /// Hangs up an answer that the store kept.
    ///
    /// False, and nothing changes, if it says good of a certificate that was revoked, if an answer made later hangs
    /// there, or if the issuer is not one of the board's.
    pub fn put_ocsp(&self, answer: PublishedOcsp) -> bool {
        let PublishedOcsp { certificate, revoked, der, this_update, next_update } = answer;
        let Some(wall) = self.wall(&certificate.issuer) else { return false };
        wall.marks.put(certificate.serial, Published::new(der.into(), this_update, next_update), revoked)
    }

    /// A certificate was issued: `tryLater` until its answer is published.
    pub fn note(&self, certificate: &CertificateRef) {
        if let Some(wall) = self.wall(&certificate.issuer) {
            wall.marks.note(certificate.serial);
        }
    }

    /// A certificate was revoked, and that is committed: its good answer is gone before this returns.
    pub fn withdraw(&self, certificate: &CertificateRef) {
        if let Some(wall) = self.wall(&certificate.issuer) {
            wall.marks.withdraw(certificate.serial);
        }
    }

    /// Whether there is a current answer for a certificate.
    pub fn is_answered(&self, certificate: &CertificateRef, now: UtcTime) -> bool {
        let wall = self.wall(&certificate.issuer);
        wall.is_some_and(|wall| matches!(wall.marks.answer(&certificate.serial, now), Answer::Published(_)))
    }

    /// Whether a revocation was seen, with or without an answer that says so.
    pub fn is_revoked(&self, certificate: &CertificateRef) -> bool {
        self.wall(&certificate.issuer).is_some_and(|wall| wall.marks.is_revoked(&certificate.serial))
    }

    /// Hangs up a CRL. False, and nothing changes, if its number is not higher or the issuer is not the board's.
    pub fn put_crl(&self, crl: PublishedCrl) -> bool {
        let Some(wall) = self.wall(&crl.issuer) else { return false };
        let published = Published::new(crl.der.into(), crl.this_update, crl.next_update);
        let mut place = wall.crl.write().unwrap_or_else(PoisonError::into_inner);
        let newer = place.as_ref().is_none_or(|old| old.number < crl.number);
        if newer {
            *place = Some(Crl { number: crl.number, published });
        }
        newer
    }

    /// The CRL of the CA with this URL name.
    pub fn crl(&self, issuer: &str) -> Option<Published> {
        self.wall(issuer)?.crl().map(|crl| crl.published)
    }

    /// The certificate of the CA with this URL name.
    pub fn aia(&self, issuer: &str) -> Option<Published> {
        self.wall(issuer).map(|wall| wall.certificate.clone())
    }

    /// How every CA stands. Walks all marks: not for every request.
    pub fn standing(&self, now: UtcTime) -> Vec<Standing> {
        self.walls.iter().map(|wall| wall.standing(now)).collect()
    }

    fn wall(&self, issuer: &str) -> Option<&Wall> {
        self.walls.iter().find(|wall| wall.issuer == issuer)
    }

    fn wall_of(&self, id: &CertId) -> Option<&Wall> {
        self.walls.iter().find(|wall| wall.hashes.matches(id))
    }
}

impl Wall {
    fn new(issuer: &str, certificate: &Certificate) -> Self {
        let der = Bytes::copy_from_slice(certificate.der().as_bytes());
        Self {
            issuer: issuer.to_owned(),
            hashes: IssuerHashes::of(certificate),
            marks: Marks::default(),
            crl: RwLock::new(None),
            certificate: Published::new(der, certificate.not_before(), certificate.not_after()),
            waits: AtomicBool::new(false),
        }
    }

    fn crl(&self) -> Option<Crl> {
        self.crl.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn standing(&self, now: UtcTime) -> Standing {
        let (certificates, waiting) = self.marks.count(now);
        let crl = self.crl().map(|crl| (crl.number, crl.published.next_update));
        let waits = self.waits.load(Ordering::Relaxed);
        Standing { issuer: self.issuer.clone(), certificates, waiting, crl, waits }
    }
}
