//! `/ra/v1/functions`: certificates of systems and of the agency itself.

use super::function_view::{
    FunctionPage, FunctionStage, FunctionView, HandOver, IssuedFunction, NewFunction, OrderDraft, SignedOrder,
    WorkList, WorkListPage,
};
use super::view::{ApprovalSignature, OperationView, RevocationRequest, RevokedView};
use crate::app::App;
use crate::http::page::{Listing, Page, rows_of};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::functions::order::RegisterEntry;
use crate::service::functions::request::Wanted;
use crate::service::functions::{approve, issue, keep, order, read, request};
use crate::service::permit::{ApproveFunction, OrderFunction, ReadFunction, RevokeFunction};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, ServiceError, revoke};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::function::Keeper;
use domain::ports::Thing;
use domain::{FunctionId, PersonId};

/// Asks for a certificate. The answer says what to put into the zones of its hosts.
#[utoipa::path(post, operation_id = "requestFunction", tag = "ra", path = "/ra/v1/functions", request_body = NewFunction,
    responses((status = 201, body = FunctionView), (status = "default", body = Problem)))]
pub async fn request(
    permit: Permit<OrderFunction>,
    State(app): State<App>,
    Body(new): Body<NewFunction>,
) -> Result<(StatusCode, Json<FunctionView>), Problem> {
    let function = request::request(&app, &permit, wanted(new)?).await;
    let function = Attempt::of(&permit).noted(&app, About::Other("function"), function).await?;
    Ok((StatusCode::CREATED, Json(FunctionView::from(&function))))
}

/// Lists orders of the agency, in order of id.
#[utoipa::path(get, operation_id = "listFunctions", tag = "ra", path = "/ra/v1/functions", params(FunctionPage),
    responses((status = 200, body = Page<FunctionView>), (status = "default", body = Problem)))]
pub async fn list(
    permit: Permit<ReadFunction>,
    State(app): State<App>,
    Query(page): Query<FunctionPage>,
) -> Result<Json<Page<FunctionView>>, Problem> {
    let stage = page.stage.map(FunctionStage::as_str);
    let of = format!("functions {}", stage.unwrap_or_default());
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let rows = read::functions(&app, &permit, (stage, after.as_ref(), listing.rows())).await?;
    Ok(listing.page(rows, |row| row.wish().id.to_string(), |row| FunctionView::from(&row)))
}

/// Lists functions that somebody must look after: the certificate ends soon, or whoever answers for it has left.
#[utoipa::path(get, operation_id = "listFunctionsInWant", tag = "ra", path = "/ra/v1/function-work-list", params(WorkListPage),
    responses((status = 200, body = WorkList), (status = "default", body = Problem)))]
pub async fn work_list(
    permit: Permit<ReadFunction>,
    State(app): State<App>,
    Query(page): Query<WorkListPage>,
) -> Result<Json<WorkList>, Problem> {
    let rows = read::work_list(&app, &permit, rows_of(page.limit)?).await?;
    Ok(Json(WorkList { items: rows.iter().map(FunctionView::from).collect() }))
}

/// Reads an order, with its certificate if there is one.
#[utoipa::path(get, operation_id = "readFunction", tag = "ra", path = "/ra/v1/functions/{id}", params(("id" = String, Path,)),
    responses((status = 200, body = FunctionView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
) -> Result<Json<FunctionView>, Problem> {
    let found = read::function(&app, &permit, &id).await;
    let (function, certificate) = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), found).await?;
    Ok(Json(FunctionView::from((&function, certificate.as_ref()))))
}

/// Looks into the zones of the order's hosts, and gives the operation that the officer signs.
#[utoipa::path(post, operation_id = "prepareFunctionOrder", tag = "ra", path = "/ra/v1/functions/{id}/order/preparation", params(("id" = String, Path,)),
    request_body = OrderDraft,
    responses((status = 200, body = OperationView), (status = "default", body = Problem)))]
pub async fn prepare_order(
    permit: Permit<OrderFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
    Body(draft): Body<OrderDraft>,
) -> Result<Json<OperationView>, Problem> {
    let entries = draft.control.into_iter().map(|proof| RegisterEntry {
        name: proof.name,
        register: proof.register,
        reference: proof.reference,
    });
    let operation = order::prepare(&app, &permit, &id, entries.collect()).await;
    let operation = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), operation).await?;
    Ok(Json(OperationView::from(&operation)))
}

