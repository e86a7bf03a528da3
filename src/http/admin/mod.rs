//! `/admin/v1`: agencies, keys, profiles, audit.

pub mod keys;

use crate::app::App;
use crate::http::permit::Query;
use crate::http::problem::Problem;
use crate::service::permit::{ReadAudit, ReadProfiles, ReadTenants};
use crate::service::{self, Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use domain::id::hex;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod onboarding;
pub mod onboarding_view;
pub mod oversight;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tenants, onboarding::register))
        .merge(onboarding::router())
        .merge(oversight::router())
        .routes(routes!(keys::keys))
        .routes(routes!(keys::act))
        .routes(routes!(keys::affected))
        .routes(routes!(profiles))
        .routes(routes!(audit))
        .routes(routes!(checkpoint))
}

/// A time in a request.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field and the form.
pub(super) fn time(field: &'static str, text: &str) -> Result<UtcTime, ServiceError> {
    text.parse().map_err(|error: pki::time::TimeError| ServiceError::Invalid { field, problem: error.to_string() })
}

/// Which agencies to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TenantPage {
    /// Go on after this id.
    after: Option<String>,
    /// At most so many; 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// An agency.
#[derive(Serialize, ToSchema)]
pub struct TenantView {
    id: String,
    name: String,
    organisation_number: String,
    kind: &'static str,
}

/// Lists the agencies.
#[utoipa::path(get, operation_id = "listTenants", tag = "admin", path = "/admin/v1/tenants", params(TenantPage),
    responses((status = 200, body = Vec<TenantView>), (status = "default", body = Problem)))]
pub async fn tenants(
    permit: Permit<ReadTenants>,
    State(app): State<App>,
    Query(page): Query<TenantPage>,
) -> Result<Json<Vec<TenantView>>, Problem> {
    let after = page.after.as_deref().map(str::parse).transpose();
    let after = after.map_err(|_| ServiceError::Invalid { field: "after", problem: "not a tenant id".into() })?;
    let tenants = service::read::tenants(&app, &permit, after.as_ref(), page.limit.unwrap_or(50)).await?;
    let view = |tenant: domain::people::Tenant| TenantView {
        id: tenant.id.to_string(),
        name: tenant.name,
        organisation_number: tenant.organisation_number.as_str().to_owned(),
        kind: tenant.kind.as_str(),
    };
    Ok(Json(tenants.into_iter().map(view).collect()))
}

/// A certificate profile.
#[derive(Serialize, ToSchema)]
pub struct ProfileView {
    name: String,
    revision: u32,
    purpose: String,
    max_days: u32,
    policies: Vec<String>,
}

/// Lists the certificate profiles in use.
#[utoipa::path(get, operation_id = "listProfiles", tag = "admin", path = "/admin/v1/profiles",
    responses((status = 200, body = Vec<ProfileView>), (status = "default", body = Problem)))]
pub async fn profiles(
    _permit: Permit<ReadProfiles>,
    State(app): State<App>,
) -> Result<Json<Vec<ProfileView>>, Problem> {
    let view = |profile: &pki::profile::Profile| ProfileView {
        name: profile.name().to_owned(),
        revision: profile.revision(),
        purpose: profile.purpose().as_str().to_owned(),
        max_days: profile.max_days(),
        policies: profile.policies().to_vec(),
    };
    Ok(Json(app.policies.get().profiles.iter().map(view).collect()))
}

/// Which records to read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditPage {
    /// The first record, from 1.
    pub from: Option<u64>,
    /// At most so many; 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A record of the audit log.
#[derive(Serialize, ToSchema)]
pub struct RecordView {
    sequence: u64,
    /// The exact text that is hashed.
    text: String,
    /// SHA-256 of the previous hash and the text.
    hash: String,
}

impl From<domain::audit::Record> for RecordView {
    fn from(record: domain::audit::Record) -> Self {
        Self { sequence: record.sequence, text: record.text, hash: hex(&record.hash) }
    }
}

/// Reads the audit log. The reading is itself recorded.
#[utoipa::path(get, operation_id = "readAudit", tag = "admin", path = "/admin/v1/audit", params(AuditPage),
    responses((status = 200, body = Vec<RecordView>), (status = "default", body = Problem)))]
pub async fn audit(
    permit: Permit<ReadAudit>,
    State(app): State<App>,
    Query(page): Query<AuditPage>,
) -> Result<Json<Vec<RecordView>>, Problem> {
    let records = service::audit::records(&app, &permit, page.from.unwrap_or(1), page.limit.unwrap_or(50)).await?;
    Ok(Json(records.into_iter().map(RecordView::from).collect()))
}

/// Where the audit log ends, signed.
#[derive(Serialize, ToSchema)]
pub struct CheckpointView {
    /// Compact JWS; keep it elsewhere and give it to `sigill audit verify --checkpoint`.
    checkpoint: String,
}

/// Signs where the audit log ends.
#[utoipa::path(get, operation_id = "sealAudit", tag = "admin", path = "/admin/v1/audit/checkpoint",
    responses((status = 200, body = CheckpointView), (status = "default", body = Problem)))]
pub async fn checkpoint(permit: Permit<ReadAudit>, State(app): State<App>) -> Result<Json<CheckpointView>, Problem> {
    Ok(Json(CheckpointView { checkpoint: service::audit::checkpoint(&app, &permit).await? }))
}
