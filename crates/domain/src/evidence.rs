//! Officers' signatures, and what they prove about an issuance.
//!
//! The same check runs in the service, which answers with a clear error, and in the signer
//! process, which trusts nobody: it is the signer's answer that counts.

mod emergency;
mod function;
mod security;

pub use emergency::verify_cancellation;
pub use function::{ApprovedFunction, FunctionEvidence, verify_function};

pub use security::{
    ApprovedAct, KEY_ACT_APPROVALS, KEY_ACT_MAX_AGE_DAYS, POLICY_APPROVALS, verify_key_act, verify_policies,
};

use crate::access::Role;
use crate::id::hex;
use crate::operation::{
    Act, DeliverCards, DeliveredCard, IdentifyApplicant, IdentityProof, IssueCard, MAX_TRAY, Operation, OperationHash,
    STATEMENT_TYPE, Statement, StockCards,
};
use crate::reserve::ADMINISTRATOR;
use crate::{CardNumber, EnrolmentId, PersonId, TenantId};
use pki::Kind;
use pki::certificate::Certificate;
use pki::jose::read_compact;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who may sign statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Who.
    pub person: PersonId,
    /// At which agency.
    pub tenant: TenantId,
    /// In which roles.
    pub roles: BTreeSet<Role>,
}

/// An officer's verified statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Who made it.
    pub officer: Officer,
    /// When, by the officer's clock.
    pub at: UtcTime,
}

/// Knows officers by their certificates.
///
/// A certificate is answered for only if an issuing CA of persons signed it, it is valid and not
/// revoked at `at`, and its holder is an officer. Everything else is `None`.
pub trait Officers {
    /// The officer who holds `certificate`.
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer>;
}

/// An operation and the officers' signatures over its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The exact bytes of the [`Operation`], which are JSON text.
    pub operation: String,
    /// Compact JWSs over [`Statement`]s.
    pub statements: Vec<String>,
}

impl Signed {
    /// Names this piece of evidence: SHA-256 over its statements, which name the operation, in hexadecimal.
    pub fn id(&self) -> String {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for statement in &self.statements {
            hash.update(statement.as_bytes());
            hash.update(b"\n");
        }
        hex(hash.finish().as_ref())
    }
}

/// What must be signed before a card's certificates can be, beside its delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueEvidence {
    /// [`Operation::IdentifyApplicant`], signed by the officer who met the applicant.
    pub identification: Signed,
    /// [`Operation::IssueCard`], signed by the approvers.
    pub approval: Signed,
    /// For a reserve card: the same holder identified anew, signed by the approver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Signed>,
}

/// A desk's or bureau's verified word on the keys of the cards in a tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Who signed it, and when.
    pub stated: Stated,
    /// Cards that were made for their applications.
    pub cards: BTreeMap<EnrolmentId, DeliveredCard>,
    /// Reserve cards that were made before anybody ordered them.
    pub stocked: BTreeMap<CardNumber, BTreeMap<pki::profile::Purpose, String>>,
}

/// An issuance that every needed officer signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedIssuance {
    /// What was approved.
    pub order: IssueCard,
    /// How the applicant was identified.
    pub proof: IdentityProof,
    /// When, by the identifying officer's clock.
    pub identified_at: UtcTime,
    /// How the holder of a reserve card was identified the second time, and when.
    pub second: Option<(IdentityProof, UtcTime)>,
    /// SHA-256 of each key's SubjectPublicKeyInfo, hexadecimal.
    pub keys: BTreeMap<pki::profile::Purpose, String>,
    /// Who approved.
    pub approvers: BTreeSet<PersonId>,
    /// Who delivered.
    pub delivered_by: PersonId,
    /// When the delivery was signed.
    pub delivered_at: UtcTime,
}

