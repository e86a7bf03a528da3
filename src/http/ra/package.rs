//! `/ra/v1/packages`, `/ra/v1/assignments` and `/ra/v1/trainings`: who at the agency may do what, and until when.

use super::package_view::{
    AssignmentPage, AssignmentView, NewOrder, NewTraining, OrderDecision, PackageView, TakeBack, TrainingView,
};
use crate::app::App;
use crate::http::admin::time;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{DecidePackage, EndPackage, OrderPackage, ReadAssignments, RecordTraining};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, ServiceError, packages};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::assignment::{Order, Training};
use domain::ports::Thing;
use domain::{AssignmentId, FunctionId, PersonId};

/// Lists the permission packages.
#[utoipa::path(get, operation_id = "listPackages", tag = "ra", path = "/ra/v1/packages",
    responses((status = 200, body = Vec<PackageView>), (status = "default", body = Problem)))]
pub async fn list(permit: Permit<ReadAssignments>, State(app): State<App>) -> Json<Vec<PackageView>> {
    Json(packages::list(&app, &permit).iter().map(PackageView::from).collect())
}

/// Lists who at the agency was given or ordered which package, in order of id.
#[utoipa::path(get, operation_id = "listAssignments", tag = "ra", path = "/ra/v1/assignments", params(AssignmentPage),
    responses((status = 200, body = Page<AssignmentView>), (status = "default", body = Problem)))]
pub async fn assignments(
    permit: Permit<ReadAssignments>,
    State(app): State<App>,
    Query(page): Query<AssignmentPage>,
) -> Result<Json<Page<AssignmentView>>, Problem> {
    let listing = Listing::new(&app, &permit, "assignments", (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let rows = packages::assignments(&app, &permit, after.as_ref(), listing.rows()).await?;
    Ok(listing.page(rows, |row| row.value.bare().id.to_string(), |row| AssignmentView::from(&row)))
}

/// Orders a package for somebody else at the agency, or for a system of the agency's.
#[utoipa::path(post, operation_id = "orderPackage", tag = "ra", path = "/ra/v1/assignments", request_body = NewOrder,
    responses((status = 201, body = AssignmentView), (status = "default", body = Problem)))]
pub async fn order(
    permit: Permit<OrderPackage>,
    State(app): State<App>,
    Body(new): Body<NewOrder>,
) -> Result<(StatusCode, Json<AssignmentView>), Problem> {
    let (wanted, function) = holder(&app, &permit, (new.person.as_deref(), new.function.as_deref())).await?;
    let order = Order {
        person: wanted.clone(),
        function,
        package: new.package,
        from: new.from.as_deref().map_or_else(|| Ok(app.clock.now()), |from| time("from", from))?,
        until: time("until", &new.until)?,
        reason: new.reason,
    };
    let ordered = packages::order(&app, &permit, order).await;
    let ordered = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&wanted)), ordered).await?;
    Ok((StatusCode::CREATED, Json(AssignmentView::from(&ordered))))
}

/// Decides an order: neither whoever ordered nor whoever would get the package.
#[utoipa::path(post, operation_id = "decidePackage", tag = "ra", path = "/ra/v1/assignments/{id}/decision",
    params(("id" = String, Path,)), request_body = OrderDecision,
    responses((status = 200, body = AssignmentView), (status = "default", body = Problem)))]
pub async fn decide(
    permit: Permit<DecidePackage>,
    State(app): State<App>,
    Path(id): Path<AssignmentId>,
    Body(decision): Body<OrderDecision>,
) -> Result<Json<AssignmentView>, Problem> {
    let decided = packages::decide(&app, &permit, &id, (decision.approve, decision.reason)).await;
    let decided = Attempt::of(&permit).noted(&app, About::Thing(Thing::Assignment(&id)), decided).await?;
    Ok(Json(AssignmentView::from(&decided)))
}

/// Takes a package back before its time. The right ends at once.
#[utoipa::path(post, operation_id = "endPackage", tag = "ra", path = "/ra/v1/assignments/{id}/end",
    params(("id" = String, Path,)), request_body = TakeBack,
    responses((status = 200, body = AssignmentView), (status = "default", body = Problem)))]
pub async fn end(
    permit: Permit<EndPackage>,
    State(app): State<App>,
    Path(id): Path<AssignmentId>,
    Body(why): Body<TakeBack>,
) -> Result<Json<AssignmentView>, Problem> {
    let ended = packages::end(&app, &permit, &id, why.reason).await;
    let ended = Attempt::of(&permit).noted(&app, About::Thing(Thing::Assignment(&id)), ended).await?;
    Ok(Json(AssignmentView::from(&ended)))
}

/// Records that somebody else at the agency passed a training.
#[utoipa::path(post, operation_id = "recordTraining", tag = "ra", path = "/ra/v1/trainings", request_body = NewTraining,
    responses((status = 201, body = TrainingView), (status = "default", body = Problem)))]
pub async fn train(
    permit: Permit<RecordTraining>,
    State(app): State<App>,
    Body(new): Body<NewTraining>,
) -> Result<(StatusCode, Json<TrainingView>), Problem> {
    let training = Training {
        tenant: permit.tenant().clone(),
        person: person(&new.person)?,
        training: new.training,
        passed_at: time("passed_at", &new.passed_at)?,
        recorded_by: Some(permit.person().clone()),
        recorded_at: app.clock.now(),
    };
    let trained = training.person.clone();
    let recorded = packages::train(&app, &permit, training).await;
    let recorded = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&trained)), recorded).await?;
    Ok((StatusCode::CREATED, Json(TrainingView::from(&recorded))))
}

/// For whom an order is: a person, or a system under the person who answers for it.
async fn holder(
    app: &App,
    permit: &Permit<OrderPackage>,
    wanted: (Option<&str>, Option<&str>),
) -> Result<(PersonId, Option<FunctionId>), Problem> {
    match wanted {
        (Some(id), None) => Ok((person(id)?, None)),
        (None, Some(text)) => {
            let function: FunctionId = text
                .parse()
                .map_err(|_| ServiceError::Invalid { field: "function", problem: "not a function's id".into() })?;
            let keeper = packages::keeper(app, permit, &function).await;
            let keeper = Attempt::of(permit).noted(app, About::Thing(Thing::Function(&function)), keeper).await?;
            Ok((keeper, Some(function)))
        }
        _ => {
            let problem = "a person or a function, one of them".into();
            Err(ServiceError::Invalid { field: "person", problem }.into())
        }
    }
}

fn person(text: &str) -> Result<PersonId, ServiceError> {
    text.parse().map_err(|_| ServiceError::Invalid { field: "person", problem: "not a person id".into() })
}
