//! Time-stamping units: a key on a token with a certificate that is for stamping and nothing else.

use pki::asn1::oid;
use pki::certificate::Certificate;
use pki::key::KeyId;
use pki::time::UtcTime;

/// A unit: one key that stamps, for its time.
#[derive(Debug, Clone)]
pub struct Unit {
    certificate: Certificate,
    issuer: Certificate,
    key: KeyId,
}

/// A certificate that does not make a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its extended key usage is not time stamping alone (RFC 3161 section 2.3).
    #[error("the certificate is not for time stamping alone")]
    Purpose,
    /// It does not say how long the key is used (EN 319 421 clause 7.6.6).
    #[error("the certificate does not say when its key ends")]
    KeyPeriod,
    /// The other certificate is not its issuer's.
    #[error("the certificate is not of that issuer")]
    Issuer,
}

impl Unit {
    /// The unit of a certificate and its key.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(certificate: Certificate, issuer: Certificate, key: KeyId) -> Result<Self, Unfit> {
        let purposes = certificate.extended_key_usage();
        if purposes.len() != 1 || purposes[0] != oid::TIME_STAMPING.to_string() || !certificate.digital_signature() {
            return Err(Unfit::Purpose);
        }
        if !matches!(certificate.private_key_usage(), Some((_, Some(_)))) {
            return Err(Unfit::KeyPeriod);
        }
        certificate.verify_issued_by(&issuer).map_err(|_| Unfit::Issuer)?;
        Ok(Self { certificate, issuer, key })
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate of the CA that certified it.
    pub fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Its private key.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// Last second at which its key stamps.
    pub fn stamps_until(&self) -> UtcTime {
        let key_end = self.certificate.private_key_usage().and_then(|(_, end)| end);
        key_end.unwrap_or(UtcTime::from_unix(0)).min(self.certificate.not_after())
    }

    /// Whether its key stamps at `time`.
    pub fn stamps_at(&self, time: UtcTime) -> bool {
        let begin = self.certificate.private_key_usage().and_then(|(begin, _)| begin);
        begin.is_none_or(|begin| begin <= time) && self.certificate.valid_at(time) && time <= self.stamps_until()
    }
}
