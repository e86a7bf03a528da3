//! From a request to a signed token.

use super::lint::{self, Finding};
use super::policy::StampPolicy;
use super::request::TimeStampRequest;
use super::unit::Unit;
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use pki::asn1::{ObjectIdentifier, Writer, oid, tag};
use pki::key::{SignError, SignatureAlgorithm, Signer};
use pki::time::UtcTime;
use std::sync::Arc;

/// A point in time, as exactly as tokens say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The second.
    pub second: UtcTime,
    /// Milliseconds of that second, 0 to 999.
    pub millis: u16,
}

/// DER of a `TSTInfo` that nothing has judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampTbs(Vec<u8>);

impl StampTbs {
    /// The octets that would be signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes octets from anywhere; [`lint_stamp`] trusts nothing of them.
    pub const fn from_bytes(der: Vec<u8>) -> Self {
        Self(der)
    }
}

/// Builds the `TSTInfo` (RFC 3161 section 2.4.2; EN 319 422 clause 5.2). `random` makes the serial number: 126 bits that nobody
/// had before, whichever process or node stamps.
pub fn prepare_stamp(request: &TimeStampRequest, policy: &StampPolicy, random: [u8; 16], at: Moment) -> StampTbs {
    let mut serial = random;
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut writer = Writer::with_capacity(256);
    writer.sequence(|w| {
        w.element(tag::INTEGER, &[1]);
        w.oid(policy.policy);
        w.raw(&request.imprint);
        w.element(tag::INTEGER, &serial);
        w.generalized_time_millis(at.second, at.millis);
        w.sequence(|w| match policy.accuracy_ms {
            1000.. => w.element(tag::INTEGER, &[1]),
            millis => w.nest(tag::context(0), |w| w.raw(&integer(millis))),
        });
        if let Some(nonce) = &request.nonce {
            w.element(tag::INTEGER, nonce);
        }
    });
    StampTbs(writer.into_der())
}

/// Content of an INTEGER.
fn integer(value: u16) -> Vec<u8> {
    let [high, low] = value.to_be_bytes();
    match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0, low],
        _ => vec![high, low],
    }
}

/// A `TSTInfo` that passed every rule; [`sign`](Self::sign) uses it up.
#[derive(Debug)]
pub struct LintedStamp {
    tbs: StampTbs,
    serial: Vec<u8>,
    unit: Arc<Unit>,
    with_certificate: bool,
}

/// Judges `tbs` by every rule about tokens: against the request, the policy, and the unit that is to sign it.
///
/// # Errors
/// All findings.
pub fn lint_stamp(
    tbs: StampTbs,
    request: &TimeStampRequest,
    policy: &StampPolicy,
    unit: Arc<Unit>,
) -> Result<LintedStamp, Vec<Finding>> {
    let serial = lint::judge(&tbs.0, request, policy, &unit)?;
    Ok(LintedStamp { tbs, serial, unit, with_certificate: request.wants_certificate })
}

/// DER of a token: a `ContentInfo` with `SignedData` (RFC 5652).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampToken(Vec<u8>);

impl TimeStampToken {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl LintedStamp {
    /// The serial number's octets.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Signs exactly this, and verifies the signature by the unit's certificate: under the same label a token may hold
    /// another key.
    ///
    /// # Errors
    /// [`SignError`] as the token reported it; [`SignError::Faulty`] if the certificate's key does not verify the signature.
    pub fn sign(self, keys: &dyn Signer) -> Result<TimeStampToken, SignError> {
        let public = self.unit.certificate().public_key();
        let algorithm = SignatureAlgorithm::default_for(public.kind());
        let hash = hash_of(algorithm);
        let attributes = self.attributes(hash);
        let mut set = Writer::with_capacity(attributes.len() + 4);
        set.element(tag::SET, &attributes);
        let set = set.into_der();
        let signature = keys.sign(self.unit.key(), algorithm, &set)?;
        let faulty = |_| SignError::Faulty { detail: "the unit's certificate does not verify the stamp".to_owned() };
        public.verify(algorithm, &set, &signature).map_err(faulty)?;
        Ok(TimeStampToken(self.assemble(algorithm, hash, &attributes, &signature)))
    }

