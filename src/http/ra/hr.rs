//! `/ra/v1/hr/…`: what an agency's personnel system reports, with a function certificate and a package of its own.

use crate::app::App;
use crate::http::permit::Body;
use crate::http::problem::Problem;
use crate::service::feed::{self, Beginning, Change, Heard, Reported};
use crate::service::permit::ReportEmployment;
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use domain::calendar::{Day, NotADay};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An employment that begins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmploymentBeginning {
    /// Personnummer or samordningsnummer, twelve digits.
    #[schema(example = "199001012385")]
    pub identity_number: String,
    /// Given name, as in the register.
    #[schema(example = "Åsa", max_length = 64)]
    pub given_name: String,
    /// Surname, as in the register.
    #[schema(example = "Öberg", max_length = 64)]
    pub surname: String,
    /// The first day, `YYYY-MM-DD`, in Swedish time.
    #[schema(example = "2026-12-01")]
    pub first_day: String,
    /// The last day; null or missing if none is known.
    #[schema(example = "2027-11-30")]
    pub last_day: Option<String>,
    /// The number of the card that is set aside for them. Without it nothing is ordered by itself.
    pub card_number: Option<String>,
    /// The personnel system's own reference; stands in the log.
    #[schema(example = "PA-2026-0117", max_length = 200)]
    pub reference: String,
}

/// What an employment is from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmploymentChange {
    /// Personnummer or samordningsnummer, twelve digits.
    #[schema(example = "199001012385")]
    pub identity_number: String,
    /// Given name, as in the register.
    #[schema(example = "Åsa", max_length = 64)]
    pub given_name: String,
    /// Surname, as in the register.
    #[schema(example = "Öberg", max_length = 64)]
    pub surname: String,
    /// The last day, `YYYY-MM-DD`, in Swedish time; null or missing if none is known any more.
    #[schema(example = "2027-11-30")]
    pub last_day: Option<String>,
    /// The personnel system's own reference; stands in the log.
    #[schema(example = "PA-2026-0118", max_length = 200)]
    pub reference: String,
}

/// An employment that ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmploymentEnding {
    /// Personnummer or samordningsnummer, twelve digits.
    #[schema(example = "199001012385")]
    pub identity_number: String,
    /// The last day, `YYYY-MM-DD`, in Swedish time; it may be to come.
    #[schema(example = "2026-12-31")]
    pub last_day: String,
    /// The personnel system's own reference; stands in the log.
    #[schema(example = "PA-2026-0119", max_length = 200)]
    pub reference: String,
}

/// What became of a report. Why something waits stands on the agency's work-list.
#[derive(Serialize, ToSchema)]
pub struct EmploymentHeard {
    /// `ordered`, `recorded`, or `waits` for somebody at the agency.
    outcome: &'static str,
    /// The person, if the employment stands in the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// The application that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolment: Option<String>,
    /// What waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<String>,
}

impl From<Heard> for EmploymentHeard {
    fn from(Heard { person, enrolment, work }: Heard) -> Self {
        let outcome = match (&work, &enrolment) {
            (Some(_), _) => "waits",
            (None, Some(_)) => "ordered",
            (None, None) => "recorded",
        };
        Self {
            outcome,
            person: person.map(|id| id.to_string()),
            enrolment: enrolment.map(|id| id.to_string()),
            work: work.map(|id| id.to_string()),
        }
    }
}

/// Reports that somebody begins. A card is ordered if the rules decide it; otherwise it waits for somebody.
#[utoipa::path(post, operation_id = "reportBeginning", tag = "ra", path = "/ra/v1/hr/beginnings",
    request_body = EmploymentBeginning,
    responses((status = 200, body = EmploymentHeard), (status = "default", body = Problem)))]
pub async fn begin(
    permit: Permit<ReportEmployment>,
    State(app): State<App>,
    Body(body): Body<EmploymentBeginning>,
) -> Result<Json<EmploymentHeard>, Problem> {
    let reported = reported(&body.identity_number, body.reference)?;
    let card = body
        .card_number
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| ServiceError::Invalid { field: "card_number", problem: "not a card number".to_owned() })?;
    let (first, last) = (day("first_day", &body.first_day)?, last_day(body.last_day.as_deref())?);
    let news = Beginning { given_name: body.given_name, surname: body.surname, first, last, card };
    let heard = feed::begin(&app, &permit, &reported, news).await;
    answer(&app, &permit, heard).await
}

/// Reports that an employment has another last day, or none any more.
#[utoipa::path(post, operation_id = "reportChange", tag = "ra", path = "/ra/v1/hr/changes",
    request_body = EmploymentChange,
    responses((status = 200, body = EmploymentHeard), (status = "default", body = Problem)))]
pub async fn change(
    permit: Permit<ReportEmployment>,
    State(app): State<App>,
    Body(body): Body<EmploymentChange>,
) -> Result<Json<EmploymentHeard>, Problem> {
    let reported = reported(&body.identity_number, body.reference)?;
    let last = last_day(body.last_day.as_deref())?;
    let news = Change { given_name: body.given_name, surname: body.surname, last };
    let heard = feed::change(&app, &permit, &reported, news).await;
    answer(&app, &permit, heard).await
}

/// Reports that an employment ends. At the end of that day everything the person has at the agency is revoked.
#[utoipa::path(post, operation_id = "reportEnd", tag = "ra", path = "/ra/v1/hr/ends", request_body = EmploymentEnding,
    responses((status = 200, body = EmploymentHeard), (status = "default", body = Problem)))]
pub async fn end(
    permit: Permit<ReportEmployment>,
    State(app): State<App>,
    Body(body): Body<EmploymentEnding>,
) -> Result<Json<EmploymentHeard>, Problem> {
    let reported = reported(&body.identity_number, body.reference)?;
    let heard = feed::end(&app, &permit, &reported, day("last_day", &body.last_day)?).await;
    answer(&app, &permit, heard).await
}

async fn answer(
    app: &App,
    permit: &Permit<ReportEmployment>,
    heard: Result<Heard, ServiceError>,
) -> Result<Json<EmploymentHeard>, Problem> {
    let heard = Attempt::of(permit).noted(app, About::Other("employment"), heard).await?;
    Ok(Json(EmploymentHeard::from(heard)))
}

fn reported(number: &str, reference: String) -> Result<Reported, ServiceError> {
    let number = number.parse().map_err(|_| ServiceError::Invalid {
        field: "identity_number",
        problem: "not a personnummer or samordningsnummer".to_owned(),
    })?;
    Ok(Reported { number, reference })
}

fn last_day(text: Option<&str>) -> Result<Option<Day>, ServiceError> {
    text.map(|text| day("last_day", text)).transpose()
}

fn day(field: &'static str, text: &str) -> Result<Day, ServiceError> {
    text.parse().map_err(|error: NotADay| ServiceError::Invalid { field, problem: error.to_string() })
}
