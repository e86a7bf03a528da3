//! A unit of work as a value: what is to be written, with the audit events that say so.
//!
//! A [`Changes`] cannot be made without an event, so nothing is changed unrecorded. The store
//! applies it wholly or not at all, and may carry many in one durable transaction.

use crate::approval::Approval;
use crate::assignment::{AnyAssignment, Training};
use crate::audit::Event;
use crate::bulk::{BulkRevocation, Outcome};
use crate::bundle::LoadedBundle;
use crate::card::Card;
use crate::certificate::{CertificateRef, Intent};
use crate::enrolment::AnyEnrolment;
use crate::evidence::Signed;
use crate::function::AnyFunction;
use crate::hand_out::HandOut;
use crate::key::KeyState;
use crate::notice::{Attempted, Channel, Notice};
use crate::onboarding::{Agreement, AnyMove};
use crate::people::{Employment, Person, Tenant};
use crate::register::Evidence;
use crate::relying::{Registration, TokenKey};
use crate::request::RequestKey;
use crate::reserve::StockedCard;
use crate::revocation::Revocation;
use crate::revocation_code::KeptCode;
use crate::session::LoginWrite;
use crate::work::WorkItem;
use crate::{BulkId, CardNumber, PersonId, TenantId};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// How often a row was written; a write names the version it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i64);

/// A value with the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Its version.
    pub version: Version,
}

/// An application with what its issuance rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The application, identified at least.
    pub enrolment: Stored<AnyEnrolment>,
    /// The approval that it waits for or has.
    pub approval: Stored<Approval>,
    /// The card.
    pub card: Stored<Card>,
}

/// Writes and their events, committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    events: Vec<Event>,
    writes: Vec<Write>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new agency.
    Tenant(Tenant),
    /// A new person. Conflict if the identity number is known.
    Person(Person),
    /// What is known of a person changed. Missing if there is no such person.
    PersonChanged(Person),
    /// A person has another number from `at` on; the earlier one stays theirs. Conflict if somebody else has it.
    NewNumber {
        /// The person, with the new number.
        person: Person,
        /// When.
        at: UtcTime,
    },
    /// What a register said of somebody; the turn of the next look-up counts from it.
    RegisterAnswer(Evidence),
    /// Something waits for a person.
    NewWork(WorkItem),
    /// The personal values of these records are erased; the chain stays valid.
    ErasePersonal(Vec<u64>),
    /// Something that waited is done. Stale if it was.
    WorkDone(WorkItem),
    /// A person's new employment.
    Employment(Employment),
    /// What is kept of a card's hand-out.
    HandOut(HandOut),
    /// When an employment ends. Missing if there is none.
    EmploymentEnd {
        /// The employment, with its new end.
        employment: Employment,
        /// Whether everything that hung on it has been revoked.
        closed: bool,
    },
    /// Where an employee is reached, or that nobody knows. Missing if there is no employment.
    Address {
        /// The agency.
        tenant: TenantId,
        /// Who.
        person: PersonId,
        /// An e-mail address.
        email: Option<String>,
    },
    /// Something is to be told on one way. What was told before is not told again.
    Notice {
        /// What.
        notice: Notice,
        /// On which way.
        channel: Channel,
    },
    /// An attempt to deliver a notice. Stale if somebody else tried since it was read.
    Attempted(Attempted),
    /// An agreement on file.
    Agreement(Agreement),
    /// An agency's step into a phase, proposed, or taken by a ceremony. Conflict while another is open.
    NewMove(AnyMove),
    /// A step was decided. Stale if somebody else decided it since `seen`.
    Move {
        /// The new value.
        new: AnyMove,
        /// The version it was read at.
        seen: Version,
    },
    /// A package for a person, ordered, or given by a ceremony.
    NewAssignment(AnyAssignment),
    /// An order was decided or an assignment ended. Stale if somebody else wrote it since `seen`.
    Assignment {
        /// The new value.
        new: AnyAssignment,
        /// The version it was read at.
        seen: Version,
    },
    /// A training that somebody passed.
    Training(Training),
    /// A new application.
    NewEnrolment(AnyEnrolment),
    /// An application moved on. Stale if someone else wrote it since `seen`.
    Enrolment {
        /// The new value.
        new: AnyEnrolment,
        /// The version it was read at.
        seen: Version,
    },
    /// A new order of a function's certificate.
    NewFunction(AnyFunction),
    /// Such an order moved on, or others answer for the function. Stale if someone else wrote it since `seen`.
    Function {
        /// The new value.
        new: AnyFunction,
        /// The version it was read at.
        seen: Version,
    },
    /// A new approval.
    NewApproval(Approval),
    /// An approval was signed or used. Stale if someone else wrote it since `seen`.
    Approval {
        /// The new value.
        new: Approval,
        /// The version it was read at.
        seen: Version,
    },
    /// A card is bound. Conflict if the number is known: a card is never bound twice.
    NewCard(Card),
    /// A card changed state. Stale if someone else wrote it since `seen`.
    Card {
        /// The new value.
        new: Card,
        /// The version it was read at.
        seen: Version,
    },
    /// What a desk or bureau signed on the keys of a tray of cards; written once, by whichever card comes first.
    Delivery {
        /// The agency.
        tenant: TenantId,
        /// The delivery and its one statement.
        delivery: Signed,
    },
    /// A reserve card is in its envelope.
    ReserveStock(StockedCard),
    /// An order of a reserve card, with its application. Conflict if the card has one at this turn: it is extended once.
    ReserveOrder(AnyEnrolment),
    /// A serial is reserved. Conflict if issuer and serial are known, or the key is already
    /// certified for another person or purpose.
    Intent(Intent),
    /// The certificate of an intent. Conflict if it has one, or was revoked meanwhile.
    Certificate {
        /// Which intent.
        certificate: CertificateRef,
        /// DER.
        der: Vec<u8>,
        /// When.
        at: UtcTime,
        /// Whether it is a person's: then it is kept sealed.
        personal: bool,
    },
    /// A journal entry. The first stands: revoking the revoked is a conflict. Withdraws the
    /// published OCSP answer in the same step.
    Revocation(Revocation),
    /// A holder was shown a revocation code, which takes the place of the card's last.
    RevocationCode(KeptCode),
    /// Many revocations are asked for as one act.
    NewBulk {
        /// The act.
        new: BulkRevocation,
        /// Its cards.
        cards: BTreeSet<CardNumber>,
    },
    /// The act was cleared or is finished. Stale if someone else wrote it since `seen`.
    Bulk {
        /// The new value.
        new: BulkRevocation,
        /// The version it was read at.
        seen: Version,
    },
    /// What became of a card of the act. Stale if that is known already.
    BulkOutcome {
        /// The agency.
        tenant: TenantId,
        /// The act.
        id: BulkId,
        /// The card.
        card: CardNumber,
        /// What became of it.
        outcome: Outcome,
    },
    /// A CRL. Conflict if the issuer has one with this number or a higher one.
    Crl(PublishedCrl),
    /// Policies come into force. Stale unless those with the digest `replaces` are in force; none for the first.
    Policies {
        /// The new ones.
        bundle: LoadedBundle,
        /// Digest of those before.
        replaces: Option<String>,
    },
    /// A CA's key is in another state. Stale unless it is in the state that this follows; in none for the first.
    KeyStage(KeyStage),
    /// A registration is proposed. Conflict if the revision is known or the id is another agency's.
    Registration(Registration),
    /// A proposed registration is approved and comes into force. Stale if it was; the tables hold the four-eyes rule.
    RegistrationApproval(Registration),
    /// A new key for identity tokens. Conflict if its label is known.
    TokenKey(TokenKey),
    /// A step of a login.
    Login(LoginWrite),
    /// The request that asks for all this is done under this key. Conflict if the key is claimed.
    RequestKey(RequestKey),
    /// The answer of a request that was done under a key.
    RequestAnswer {
        /// Its key.
        key: RequestKey,
        /// The sealed answer.
        answer: Vec<u8>,
    },
    /// Keys that were claimed before this are forgotten.
    ForgetRequests(UtcTime),
}

