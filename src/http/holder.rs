//! `/self/v1`: what every holder of a valid card may do.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::http::ra::view::{RevocationRequest, RevokedView};
use crate::service::permit::{EndOwnSession, ReadSelf, RevokeOwnCard};
use crate::service::refusal::{About, Attempt};
use crate::service::{self, Permit};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::CardNumber;
use domain::ports::Thing;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(revoke_own_card))
        .routes(routes!(renew_code))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    id: String,
    name: String,
    agency: String,
    organisation_number: String,
    /// In which roles the caller signs now: those of the packages in force.
    roles: Vec<&'static str>,
    certificate_serial: String,
    cards: Vec<OwnCard>,
}

/// One of the caller's cards.
#[derive(Serialize, ToSchema)]
pub struct OwnCard {
    number: String,
    /// `bound`, `active` or `revoked`.
    state: &'static str,
}

/// Says who the card in the reader belongs to.
#[utoipa::path(get, operation_id = "readSelf", tag = "self", path = "/self/v1/me",
    responses((status = 200, body = Me), (status = "default", body = Problem)))]
pub async fn me(permit: Permit<ReadSelf>, State(app): State<App>) -> Result<Json<Me>, Problem> {
    let (person, tenant, cards) = service::read::me(&app, &permit).await?;
    Ok(Json(Me {
        id: person.id.to_string(),
        name: person.display_name(),
        agency: tenant.name,
        organisation_number: tenant.organisation_number.as_str().to_owned(),
        roles: permit.caller().rights.roles(app.clock.now()).iter().map(|role| role.as_str()).collect(),
        certificate_serial: permit.caller().certificate.serial.to_string(),
        cards: cards
            .iter()
            .map(|card| OwnCard { number: card.value.number.to_string(), state: card.value.state.as_str() })
            .collect(),
    }))
}

/// Revokes one of the caller's own cards. Final.
#[utoipa::path(post, operation_id = "revokeOwnCard", tag = "self", path = "/self/v1/cards/{number}/revocation", params(("number" = String, Path,)),
    request_body = RevocationRequest,
    responses((status = 200, body = RevokedView), (status = "default", body = Problem)))]
pub async fn revoke_own_card(
    permit: Permit<RevokeOwnCard>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
    Body(request): Body<RevocationRequest>,
) -> Result<Json<RevokedView>, Problem> {
    let revoked = service::revoke::own_card(&app, &permit, &number, request.reason).await;
    let revoked = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), revoked).await?;
    Ok(Json(RevokedView::from(&revoked)))
}

/// A revocation code.
#[derive(Serialize, ToSchema)]
pub struct CodeView {
    /// What revokes the card when it is lost. Shown once.
    #[schema(example = "7Q2M-X0KD-4HTB")]
    revocation_code: String,
}

/// Gives a new revocation code for one of the caller's cards, in the place of the one before.
#[utoipa::path(post, operation_id = "renewRevocationCode", tag = "self", path = "/self/v1/cards/{number}/revocation-code", params(("number" = String, Path,)),
    responses((status = 200, body = CodeView), (status = "default", body = Problem)))]
pub async fn renew_code(
    permit: Permit<RevokeOwnCard>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
) -> Result<Json<CodeView>, Problem> {
    let code = service::revocation_code::renew(&app, &permit, &number).await;
    let code = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), code).await?;
    Ok(Json(CodeView { revocation_code: code.reveal() }))
}

/// A login at a relying service.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    sid: String,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    since: String,
    expires: String,
}

/// Lists the caller's sessions at relying services.
#[utoipa::path(get, operation_id = "listOwnSessions", tag = "self", path = "/self/v1/sessions",
    responses((status = 200, body = Vec<SessionView>), (status = "default", body = Problem)))]
pub async fn sessions(permit: Permit<ReadSelf>, State(app): State<App>) -> Result<Json<Vec<SessionView>>, Problem> {
    let view = |session: domain::session::Session| SessionView {
        sid: session.sid,
        client_id: session.client_id,
        card: session.card.map(String::from),
        since: session.at.to_string(),
        expires: session.expires_at.to_string(),
    };
    Ok(Json(service::login::session::own(&app, &permit).await?.into_iter().map(view).collect()))
}

/// Ends one of the caller's sessions, with its tokens.
#[utoipa::path(post, operation_id = "endOwnSession", tag = "self", path = "/self/v1/sessions/{sid}/end", params(("sid" = String, Path,)),
    responses((status = 204), (status = "default", body = Problem)))]
pub async fn end_session(
    permit: Permit<EndOwnSession>,
    State(app): State<App>,
    Path(sid): Path<String>,
) -> Result<StatusCode, Problem> {
    service::login::session::end_one(&app, &permit, &sid).await?;
    Ok(StatusCode::NO_CONTENT)
}
