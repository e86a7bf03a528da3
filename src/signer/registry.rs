//! Knows officers by their certificates, from the ceremony's list and the signer's own journal.
//!
//! Nothing that the database or the web process says counts here.

use super::core::Core;
use super::officers::OfficerEntry;
use domain::evidence::{Officer, Officers};
use pki::certificate::Certificate;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::HashMap;
use std::sync::Mutex;

/// The officers that this process knows.
pub(super) struct Registry<'a> {
    core: &'a Core,
}

/// Certificates whose issuer's signature was verified, by SHA-256 of the certificate.
#[derive(Debug, Default)]
pub(super) struct VerifiedCertificates(Mutex<HashMap<[u8; 32], Verified>>);

#[derive(Debug, Clone)]
struct Verified {
    issuer: String,
    serial: SerialNumber,
    officer: Officer,
}

impl<'a> Registry<'a> {
    pub(super) const fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// The slow way: a CA of persons signed it, the journal knows it, and its holder is an officer.
    fn verify(&self, certificate: &Certificate) -> Option<Verified> {
        let entry = self.core.officers.holder_of(certificate)?;
        let serial = certificate.serial()?;
        let persons = self.core.authorities.iter().filter(|ca| ca.kind == super::config::IssuerKind::Person);
        let mut signed = persons.filter(|ca| certificate.verify_issued_by(&ca.issuer.certificate).is_ok());
        let issuer = signed.find(|ca| self.core.ledger().knows(&ca.issuer.name, &serial))?.issuer.name.clone();
        Some(Verified { issuer, serial, officer: officer(entry) })
    }
}

impl Officers for Registry<'_> {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        let fingerprint = certificate.fingerprint();
        let cached = self.core.verified.get(&fingerprint);
        let verified = match cached {
            Some(verified) => verified,
            None => self.core.verified.keep(fingerprint, self.verify(certificate)?),
        };
        let revoked = self.core.revoked.contains(&verified.issuer, &verified.serial);
        // Whoever has the CA's key can make certificates for anybody.
        let compromised = self.core.ledger().keys().is_compromised(&verified.issuer);
        (certificate.valid_at(at) && !revoked && !compromised).then_some(verified.officer)
    }
}

impl VerifiedCertificates {
    fn get(&self, fingerprint: &[u8; 32]) -> Option<Verified> {
        self.0.lock().expect(NO_PANIC).get(fingerprint).cloned()
    }

    fn keep(&self, fingerprint: [u8; 32], verified: Verified) -> Verified {
        let mut kept = self.0.lock().expect(NO_PANIC);
        if kept.len() >= MAX_VERIFIED {
            kept.clear();
        }
        kept.insert(fingerprint, verified.clone());
        verified
    }
}

fn officer(entry: &OfficerEntry) -> Officer {
    Officer { person: entry.person.clone(), tenant: entry.tenant.clone(), roles: entry.roles.clone() }
}

/// More officers than sign within any hour.
const MAX_VERIFIED: usize = 4096;
const NO_PANIC: &str = "nothing panics while it holds this lock";
