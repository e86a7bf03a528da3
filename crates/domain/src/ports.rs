//! What a store promises. One behaviour suite proves it on every engine.
//!
//! Reads see what was committed before they began. A row of another tenant is treated as absent.
//! Lists have a limit and go on after a key. Writes go through [`Ledger::commit`] alone.

use crate::approval::Approval;
use crate::assignment::{AnyAssignment, Training};
use crate::audit::{Head, Record};
use crate::bulk::{BulkRevocation, Item, Outcome};
use crate::bundle::LoadedBundle;
use crate::card::Card;
use crate::certificate::{CertificateRecord, CertificateRef};
use crate::changes::{Changes, Dossier, PublishedCrl, PublishedOcsp, Stored};
use crate::enrolment::AnyEnrolment;
use crate::evidence::Signed;
use crate::function::AnyFunction;
use crate::hand_out::HandOut;
use crate::key::KeyLife;
use crate::notice::{Channel, Delivery, DeliveryState, Ending, NoticeKind};
use crate::onboarding::{Agreement, AnyMove};
use crate::people::{Employment, Person, Tenant};
use crate::register::Evidence;
use crate::relying::{Registration, TokenKey};
use crate::request::{Done, KeyRef, RequestKey};
use crate::revocation::Revocation;
use crate::revocation_code::KeptCode;
use crate::session::{LoginWrite, SecretDigest, SessionState, TicketKind, TicketState};
use crate::work::WorkItem;
use crate::{
    ApprovalId, AssignmentId, BulkId, CardNumber, EnrolmentId, FunctionId, Kind, NoticeId, PersonId, TenantId, WorkId,
};
use async_trait::async_trait;
use pki::crl::RevokedEntry;
use pki::identifier::{OrganisationNumber, PersonalNumber};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::{BTreeMap, BTreeSet};

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Someone else wrote the row since it was read.
    #[error("{what} was changed by someone else meanwhile")]
    Stale {
        /// Which kind of row.
        what: &'static str,
    },
    /// A rule of the tables forbids it.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// The row is not as the caller saw it.
    #[error("it is not as it was seen")]
    NotAsSeen,
    /// Too much is waiting.
    #[error("the store's queue is full")]
    Busy,
    /// The database could not be reached or failed.
    #[error("the database failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that does not read as what it should be.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// Which kind of row.
        what: &'static str,
    },
}

/// Which rule of the tables forbade a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The id, number or key exists.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// The public key belongs to another person or purpose.
    #[error("the key is already certified for another person or purpose")]
    KeyTaken,
    /// The distinguished name is another person's, or was.
    #[error("the distinguished name belongs to another person")]
    NameTaken,
    /// The certificate was revoked before.
    #[error("already revoked")]
    AlreadyRevoked,
    /// The certificate is not an open intent.
    #[error("the serial is not waiting for a certificate")]
    NotAnIntent,
    /// The four-eyes rule, as the tables hold it.
    #[error("four eyes")]
    FourEyes,
    /// The request was done under its key, or is being done.
    #[error("a request with this key is being done")]
    RequestTaken,
    /// The row that is written to does not exist.
    #[error("{0} does not exist")]
    Missing(&'static str),
}

impl StoreError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Stale { .. } | Self::NotAsSeen | Self::Conflict(_) => Kind::Conflict,
            Self::Busy | Self::Unavailable(_) => Kind::Busy,
            Self::Corrupt { .. } => Kind::Internal,
        }
    }
}

type Result<T> = std::result::Result<T, StoreError>;

/// The write side.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Applies all of `changes` and appends its events, or does nothing.
    ///
    /// When it returns `Ok`, the change survives a crash and a power loss. Many callers may share
    /// one transaction and one sync; one caller's conflict does not touch the others. Events are
    /// chained in the order of commits. Never retried inside: after `Unavailable` the caller
    /// must read to know.
    async fn commit(&self, changes: Changes) -> Result<Head>;

    /// Publishes OCSP answers. An answer that says good for a revoked certificate is dropped
    /// silently; the number of answers kept is returned.
    async fn publish_ocsp(&self, answers: Vec<PublishedOcsp>) -> Result<Vec<CertificateRef>>;

    /// Applies all of `writes` durably, or nothing: the steps of a login that are no events by themselves.
    async fn keep_login(&self, writes: Vec<LoginWrite>) -> Result<()>;

    /// Keeps the answer of a request that was done under a key. Nothing happens if the key is not claimed.
    async fn keep_answer(&self, key: RequestKey, answer: Vec<u8>) -> Result<()>;

    /// Forgets the keys that were claimed before `before`, with their answers.
    async fn forget_requests(&self, before: UtcTime) -> Result<()>;
}

