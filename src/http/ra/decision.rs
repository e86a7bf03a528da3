//! `/ra/v1/persons/{id}/decisions` and `…/protection`: what was decided about somebody, and who may know them.

use crate::app::App;
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{MarkProtected, ReadDecisions};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, decisions, protection};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::PersonId;
use domain::decisions::Decision;
use domain::people::Protection;
use domain::ports::Thing;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Why somebody reads them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionsPurpose {
    /// What for; stands in the log with the reader's name.
    #[param(example = "Begäran från den enskilde, ärende 2026-19", max_length = 200)]
    pub purpose: String,
}

/// The decisions about a person.
#[derive(Serialize, ToSchema)]
pub struct DecisionsView {
    person: String,
    name: String,
    /// In the order in which they were made.
    items: Vec<DecisionView>,
    /// How to appeal, in Swedish.
    appeal_sv: String,
    /// How to appeal, in English.
    appeal_en: String,
}

/// One decision.
#[derive(Serialize, ToSchema)]
pub struct DecisionView {
    /// `ordered`, `identified`, `approved`, `handed-out` or `revoked`.
    decision: &'static str,
    /// The application, or a certificate's serial.
    object: String,
    /// Who decided: a person's id, or a part of the service.
    by: String,
    at: String,
    grounds: Vec<String>,
    /// The decider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// SHA-256 of the policies that were in force.
    rules: String,
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        let Decision { verdict, object, by, at, grounds, reason, rules } = decision;
        Self { decision: verdict.as_str(), object, by, at: at.to_string(), grounds, reason, rules }
    }
}

/// How a person's data is protected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectionMark {
    /// `secrecy-marking`, `protected-registration` or `assumed-identity`; null if no longer.
    #[schema(value_type = Option<String>, example = "secrecy-marking")]
    pub protection: Option<Protection>,
    /// Why.
    #[schema(example = "Besked från Skatteverket, diarienummer 2026-21", max_length = 200)]
    pub reason: String,
}

/// Exports the decisions about an employee: grounds, rules, who, when, how to appeal. The reading is recorded.
#[utoipa::path(get, operation_id = "readDecisions", tag = "ra", path = "/ra/v1/persons/{id}/decisions",
    params(("id" = String, Path,), DecisionsPurpose),
    responses((status = 200, body = DecisionsView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadDecisions>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Query(query): Query<DecisionsPurpose>,
) -> Result<Json<DecisionsView>, Problem> {
    let found = decisions::of_person(&app, &permit, &id, &query.purpose).await;
    let found = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), found).await?;
    Ok(Json(DecisionsView {
        person: found.person.id.to_string(),
        name: found.person.display_name(),
        items: found.items.into_iter().map(DecisionView::from).collect(),
        appeal_sv: found.appeal.sv,
        appeal_en: found.appeal.en,
    }))
}

/// Says that somebody's data is protected, or no longer: then name and number are masked for everybody else.
#[utoipa::path(post, operation_id = "markProtected", tag = "ra", path = "/ra/v1/persons/{id}/protection",
    params(("id" = String, Path,)), request_body = ProtectionMark,
    responses((status = 204, description = "Marked."), (status = "default", body = Problem)))]
pub async fn protect(
    permit: Permit<MarkProtected>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Body(mark): Body<ProtectionMark>,
) -> Result<StatusCode, Problem> {
    let marked = protection::mark(&app, &permit, &id, (mark.protection, &mark.reason)).await;
    Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), marked).await?;
    Ok(StatusCode::NO_CONTENT)
}