    /// The signed attributes, in the order of their encodings (X.690 clause 11.6).
    fn attributes(&self, hash: Hash) -> Vec<u8> {
        let attribute = |id: ObjectIdentifier, value: &dyn Fn(&mut Writer)| {
            let mut writer = Writer::new();
            writer.sequence(|w| {
                w.oid(id);
                w.nest(tag::SET, |w| value(w));
            });
            writer.into_der()
        };
        let certificate = self.unit.certificate().fingerprint();
        let mut all = [
            attribute(oid::CMS_CONTENT_TYPE, &|w| w.oid(oid::CMS_TST_INFO)),
            attribute(oid::CMS_MESSAGE_DIGEST, &|w| {
                w.element(tag::OCTET_STRING, digest(hash.algorithm, &self.tbs.0).as_ref());
            }),
            // ESSCertIDv2 with its default, SHA-256 (RFC 5035 section 3).
            attribute(oid::CMS_SIGNING_CERTIFICATE_V2, &|w| {
                w.sequence(|w| w.sequence(|w| w.sequence(|w| w.element(tag::OCTET_STRING, &certificate))));
            }),
        ];
        all.sort_unstable();
        all.concat()
    }

    fn assemble(&self, algorithm: SignatureAlgorithm, hash: Hash, attributes: &[u8], signature: &[u8]) -> Vec<u8> {
        let certificate = self.unit.certificate();
        let mut writer = Writer::with_capacity(4096);
        writer.sequence(|w| {
            w.oid(oid::CMS_SIGNED_DATA);
            w.nest(tag::constructed(0), |w| {
                w.sequence(|w| {
                    w.element(tag::INTEGER, &[3]);
                    w.nest(tag::SET, |w| w.sequence(|w| w.oid(hash.oid)));
                    w.sequence(|w| {
                        w.oid(oid::CMS_TST_INFO);
                        w.nest(tag::constructed(0), |w| w.element(tag::OCTET_STRING, &self.tbs.0));
                    });
                    if self.with_certificate {
                        let mut both = [certificate.der().as_bytes(), self.unit.issuer().der().as_bytes()];
                        both.sort_unstable();
                        w.nest(tag::constructed(0), |w| both.iter().for_each(|one| w.raw(one)));
                    }
                    w.nest(tag::SET, |w| {
                        w.sequence(|w| {
                            w.element(tag::INTEGER, &[1]);
                            w.sequence(|w| {
                                w.raw(certificate.issuer_der());
                                w.element(tag::INTEGER, certificate.serial_bytes());
                            });
                            w.sequence(|w| w.oid(hash.oid));
                            w.element(tag::constructed(0), attributes);
                            w.raw(algorithm.identifier());
                            w.element(tag::OCTET_STRING, signature);
                        });
                    });
                });
            });
        });
        writer.into_der()
    }
}

/// The hash of a signature algorithm.
#[derive(Clone, Copy)]
struct Hash {
    oid: ObjectIdentifier,
    algorithm: &'static aws_lc_rs::digest::Algorithm,
}

fn hash_of(algorithm: SignatureAlgorithm) -> Hash {
    match algorithm {
        SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::RsaPkcs1Sha256 | SignatureAlgorithm::RsaPssSha256 => {
            Hash { oid: oid::SHA256, algorithm: &SHA256 }
        }
        SignatureAlgorithm::EcdsaSha384 | SignatureAlgorithm::RsaPkcs1Sha384 | SignatureAlgorithm::RsaPssSha384 => {
            Hash { oid: oid::SHA384, algorithm: &SHA384 }
        }
        // Ed25519 signs with SHA-512 (RFC 8419 section 2.3).
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::RsaPkcs1Sha512 | SignatureAlgorithm::RsaPssSha512 => {
            Hash { oid: oid::SHA512, algorithm: &SHA512 }
        }
    }
}
