//! The writes of one or many units of work, as one statement for each kind of row.

use super::statement::{Statement, Stop};
use crate::engine::{Connection, Value};
use crate::fault::Faults;
use crate::seal::Keys;
use crate::{
    approvals, assignments, audit, bulk, cards, certificates, deliveries, enrolments, functions, hand_outs, keys,
    notices, onboarding, people, policies, registry, relying, requests, reserves, revocation_codes, revocations,
    sessions, status,
};
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::LoginWrite;
use std::collections::HashSet;

/// Rows to write, by kind. Kinds are written in the order of [`Step`]: what is referred to comes
/// before what refers to it, whatever the order in the unit of work.
pub(super) struct Plan {
    rows: [Vec<Vec<Value>>; STATEMENTS.len()],
    revocations: i64,
}

/// The kinds of rows, in the order in which they are written.
#[derive(Clone, Copy)]
enum Step {
    Tenant,
    Person,
    PersonChanged,
    NumberReplaced,
    PersonNumber,
    Employment,
    EmploymentEnd,
    Agreement,
    NewMove,
    Move,
    NewAssignment,
    Assignment,
    Training,
    NewCard,
    Card,
    NewApproval,
    Exclude,
    Sign,
    Approval,
    Delivery,
    NewEnrolment,
    Enrolment,
    ReserveStock,
    ReserveOrder,
    HandOut,
    NewFunction,
    Function,
    Address,
    Notice,
    Attempted,
    Key,
    Name,
    Intent,
    Certificate,
    Revocation,
    RevocationCode,
    NewBulk,
    BulkItem,
    Bulk,
    BulkOutcome,
    Crl,
    Policies,
    KeyStage,
    Registration,
    RegistrationApproval,
    TokenKey,
    Session,
    Ticket,
    Spend,
    EndSession,
    ForgetTickets,
    ForgetSessions,
    RegisterAnswer,
    Checked,
    Work,
    WorkDone,
    ErasePersonal,
    RequestKey,
    RequestAnswer,
    ForgetRequests,
}

/// The statement of each [`Step`].
static STATEMENTS: [&Statement; 60] = [
    &people::TENANT,
    &people::NEW_PERSON,
    &people::CHANGED,
    &people::NUMBER_REPLACED,
    &people::NEW_NUMBER,
    &people::NEW_EMPLOYMENT,
    &people::EMPLOYMENT_END,
    &onboarding::AGREEMENT,
    &onboarding::NEW,
    &onboarding::DECIDE,
    &assignments::NEW,
    &assignments::MOVE,
    &assignments::TRAINING,
    &cards::NEW,
    &cards::STATE,
    &approvals::NEW,
    &approvals::EXCLUDE,
    &approvals::SIGN,
    &approvals::MOVE,
    &deliveries::NEW,
    &enrolments::NEW,
    &enrolments::MOVE,
    &reserves::STOCK,
    &reserves::ORDER,
    &hand_outs::NEW,
    &functions::NEW,
    &functions::MOVE,
    &notices::ADDRESS_SET,
    &notices::NEW,
    &notices::ATTEMPTED,
    &certificates::write::KEY,
    &certificates::write::NAME,
    &certificates::write::INTENT,
    &certificates::write::ISSUED,
    &revocations::NEW,
    &revocation_codes::NEW,
    &bulk::NEW,
    &bulk::ITEM,
    &bulk::MOVE,
    &bulk::OUTCOME,
    &status::CRL,
    &policies::NEW,
    &keys::NEW,
    &relying::NEW,
    &relying::APPROVE,
    &relying::NEW_KEY,
    &sessions::NEW,
    &sessions::NEW_TICKET,
    &sessions::SPEND,
    &sessions::END,
    &sessions::FORGET_TICKETS,
    &sessions::FORGET,
    &registry::NEW_ANSWER,
    &registry::CHECKED,
    &registry::NEW_WORK,
    &registry::WORK_DONE,
    &audit::ERASE,
    &requests::NEW,
    &requests::ANSWER,
    &requests::FORGET,
];

impl Default for Plan {
    fn default() -> Self {
        Self { rows: [const { Vec::new() }; STATEMENTS.len()], revocations: 0 }
    }
}

impl Plan {
    /// Adds the writes of a unit of work.
    ///
    /// # Errors
    /// [`StoreError`] for a value that no row can hold.
    pub(super) fn add(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.add_writes(changes.writes())
    }

