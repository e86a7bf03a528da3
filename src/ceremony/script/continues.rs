//! `[continues]`: what a later ceremony says of the one before it.

use super::{IssuerKind, PlannedAuthority, Script, ScriptError};
use crate::signer::digest::Digest;
use pki::crl::{Reason, RevokedEntry};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use serde::Deserialize;

/// A ceremony that goes on from another: the tokens are there, and so is a root.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Continues {
    /// SHA-256 of the `transcript.json` before: of the root's host, where it had one of its own.
    pub transcript: Digest,
    /// The root before, if this ceremony makes another: each certifies the other's key. Without it the file's first
    /// CA is the root before, and certifies the others.
    #[serde(default)]
    pub cross: Option<PlannedAuthority>,
    /// SHA-256 of the list of officers in force, if an emergency put one in place of that of the first ceremony. It is
    /// carried to the host as `in/officers.json`.
    #[serde(default)]
    pub officers: Option<Digest>,
    /// CAs that the root before revokes.
    #[serde(default, rename = "revoke")]
    pub revoked: Vec<RevokedCa>,
}

/// A CA to revoke.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedCa {
    /// Serial of its certificate.
    pub serial: SerialNumber,
    /// Why.
    pub reason: Reason,
    /// Since when it must not be relied on.
    pub at: UtcTime,
}

impl From<&RevokedCa> for RevokedEntry {
    fn from(ca: &RevokedCa) -> Self {
        Self { serial: ca.serial, at: ca.at, reason: ca.reason }
    }
}

impl Script {
    /// The root that an earlier ceremony made; none if this one founds everything.
    pub fn earlier_root(&self) -> Option<&PlannedAuthority> {
        let continues = self.continues.as_ref()?;
        Some(continues.cross.as_ref().unwrap_or_else(|| self.root()))
    }

    /// The root before, if this ceremony makes another one.
    pub fn cross(&self) -> Option<&PlannedAuthority> {
        self.continues.as_ref()?.cross.as_ref()
    }

    /// Whether this ceremony makes the root of its file.
    pub fn makes_root(&self) -> bool {
        self.continues.is_none() || self.cross().is_some()
    }

    /// Every root that signs in this ceremony, the file's own first.
    pub fn roots(&self) -> impl Iterator<Item = &PlannedAuthority> {
        std::iter::once(self.root()).chain(self.cross())
    }
}

/// What must hold for the two roots.
pub(super) fn check(script: &Script) -> Result<(), ScriptError> {
    let Some(cross) = script.cross() else { return Ok(()) };
    super::check::demand(cross.kind == IssuerKind::Root, "continues.cross is not a root")?;
    super::check::demand(cross.responder.is_none(), "the root's CRL answers for it: it has no responder")?;
    super::check::demand(
        cross.name() != script.root().name() && cross.key != script.root().key,
        "the root and the one before it are the same",
    )
}
