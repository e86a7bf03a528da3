//! Building, judging and signing a CRL.

use super::RevokedEntry;
use crate::asn1::{Writer, oid, tag};
use crate::certificate::{Certificate, signed};
use crate::issue::Issuer;
use crate::key::{KeyId, SignError, SignatureAlgorithm, Signer};
use crate::lint::{self, Finding};
use crate::profile::write_extension;
use crate::time::UtcTime;

/// DER of a TBSCertList that nothing has judged yet.
#[derive(Clone, PartialEq, Eq)]
pub struct CrlTbs(Vec<u8>);

impl CrlTbs {
    /// The octets that would be signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes octets that another process built; [`lint_crl`] trusts nothing of them.
    pub fn from_bytes(der: Vec<u8>) -> Self {
        Self(der)
    }
}

/// Builds the TBSCertList of `issuer` with this number and these entries.
///
/// Entries are written as they come, about 50 octets each; pass each serial
/// once. Numbers must rise from one CRL to the next (RFC 5280 section 5.2.3).
pub fn prepare_crl<'a>(
    issuer: &Issuer,
    number: u64,
    this_update: UtcTime,
    next_update: UtcTime,
    entries: impl Iterator<Item = &'a RevokedEntry>,
) -> CrlTbs {
    let mut list = Writer::with_capacity(entries.size_hint().0.min(MAX_RESERVED) * OCTETS_PER_ENTRY);
    entries.for_each(|entry| entry.write(&mut list));
    let list = list.into_der();
    let head = head(issuer, this_update, next_update);
    let tail = tail(issuer, number);
    let mut frame = Writer::new();
    if !list.is_empty() {
        frame.header(tag::SEQUENCE, list.len());
    }
    let frame = frame.into_der();
    let length = head.len() + frame.len() + list.len() + tail.len();
    let mut tbs = Writer::with_capacity(length + 8);
    tbs.header(tag::SEQUENCE, length);
    for part in [&head, &frame, &list, &tail] {
        tbs.raw(part);
    }
    CrlTbs(tbs.into_der())
}

/// version, signature, issuer, thisUpdate, nextUpdate.
fn head(issuer: &Issuer, this_update: UtcTime, next_update: UtcTime) -> Vec<u8> {
    let algorithm = SignatureAlgorithm::default_for(issuer.certificate.public_key().kind());
    let mut writer = Writer::new();
    writer.unsigned(&[VERSION_2]);
    writer.raw(algorithm.identifier());
    writer.raw(issuer.certificate.subject_der());
    writer.time(this_update);
    writer.time(next_update);
    writer.into_der()
}

/// crlExtensions: authority key identifier, number, and since when expired certificates stay
/// listed, which is always (ITU-T X.509 expiredCertsOnCRL): the journal that feeds a CRL forgets nothing.
fn tail(issuer: &Issuer, number: u64) -> Vec<u8> {
    let computed = issuer.certificate.public_key().key_identifier();
    let identifier = issuer.certificate.subject_key_identifier().unwrap_or(&computed);
    let mut writer = Writer::new();
    writer.nest(tag::constructed(0), |w| {
        w.sequence(|w| {
            write_extension(w, oid::AUTHORITY_KEY_IDENTIFIER, false, |w| {
                w.sequence(|w| w.element(tag::context(0), identifier));
            });
            write_extension(w, oid::CRL_NUMBER, false, |w| w.unsigned(&number.to_be_bytes()));
            let since = issuer.certificate.not_before();
            write_extension(w, oid::EXPIRED_CERTS_ON_CRL, false, |w| w.generalized_time(since));
        });
    });
    writer.into_der()
}

/// A TBSCertList that passed every lint; [`sign`](Self::sign) uses it up.
pub struct LintedCrl {
    tbs: CrlTbs,
    key: KeyId,
    algorithm: SignatureAlgorithm,
}

/// Judges `tbs` by every rule about CRLs; `key` is the private key of `issuer`.
///
/// # Errors
/// All findings.
pub fn lint_crl(tbs: CrlTbs, issuer: &Certificate, key: KeyId) -> Result<LintedCrl, Vec<Finding>> {
    let algorithm = lint::crl(&tbs.0, issuer)?;
    Ok(LintedCrl { tbs, key, algorithm })
}

impl LintedCrl {
    /// The octets that will be signed.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs.0
    }

    /// Signs these exact octets. Blocks on the token; call from a worker thread.
    ///
    /// # Errors
    /// [`SignError`] as the token reported it. The number stays used.
    pub fn sign(self, keys: &dyn Signer) -> Result<CrlDer, SignError> {
        let signature = keys.sign(&self.key, self.algorithm, &self.tbs.0)?;
        Ok(CrlDer(signed(&self.tbs.0, self.algorithm, &signature)))
    }
}

/// DER of a signed CRL.
#[derive(Clone, PartialEq, Eq)]
pub struct CrlDer(Vec<u8>);

impl CrlDer {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The number of version 2 (RFC 5280 section 5.1.2.1).
const VERSION_2: u8 = 1;
const OCTETS_PER_ENTRY: usize = 48;
/// Beyond this many entries the buffer grows on its own.
const MAX_RESERVED: usize = 4_000_000;
