//! `/ra/v1/persons/{id}/erasure` and `/ra/v1/work/{id}/erasure`: what stands of a person beside the log is erased.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::permit::{AskErasure, ErasePersonal};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, erase};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ports::Thing;
use domain::{PersonId, WorkId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why something is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureWish {
    /// The decision that it rests on.
    #[schema(example = "Begäran från den enskilde, ärende 2026-20", max_length = 200)]
    pub grounds: String,
}

/// What waits for somebody else.
#[derive(Serialize, ToSchema)]
pub struct ErasureAsked {
    /// The piece of work.
    work: String,
}

/// Why it is erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureDecision {
    /// The decision's own grounds.
    #[schema(example = "Ingen e-legitimation har utfärdats", max_length = 200)]
    pub reason: String,
}

/// What was erased.
#[derive(Serialize, ToSchema)]
pub struct ErasureDone {
    /// How many records had something beside them.
    records: usize,
}

/// Asks for the erasure of what the agency's part of the log keeps of a person. Somebody else decides.
#[utoipa::path(post, operation_id = "askErasure", tag = "ra", path = "/ra/v1/persons/{id}/erasure",
    params(("id" = String, Path,)), request_body = ErasureWish,
    responses((status = 201, body = ErasureAsked), (status = "default", body = Problem)))]
pub async fn ask(
    permit: Permit<AskErasure>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Body(wish): Body<ErasureWish>,
) -> Result<(StatusCode, Json<ErasureAsked>), Problem> {
    let asked = erase::ask(&app, &permit, &id, &wish.grounds).await;
    let work = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), asked).await?;
    Ok((StatusCode::CREATED, Json(ErasureAsked { work: work.to_string() })))
}

/// Erases what somebody else asked for. Who would refuse closes the work instead.
#[utoipa::path(post, operation_id = "erase", tag = "ra", path = "/ra/v1/work/{id}/erasure",
    params(("id" = String, Path,)), request_body = ErasureDecision,
    responses((status = 200, body = ErasureDone), (status = "default", body = Problem)))]
pub async fn decide(
    permit: Permit<ErasePersonal>,
    State(app): State<App>,
    Path(id): Path<WorkId>,
    Body(decision): Body<ErasureDecision>,
) -> Result<Json<ErasureDone>, Problem> {
    let erased = erase::erase(&app, &permit, &id, &decision.reason).await;
    let records = Attempt::of(&permit).noted(&app, About::Other("work"), erased).await?;
    Ok(Json(ErasureDone { records }))
}
