//! `/admin/v1`: agencies, keys, profiles, audit.

pub mod keys;

use crate::app::App;
use crate::http::page::{Listing, Page};
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
    /// Where the list goes on: `next` of the page before.
    cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
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

/// Lists the agencies, in order of id.
#[utoipa::path(get, operation_id = "listTenants", tag = "admin", path = "/admin/v1/tenants", params(TenantPage),
    responses((status = 200, body = Page<TenantView>), (status = "default", body = Problem)))]
pub async fn tenants(
    permit: Permit<ReadTenants>,
    State(app): State<App>,
    Query(page): Query<TenantPage>,
) -> Result<Json<Page<TenantView>>, Problem> {
    let listing = Listing::new(&app, &permit, "tenants", (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let tenants = service::read::tenants(&app, &permit, after.as_ref(), listing.rows()).await?;
    let view = |tenant: domain::people::Tenant| TenantView {
        id: tenant.id.to_string(),
        name: tenant.name,
        organisation_number: tenant.organisation_number.as_str().to_owned(),
        kind: tenant.kind.as_str(),
    };
    Ok(listing.page(tenants, |tenant| tenant.id.to_string(), view))
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
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_806_i64)]
    pub from: Option<u64>,
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl AuditPage {
    /// The first record to read.
    ///
    /// # Errors
    /// [`Problem`] for a number that no record can have.
    pub fn first(&self, listing: &Listing<'_>) -> Result<u64, Problem> {
        let from = self.from.unwrap_or(1);
        if !(1..=LAST_RECORD).contains(&from) {
            return Err(ServiceError::Invalid { field: "from", problem: "no number of a record".into() }.into());
        }
        Ok(listing.after::<u64>()?.map_or(from, |after| after + 1))
    }
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

/// Reads the audit log, in order of its records. The reading is itself recorded.
#[utoipa::path(get, operation_id = "readAudit", tag = "admin", path = "/admin/v1/audit", params(AuditPage),
    responses((status = 200, body = Page<RecordView>), (status = "default", body = Problem)))]
pub async fn audit(
    permit: Permit<ReadAudit>,
    State(app): State<App>,
    Query(page): Query<AuditPage>,
) -> Result<Json<Page<RecordView>>, Problem> {
    let listing = Listing::new(&app, &permit, "audit", (page.cursor.as_deref(), page.limit))?;
    let from = page.first(&listing)?;
    let records = service::audit::records(&app, &permit, from, listing.rows()).await?;
    Ok(listing.page(records, |record| record.sequence.to_string(), RecordView::from))
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

/// The highest number that a record can have.
const LAST_RECORD: u64 = (i64::MAX - 1).unsigned_abs();
