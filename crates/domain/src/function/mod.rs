//! Certificates for systems and organisations: from an agency's request to the certificate.
//!
//! Each stage is a type, as in [`enrolment`](crate::enrolment). Whoever orders cannot approve, and neither can whoever
//! answers for the function.

mod control;
mod policy;

pub use control::{COMMON_NAME, ControlFault, HSA_ID, URI, is_address};
pub use policy::{FunctionPolicy, FunctionPolicyError};

use crate::enrolment::FourEyes;
use crate::operation::{ControlProof, IssueFunction, Operation, PlannedProfile};
use crate::{ApprovalId, FunctionId, PersonId, TenantId};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// One order, at stage `S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function<S> {
    /// What never changes.
    pub wish: Wish,
    /// Who answers for it, and where notices go. Others may take it over once it is issued.
    pub keeper: Keeper,
    stage: S,
}

/// What is ordered; fixed at the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its key.
    pub id: FunctionId,
    /// The agency.
    pub tenant: TenantId,
    /// What becomes the subject.
    pub subject: SubjectFacts,
    /// The profile.
    pub certificate: PlannedProfile,
    /// What the profile is for.
    pub purpose: Purpose,
    /// DER of the SubjectPublicKeyInfo, from a request that proved possession.
    pub spki: Vec<u8>,
    /// What the agency puts into the zone of a name that it wants certified.
    pub challenge: String,
    /// The order that it takes the place of.
    pub renews: Option<FunctionId>,
    /// Who orders it.
    pub ordered_by: PersonId,
    /// When it was asked for.
    pub at: UtcTime,
}

/// Who answers for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// An employee of the agency.
    pub responsible: PersonId,
    /// An address that several people read.
    pub contact: String,
}

/// Asked for; control over its names is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested;

/// Ordered, with all that shows the agency's right to its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// What shows control over each name.
    pub control: Vec<ControlProof>,
    /// The order under the operation: a compact JWS.
    pub statement: String,
    /// The approval that was opened for it.
    pub approval: ApprovalId,
    /// When.
    pub at: UtcTime,
}

/// Approved by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The stage before.
    pub ordered: Ordered,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
}

/// The certificate exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The stage before.
    pub approved: Approved,
    /// The CA.
    pub issuer: String,
    /// The certificate's serial.
    pub serial: SerialNumber,
    /// Its last second.
    pub not_after: UtcTime,
    /// When.
    pub at: UtcTime,
}

impl Function<Requested> {
    /// A new order.
    pub const fn request(wish: Wish, keeper: Keeper) -> Self {
        Self { wish, keeper, stage: Requested }
    }

    /// What the officer signs who orders it, and everybody who approves it.
    pub fn operation(&self, control: &[ControlProof]) -> Operation {
        operation(&self.wish, &self.keeper, control)
    }

    /// Records the signed order. The caller has verified the statement and judged the proofs.
    pub fn order(self, ordered: Ordered) -> Function<Ordered> {
        self.advance(|_| ordered)
    }
}

impl Function<Ordered> {
    /// What is approved.
    pub fn operation(&self) -> Operation {
        operation(&self.wish, &self.keeper, &self.stage.control)
    }

    /// Who can never approve it.
    pub fn excluded(&self) -> [PersonId; 2] {
        [self.wish.ordered_by.clone(), self.keeper.responsible.clone()]
    }

    /// Approves it. The caller has verified the approver's signature.
    ///
    /// # Errors
    /// [`FourEyes`] if `by` ordered it or answers for it.
    pub fn approve(self, by: PersonId, at: UtcTime) -> Result<Function<Approved>, FourEyes> {
        if self.excluded().contains(&by) {
            return Err(FourEyes { actor: by });
        }
        Ok(self.advance(|ordered| Approved { ordered, by, at }))
    }
}

impl Function<Approved> {
    /// What was approved.
    pub fn operation(&self) -> Operation {
        operation(&self.wish, &self.keeper, &self.stage.ordered.control)
    }

    /// Records the certificate.
    pub fn issue(self, (issuer, serial): (String, SerialNumber), not_after: UtcTime, at: UtcTime) -> Function<Issued> {
        self.advance(|approved| Issued { approved, issuer, serial, not_after, at })
    }
}

impl Function<Issued> {
    /// Somebody else answers for it from now on.
    #[must_use]
    pub fn kept_by(self, keeper: Keeper) -> Self {
        Self { keeper, ..self }
    }
}

impl<S> Function<S> {
    /// The stage and what was recorded in it.
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Puts a stored order together again; for stores only.
    pub const fn restore(wish: Wish, keeper: Keeper, stage: S) -> Self {
        Self { wish, keeper, stage }
    }

    fn advance<T>(self, to: impl FnOnce(S) -> T) -> Function<T> {
        let Self { wish, keeper, stage } = self;
        Function { wish, keeper, stage: to(stage) }
    }
}

fn operation(wish: &Wish, keeper: &Keeper, control: &[ControlProof]) -> Operation {
    Operation::IssueFunction(IssueFunction {
        function: wish.id.clone(),
        tenant: wish.tenant.clone(),
        subject: wish.subject.clone(),
        certificate: wish.certificate.clone(),
        key: crate::id::hex(&key_fingerprint(&wish.spki)),
        responsible: keeper.responsible.clone(),
        contact: keeper.contact.clone(),
        control: control.to_vec(),
        renews: wish.renews.clone(),
        ordered_by: wish.ordered_by.clone(),
    })
}

/// SHA-256 of a SubjectPublicKeyInfo.
fn key_fingerprint(spki: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, spki);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// What a row can hold; the only place stages are told apart at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyFunction {
    /// Asked for.
    Requested(Function<Requested>),
    /// Ordered.
    Ordered(Function<Ordered>),
    /// Approved.
    Approved(Function<Approved>),
    /// The certificate exists.
    Issued(Function<Issued>),
}

impl AnyFunction {
    /// The word in rows and views.
    pub const fn stage_name(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Ordered(_) => "ordered",
            Self::Approved(_) => "approved",
            Self::Issued(_) => "issued",
        }
    }

    /// What was ordered.
    pub const fn wish(&self) -> &Wish {
        match self {
            Self::Requested(f) => &f.wish,
            Self::Ordered(f) => &f.wish,
            Self::Approved(f) => &f.wish,
            Self::Issued(f) => &f.wish,
        }
    }

    /// Who answers for it.
    pub const fn keeper(&self) -> &Keeper {
        match self {
            Self::Requested(f) => &f.keeper,
            Self::Ordered(f) => &f.keeper,
            Self::Approved(f) => &f.keeper,
            Self::Issued(f) => &f.keeper,
        }
    }

    /// The signed order, if it came that far.
    pub const fn ordered(&self) -> Option<&Ordered> {
        match self {
            Self::Requested(_) => None,
            Self::Ordered(f) => Some(&f.stage),
            Self::Approved(f) => Some(&f.stage.ordered),
            Self::Issued(f) => Some(&f.stage.approved.ordered),
        }
    }

    /// The approval, if it came that far.
    pub const fn approved(&self) -> Option<&Approved> {
        match self {
            Self::Requested(_) | Self::Ordered(_) => None,
            Self::Approved(f) => Some(&f.stage),
            Self::Issued(f) => Some(&f.stage.approved),
        }
    }

    /// The certificate, if it came that far.
    pub const fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Issued(f) => Some(&f.stage),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
