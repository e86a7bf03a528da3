//! Issuing: request and profile become the bytes to sign, which only lints let through.
//!
//! [`prepare`] is a function of its arguments alone: the same request gives the
//! same bytes, so a second process can build them again and compare.

mod error;
mod extensions;
mod linted;
mod names;
mod subject;

use crate::asn1::{Reader, Writer, tag};
use crate::certificate::Certificate;
use crate::key::{KeyId, KeyKind, PublicKey, SignatureAlgorithm};
use crate::profile::{Profile, Purpose};
use crate::serial::SerialNumber;
use crate::text::TextFault;
use crate::time::UtcTime;

pub use self::error::IssueError;
pub use self::linted::{LintIssuer, Linted, lint, lint_issued};
pub use self::subject::subject_name;
pub use crate::subject::SubjectFacts;

/// A CA as far as issuing needs it.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Name in URLs.
    pub name: String,
    /// The CA's private key.
    pub key: KeyId,
    /// The CA's own certificate.
    pub certificate: Certificate,
    /// Where its CRL is published.
    pub crl_url: String,
    /// Where its OCSP responder answers, if it has one.
    pub ocsp_url: Option<String>,
    /// Where its certificate is published.
    pub aia_url: String,
}

/// What to issue.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The rules.
    pub profile: &'a Profile,
    /// Facts for the subject and its alternative names.
    pub subject: &'a SubjectFacts,
    /// The key to certify.
    pub key: &'a PublicKey,
    /// Never used before.
    pub serial: SerialNumber,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
}

/// DER of a TBSCertificate that nothing has judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tbs {
    der: Vec<u8>,
    key: KeyId,
}

impl Tbs {
    /// The octets that would be signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.der
    }
}

/// Builds the TBSCertificate of `request` under `issuer` (RFC 5280 section 4.1).
///
/// # Errors
/// [`IssueError`] if the profile, the issuer or the facts do not allow it.
pub fn prepare(request: &Request<'_>, issuer: &Issuer) -> Result<Tbs, IssueError> {
    check_issuer(request, issuer)?;
    check_request(request)?;
    let algorithm = SignatureAlgorithm::default_for(issuer.certificate.public_key().kind());
    let subject = subject_name(request.profile, request.subject)?;
    let extensions = extensions::encode(request, Some(issuer))?;
    let der = assemble(request, algorithm, issuer.certificate.subject_der(), &subject, &extensions);
    Ok(Tbs { der, key: issuer.key.clone() })
}

/// Builds the TBSCertificate of a root, which is its own issuer; `key` is its private key.
///
/// # Errors
/// [`IssueError`] if the profile or the facts do not allow it.
pub fn prepare_root(request: &Request<'_>, key: &KeyId) -> Result<Tbs, IssueError> {
    if request.profile.purpose() != Purpose::RootCa {
        return Err(IssueError::NotARoot { profile: request.profile.name().to_owned() });
    }
    check_request(request)?;
    let algorithm = SignatureAlgorithm::default_for(request.key.kind());
    let subject = subject_name(request.profile, request.subject)?;
    let extensions = extensions::encode(request, None)?;
    let der = assemble(request, algorithm, &subject, &subject, &extensions);
    Ok(Tbs { der, key: key.clone() })
}

fn check_issuer(request: &Request<'_>, issuer: &Issuer) -> Result<(), IssueError> {
    let profile = request.profile;
    let authority = &issuer.certificate;
    if !authority.is_ca() || !authority.key_cert_sign() {
        return Err(IssueError::NotACa { issuer: issuer.name.clone() });
    }
    if !profile.fits_issuer(authority) {
        return Err(IssueError::IssuerNotAllowed { profile: profile.name().to_owned(), issuer: issuer.name.clone() });
    }
    if request.not_before < authority.not_before() {
        return Err(IssueError::PredatesIssuer { wanted: request.not_before, limit: authority.not_before() });
    }
    if request.not_after > authority.not_after() {
        return Err(IssueError::OutlivesIssuer { wanted: request.not_after, limit: authority.not_after() });
    }
    // A CA in its last years still needs its OCSP signers; CAs are planned by people, one by one.
    let ends_with_issuer = profile.purpose().is_ca() || profile.purpose() == Purpose::OcspSigner;
    if !ends_with_issuer
        && request.not_before.plus_days(i64::from(profile.max_days())) > authority.not_after().plus_seconds(1)
    {
        let (issuer, profile) = (issuer.name.clone(), profile.name().to_owned());
        return Err(IssueError::IssuerEnding { issuer, profile, limit: authority.not_after() });
    }
    check_fit(request, authority.public_key().kind())
}

fn check_request(request: &Request<'_>) -> Result<(), IssueError> {
    let profile = request.profile;
    if !profile.allows(request.key.kind()) {
        return Err(IssueError::KeyNotAllowed { profile: profile.name().to_owned(), found: request.key.kind() });
    }
    if request.not_after <= request.not_before {
        return Err(IssueError::EmptyValidity { not_before: request.not_before, not_after: request.not_after });
    }
    let limit = request.not_before.plus_days(i64::from(profile.max_days()));
    if request.not_after > limit {
        return Err(IssueError::TooLong { wanted: request.not_after, limit });
    }
    check_fit(request, request.key.kind())
}

/// Neither the certified nor the signing key may be of a kind that ends before the certificate.
fn check_fit(request: &Request<'_>, kind: KeyKind) -> Result<(), IssueError> {
    match request.profile.fit_until(kind) {
        Some(limit) if request.not_after > limit => {
            Err(IssueError::OutlivesAlgorithm { kind, wanted: request.not_after, limit })
        }
        _ => Ok(()),
    }
}

fn assemble(
    request: &Request<'_>,
    algorithm: SignatureAlgorithm,
    issuer: &[u8],
    subject: &[u8],
    extensions: &[u8],
) -> Vec<u8> {
    let mut writer = Writer::with_capacity(512 + issuer.len() + subject.len() + extensions.len());
    writer.sequence(|w| {
        w.nest(tag::constructed(0), |w| w.unsigned(&[VERSION_3]));
        w.unsigned(request.serial.as_bytes());
        w.raw(algorithm.identifier());
        w.raw(issuer);
        w.sequence(|w| {
            w.time(request.not_before);
            w.time(request.not_after);
        });
        w.raw(subject);
        w.raw(request.key.spki());
        w.nest(tag::constructed(3), |w| w.element(tag::SEQUENCE, extensions));
    });
    writer.into_der()
}

/// DER of the subject's Name in a TBSCertificate; none if `tbs` is not the beginning of one.
pub fn subject_of(tbs: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader::new(tbs).sequence().ok()?;
    fields.optional(tag::constructed(0)).ok()?;
    fields.integer().ok()?;
    for _ in ["signature", "issuer", "validity"] {
        fields.element(tag::SEQUENCE).ok()?;
    }
    fields.element(tag::SEQUENCE).ok().map(|subject| subject.whole)
}

fn bad(fact: &str, fault: TextFault) -> IssueError {
    IssueError::BadFact { fact: fact.to_owned(), fault }
}

/// The number of version 3 (RFC 5280 section 4.1.2.1).
const VERSION_3: u8 = 2;
