//! `/admin/v1/keys`: the CAs' keys, and what security officers approved for them.

use crate::app::App;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{ActOnKeys, ReadKeys};
use crate::service::{self, Permit};
use axum::Json;
use axum::extract::State;
use domain::evidence::Signed;
use domain::id::hex;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A CA and its keys.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    issuer: String,
    /// `root`, `person` or `infrastructure`.
    kind: String,
    key: String,
    /// SHA-256 of the SubjectPublicKeyInfo.
    key_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    responder: Option<String>,
    certificate_sha256: String,
    not_after: String,
    /// Until the certificate is over.
    days_left: i64,
    /// `generated`, `active`, `status-only`, `retired` or `destroyed`.
    state: String,
    /// Every state so far.
    life: Vec<StageView>,
    /// Since when the key may be in other hands.
    #[serde(skip_serializing_if = "Option::is_none")]
    compromised: Option<String>,
}

/// A state of a key.
#[derive(Serialize, ToSchema)]
pub struct StageView {
    state: String,
    since: String,
}

/// Lists the CAs, their keys and OCSP signers.
#[utoipa::path(get, operation_id = "listKeys", tag = "admin", path = "/admin/v1/keys",
    responses((status = 200, body = Vec<KeyView>), (status = "default", body = Problem)))]
pub async fn keys(permit: Permit<ReadKeys>, State(app): State<App>) -> Result<Json<Vec<KeyView>>, Problem> {
    Ok(Json(service::keys::keys(&app, &permit).into_iter().map(view).collect()))
}

fn view(key: service::keys::CaKey) -> KeyView {
    let stage =
        |stage: &domain::key::Stage| StageView { state: stage.state.to_string(), since: stage.since.to_string() };
    let compromised = key.life.as_ref().and_then(domain::key::KeyLife::compromised);
    KeyView {
        issuer: key.issuer,
        kind: key.kind.as_str().to_owned(),
        key: key.key,
        key_sha256: hex(&key.key_fingerprint),
        responder: key.responder,
        certificate_sha256: hex(&key.fingerprint),
        not_after: key.not_after.to_string(),
        days_left: key.days_left,
        state: key.state.to_string(),
        life: key.life.iter().flat_map(domain::key::KeyLife::stages).map(stage).collect(),
        compromised: compromised.map(|at| at.to_string()),
    }
}

/// An act on a key, as `sigill key approve` leaves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyActRequest {
    /// The exact text of the operation.
    operation: String,
    /// Compact JWSs of security officers over it: two at least.
    statements: Vec<String>,
}

/// Does what security officers approved: a key goes on in its life, or a root is trusted.
#[utoipa::path(post, operation_id = "actOnKey", tag = "admin", path = "/admin/v1/keys/acts",
    request_body = KeyActRequest,
    responses((status = 200, body = Vec<KeyView>), (status = "default", body = Problem)))]
pub async fn act(
    permit: Permit<ActOnKeys>,
    State(app): State<App>,
    Body(request): Body<KeyActRequest>,
) -> Result<Json<Vec<KeyView>>, Problem> {
    let approval = Signed { operation: request.operation, statements: request.statements };
    service::keys::act(&app, &permit, approval).await?;
    Ok(Json(service::keys::all(&app).into_iter().map(view).collect()))
}

/// Which certificates to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AffectedPage {
    /// Where the list goes on: `next` of the page before.
    cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A certificate, and whom it is for.
#[derive(Serialize, ToSchema)]
pub struct AffectedView {
    serial: String,
    purpose: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    not_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

/// Lists every certificate of a CA with its holder, in order of serial: whom to tell when the CA ends.
#[utoipa::path(get, operation_id = "listAffected", tag = "admin", path = "/admin/v1/keys/{issuer}/affected",
    params(("issuer" = String, Path), AffectedPage),
    responses((status = 200, body = Page<AffectedView>), (status = "default", body = Problem)))]
pub async fn affected(
    permit: Permit<ActOnKeys>,
    State(app): State<App>,
    Path(issuer): Path<String>,
    Query(page): Query<AffectedPage>,
) -> Result<Json<Page<AffectedView>>, Problem> {
    let listing = Listing::new(&app, &permit, &format!("affected {issuer}"), (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let view = |one: service::keys::Affected| AffectedView {
        serial: one.serial.to_string(),
        purpose: one.purpose.to_owned(),
        tenant: one.tenant,
        person: one.person,
        card: one.card,
        service: one.service,
        not_after: one.not_after.to_string(),
        revoked_at: one.revoked_at.map(|at| at.to_string()),
    };
    let certificates = service::keys::affected(&app, &permit, &issuer, after.as_ref(), listing.rows()).await?;
    Ok(listing.page(certificates, |one| one.serial.to_string(), view))
}
