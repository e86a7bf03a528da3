//! Whole lists of an agency, to take away: page by page from the store, so that no list is too long.
//!
//! Rows name people, cards and certificates by their ids. No name and no identity number leaves with a list, so it is the
//! same for people with protected data.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{ExportLists, Permit};
use domain::assignment::AnyAssignment;
use domain::audit::Event;
use domain::card::Card;
use domain::certificate::{CertificateRecord, CertificateRef, Holder};
use domain::changes::{Changes, Stored};
use domain::enrolment::AnyEnrolment;
use domain::{AssignmentId, CardNumber, EnrolmentId, TenantId};
use tokio::sync::OwnedSemaphorePermit;

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Applications.
    Enrolments,
    /// Cards.
    Cards,
    /// Certificates, those of which only the serial is reserved too.
    Certificates,
    /// Who was given or ordered which package.
    Assignments,
}

/// A row: a value, or none, for each of the list's columns.
pub type Row = Vec<Option<String>>;

/// A list on its way out.
pub struct Export {
    app: App,
    tenant: TenantId,
    position: Position,
    _place: OwnedSemaphorePermit,
}

/// Where the list goes on.
enum Position {
    Enrolments(Option<EnrolmentId>),
    Cards(Option<CardNumber>),
    Certificates(Option<CertificateRef>),
    Assignments(Option<AssignmentId>),
    End,
}

impl List {
    /// The word in addresses, records and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolments => "enrolments",
            Self::Cards => "cards",
            Self::Certificates => "certificates",
            Self::Assignments => "assignments",
        }
    }

    /// The names of a row's values, in order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Enrolments => &[
                "id",
                "stage",
                "applicant_id",
                "card_number",
                "submitted_by",
                "submitted_at",
                "identified_by",
                "approved_by",
            ],
            Self::Cards => &["number", "holder_id", "state", "bound_at"],
            Self::Certificates => &[
                "issuer",
                "serial",
                "purpose",
                "profile",
                "person_id",
                "card_number",
                "reserved_at",
                "not_after",
                "revoked_at",
                "reason",
            ],
            Self::Assignments => &[
                "id",
                "stage",
                "person_id",
                "package",
                "package_version",
                "from",
                "until",
                "reason",
                "ordered_by",
                "ordered_at",
                "decided_by",
                "decided_at",
                "ended_by",
                "ended_at",
            ],
        }
    }
}

/// Begins the export of a list. It is recorded before the first row is read.
///
/// # Errors
/// [`ServiceError::Busy`] while as many exports run as may; [`ServiceError`] if it cannot be recorded.
pub async fn begin(app: &App, permit: &Permit<ExportLists>, list: List) -> Result<Export, ServiceError> {
    let place = app.exporting.clone().try_acquire_owned().map_err(|_| ServiceError::Busy)?;
    let event = Event::new("list.exported", permit.actor(), list.as_str(), app.clock.now()).in_tenant(permit.tenant());
    commit(app, Changes::recording(event)).await?;
    let position = match list {
        List::Enrolments => Position::Enrolments(None),
        List::Cards => Position::Cards(None),
        List::Certificates => Position::Certificates(None),
        List::Assignments => Position::Assignments(None),
    };
    Ok(Export { app: App::clone(app), tenant: permit.tenant().clone(), position, _place: place })
}

impl Export {
    /// The next rows; none at the end.
    ///
    /// # Errors
    /// [`ServiceError`] if the store fails: the list is then not complete.
    pub async fn next(&mut self) -> Result<Vec<Row>, ServiceError> {
        let (store, tenant) = (&self.app.store, &self.tenant);
        let (rows, position) = match &self.position {
            Position::Enrolments(after) => {
                let page = store.enrolments(tenant, None, after.as_ref(), PAGE).await?;
                let last = page.last().map(|row| Position::Enrolments(Some(row.value.bare().id.clone())));
                (page.iter().map(enrolment).collect(), last)
            }
            Position::Cards(after) => {
                let page = store.cards_of_tenant(tenant, after.as_ref(), PAGE).await?;
                let last = page.last().map(|row| Position::Cards(Some(row.value.number.clone())));
                (page.iter().map(card).collect(), last)
            }
            Position::Certificates(after) => {
                let page = store.certificates_of_tenant(tenant, after.as_ref(), PAGE).await?;
                let last = page.last().map(|row| Position::Certificates(Some(row.intent.certificate.clone())));
                (page.iter().map(certificate).collect(), last)
            }
            Position::Assignments(after) => {
                let page = store.assignments(tenant, after.as_ref(), PAGE).await?;
                let last = page.last().map(|row| Position::Assignments(Some(row.value.bare().id.clone())));
                (page.iter().map(assignment).collect(), last)
            }
            Position::End => (Vec::new(), None),
        };
        self.position = position.unwrap_or(Position::End);
        Ok(rows)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a column that is always there stands beside those that may be empty")]
fn some(value: &dyn ToString) -> Option<String> {
    Some(value.to_string())
}

fn enrolment(Stored { value, .. }: &Stored<AnyEnrolment>) -> Row {
    let (bare, submitted) = (value.bare(), value.submitted());
    vec![
        some(&bare.id),
        some(&value.stage_name()),
        some(&bare.applicant),
        some(&bare.card),
        some(&submitted.by),
        some(&submitted.at),
        value.identified().map(|identified| identified.by.to_string()),
        value.approved().map(|approved| approved.by.to_string()),
    ]
}

fn card(Stored { value, .. }: &Stored<Card>) -> Row {
    vec![some(&value.number), some(&value.holder), some(&value.state.as_str()), some(&value.bound_at)]
}

fn certificate(record: &CertificateRecord) -> Row {
    let intent = &record.intent;
    let (person, card) = match &intent.holder {
        Holder::Person { person, card, .. } => (some(person), card.as_ref().map(ToString::to_string)),
        _ => (None, None),
    };
    let revocation = record.revocation.as_ref();
    vec![
        some(&intent.certificate.issuer),
        some(&intent.certificate.serial),
        some(&intent.purpose.as_str()),
        some(&intent.profile),
        person,
        card,
        some(&intent.at),
        some(&intent.not_after),
        revocation.map(|revocation| revocation.at.to_string()),
        revocation.map(|revocation| revocation.reason.as_str().to_owned()),
    ]
}

fn assignment(Stored { value, .. }: &Stored<AnyAssignment>) -> Row {
    let (bare, ordered) = (value.bare(), value.ordered());
    let (decided, ended) = (value.decided(), value.ended());
    vec![
        some(&bare.id),
        some(&value.stage_name()),
        some(&bare.person),
        some(&bare.package.name),
        some(&bare.package.version),
        some(&bare.from),
        some(&bare.until),
        some(&bare.reason),
        ordered.by.as_ref().map(ToString::to_string),
        some(&ordered.at),
        decided.and_then(|decided| decided.by.as_ref()).map(ToString::to_string),
        decided.map(|decided| decided.at.to_string()),
        ended.map(|ended| ended.by.to_string()),
        ended.map(|ended| ended.at.to_string()),
    ]
}

/// Rows that are read at once.
const PAGE: u32 = 500;
/// Exports that run at once.
pub const AT_ONCE: usize = 4;
