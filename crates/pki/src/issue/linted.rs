//! The gate between bytes and signature.

use super::{Issuer, Tbs};
use crate::certificate::{Certificate, CertificateDer};
use crate::key::{KeyId, SignError, SignatureAlgorithm, Signer};
use crate::lint::{self, Finding};
use crate::profile::Profile;

/// Who will have signed the certificate that is judged.
#[derive(Debug, Clone, Copy)]
pub enum LintIssuer<'a> {
    /// The CA with this certificate.
    Certificate(&'a Certificate),
    /// The certified key itself.
    SelfSigned,
}

impl<'a> From<&'a Issuer> for LintIssuer<'a> {
    fn from(issuer: &'a Issuer) -> Self {
        Self::Certificate(&issuer.certificate)
    }
}

/// DER of a TBSCertificate that passed every lint of its profile. Only [`lint()`]
/// makes one and [`sign`](Self::sign) uses it up: no unlinted, no second signature.
#[derive(Debug)]
pub struct Linted {
    tbs: Tbs,
    algorithm: SignatureAlgorithm,
}

impl Linted {
    /// The octets that will be signed.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs.der
    }

    /// The key that will sign.
    pub fn key(&self) -> &KeyId {
        &self.tbs.key
    }

    /// Takes the certificate that another process signed, if it still passes: the signed part is these octets, the
    /// signature has its algorithm's form, and every rule holds on what came back. The signature was verified
    /// where it was made, before it left the token's pool; it is not verified again.
    ///
    /// # Errors
    /// All findings; such a certificate may be in other hands and is to be revoked, not forgotten.
    pub fn accept(
        &self,
        signed: Vec<u8>,
        profile: &Profile,
        issuer: LintIssuer<'_>,
    ) -> Result<CertificateDer, Vec<Finding>> {
        let findings = lint::returned(&signed, &self.tbs.der, profile, issuer);
        if findings.is_empty() { Ok(CertificateDer::from_checked(signed)) } else { Err(findings) }
    }

    /// Signs these exact octets. Blocks on the token; call from a worker thread.
    ///
    /// # Errors
    /// [`SignError`] as the token reported it. The serial stays used.
    pub fn sign(self, keys: &dyn Signer) -> Result<CertificateDer, SignError> {
        let signature = keys.sign(&self.tbs.key, self.algorithm, &self.tbs.der)?;
        Ok(CertificateDer::assemble(&self.tbs.der, self.algorithm, &signature))
    }
}

/// Judges `tbs` by every rule, on the octets read back.
///
/// # Errors
/// All findings, unless there are none but waived ones.
pub fn lint(tbs: Tbs, profile: &Profile, issuer: LintIssuer<'_>) -> Result<Linted, Vec<Finding>> {
    let algorithm = lint::certificate(&tbs.der, profile, issuer)?;
    Ok(Linted { tbs, algorithm })
}

/// Judges a signed certificate: the rules of [`lint()`] again, and the signature.
///
/// For a root, `issuer` is the root itself. Empty means that it may be released.
pub fn lint_issued(der: &CertificateDer, profile: &Profile, issuer: &Certificate) -> Vec<Finding> {
    lint::issued(der, profile, issuer)
}
