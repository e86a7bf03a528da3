//! Relying services: who registered which, and who said yes to it.

use crate::{PersonId, TenantId};
use pki::time::UtcTime;

/// One registration of a relying service. A new revision takes the place of the one before when it is approved; until
/// then that one stays in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The service's id towards the world.
    pub client_id: String,
    /// 1 for the first.
    pub revision: i64,
    /// The agency whose service it is. A client id never changes its agency.
    pub tenant: TenantId,
    /// The registration as it was given: JSON with the names of RFC 7591, or with the metadata of a SAML service.
    pub body: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: UtcTime,
    /// Who approved it: somebody else.
    pub approved_by: Option<PersonId>,
    /// When.
    pub approved_at: Option<UtcTime>,
}

/// A key that identity tokens or SAML answers are signed with, or requests encrypted to, on the service's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// Its label.
    pub label: String,
    /// The kind of key that signs, or the `alg` of JOSE that it opens.
    pub algorithm: String,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// The certificate that carries a key of SAML in metadata, DER; keys of identity tokens have none.
    pub certificate: Option<Vec<u8>>,
    /// When it was made; it is published from then on.
    pub made_at: UtcTime,
    /// From when it is used: clients that keep keys for a while know it by then.
    pub signs_from: UtcTime,
}

/// Why a registration cannot be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefused {
    /// The one who proposed it cannot approve it.
    #[error("whoever proposed a registration does not approve it")]
    FourEyes,
    /// It is in force already.
    #[error("the registration is approved already")]
    Approved,
}

impl Registration {
    /// Approves it.
    ///
    /// # Errors
    /// [`ApprovalRefused`].
    pub fn approve(self, by: &PersonId, at: UtcTime) -> Result<Self, ApprovalRefused> {
        if self.approved_by.is_some() {
            return Err(ApprovalRefused::Approved);
        }
        if *by == self.proposed_by {
            return Err(ApprovalRefused::FourEyes);
        }
        Ok(Self { approved_by: Some(by.clone()), approved_at: Some(at), ..self })
    }
}