/// Why officers' signatures do not carry an act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not a statement that can be read.
    #[error("statement: {0}")]
    Malformed(&'static str),
    /// The signature does not verify.
    #[error("the statement's signature does not verify")]
    BadSignature,
    /// The signer is no officer, or the certificate is not good.
    #[error("the signer is not an officer with a valid signature certificate")]
    NotAnOfficer,
    /// A signature over something else.
    #[error("the statement is about another operation")]
    OtherOperation,
    /// A signature that means something else.
    #[error("the statement says {found:?}, not {wanted:?}")]
    OtherAct {
        /// What was needed.
        wanted: Act,
        /// What it says.
        found: Act,
    },
    /// Too old, or from the future.
    #[error("the statement's time is not acceptable")]
    Expired,
    /// The officer lacks the role, or has it at another agency.
    #[error("the officer is not {role} at this agency")]
    WrongRole {
        /// The role that the act needs.
        role: Role,
    },
    /// The same person twice, or one who may not take part.
    #[error("four eyes: this officer cannot take part in this act")]
    FourEyes,
    /// Not enough different approvers.
    #[error("{found} of {needed} approvals")]
    TooFew {
        /// How many are needed.
        needed: usize,
        /// How many different approvers signed.
        found: usize,
    },
    /// What was approved was done before.
    #[error("the approval was used before")]
    Used,
    /// The parts do not belong together.
    #[error("the evidence does not belong together: {0}")]
    Mismatch(&'static str),
}

impl EvidenceError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Malformed(_) => Kind::Invalid,
            _ => Kind::Denied,
        }
    }
}

/// Verifies one statement and says who made it, and when.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_statement(
    jws: &str,
    act: Act,
    operation: OperationHash,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<Stated, EvidenceError> {
    let jws = read_compact(jws).map_err(|_| EvidenceError::Malformed("not a compact JWS"))?;
    if jws.header.get("typ").and_then(|typ| typ.as_str()) != Some(STATEMENT_TYPE) {
        return Err(EvidenceError::Malformed("wrong typ"));
    }
    let statement: Statement = serde_json::from_slice(&jws.payload).map_err(|_| EvidenceError::Malformed("payload"))?;
    if statement.act != act {
        return Err(EvidenceError::OtherAct { wanted: act, found: statement.act });
    }
    if statement.operation != operation {
        return Err(EvidenceError::OtherOperation);
    }
    let oldest = now.plus_days(-STATEMENT_MAX_AGE_DAYS);
    if statement.at < oldest || statement.at > now.plus_seconds(CLOCK_SKEW_SECONDS) {
        return Err(EvidenceError::Expired);
    }
    let der = jws.x5c().ok_or(EvidenceError::Malformed("x5c is missing"))?;
    let certificate = Certificate::parse(&der).map_err(|_| EvidenceError::Malformed("x5c"))?;
    if !certificate.non_repudiation() {
        return Err(EvidenceError::NotAnOfficer);
    }
    let officer = officers.officer(&certificate, now).ok_or(EvidenceError::NotAnOfficer)?;
    jws.verify(certificate.public_key()).map_err(|_| EvidenceError::BadSignature)?;
    Ok(Stated { officer, at: statement.at })
}

/// Verifies a delivery: [`Operation::DeliverCards`] under the desk's one statement.
///
/// Whether the desk may deliver a card, [`verify_issuance`] says for each.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_delivery(delivery: &Signed, officers: &dyn Officers, now: UtcTime) -> Result<Delivery, EvidenceError> {
    let (cards, stocked) = match operation(delivery)? {
        Operation::DeliverCards(delivery) => (tray(delivery)?, BTreeMap::new()),
        Operation::StockCards(stock) => (BTreeMap::new(), stocked(stock)?),
        _ => return Err(EvidenceError::Mismatch("not a delivery")),
    };
    let stated = the_one(delivery, Act::Deliver, officers, now)?;
    Ok(Delivery { stated, cards, stocked })
}

impl Delivery {
    /// The keys that were delivered for an order: on this application's card, or on this reserve card.
    ///
    /// # Errors
    /// [`EvidenceError::Mismatch`] if the delivery is not of this card, or goes the other cards' way.
    pub fn keys_of(
        &self,
        enrolment: &EnrolmentId,
        (card, is_reserve): (&CardNumber, bool),
    ) -> Result<&BTreeMap<pki::profile::Purpose, String>, EvidenceError> {
        if is_reserve {
            return self.stocked.get(card).ok_or(EvidenceError::Mismatch("the reserve card is not in this stock"));
        }
        let delivered = self.cards.get(enrolment);
        let delivered = delivered.ok_or(EvidenceError::Mismatch("the delivery is for another application"))?;
        if delivered.card == *card {
            return Ok(&delivered.keys);
        }
        Err(EvidenceError::Mismatch("the delivery is for another card"))
    }
}