/// Records the signed order, and opens its approval.
#[utoipa::path(post, operation_id = "orderFunction", tag = "ra", path = "/ra/v1/functions/{id}/order", params(("id" = String, Path,)),
    request_body = SignedOrder,
    responses((status = 200, body = FunctionView), (status = "default", body = Problem)))]
pub async fn order(
    permit: Permit<OrderFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
    Body(signed): Body<SignedOrder>,
) -> Result<Json<FunctionView>, Problem> {
    let function = order::order(&app, &permit, &id, (&signed.operation, signed.statement)).await;
    let function = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), function).await?;
    Ok(Json(FunctionView::from(&function)))
}

/// Approves an order.
#[utoipa::path(post, operation_id = "approveFunction", tag = "ra", path = "/ra/v1/functions/{id}/approval", params(("id" = String, Path,)),
    request_body = ApprovalSignature,
    responses((status = 200, body = FunctionView), (status = "default", body = Problem)))]
pub async fn approve(
    permit: Permit<ApproveFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
    Body(approval): Body<ApprovalSignature>,
) -> Result<Json<FunctionView>, Problem> {
    let function = approve::approve(&app, &permit, &id, approval.statement).await;
    let function = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), function).await?;
    Ok(Json(FunctionView::from(&function)))
}

/// Has the certificate of an approved order issued.
#[utoipa::path(post, operation_id = "issueFunction", tag = "ra", path = "/ra/v1/functions/{id}/certificate", params(("id" = String, Path,)),
    responses((status = 200, body = IssuedFunction), (status = "default", body = Problem)))]
pub async fn issue(
    permit: Permit<OrderFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
) -> Result<Json<IssuedFunction>, Problem> {
    let attempt = Attempt::of(&permit);
    let issued = issue::issue(&app, permit, id.clone()).await;
    let (function, certificate) = attempt.noted(&app, About::Thing(Thing::Function(&id)), issued).await?;
    Ok(Json(IssuedFunction { function: FunctionView::from(&function), pem: certificate.to_pem() }))
}

/// Says who answers for an issued function from now on.
#[utoipa::path(post, operation_id = "handOverFunction", tag = "ra", path = "/ra/v1/functions/{id}/keeper", params(("id" = String, Path,)),
    request_body = HandOver,
    responses((status = 200, body = FunctionView), (status = "default", body = Problem)))]
pub async fn hand_over(
    permit: Permit<OrderFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
    Body(new): Body<HandOver>,
) -> Result<Json<FunctionView>, Problem> {
    let keeper = Keeper { responsible: responsible(&new.responsible)?, contact: new.contact };
    let function = keep::hand_over(&app, &permit, &id, (keeper, &new.reason)).await;
    let function = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), function).await?;
    Ok(Json(FunctionView::from(&function)))
}

/// Revokes the certificate. Final.
#[utoipa::path(post, operation_id = "revokeFunction", tag = "ra", path = "/ra/v1/functions/{id}/revocation", params(("id" = String, Path,)),
    request_body = RevocationRequest,
    responses((status = 200, body = RevokedView), (status = "default", body = Problem)))]
pub async fn revoke(
    permit: Permit<RevokeFunction>,
    State(app): State<App>,
    Path(id): Path<FunctionId>,
    Body(request): Body<RevocationRequest>,
) -> Result<Json<RevokedView>, Problem> {
    let revoked = revoke::function(&app, &permit, &id, request.reason).await;
    let revoked = Attempt::of(&permit).noted(&app, About::Thing(Thing::Function(&id)), revoked).await?;
    Ok(Json(RevokedView::from(&revoked)))
}

fn wanted(new: NewFunction) -> Result<Wanted, ServiceError> {
    let renews = new.renews.as_deref().map(str::parse).transpose();
    Ok(Wanted {
        keeper: Keeper { responsible: responsible(&new.responsible)?, contact: new.contact },
        profile: new.profile,
        common_name: new.common_name,
        dns_names: new.dns_names,
        hsa_id: new.hsa_id,
        uri: new.uri,
        request: new.csr.into_bytes(),
        renews: renews.map_err(|_| invalid("renews", "not a function id"))?,
    })
}

fn responsible(id: &str) -> Result<PersonId, ServiceError> {
    id.parse().map_err(|_| invalid("responsible", "not a person id"))
}

fn invalid(field: &'static str, problem: &str) -> ServiceError {
    ServiceError::Invalid { field, problem: problem.to_owned() }
}