    /// Adds writes.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(super) fn add_writes(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        writes.iter().try_for_each(|write| self.add_write(write))
    }

    /// Runs the statements that have rows.
    pub(super) async fn run(self, connection: &mut Connection, faults: &Faults, keys: &Keys) -> Result<(), Stop> {
        for (statement, rows) in STATEMENTS.iter().zip(self.rows) {
            if !rows.is_empty() {
                let rows = keys.seal_rows(rows).map_err(Stop::Refused)?;
                statement.run(connection, faults, rows).await?;
            }
        }
        Ok(())
    }

    fn add_write(&mut self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Tenant(tenant) => self.push(Step::Tenant, people::tenant_row(tenant)),
            Write::Person(person) => {
                self.push(Step::Person, people::person_row(person));
                self.push(Step::PersonNumber, people::number_row(person));
            }
            Write::PersonChanged(person) => self.push(Step::PersonChanged, people::person_row(person)),
            Write::NewNumber { person, at } => {
                self.push(Step::NumberReplaced, people::replaced_row(person, *at));
                self.push(Step::PersonNumber, people::number_row(person));
            }
            Write::RegisterAnswer(evidence) => {
                self.push(Step::RegisterAnswer, registry::answer_row(evidence));
                self.push(Step::Checked, registry::checked_row(evidence));
            }
            Write::NewWork(item) => self.push(Step::Work, registry::work_row(item)),
            Write::ErasePersonal(records) => {
                for sequence in records {
                    self.push_once(Step::ErasePersonal, audit::erased_row(*sequence)?);
                }
            }
            Write::WorkDone(item) => self.push(Step::WorkDone, registry::done_row(item)),
            Write::Employment(employment) => self.push(Step::Employment, people::employment_row(employment)),
            Write::HandOut(hand_out) => self.push(Step::HandOut, hand_outs::row(hand_out)),
            Write::EmploymentEnd { employment, closed } => {
                self.push(Step::EmploymentEnd, people::employment_end_row(employment, *closed));
            }
            Write::Address { tenant, person, email } => {
                self.push(Step::Address, notices::address_row((tenant, person), email.as_deref()));
            }
            // PostgreSQL wants to see each once.
            Write::Notice { notice, channel } => self.push_once(Step::Notice, notices::row(notice, *channel)),
            Write::Attempted(attempted) => self.push(Step::Attempted, notices::attempted_row(attempted)),
            Write::Agreement(agreement) => self.push(Step::Agreement, onboarding::agreement_row(agreement)),
            Write::NewMove(new) => self.push(Step::NewMove, onboarding::new_row(new)),
            Write::Move { new, seen } => self.push(Step::Move, onboarding::decided_row(new, *seen)),
            Write::NewAssignment(new) => self.push(Step::NewAssignment, assignments::new_row(new)),
            Write::Assignment { new, seen } => self.push(Step::Assignment, assignments::moved_row(new, *seen)),
            Write::Training(training) => self.push(Step::Training, assignments::training_row(training)),
            Write::NewEnrolment(new) => self.push(Step::NewEnrolment, enrolments::new_row(new)),
            Write::Enrolment { new, seen } => self.push(Step::Enrolment, enrolments::moved_row(new, *seen)),
            Write::NewFunction(new) => self.push(Step::NewFunction, functions::new_row(new)),
            Write::Function { new, seen } => self.push(Step::Function, functions::moved_row(new, *seen)),
            Write::NewApproval(new) => self.add_new_approval(new),
            Write::Approval { new, seen } => {
                // Using follows signing in another unit of work; the tables count what was signed.
                if new.used_at.is_none() {
                    self.extend(Step::Sign, approvals::signature_rows(new));
                }
                self.push(Step::Approval, approvals::moved_row(new, *seen));
            }
            Write::NewCard(card) => self.push(Step::NewCard, cards::new_row(card)),
            Write::Card { new, seen } => self.push(Step::Card, cards::state_row(new, *seen)),
            Write::Delivery { tenant, delivery } => self.push_once(Step::Delivery, deliveries::row(tenant, delivery)),
            Write::ReserveStock(card) => self.push(Step::ReserveStock, reserves::stock_row(card)),
            Write::ReserveOrder(enrolment) => {
                self.extend(Step::ReserveOrder, reserves::order_row(enrolment).into_iter());
            }
            Write::Intent(intent) => self.add_intent(intent)?,
            Write::Certificate { certificate, der, at, personal } => {
                self.push(Step::Certificate, certificates::write::issued_row(certificate, (der, *personal), *at));
            }
            Write::Revocation(revocation) => self.add_revocation(revocation),
            Write::RevocationCode(code) => self.push(Step::RevocationCode, revocation_codes::row(code)),
            Write::NewBulk { new, cards } => {
                self.push(Step::NewBulk, bulk::new_row(new));
                let key = (&new.tenant, &new.id);
                self.extend(Step::BulkItem, cards.iter().map(|card| bulk::item_row(key, card)));
            }
            Write::Bulk { new, seen } => self.push(Step::Bulk, bulk::moved_row(new, *seen)),
            Write::BulkOutcome { tenant, id, card, outcome } => {
                self.push(Step::BulkOutcome, bulk::outcome_row((tenant, id), card, *outcome));
            }
            Write::Crl(crl) => self.push(Step::Crl, status::crl_row(crl)?),
            Write::Policies { bundle, replaces } => {
                self.push(Step::Policies, policies::row(bundle, replaces.as_deref()));
            }
            Write::KeyStage(stage) => self.push(Step::KeyStage, keys::row(stage)),
            Write::Registration(new) => self.push(Step::Registration, relying::new_row(new)),
            Write::RegistrationApproval(new) => self.push(Step::RegistrationApproval, relying::approved_row(new)),
            Write::TokenKey(key) => self.push(Step::TokenKey, relying::key_row(key)),
            Write::Login(login) => self.add_login(login),
            Write::RequestKey(key) => self.push(Step::RequestKey, requests::new_row(key)),
            Write::RequestAnswer { key, answer } => {
                self.push(Step::RequestAnswer, requests::answer_row(key, answer));
            }
            Write::ForgetRequests(before) => self.push_once(Step::ForgetRequests, vec![(*before).into()]),
        }
        Ok(())
    }

    fn add_login(&mut self, write: &LoginWrite) {
        match write {
            LoginWrite::Session(session) => self.push(Step::Session, sessions::new_row(session)),
            LoginWrite::EndSession { id, at } => {
                self.push(Step::EndSession, vec![id.0.as_slice().into(), (*at).into()]);
            }
            LoginWrite::Ticket(ticket) => self.push(Step::Ticket, sessions::ticket_row(ticket)),
            LoginWrite::Spend { kind, digest, at } => {
                let row = vec![kind.as_str().into(), digest.0.as_slice().into(), (*at).into()];
                self.push(Step::Spend, row);
            }
            LoginWrite::Forget { before } => {
                self.push_once(Step::ForgetTickets, vec![(*before).into()]);
                self.push_once(Step::ForgetSessions, vec![(*before).into()]);
            }
        }
    }

    fn add_new_approval(&mut self, new: &domain::approval::Approval) {
        self.push(Step::NewApproval, approvals::new_row(new));
        self.extend(Step::Exclude, approvals::excluded_rows(new));
        self.extend(Step::Sign, approvals::signature_rows(new));
        if new.used_at.is_some() {
            self.push(Step::Approval, approvals::moved_row(new, FIRST_VERSION));
        }
    }

    fn add_intent(&mut self, intent: &domain::certificate::Intent) -> Result<(), StoreError> {
        // One key may be certified again for its owner, and a name for its person; PostgreSQL wants to see each once.
        self.push_once(Step::Key, certificates::write::key_row(intent));
        if let Some(name) = certificates::write::name_row(intent)? {
            self.push_once(Step::Name, name);
        }
        self.push(Step::Intent, certificates::write::intent_row(intent));
        Ok(())
    }

    fn add_revocation(&mut self, revocation: &domain::revocation::Revocation) {
        self.revocations += 1;
        self.push(Step::Revocation, revocations::new_row(revocation, self.revocations));
    }

    fn push(&mut self, step: Step, row: Vec<Value>) {
        self.rows[step as usize].push(row);
    }

    /// For rows that several units of work may bring alike.
    fn push_once(&mut self, step: Step, row: Vec<Value>) {
        if !self.rows[step as usize].contains(&row) {
            self.push(step, row);
        }
    }

    fn extend(&mut self, step: Step, rows: impl Iterator<Item = Vec<Value>>) {
        self.rows[step as usize].extend(rows);
    }
}

/// Whether the units of work can share one plan without anyone noticing.
///
/// A plan reorders writes by kind. That shows only if two units touch one certificate, where it
/// matters which came first, or bring CRLs of one issuer.
pub(super) fn are_independent<'a>(units: impl Iterator<Item = &'a Changes>) -> bool {
    let mut certificates: HashSet<&CertificateRef> = HashSet::new();
    let mut crls: HashSet<&str> = HashSet::new();
    for unit in units {
        let mut own: HashSet<&CertificateRef> = HashSet::new();
        for write in unit.writes() {
            match write {
                Write::Intent(intent) => own.insert(&intent.certificate),
                Write::Certificate { certificate, .. } => own.insert(certificate),
                Write::Revocation(revocation) => own.insert(&revocation.certificate),
                Write::Crl(crl) if !crls.insert(&crl.issuer) => return false,
                _ => false,
            };
        }
        if own.into_iter().any(|certificate| !certificates.insert(certificate)) {
            return false;
        }
    }
    true
}

/// The version of a row that was just inserted.
const FIRST_VERSION: domain::changes::Version = domain::changes::Version(1);