/// The keys that a desk says are on a reserve card; its signature was verified when the stock was recorded.
pub fn stocked_keys(stock: &Signed, card: &CardNumber) -> Option<BTreeMap<pki::profile::Purpose, String>> {
    let Ok(Operation::StockCards(stock)) = operation(stock) else { return None };
    stock.cards.into_iter().find(|stocked| stocked.card == *card).map(|stocked| stocked.keys)
}

fn stocked(stock: StockCards) -> Result<BTreeMap<CardNumber, BTreeMap<pki::profile::Purpose, String>>, EvidenceError> {
    let found = stock.cards.len();
    let cards: BTreeMap<_, _> = stock.cards.into_iter().map(|stocked| (stocked.card, stocked.keys)).collect();
    if cards.is_empty() || cards.len() > MAX_TRAY || cards.len() != found {
        return Err(EvidenceError::Malformed("a stock names some cards, each once, and not too many"));
    }
    Ok(cards)
}

fn tray(delivery: DeliverCards) -> Result<BTreeMap<EnrolmentId, DeliveredCard>, EvidenceError> {
    let found = delivery.cards.len();
    let cards: BTreeMap<_, _> = delivery.cards.into_iter().map(|card| (card.enrolment.clone(), card)).collect();
    if cards.is_empty() || cards.len() > MAX_TRAY || cards.len() != found {
        return Err(EvidenceError::Malformed("a delivery names some cards, each once, and not too many"));
    }
    Ok(cards)
}

/// Verifies all that must be signed before a card's certificates can be.
///
/// The identifying officer, the approvers and the desk are checked against the agency, their
/// roles, and each other: whoever submitted, identified or is the applicant cannot approve, an
/// approver cannot deliver, and nobody counts twice. Whoever approves a reserve card identified
/// the holder anew.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_issuance(
    evidence: &IssueEvidence,
    delivery: &Delivery,
    needed: usize,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<ApprovedIssuance, EvidenceError> {
    let order = issue_card(&evidence.approval)?;
    let identification = identification(&evidence.identification)?;
    let keys = delivery.keys_of(&order.enrolment, (&order.card, order.reserve.is_some()))?.clone();
    belongs_together(&order, &identification, &evidence.identification)?;

    let Stated { officer: identifier, at: identified_at } =
        the_one(&evidence.identification, Act::Identify, officers, now)?;
    has_role(&identifier, Role::RegistrationOfficer, &order.tenant)?;
    if identifier.person != order.identified_by || identifier.person == order.applicant {
        return Err(EvidenceError::FourEyes);
    }

    let approvers = verify_approvals(&evidence.approval, &order, needed, officers, now)?;
    let second = second_identification(evidence, &order, &approvers, officers, now)?;

    let Stated { officer: desk, at: delivered_at } = delivery.stated.clone();
    has_role(&desk, Role::CardDesk, &order.tenant)?;
    if approvers.contains(&desk.person) || desk.person == order.applicant {
        return Err(EvidenceError::FourEyes);
    }
    let (proof, delivered_by) = (identification.proof, desk.person);
    Ok(ApprovedIssuance { order, proof, identified_at, second, keys, approvers, delivered_by, delivered_at })
}