/// A state of a CA's key, or of a root, which is active when it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStage {
    /// Name of the CA.
    pub issuer: String,
    /// The state before; none for the first.
    pub follows: Option<KeyState>,
    /// The state from now on.
    pub state: KeyState,
    /// Whether somebody else may have used the key.
    pub compromised: bool,
    /// What security officers approved; none for what a ceremony left.
    pub approval: Option<Signed>,
    /// When.
    pub at: UtcTime,
}

/// A CRL as served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedCrl {
    /// The issuer's URL name.
    pub issuer: String,
    /// cRLNumber.
    pub number: u64,
    /// DER.
    pub der: Vec<u8>,
    /// thisUpdate.
    pub this_update: UtcTime,
    /// nextUpdate.
    pub next_update: UtcTime,
}

/// An OCSP answer as served. Published outside [`Changes`]: it follows from what is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedOcsp {
    /// Which certificate.
    pub certificate: CertificateRef,
    /// Whether it says revoked. An answer that says good is dropped by the store if the
    /// certificate was revoked since.
    pub revoked: bool,
    /// DER of the OCSPResponse.
    pub der: Vec<u8>,
    /// thisUpdate.
    pub this_update: UtcTime,
    /// nextUpdate.
    pub next_update: UtcTime,
}

impl Write {
    /// Which kind of row this replaces, and the version that it was read at; none for a row that is new, or is never
    /// changed by two.
    pub const fn replaces(&self) -> Option<(&'static str, Version)> {
        match self {
            Self::Move { seen, .. } => Some(("step", *seen)),
            Self::Assignment { seen, .. } => Some(("assignment", *seen)),
            Self::Enrolment { seen, .. } => Some(("enrolment", *seen)),
            Self::Card { seen, .. } => Some(("card", *seen)),
            Self::Bulk { seen, .. } => Some(("bulk-revocation", *seen)),
            _ => None,
        }
    }
}

impl Changes {
    /// Begins with the event that says what happened.
    pub fn recording(event: Event) -> Self {
        Self { events: vec![event], writes: Vec::new() }
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// Adds another event.
    #[must_use]
    pub fn also(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Joins another unit of work to this one.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.writes.extend(other.writes);
        self
    }

    /// The events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The writes, in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }
}
