//! `/ra/v1/persons`: who works at the agency, and until when.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::permit::{EndEmployment, LookUpPerson};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, ServiceError, lifecycle, lookup};
use axum::Json;
use axum::extract::State;
use domain::PersonId;
use domain::calendar::Day;
use domain::people::Employment;
use domain::ports::Thing;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom to look for, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSearch {
    /// Personnummer or samordningsnummer, twelve digits.
    #[schema(example = "199001012385")]
    pub identity_number: String,
    /// What for; stands in the log with the searcher's name.
    #[schema(example = "Beställning av behörighet, ärende 2026-17", max_length = 200)]
    pub purpose: String,
}

/// What was found: one employee or none.
#[derive(Serialize, ToSchema)]
pub struct PersonSearchResult {
    /// None also for a person of other agencies only.
    pub items: Vec<EmployeeView>,
}

/// An employee.
#[derive(Serialize, ToSchema)]
pub struct EmployeeView {
    id: String,
    name: String,
    employed_since: String,
    /// Last second of the employment, if an end is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    employed_until: Option<String>,
}

/// When an employment ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmploymentEnd {
    /// The last day, `YYYY-MM-DD`, in Swedish time; null if no end is known any more.
    #[schema(example = "2026-12-31")]
    pub last_day: Option<String>,
    /// Why.
    #[schema(example = "Uppsägning, diarienummer 2026-99", max_length = 200)]
    pub reason: String,
}

/// An employment.
#[derive(Serialize, ToSchema)]
pub struct EmploymentView {
    person: String,
    employed_since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    employed_until: Option<String>,
}

impl From<&Employment> for EmploymentView {
    fn from(employment: &Employment) -> Self {
        Self {
            person: employment.person.to_string(),
            employed_since: employment.since.to_string(),
            employed_until: employment.until.map(|until| until.to_string()),
        }
    }
}

/// Finds an employee by identity number. The look-up and its purpose are recorded.
#[utoipa::path(post, operation_id = "searchPersons", tag = "ra", path = "/ra/v1/persons/search", request_body = PersonSearch,
    responses((status = 200, body = PersonSearchResult), (status = "default", body = Problem)))]
pub async fn search(
    permit: Permit<LookUpPerson>,
    State(app): State<App>,
    Body(search): Body<PersonSearch>,
) -> Result<Json<PersonSearchResult>, Problem> {
    let number = search.identity_number.parse().map_err(|_| ServiceError::Invalid {
        field: "identity_number",
        problem: "not a personnummer or samordningsnummer".to_owned(),
    })?;
    let found = lookup::person(&app, &permit, &number, &search.purpose).await?;
    let items = found.into_iter().map(|(person, employment)| EmployeeView {
        id: person.id.to_string(),
        name: person.display_name(),
        employed_since: employment.since.to_string(),
        employed_until: employment.until.map(|until| until.to_string()),
    });
    Ok(Json(PersonSearchResult { items: items.collect() }))
}

/// Says when somebody's employment ends. At the end of that day everything they have at the agency is revoked.
#[utoipa::path(post, operation_id = "endEmployment", tag = "ra", path = "/ra/v1/persons/{id}/employment-end",
    params(("id" = String, Path,)), request_body = EmploymentEnd,
    responses((status = 200, body = EmploymentView), (status = "default", body = Problem)))]
pub async fn end_employment(
    permit: Permit<EndEmployment>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Body(end): Body<EmploymentEnd>,
) -> Result<Json<EmploymentView>, Problem> {
    let last_day: Option<Day> =
        end.last_day.as_deref().map(str::parse).transpose().map_err(|error: domain::calendar::NotADay| {
            ServiceError::Invalid { field: "last_day", problem: error.to_string() }
        })?;
    let employment = lifecycle::set_end(&app, &permit, &id, (last_day, &end.reason)).await;
    let employment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), employment).await?;
    Ok(Json(EmploymentView::from(&employment)))
}
