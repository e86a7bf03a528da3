//! A certificate that a chain may be made of, read twice: by OpenSSL, which judges, and for our own rules.

use super::budget::MAX_RSA_BITS;
use super::request::{MalformedInput, Request};
use openssl::pkey::{Id, PKey, Public};
use openssl::x509::{X509, X509VerifyResult};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Where a certificate of a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Leaf,
    Intermediate,
    Anchor,
}

/// One certificate of a request.
pub(super) struct Candidate<'a> {
    pub(super) place: Place,
    pub(super) der: &'a [u8],
    pub(super) x509: X509,
    pub(super) parsed: X509Certificate<'a>,
    key: Option<PKey<Public>>,
}

impl<'a> Candidate<'a> {
    /// Reads every certificate of a request: the leaf first, then anchors, then intermediates. An intermediate that cannot
    /// be read is left out: it can only have made a chain worse.
    ///
    /// # Errors
    /// [`MalformedInput`] if the leaf or an anchor cannot be read, or there is too much of something.
    pub(super) fn read_all(request: &'a Request) -> Result<Vec<Self>, MalformedInput> {
        request.check_size()?;
        let mut all = vec![Self::read(&request.certificate, Place::Leaf)?];
        for der in &request.trust_anchors {
            all.push(Self::read(der, Place::Anchor)?);
        }
        let intermediates = request.intermediates.iter();
        all.extend(intermediates.filter_map(|der| Self::read(der, Place::Intermediate).ok()));
        Ok(all)
    }

    fn read(der: &'a [u8], place: Place) -> Result<Self, MalformedInput> {
        let what = match place {
            Place::Leaf => "certificate",
            Place::Anchor => "trust anchor",
            Place::Intermediate => "intermediate",
        };
        let malformed = |why| MalformedInput { what, why };
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| malformed("not a certificate in DER"))?;
        if !rest.is_empty() {
            return Err(malformed("octets follow the certificate"));
        }
        let x509 = X509::from_der(der).map_err(|_| malformed("not a certificate"))?;
        let key = x509.public_key().ok().filter(is_affordable);
        Ok(Self { place, der, x509, parsed, key })
    }

    /// Whether this could have issued `subject`, by names, key identifiers and key usage (RFC 5280 clause 4.2.1.1).
    pub(super) fn may_have_issued(&self, subject: &Self) -> bool {
        self.x509.issued(&subject.x509) == X509VerifyResult::OK
    }

    /// Whether this key made the signature of `subject`.
    pub(super) fn signed(&self, subject: &Self) -> bool {
        self.key.as_ref().is_some_and(|key| subject.x509.verify(key).unwrap_or(false))
    }

    /// Issuer and subject are the same (RFC 5280 clause 6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.x509.subject_name().try_cmp(self.x509.issuer_name()).is_ok_and(std::cmp::Ordering::is_eq)
    }
}

fn is_affordable(key: &PKey<Public>) -> bool {
    key.id() != Id::RSA || key.bits() <= MAX_RSA_BITS
}
