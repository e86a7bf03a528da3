//! What a validation may cost.

use std::fmt;

/// Limits of one validation. Each is checked before the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Signatures that are verified while chains are looked for.
    pub signatures: u32,
    /// Certificates that are tried as issuers while chains are looked for.
    pub steps: u32,
    /// Chains that are judged.
    pub chains: u32,
    /// Certificates in a chain, both ends included.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { signatures: 200, steps: 10_000, chains: 32, depth: 16 }
    }
}

/// Most certificates in a request, anchors included.
pub(super) const MAX_CERTIFICATES: usize = 100;
/// Most CRLs in a request.
pub(super) const MAX_CRLS: usize = 100;
/// Most policies in the initial set of a request.
pub(super) const MAX_POLICIES: usize = 100;
/// Longest OID of such a policy, in characters: taking a longer one apart costs its square.
pub(super) const MAX_OID: usize = 256;
/// Longest name that a certificate must have, in octets: no host name or mail address is longer.
pub(super) const MAX_PEER_OCTETS: usize = 320;
/// Most octets of a certificate.
pub(super) const MAX_CERTIFICATE_OCTETS: usize = 128 * 1024;
/// Most names in the subject alternative names of a certificate.
pub(super) const MAX_NAMES: usize = 4096;
/// Most subtrees in the name constraints of a certificate.
pub(super) const MAX_SUBTREES: usize = 4096;
/// Most comparisons of a name with a subtree in a chain.
pub(super) const MAX_COMPARISONS: usize = 250_000;
/// Longest RSA modulus that a signature is verified with, in bits.
pub(super) const MAX_RSA_BITS: u32 = 8192;

/// What is left of the limits of one validation.
pub struct Budget<'a> {
    left: Limits,
    in_time: &'a dyn Fn() -> bool,
}

impl<'a> Budget<'a> {
    /// A full budget. `in_time` answers false once the caller's time is up.
    pub const fn new(limits: Limits, in_time: &'a dyn Fn() -> bool) -> Self {
        Self { left: limits, in_time }
    }

    pub(super) const fn depth(&self) -> usize {
        self.left.depth
    }

    pub(super) fn spend_signature(&mut self) -> Result<(), Exhausted> {
        self.check_time()?;
        self.left.signatures = self.left.signatures.checked_sub(1).ok_or(Exhausted::Signatures)?;
        Ok(())
    }

    /// A step may cost no signature: what was verified before is known, and chains that share certificates are many.
    pub(super) fn spend_step(&mut self) -> Result<(), Exhausted> {
        self.check_time()?;
        self.left.steps = self.left.steps.checked_sub(1).ok_or(Exhausted::Steps)?;
        Ok(())
    }

    pub(super) fn spend_chain(&mut self) -> Result<(), Exhausted> {
        self.check_time()?;
        self.left.chains = self.left.chains.checked_sub(1).ok_or(Exhausted::Chains)?;
        Ok(())
    }

    fn check_time(&self) -> Result<(), Exhausted> {
        if (self.in_time)() { Ok(()) } else { Err(Exhausted::Time) }
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Which limit ended a validation before it knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// [`Limits::signatures`].
    #[error("too many signatures to verify")]
    Signatures,
    /// [`Limits::steps`].
    #[error("too many ways to look at")]
    Steps,
    /// [`Limits::chains`].
    #[error("too many chains to judge")]
    Chains,
    /// The caller's time.
    #[error("the time is up")]
    Time,
}