/// Verifies that the approver of a reserve card, and of no other card, identified the same holder anew.
fn second_identification(
    evidence: &IssueEvidence,
    order: &IssueCard,
    approvers: &BTreeSet<PersonId>,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<Option<(IdentityProof, UtcTime)>, EvidenceError> {
    let signed = match (&order.reserve, &evidence.second) {
        (None, None) => return Ok(None),
        (Some(_), Some(signed)) => signed,
        _ => return Err(EvidenceError::Mismatch("a reserve card takes a second identification, and no other card")),
    };
    let second = identification(signed)?;
    same_applicant(order, &second)?;
    let Stated { officer, at } = the_one(signed, Act::Identify, officers, now)?;
    has_role(&officer, ADMINISTRATOR, &order.tenant)?;
    let is_the_first = second.identified_by == order.identified_by;
    if officer.person != second.identified_by || is_the_first || !approvers.contains(&officer.person) {
        return Err(EvidenceError::FourEyes);
    }
    Ok(Some((second.proof, at)))
}

/// Verifies the approvers' signatures under an order.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_approvals(
    approval: &Signed,
    order: &IssueCard,
    needed: usize,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<BTreeSet<PersonId>, EvidenceError> {
    let involved = [&order.submitted_by, &order.identified_by, &order.applicant];
    different_people(approval, needed.max(1), (officers, now), |Stated { officer, .. }| {
        let role = if order.reserve.is_some() { ADMINISTRATOR } else { Role::Approver };
        has_role(officer, role, &order.tenant)?;
        if involved.contains(&&officer.person) { Err(EvidenceError::FourEyes) } else { Ok(()) }
    })
}

/// Verifies that as many different people as are needed approved an operation, each of whom `may`.
fn different_people(
    approval: &Signed,
    needed: usize,
    (officers, now): (&dyn Officers, UtcTime),
    may: impl Fn(&Stated) -> Result<(), EvidenceError>,
) -> Result<BTreeSet<PersonId>, EvidenceError> {
    let hash = OperationHash::of(approval.operation.as_bytes());
    let mut approvers = BTreeSet::new();
    for jws in approval.statements.iter().take(MAX_STATEMENTS) {
        let stated = verify_statement(jws, Act::Approve, hash, officers, now)?;
        may(&stated)?;
        if !approvers.insert(stated.officer.person) {
            return Err(EvidenceError::FourEyes);
        }
    }
    if approvers.len() < needed {
        return Err(EvidenceError::TooFew { needed, found: approvers.len() });
    }
    Ok(approvers)
}

fn belongs_together(
    order: &IssueCard,
    identification: &IdentifyApplicant,
    signed_identification: &Signed,
) -> Result<(), EvidenceError> {
    if OperationHash::of(signed_identification.operation.as_bytes()) != order.identification {
        return Err(EvidenceError::Mismatch("the approval is for another identification"));
    }
    if identification.identified_by != order.identified_by {
        return Err(EvidenceError::Mismatch("the identification is of another application"));
    }
    same_applicant(order, identification)
}

/// Whether the one who was identified is the one that the order is for, in an application that says the same.
fn same_applicant(order: &IssueCard, identification: &IdentifyApplicant) -> Result<(), EvidenceError> {
    if (&identification.enrolment, &identification.tenant, &identification.applicant)
        != (&order.enrolment, &order.tenant, &order.applicant)
        || identification.submitted_by != order.submitted_by
        || identification.reserve != order.reserve
    {
        return Err(EvidenceError::Mismatch("the identification is of another application"));
    }
    if identification.subject != order.subject {
        return Err(EvidenceError::Mismatch("somebody else was identified"));
    }
    Ok(())
}

fn the_one(signed: &Signed, act: Act, officers: &dyn Officers, now: UtcTime) -> Result<Stated, EvidenceError> {
    let [jws] = signed.statements.as_slice() else {
        return Err(EvidenceError::Malformed("exactly one statement is needed"));
    };
    verify_statement(jws, act, OperationHash::of(signed.operation.as_bytes()), officers, now)
}

fn has_role(officer: &Officer, role: Role, tenant: &TenantId) -> Result<(), EvidenceError> {
    if officer.roles.contains(&role) && officer.tenant == *tenant {
        return Ok(());
    }
    Err(EvidenceError::WrongRole { role })
}

fn operation(signed: &Signed) -> Result<Operation, EvidenceError> {
    Operation::from_bytes(signed.operation.as_bytes()).map_err(|_| EvidenceError::Malformed("operation"))
}

fn issue_card(signed: &Signed) -> Result<IssueCard, EvidenceError> {
    match operation(signed)? {
        Operation::IssueCard(order) => Ok(order),
        _ => Err(EvidenceError::Mismatch("the approved operation is not the issue of a card")),
    }
}

fn identification(signed: &Signed) -> Result<IdentifyApplicant, EvidenceError> {
    match operation(signed)? {
        Operation::IdentifyApplicant(identification) => Ok(identification),
        _ => Err(EvidenceError::Mismatch("not an identification")),
    }
}

/// How long an officer's signature carries an act that was not executed.
pub const STATEMENT_MAX_AGE_DAYS: i64 = 90;
/// How far an officer's clock may be ahead of ours.
pub const CLOCK_SKEW_SECONDS: i64 = 300;
/// Most approvals that are looked at.
pub const MAX_STATEMENTS: usize = 16;
