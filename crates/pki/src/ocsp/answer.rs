//! Building, judging and signing an answer.

use super::{CertId, HashAlgorithm, IssuerHashes, LastCrl};
use crate::asn1::{Writer, oid, tag};
use crate::certificate::Certificate;
use crate::crl::Reason;
use crate::key::{KeyId, SignError, SignatureAlgorithm, Signer};
use crate::lint::{self, Finding};
use crate::profile::write_extension;
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// Who signs answers: a certificate with `OCSPSigning` under the CA that it answers for.
#[derive(Debug, Clone)]
pub struct Responder {
    /// Goes with every answer.
    pub certificate: Certificate,
    /// Its private key.
    pub key: KeyId,
}

/// What is known about a certificate (`CertStatus`, RFC 6960 section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Issued by the CA and not revoked.
    Good,
    /// Revoked for good; time and reason as in the CRL.
    Revoked {
        /// When.
        at: UtcTime,
        /// Why.
        reason: Reason,
    },
    /// Not known to be issued.
    Unknown,
}

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// The name that the client used, or may use.
    pub id: CertId,
    /// What is known.
    pub status: Status,
    /// When that was known to be right.
    pub this_update: UtcTime,
    /// Until when the answer may be used.
    pub next_update: UtcTime,
}

impl Single {
    /// The same answer under both names, SHA-1 first, so that one signature
    /// serves both kinds of clients (RFC 9919 allows it for pre-produced answers).
    pub fn both(
        issuer: &IssuerHashes,
        serial: &SerialNumber,
        status: Status,
        this_update: UtcTime,
        next_update: UtcTime,
    ) -> [Self; 2] {
        [HashAlgorithm::Sha1, HashAlgorithm::Sha256].map(|hash| Self {
            id: issuer.cert_id(hash, serial.as_bytes()),
            status,
            this_update,
            next_update,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.sequence(|w| {
            self.id.write(w);
            match self.status {
                Status::Good => w.element(tag::context(0), &[]),
                Status::Unknown => w.element(tag::context(2), &[]),
                Status::Revoked { at, reason } => w.nest(tag::constructed(1), |w| {
                    w.generalized_time(at);
                    if reason != Reason::Unspecified {
                        w.nest(tag::constructed(0), |w| w.element(tag::ENUMERATED, &[reason.code()]));
                    }
                }),
            }
            w.generalized_time(self.this_update);
            w.nest(tag::constructed(0), |w| w.generalized_time(self.next_update));
        });
    }
}

/// DER of a ResponseData that nothing has judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspTbs(Vec<u8>);

impl OcspTbs {
    /// The octets that would be signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes octets from anywhere; [`lint_ocsp`] trusts nothing of them.
    pub fn from_bytes(der: Vec<u8>) -> Self {
        Self(der)
    }
}

/// Builds the ResponseData with these answers; a `nonce` is echoed unchanged.
pub fn prepare_ocsp(responder: &Responder, singles: &[Single], produced_at: UtcTime, nonce: Option<&[u8]>) -> OcspTbs {
    let key_hash = responder.certificate.public_key().key_identifier();
    let mut writer = Writer::with_capacity(128 + singles.len() * 192);
    writer.sequence(|w| {
        w.nest(tag::constructed(2), |w| w.element(tag::OCTET_STRING, &key_hash));
        w.generalized_time(produced_at);
        w.sequence(|w| singles.iter().for_each(|single| single.write(w)));
        if let Some(nonce) = nonce {
            w.nest(tag::constructed(1), |w| {
                w.sequence(|w| {
                    write_extension(w, oid::OCSP_NONCE, false, |w| w.element(tag::OCTET_STRING, nonce));
                });
            });
        }
    });
    OcspTbs(writer.into_der())
}

/// A ResponseData that passed every lint; [`sign`](Self::sign) uses it up.
pub struct LintedOcsp<'a> {
    tbs: OcspTbs,
    responder: &'a Responder,
}

/// Judges `tbs` by every rule about OCSP answers.
///
/// # Errors
/// All findings.
pub fn lint_ocsp(tbs: OcspTbs, responder: &Responder) -> Result<LintedOcsp<'_>, Vec<Finding>> {
    judged(tbs, responder, None)
}

/// Judges `tbs` as the last word of a CA that has come to its end: it outlives the responder's certificate, which is
/// valid when it is made, as long as the CA's last CRL does, and says what that says.
///
/// # Errors
/// All findings.
pub fn lint_final_ocsp<'a>(
    tbs: OcspTbs,
    responder: &'a Responder,
    last: &LastCrl,
) -> Result<LintedOcsp<'a>, Vec<Finding>> {
    judged(tbs, responder, Some(last))
}

fn judged<'a>(tbs: OcspTbs, responder: &'a Responder, last: Option<&LastCrl>) -> Result<LintedOcsp<'a>, Vec<Finding>> {
    let findings = lint::ocsp(&tbs.0, &responder.certificate, last);
    if findings.is_empty() { Ok(LintedOcsp { tbs, responder }) } else { Err(findings) }
}

impl LintedOcsp<'_> {
    /// The octets that will be signed.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs.0
    }

    /// Signs these exact octets; the result is a whole OCSPResponse.
    ///
    /// # Errors
    /// [`SignError`] as the token reported it.
    pub fn sign(self, keys: &dyn Signer) -> Result<OcspDer, SignError> {
        let algorithm = SignatureAlgorithm::default_for(self.responder.certificate.public_key().kind());
        let signature = keys.sign(&self.responder.key, algorithm, &self.tbs.0)?;
        Ok(OcspDer(assemble(&self.tbs.0, algorithm, &signature, self.responder.certificate.der().as_bytes())))
    }
}

/// DER of a whole OCSPResponse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspDer(Vec<u8>);

impl OcspDer {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// OCSPResponse with a BasicOCSPResponse (RFC 6960 section 4.2.1).
fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8], certificate: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(tbs.len() + signature.len() + certificate.len() + 96);
    writer.sequence(|w| {
        w.element(tag::ENUMERATED, &[SUCCESSFUL]);
        w.nest(tag::constructed(0), |w| {
            w.sequence(|w| {
                w.oid(oid::OCSP_BASIC);
                w.nest(tag::OCTET_STRING, |w| {
                    w.sequence(|w| {
                        w.raw(tbs);
                        w.raw(algorithm.identifier());
                        w.bit_string(signature);
                        w.nest(tag::constructed(0), |w| w.element(tag::SEQUENCE, certificate));
                    });
                });
            });
        });
    });
    writer.into_der()
}

const SUCCESSFUL: u8 = 0;
