//! The dual-control aggregate: m different people sign the hash of one exact operation, once.

use crate::access::Role;
use crate::operation::OperationHash;
use crate::{ApprovalId, PersonId, TenantId};
use pki::Kind;
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// An act that waits for, has, or has used its approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its key.
    pub id: ApprovalId,
    /// The agency it belongs to.
    pub tenant: TenantId,
    /// The exact bytes that are approved.
    pub operation: String,
    /// Who may approve, and how many must.
    pub rule: ApprovalRule,
    /// After this it is worth nothing.
    pub expires_at: UtcTime,
    /// The signatures so far, kept as evidence.
    pub signatures: Vec<ApprovalSignature>,
    /// When it was used; an approval is used once.
    pub used_at: Option<UtcTime>,
}

/// Who may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// The role an approver needs.
    pub role: Role,
    /// How many different people must sign.
    pub needed: u8,
    /// People who can never approve this act.
    pub excluded: BTreeSet<PersonId>,
}

/// One approver's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSignature {
    /// Who.
    pub by: PersonId,
    /// When it was received.
    pub at: UtcTime,
    /// The compact JWS.
    pub statement: String,
    /// Why, in the approver's own words; none where that is not demanded.
    pub reason: Option<String>,
}

/// Why an approval cannot be given or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// This person cannot approve this act.
    #[error("four eyes: this person cannot approve this act")]
    FourEyes,
    /// One person counts once.
    #[error("this person has approved already")]
    SamePerson,
    /// Too late.
    #[error("the approval expired at {0}")]
    Expired(UtcTime),
    /// Used before.
    #[error("the approval was used at {0}")]
    Used(UtcTime),
    /// Signed for something else.
    #[error("the approval is for another operation")]
    OtherOperation,
    /// Not enough people.
    #[error("{found} of {needed} approvals")]
    TooFew {
        /// How many are needed.
        needed: u8,
        /// How many there are.
        found: usize,
    },
}

impl ApprovalError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::FourEyes | Self::OtherOperation => Kind::Denied,
            _ => Kind::Conflict,
        }
    }
}

impl Approval {
    /// Hash of the operation.
    pub fn hash(&self) -> OperationHash {
        OperationHash::of(self.operation.as_bytes())
    }

    /// Adds a signature that the caller has verified.
    ///
    /// # Errors
    /// [`ApprovalError`] if the person may not sign, has signed, or it is too late.
    pub fn sign(mut self, signature: ApprovalSignature) -> Result<Self, ApprovalError> {
        self.open_at(signature.at)?;
        if self.rule.excluded.contains(&signature.by) {
            return Err(ApprovalError::FourEyes);
        }
        if self.signatures.iter().any(|s| s.by == signature.by) {
            return Err(ApprovalError::SamePerson);
        }
        self.signatures.push(signature);
        Ok(self)
    }

    /// Whether enough people have signed.
    pub fn is_granted(&self) -> bool {
        self.signatures.len() >= usize::from(self.rule.needed.max(1))
    }

    /// Uses the approval for `operation`, which must be the very same bytes.
    ///
    /// # Errors
    /// [`ApprovalError`] if it is for something else, not granted, expired or used.
    pub fn use_for(mut self, operation: &[u8], now: UtcTime) -> Result<Self, ApprovalError> {
        if self.operation.as_bytes() != operation {
            return Err(ApprovalError::OtherOperation);
        }
        self.open_at(now)?;
        if !self.is_granted() {
            return Err(ApprovalError::TooFew { needed: self.rule.needed, found: self.signatures.len() });
        }
        self.used_at = Some(now);
        Ok(self)
    }

    fn open_at(&self, now: UtcTime) -> Result<(), ApprovalError> {
        if let Some(used) = self.used_at {
            return Err(ApprovalError::Used(used));
        }
        if now > self.expires_at {
            return Err(ApprovalError::Expired(self.expires_at));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> UtcTime {
        UtcTime::from_unix(s)
    }

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn approval() -> Approval {
        Approval {
            id: "a1".parse().unwrap(),
            tenant: "t1".parse().unwrap(),
            operation: "{}".into(),
            rule: ApprovalRule { role: Role::Approver, needed: 2, excluded: [person("eva")].into() },
            expires_at: at(100),
            signatures: Vec::new(),
            used_at: None,
        }
    }

    fn by(id: &str, s: i64) -> ApprovalSignature {
        ApprovalSignature { by: person(id), at: at(s), statement: String::new(), reason: None }
    }

    #[test]
    fn two_different_people_approve_once() {
        let granted = approval().sign(by("anna", 1)).unwrap().sign(by("bo", 2)).unwrap();
        let used = granted.use_for(b"{}", at(3)).unwrap();
        assert_eq!(used.use_for(b"{}", at(4)), Err(ApprovalError::Used(at(3))));
    }

    #[test]
    fn every_shortcut_is_refused() {
        let one = approval().sign(by("anna", 1)).unwrap();
        assert_eq!(one.clone().sign(by("anna", 2)), Err(ApprovalError::SamePerson));
        assert_eq!(one.clone().sign(by("eva", 2)), Err(ApprovalError::FourEyes));
        assert_eq!(one.clone().sign(by("bo", 101)), Err(ApprovalError::Expired(at(100))));
        assert_eq!(one.clone().use_for(b"{}", at(3)), Err(ApprovalError::TooFew { needed: 2, found: 1 }));
        let granted = one.sign(by("bo", 2)).unwrap();
        assert_eq!(granted.clone().use_for(b"{ }", at(3)), Err(ApprovalError::OtherOperation));
        assert_eq!(granted.use_for(b"{}", at(101)), Err(ApprovalError::Expired(at(100))));
    }
}
