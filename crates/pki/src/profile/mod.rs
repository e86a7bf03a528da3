//! Certificate profiles: policy as data, under ceilings in code.
//!
//! A profile is one TOML file in `policies/profiles`. Every field must be
//! written, unknown fields are refused, and nothing in a file can go past the
//! ceiling of its purpose.

mod ceiling;
mod encoded;
mod error;
mod file;
mod set;

use crate::certificate::Certificate;
use crate::key::KeyKind;
use crate::time::UtcTime;

pub(crate) use self::encoded::{Encoded, write_extension};
pub use self::error::ProfileError;
pub use self::file::{AlternativeName, ExtendedKeyUsage, KeyOrigin, KeyUsage, Pointer, Purpose};
pub(crate) use self::file::{Rdn, RdnSource};
pub use self::set::Profiles;

/// One certificate profile, checked against the ceilings of its purpose.
#[derive(Debug, Clone)]
pub struct Profile {
    file: file::File,
    encoded: Encoded,
}

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// [`ProfileError`] with the field that is missing, unknown or past its ceiling.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let file: file::File = toml::from_str(text).map_err(|source| ProfileError::Syntax(Box::new(source)))?;
        ceiling::check(&file)?;
        let encoded = Encoded::new(&file)?;
        Ok(Self { file, encoded })
    }

    /// The profile's name, which is also its file's.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// Raised with every change; stored with each certificate.
    pub fn revision(&self) -> u32 {
        self.file.revision
    }

    /// What the certificates are for.
    pub fn purpose(&self) -> Purpose {
        self.file.purpose
    }

    /// Whether the CA with this certificate may issue it.
    ///
    /// A CA of path length 0 issues to end entities, any other only to CAs. The
    /// CA's own policies bound those of what it issues (RFC 5280 section 6.1.3),
    /// so the certificate that the ceremony made decides which CA serves which
    /// profiles.
    pub fn fits_issuer(&self, issuer: &Certificate) -> bool {
        let is_last = issuer.path_length() == Some(0);
        let bounded = !issuer.is_self_issued() && issuer.policies().iter().all(|policy| policy != ANY_POLICY);
        let covered = !bounded || self.policies().iter().all(|policy| issuer.policies().contains(policy));
        self.purpose() != Purpose::RootCa && is_last != self.purpose().is_ca() && covered
    }

    /// Where the private key is born.
    pub fn key_origin(&self) -> KeyOrigin {
        self.file.key_origin
    }

    /// Longest validity in days.
    pub fn max_days(&self) -> u32 {
        self.file.validity.max_days
    }

    /// How far before the moment of issue notBefore may lie.
    pub fn backdate_minutes(&self) -> u32 {
        self.file.validity.backdate_minutes
    }

    /// Whether this kind of key may be certified.
    pub fn allows(&self, kind: KeyKind) -> bool {
        self.file.key.allow.contains(&kind)
    }

    /// The certificate policies as dotted OIDs, in order.
    pub fn policies(&self) -> &[String] {
        &self.file.extensions.certificate_policies
    }

    /// Bits of keyUsage.
    pub fn key_usage(&self) -> &[KeyUsage] {
        &self.file.extensions.key_usage.values
    }

    /// Extended key usages, in order.
    pub fn extended_key_usage(&self) -> &[ExtendedKeyUsage] {
        &self.file.extensions.extended_key_usage
    }

    /// Whether findings of `rule` are waived at `at`, and why.
    pub fn waiver(&self, rule: &str, at: UtcTime) -> Option<&str> {
        let waiver = self.file.lints.waive.iter().find(|waiver| waiver.name == rule)?;
        (at <= waiver.until).then_some(waiver.reason.as_str())
    }

    pub(crate) fn file(&self) -> &file::File {
        &self.file
    }

    pub(crate) fn encoded(&self) -> &Encoded {
        &self.encoded
    }
}

/// anyPolicy (RFC 5280 section 4.2.1.4).
const ANY_POLICY: &str = "2.5.29.32.0";
/// Fact that the card number extension is made of.
pub(crate) const CARD_NUMBER_FACT: &str = "card.number";
