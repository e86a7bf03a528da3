//! `/self/v1` for whoever has no working card in the reader: what the request itself proves is all there is.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::http::ra::delivery::{IssuedView, requests};
use crate::service::{self, ServiceError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::CardNumber;
use pki::crl::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fetch)).routes(routes!(revoke))
}

/// Requests that the keys of a reserve card signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveRequests {
    /// PKCS#10 of the authentication key, PEM or base64 DER.
    authentication_csr: String,
    /// PKCS#10 of the signature key, PEM or base64 DER.
    signature_csr: String,
}

/// What a reserve card is answered.
#[derive(Serialize, ToSchema)]
pub struct FetchedView {
    /// Its certificates.
    certificates: Vec<IssuedView>,
    /// What its holder revokes it with when it is lost. Shown once; absent if there is none now, and then
    /// `/self/v1/cards/{number}/revocation-code` gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7Q2M-X0KD-4HTB")]
    revocation_code: Option<String>,
}

/// Issues the certificates of a reserve card that two administrators gave. Needs no client certificate: only the card
/// itself, opened with its PIN, can have signed these requests.
#[utoipa::path(post, operation_id = "fetchReserveCertificates", tag = "self", path = "/self/v1/reserve-cards/{number}/certificates",
    params(("number" = String, Path,)), request_body = ReserveRequests, security(()),
    responses((status = 200, body = FetchedView), (status = "default", body = Problem)))]
pub async fn fetch(
    State(app): State<App>,
    Path(number): Path<CardNumber>,
    Body(body): Body<ReserveRequests>,
) -> Result<Json<FetchedView>, Problem> {
    let requests = requests(Some(body.authentication_csr), Some(body.signature_csr));
    let fetched = service::reserve::fetch::fetch(&app, &number, requests).await?;
    let certificates = fetched.certificates.iter().map(IssuedView::from).collect();
    Ok(Json(FetchedView { certificates, revocation_code: fetched.code.map(|code| code.reveal()) }))
}

/// A card that its holder does not have any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodedRevocation {
    /// The number printed on the card.
    #[schema(example = "9752269900000000017", max_length = 64)]
    card_number: String,
    /// What the holder was given with the card; case, spaces and hyphens do not count.
    #[schema(example = "7Q2M-X0KD-4HTB")]
    revocation_code: String,
    /// `CRLReason` of RFC 5280.
    #[schema(value_type = String, example = "keyCompromise")]
    reason: Reason,
}

/// That a request came in. Whether it was right, the holder sees where the card's status is published.
#[derive(Serialize, ToSchema)]
pub struct ReceivedView {
    received: bool,
}

/// Revokes a card by its number and revocation code. Needs no client certificate. Final.
///
/// The answer is the same whether there is such a card and whether the code is right; if it is, the card is revoked before
/// the answer. After too many attempts an officer of the agency takes the request.
#[utoipa::path(post, operation_id = "revokeByCode", tag = "self", path = "/self/v1/revocations", request_body = CodedRevocation, security(()),
    responses((status = 202, body = ReceivedView), (status = "default", body = Problem)))]
pub async fn revoke(
    State(app): State<App>,
    Body(body): Body<CodedRevocation>,
) -> Result<(StatusCode, Json<ReceivedView>), Problem> {
    let invalid =
        || ServiceError::Invalid { field: "card_number", problem: "1 to 64 letters, digits or hyphens".to_owned() };
    let number = body.card_number.parse::<CardNumber>().map_err(|_| invalid())?;
    service::revocation_code::revoke(&app, number, &body.revocation_code, body.reason).await?;
    Ok((StatusCode::ACCEPTED, Json(ReceivedView { received: true })))
}
