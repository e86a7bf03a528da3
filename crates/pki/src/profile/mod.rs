//! Certificate profiles: policy as data, under ceilings in code.
//!
//! A profile is one TOML file in `policies/profiles`. Every field must be
//! written, unknown fields are refused, and nothing in a file can go past the
//! ceiling of its purpose. What only a service on a trusted list may say stands
//! in a table of its own, which is left out unless the caller claims it.

mod algorithms;
mod ceiling;
mod encoded;
mod error;
mod file;
mod purpose;
mod set;
mod statement;
mod terms;

use crate::certificate::Certificate;
use crate::key::KeyKind;
use crate::time::UtcTime;
use std::sync::Arc;

pub use self::algorithms::Algorithms;
pub(crate) use self::encoded::{Encoded, write_extension};
pub use self::error::ProfileError;
pub(crate) use self::file::{Rdn, RdnSource};
pub use self::purpose::Purpose;
pub use self::set::Profiles;
pub use self::terms::{AlternativeName, Claims, ExtendedKeyUsage, KeyOrigin, KeyUsage, Pointer};
use self::terms::{OrAbsent, QcType};

/// One certificate profile, checked against the ceilings of its purpose.
#[derive(Debug, Clone)]
pub struct Profile {
    file: file::File,
    encoded: Encoded,
    algorithms: Arc<Algorithms>,
}

impl Profile {
    /// Reads a profile file, for a service that claims nothing.
    ///
    /// # Errors
    /// [`ProfileError`] with the field that is missing, unknown or past its ceiling.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        Self::with_claims(text, Claims::Ordinary)
    }

    /// Reads a profile file, for a service that may claim this much.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn with_claims(text: &str, claims: Claims) -> Result<Self, ProfileError> {
        let mut file: file::File = toml::from_str(text).map_err(|source| ProfileError::Syntax(Box::new(source)))?;
        ceiling::check(&file)?;
        match (claims, file.qualified.value()) {
            (Claims::Qualified, Some(table)) => {
                file.extensions.certificate_policies.clone_from(&table.certificate_policies);
            }
            // What nobody may claim is forgotten here, so that nothing further on can write it.
            _ => file.qualified = OrAbsent::Word(terms::Absent::Absent),
        }
        let encoded = Encoded::new(&file)?;
        Ok(Self { file, encoded, algorithms: Arc::default() })
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

    /// Until when a kind of key is fit; none if nothing limits it.
    pub fn fit_until(&self, kind: KeyKind) -> Option<UtcTime> {
        self.algorithms.fit_until(kind)
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
        &self.file.extensions.extended_key_usage.values
    }

    /// Whether the certificates say that they are qualified (EN 319 412-5 clause 4.2.1).
    pub fn is_qualified(&self) -> bool {
        self.file.qualified.value().is_some_and(|table| table.kind != QcType::None)
    }

    /// Whether findings of `rule` are waived at `at`, and why. A rule that must hold is never waived.
    pub fn waiver(&self, rule: &str, at: UtcTime) -> Option<&str> {
        let waiver = self.file.lints.waive.iter().find(|waiver| waiver.name == rule)?;
        (waiver.from..=waiver.until).contains(&at).then_some(waiver.reason.as_str())
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
/// Fact that says who a person is, type and all.
pub(crate) const SERIAL_NUMBER_FACT: &str = "person.serial_number";
/// Fact that says which system of an organisation it is.
pub(crate) const HSA_ID_FACT: &str = "function.hsa_id";