/// Requests that are done once.
#[async_trait]
pub trait Requests: Send + Sync {
    /// What came of a caller's request with this key; none if it was not done.
    async fn done(&self, key: KeyRef<'_>) -> Result<Option<Done>>;
}

/// Agencies and people.
#[async_trait]
pub trait People: Send + Sync {
    /// One agency.
    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>>;
    /// The agency with this organisation number.
    async fn tenant_by_number(&self, number: &OrganisationNumber) -> Result<Option<Tenant>>;
    /// Agencies in order of id, after `after`.
    async fn tenants(&self, after: Option<&TenantId>, limit: u32) -> Result<Vec<Tenant>>;
    /// One person, if employed at the agency.
    async fn person(&self, tenant: &TenantId, id: &PersonId) -> Result<Option<Person>>;
    /// The person with this identity number, at whatever agency: one person, one identity.
    async fn person_by_identity(&self, number: &PersonalNumber) -> Result<Option<Person>>;
    /// One employment.
    async fn employment(&self, tenant: &TenantId, person: &PersonId) -> Result<Option<Employment>>;
}

/// Something that a request names, whosever it is.
#[derive(Debug, Clone, Copy)]
pub enum Thing<'a> {
    /// An application.
    Enrolment(&'a EnrolmentId),
    /// A card.
    Card(&'a CardNumber),
    /// A person.
    Person(&'a PersonId),
    /// A package in somebody's hands.
    Assignment(&'a AssignmentId),
    /// An order of a function's certificate.
    Function(&'a FunctionId),
}

/// Where things are: for the security log and for jobs, never for answers.
#[async_trait]
pub trait Whereabouts: Send + Sync {
    /// Whether there is such a thing at any agency.
    async fn exists(&self, thing: Thing<'_>) -> Result<bool>;
    /// Cards whose certificates were issued before `before` and that were never handed out.
    async fn uncollected(&self, before: UtcTime, limit: u32) -> Result<Vec<(TenantId, CardNumber)>>;
    /// Employments that ended before `before` and are not closed.
    async fn ended_employments(&self, before: UtcTime, limit: u32) -> Result<Vec<Employment>>;
}

/// Many revocations as one act.
#[async_trait]
pub trait BulkRevocations: Send + Sync {
    /// One act.
    async fn bulk(&self, tenant: &TenantId, id: &BulkId) -> Result<Option<Stored<BulkRevocation>>>;
    /// The act at whatever agency that runs and was asked for first.
    async fn running_bulk(&self) -> Result<Option<Stored<BulkRevocation>>>;
    /// Cards of an act in order of number, after `after`; all, or those without an outcome.
    async fn bulk_items(
        &self,
        tenant: &TenantId,
        id: &BulkId,
        which: (bool, Option<&CardNumber>),
        limit: u32,
    ) -> Result<Vec<Item>>;
    /// The cards among these that exist, in no order.
    async fn cards_among(&self, tenant: &TenantId, numbers: &[CardNumber]) -> Result<Vec<Stored<Card>>>;
    /// How many cards have which outcome.
    async fn bulk_counts(&self, tenant: &TenantId, id: &BulkId) -> Result<Vec<(Outcome, u32)>>;
}

/// How agencies come to where they may issue.
#[async_trait]
pub trait Onboardings: Send + Sync {
    /// The steps of an agency and its services, in the order in which they were proposed.
    async fn moves(&self, tenant: &TenantId) -> Result<Vec<Stored<AnyMove>>>;
    /// The agreements on file.
    async fn agreements(&self, tenant: &TenantId) -> Result<Vec<Agreement>>;
}

/// Who holds which packages.
#[async_trait]
pub trait Assignments: Send + Sync {
    /// One assignment.
    async fn assignment(&self, tenant: &TenantId, id: &AssignmentId) -> Result<Option<Stored<AnyAssignment>>>;
    /// Assignments of an agency in order of id, after `after`.
    async fn assignments(
        &self,
        tenant: &TenantId,
        after: Option<&AssignmentId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyAssignment>>>;
    /// Everything that a person was ever given or ordered, at whatever agency: packages that exclude each other must
    /// not meet in one person.
    async fn assignments_of(&self, person: &PersonId) -> Result<Vec<Stored<AnyAssignment>>>;
    /// The trainings that a person passed at an agency.
    async fn trainings_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<Training>>;
}

/// Applications and their approvals.
#[async_trait]
pub trait Enrolments: Send + Sync {
    /// One application.
    async fn enrolment(&self, tenant: &TenantId, id: &EnrolmentId) -> Result<Option<Stored<AnyEnrolment>>>;
    /// The applications among these, identified at least, with their approvals and cards; in no order.
    async fn dossiers(&self, tenant: &TenantId, ids: &[EnrolmentId]) -> Result<Vec<Dossier>>;
    /// Applications in order of id, after `after`, at `stage` if given.
    async fn enrolments(
        &self,
        tenant: &TenantId,
        stage: Option<&str>,
        after: Option<&EnrolmentId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyEnrolment>>>;
    /// What is kept of the hand-out of an application's card; none before, or where nothing had to be shown.
    async fn hand_out(&self, tenant: &TenantId, id: &EnrolmentId) -> Result<Option<HandOut>>;
    /// The application of a card; none for a card of the ceremony.
    async fn enrolment_of_card(&self, tenant: &TenantId, number: &CardNumber) -> Result<Option<AnyEnrolment>>;
    /// What a desk signed on a tray of cards, by its [`Signed::id`].
    async fn delivery(&self, tenant: &TenantId, id: &str) -> Result<Option<Signed>>;
    /// One approval.
    async fn approval(&self, tenant: &TenantId, id: &ApprovalId) -> Result<Option<Stored<Approval>>>;
}

/// Reserve cards.
#[async_trait]
pub trait Reserves: Send + Sync {
    /// What a desk signed last on the keys of a reserve card, at whatever agency, and which agency keeps it.
    async fn stocked(&self, number: &CardNumber) -> Result<Option<(TenantId, Signed)>>;
    /// The orders of a reserve card: the first, then its extension.
    async fn reserve_orders(&self, tenant: &TenantId, number: &CardNumber) -> Result<Vec<Stored<AnyEnrolment>>>;
    /// The numbers of a person's reserve cards at an agency.
    async fn reserve_cards_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<CardNumber>>;
}

/// Orders of certificates for systems and organisations.
#[async_trait]
pub trait Functions: Send + Sync {
    /// One order.
    async fn function(&self, tenant: &TenantId, id: &FunctionId) -> Result<Option<Stored<AnyFunction>>>;
    /// Orders in order of id, after `after`, at `stage` if given.
    async fn functions(
        &self,
        tenant: &TenantId,
        stage: Option<&str>,
        after: Option<&FunctionId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyFunction>>>;
    /// Orders of an agency whose certificate stands and that somebody must look after: it ends before `ends_before`, or
    /// the employment of whoever answers for it is over at `now`.
    async fn functions_in_want(
        &self,
        tenant: &TenantId,
        (now, ends_before): (UtcTime, UtcTime),
        limit: u32,
    ) -> Result<Vec<Stored<AnyFunction>>>;
}

/// Cards and certificates.
#[async_trait]
pub trait Certificates: Send + Sync {
    /// One card.
    async fn card(&self, tenant: &TenantId, number: &CardNumber) -> Result<Option<Stored<Card>>>;
    /// What is kept of the revocation code of a card, at whatever agency.
    async fn revocation_code(&self, card: &CardNumber) -> Result<Option<KeptCode>>;
    /// An agency's cards in order of number, after `after`.
    async fn cards_of_tenant(
        &self,
        tenant: &TenantId,
        after: Option<&CardNumber>,
        limit: u32,
    ) -> Result<Vec<Stored<Card>>>;
    /// The certificates and open intents of an agency's people, in order of issuer and serial, after `after`.
    async fn certificates_of_tenant(
        &self,
        tenant: &TenantId,
        after: Option<&CertificateRef>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>>;
    /// A person's cards at an agency.
    async fn cards_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<Stored<Card>>>;
    /// The certificates and open intents of a card.
    async fn certificates_of_card(&self, tenant: &TenantId, number: &CardNumber) -> Result<Vec<CertificateRecord>>;
    /// The certificates and open intents of a person at an agency, on cards or not.
    async fn certificates_of_person(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<CertificateRecord>>;
    /// One certificate, of any holder.
    async fn certificate(&self, certificate: &CertificateRef) -> Result<Option<CertificateRecord>>;
    /// The certificate with this SHA-256 of its DER, of any holder.
    async fn certificate_by_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<Option<CertificateRecord>>;
    /// Intents without certificate and without revocation, reserved before `before`.
    async fn open_intents(&self, before: UtcTime, limit: u32) -> Result<Vec<CertificateRecord>>;
    /// The certificates and open intents of a CA, in order of serial, after `after`.
    async fn certificates_of_issuer(
        &self,
        issuer: &str,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>>;
    /// Certificates held by the service (OCSP signers, TLS), newest first.
    async fn service_certificates(&self, key: &str, limit: u32) -> Result<Vec<CertificateRecord>>;
}

/// What the public sees.
#[async_trait]
pub trait Status: Send + Sync {
    /// The journal of one issuer in the order of acceptance.
    async fn revocations(&self, issuer: &str) -> Result<Vec<RevokedEntry>>;
    /// One entry.
    async fn revocation(&self, certificate: &CertificateRef) -> Result<Option<Revocation>>;
    /// The newest CRL of an issuer.
    async fn latest_crl(&self, issuer: &str) -> Result<Option<PublishedCrl>>;
    /// Every published OCSP answer of an issuer, in order of serial, after `after`.
    async fn ocsp_answers(
        &self,
        issuer: &str,
        after: Option<&CertificateRef>,
        limit: u32,
    ) -> Result<Vec<PublishedOcsp>>;
    /// Certificates and revoked intents of an issuer that have no answer, or one that ends before
    /// `ends_before`, or one that says good although revoked. Certificates that expired before
    /// `now` are left out.
    async fn ocsp_due(
        &self,
        issuer: &str,
        now: UtcTime,
        ends_before: UtcTime,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>>;
}

/// The audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Where the log ends.
    async fn head(&self) -> Result<Head>;
    /// Records in order, from `from` on.
    async fn records(&self, from: u64, limit: u32) -> Result<Vec<Record>>;
    /// Records about a thing, by its id, in order; looked for in the whole log, which takes its time.
    async fn records_about(&self, object: &str, limit: u32) -> Result<Vec<Record>>;
    /// Records of an agency in order, from `from` on.
    async fn records_of(&self, tenant: &TenantId, from: u64, limit: u32) -> Result<Vec<Record>>;
    /// The personal values of a record that were not erased: field, salt, value.
    async fn personal(&self, sequence: u64) -> Result<Vec<(String, [u8; 16], String)>>;
    /// Records of an agency that name an id and have personal values beside them, in order, from `from` on.
    async fn records_naming(&self, tenant: &TenantId, id: &str, from: u64, limit: u32) -> Result<Vec<Record>>;
}

/// The outbox: what is told, and what became of it.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Notices that wait and are due at `now`, those longest due first.
    async fn due_notices(&self, now: UtcTime, limit: u32) -> Result<Vec<Stored<Delivery>>>;
    /// Notices of an agency in a state, in order of id and way, after `after`.
    async fn notices(
        &self,
        tenant: &TenantId,
        state: DeliveryState,
        after: Option<(&NoticeId, Channel)>,
        limit: u32,
    ) -> Result<Vec<Stored<Delivery>>>;
    /// One notice on one of its ways.
    async fn notice(&self, tenant: &TenantId, id: &NoticeId, channel: Channel) -> Result<Option<Stored<Delivery>>>;
    /// What ends within so many days after `now`, of the kind that is told of, unless it was told within as many days
    /// before the end; cards and functions only.
    async fn endings(&self, kind: NoticeKind, soon: (UtcTime, u16), limit: u32) -> Result<Vec<Ending>>;
    /// Where an employee is reached, if that is known.
    async fn address(&self, tenant: &TenantId, person: &PersonId) -> Result<Option<String>>;
}

/// The policies.
#[async_trait]
pub trait Policies: Send + Sync {
    /// Those in force; none before the ceremony.
    async fn policies_in_force(&self) -> Result<Option<LoadedBundle>>;
}

/// Relying services and the keys that sign for them.
#[async_trait]
pub trait Relying: Send + Sync {
    /// The registration in force: the approved one with the highest revision.
    async fn registration(&self, client_id: &str) -> Result<Option<Registration>>;
    /// The last revision, in force or proposed.
    async fn latest_registration(&self, client_id: &str) -> Result<Option<Registration>>;
    /// An agency's registrations in force, in order of id, after `after`.
    async fn registrations(&self, tenant: &TenantId, after: Option<&str>, limit: u32) -> Result<Vec<Registration>>;
    /// The keys of identity tokens, newest first.
    async fn token_keys(&self) -> Result<Vec<TokenKey>>;
}

/// Sessions, and what was handed out in logins.
#[async_trait]
pub trait Logins: Send + Sync {
    /// One ticket.
    async fn ticket(&self, kind: TicketKind, digest: &SecretDigest) -> Result<Option<TicketState>>;
    /// One session, with what the journal says of its card now.
    async fn session(&self, id: &SecretDigest) -> Result<Option<SessionState>>;
    /// The session with this name towards its relying service, likewise.
    async fn session_named(&self, sid: &str) -> Result<Option<SessionState>>;
    /// A person's sessions that have neither ended nor expired, newest first.
    async fn sessions_of(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        now: UtcTime,
        limit: u32,
    ) -> Result<Vec<SessionState>>;
    /// Sessions that were not ended although their card or certificate is revoked.
    async fn bereft_sessions(&self, now: UtcTime, limit: u32) -> Result<Vec<SessionState>>;
}

/// The lives of CA keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The life of every CA's key, by the CA's name; of a root, whether it is trusted.
    async fn key_lives(&self) -> Result<BTreeMap<String, KeyLife>>;
}

/// What is known of people beside their employments, and what waits because of it.
#[async_trait]
pub trait Registry: Send + Sync {
    /// A person, at whatever agency they are employed; for the service's own work.
    async fn person_anywhere(&self, id: &PersonId) -> Result<Option<Person>>;
    /// People with cards whose last look-up was before `before`, the longest waiting first.
    async fn due_for_look_up(&self, before: UtcTime, limit: u32) -> Result<Vec<PersonId>>;
    /// Every employment of a person that is not closed.
    async fn employments_of(&self, person: &PersonId) -> Result<Vec<Employment>>;
    /// The numbers that a person has and had: each with when another took its place, the current one first.
    async fn numbers_of(&self, person: &PersonId) -> Result<Vec<(PersonalNumber, Option<UtcTime>)>>;
    /// Those of `people` whose data is protected.
    async fn protected_among(&self, people: &[PersonId]) -> Result<BTreeSet<PersonId>>;
    /// What registers said of a person, newest first.
    async fn register_answers(&self, person: &PersonId, limit: u32) -> Result<Vec<Evidence>>;
    /// An agency's work, open or all, in order of id, after `after`.
    async fn work(&self, tenant: &TenantId, open: bool, after: Option<&WorkId>, limit: u32) -> Result<Vec<WorkItem>>;
    /// One piece of work.
    async fn work_item(&self, tenant: &TenantId, id: &WorkId) -> Result<Option<WorkItem>>;
    /// A person's applications at an agency, in order of id.
    async fn enrolments_of(&self, tenant: &TenantId, person: &PersonId, limit: u32) -> Result<Vec<AnyEnrolment>>;
    /// Digest of the policies that were in force at `at`.
    async fn policies_at(&self, at: UtcTime) -> Result<Option<String>>;
}

/// A whole store.
pub trait Store:
    Ledger
    + People
    + Registry
    + Whereabouts
    + BulkRevocations
    + Onboardings
    + Assignments
    + Enrolments
    + Reserves
    + Functions
    + Certificates
    + Status
    + AuditLog
    + Notices
    + Policies
    + Keys
    + Relying
    + Logins
    + Requests
{
}

impl<T> Store for T where
    T: Ledger
        + People
        + Registry
        + Whereabouts
        + BulkRevocations
        + Onboardings
        + Assignments
        + Enrolments
        + Reserves
        + Functions
        + Certificates
        + Status
        + AuditLog
        + Notices
        + Policies
        + Keys
        + Relying
        + Logins
        + Requests
{
}
