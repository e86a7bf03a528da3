//! Reserve cards: stocked by a desk, given by two administrators, extended once.

use super::delivery::SignedDelivery;
use super::view::{EnrolmentView, IdentificationDraft, OperationView, Proof};
use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::Permit;
use crate::service::permit::{IdentifyApplicant, IssueCertificates, SubmitEnrolment};
use crate::service::refusal::{About, Attempt};
use crate::service::reserve;
use crate::service::reserve::second::{self, Second};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ports::Thing;
use domain::{CardNumber, EnrolmentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Reserve cards and their keys, as the desk saw them before the cards went into their envelopes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStock {
    /// The operation `stock-cards`, and the statement `deliver` of whoever made the cards.
    pub stock: SignedDelivery,
}

/// Cards that wait in envelopes.
#[derive(Serialize, ToSchema)]
pub struct StockView {
    /// Their numbers.
    pub cards: Vec<String>,
}

/// The second administrator's identification and approval.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondIdentification {
    /// The evidence.
    pub proof: Proof,
    /// Compact JWS over the statement `identify`, made with the officer's card.
    pub identification: String,
    /// Compact JWS over the statement `approve`, made with the same card.
    pub approval: String,
    /// Why, in the administrator's own words. Production demands it.
    #[serde(default)]
    #[schema(example = "Legitimerad på nytt, ordinarie kort inlämnat", max_length = 200)]
    pub reason: Option<String>,
}

/// What the second administrator signs.
#[derive(Serialize, ToSchema)]
pub struct SecondOperations {
    /// To say that they identified the holder so.
    pub identification: OperationView,
    /// To approve the card.
    pub approval: OperationView,
}

/// Puts reserve cards in stock; for a card that is to be extended, once more if its last statement is over 90 days old.
#[utoipa::path(post, operation_id = "stockReserveCards", tag = "ra", path = "/ra/v1/reserve-cards", request_body = NewStock,
    responses((status = 201, body = StockView), (status = "default", body = Problem)))]
pub async fn stock(
    permit: Permit<IssueCertificates>,
    State(app): State<App>,
    Body(new): Body<NewStock>,
) -> Result<(StatusCode, Json<StockView>), Problem> {
    let stocked = reserve::stock(&app, &permit, new.stock.into()).await;
    let stocked = Attempt::of(&permit).noted(&app, About::Other("reserve cards"), stocked).await?;
    Ok((StatusCode::CREATED, Json(StockView { cards: stocked.into_iter().map(String::from).collect() })))
}

/// Asks for the one extension of a reserve card in use. Two administrators identify its holder again.
#[utoipa::path(post, operation_id = "extendReserveCard", tag = "ra", path = "/ra/v1/reserve-cards/{number}/extension", params(("number" = String, Path,)),
    responses((status = 201, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn extend(
    permit: Permit<SubmitEnrolment>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
) -> Result<(StatusCode, Json<EnrolmentView>), Problem> {
    let enrolment = reserve::extend(&app, &permit, &number).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), enrolment).await?;
    Ok((StatusCode::CREATED, Json(EnrolmentView::from(&enrolment))))
}

/// Gives what the second administrator of a reserve card signs.
#[utoipa::path(post, operation_id = "prepareSecondIdentification", tag = "ra", path = "/ra/v1/enrolments/{id}/second-identification/preparation", params(("id" = String, Path,)),
    request_body = IdentificationDraft,
    responses((status = 200, body = SecondOperations), (status = "default", body = Problem)))]
pub async fn prepare_second(
    permit: Permit<IdentifyApplicant>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(draft): Body<IdentificationDraft>,
) -> Result<Json<SecondOperations>, Problem> {
    let operations = second::prepare_second(&app, &permit, &id, &draft.proof.into()).await;
    let operations = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), operations).await?;
    let (identification, approval) = (OperationView::from(&operations.0), OperationView::from(&operations.1));
    Ok(Json(SecondOperations { identification, approval }))
}

/// Records that the second administrator identified the holder of a reserve card anew, and approves the card.
#[utoipa::path(post, operation_id = "identifySecondTime", tag = "ra", path = "/ra/v1/enrolments/{id}/second-identification", params(("id" = String, Path,)),
    request_body = SecondIdentification,
    responses((status = 200, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn second(
    permit: Permit<IdentifyApplicant>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(body): Body<SecondIdentification>,
) -> Result<Json<EnrolmentView>, Problem> {
    let SecondIdentification { proof, identification, approval, reason } = body;
    let signed = Second { proof: proof.into(), identification, approval, reason };
    let enrolment = second::second(&app, &permit, &id, signed).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), enrolment).await?;
    Ok(Json(EnrolmentView::from(&enrolment)))
}
