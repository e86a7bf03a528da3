//! `/ra/v1/enrolments`: from application to activated card.

use super::view::{
    ActivatedView, Activation, ApprovalSignature, EnrolmentPage, EnrolmentView, Identification, IdentificationDraft,
    NewEnrolment, OperationView, ReceiptDraft, TermsView,
};
use crate::app::App;
use crate::http::conditions::Tagged;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::activate::Receipt;
use crate::service::enrol::Application;
use crate::service::permit::{ActivateCard, ApproveEnrolment, IdentifyApplicant, ReadEnrolment, SubmitEnrolment};
use crate::service::refusal::{About, Attempt};
use crate::service::reserve::Wish;
use crate::service::{self, Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::EnrolmentId;
use domain::ports::Thing;

/// Submits an application for a card.
#[utoipa::path(post, operation_id = "submitEnrolment", tag = "ra", path = "/ra/v1/enrolments", request_body = NewEnrolment,
    responses((status = 201, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn submit(
    permit: Permit<SubmitEnrolment>,
    State(app): State<App>,
    Body(new): Body<NewEnrolment>,
) -> Result<(StatusCode, Json<EnrolmentView>), Problem> {
    let enrolment = service::enrol::enrol(&app, &permit, application(new)?).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Other("application"), enrolment).await?;
    Ok((StatusCode::CREATED, Json(EnrolmentView::from(&enrolment))))
}

/// Lists applications of the agency, in order of id.
#[utoipa::path(get, operation_id = "listEnrolments", tag = "ra", path = "/ra/v1/enrolments", params(EnrolmentPage),
    responses((status = 200, body = Page<EnrolmentView>), (status = "default", body = Problem)))]
pub async fn list(
    permit: Permit<ReadEnrolment>,
    State(app): State<App>,
    Query(page): Query<EnrolmentPage>,
) -> Result<Json<Page<EnrolmentView>>, Problem> {
    let stage = page.stage.map(super::view::Stage::as_str);
    let of = format!("enrolments {}", stage.unwrap_or_default());
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let rows = service::read::enrolments(&app, &permit, stage, after.as_ref(), listing.rows()).await?;
    Ok(listing.page(rows, |row| row.bare().id.to_string(), |row| EnrolmentView::from(&row)))
}

/// Reads an application; once the applicant is identified, with the operation that approvers sign.
#[utoipa::path(get, operation_id = "readEnrolment", tag = "ra", path = "/ra/v1/enrolments/{id}", params(("id" = String, Path,)),
    responses((status = 200, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadEnrolment>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
) -> Result<Tagged<Json<EnrolmentView>>, Problem> {
    let enrolment = service::read::enrolment(&app, &permit, &id).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), enrolment).await?;
    Ok(Tagged("enrolment", enrolment.version, Json(EnrolmentView::from(&enrolment.value))))
}

/// Gives the operation that the officer signs to say that they identified the applicant so.
#[utoipa::path(post, operation_id = "prepareIdentification", tag = "ra", path = "/ra/v1/enrolments/{id}/identification/preparation", params(("id" = String, Path,)),
    request_body = IdentificationDraft,
    responses((status = 200, body = OperationView), (status = "default", body = Problem)))]
pub async fn prepare_identification(
    permit: Permit<IdentifyApplicant>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(draft): Body<IdentificationDraft>,
) -> Result<Json<OperationView>, Problem> {
    let operation = service::identify::prepare(&app, &permit, &id, &draft.proof.into()).await;
    let operation = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), operation).await?;
    Ok(Json(OperationView::from(&operation)))
}

/// Records that the applicant was identified.
#[utoipa::path(post, operation_id = "identifyApplicant", tag = "ra", path = "/ra/v1/enrolments/{id}/identification", params(("id" = String, Path,)),
    request_body = Identification,
    responses((status = 200, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn identify(
    permit: Permit<IdentifyApplicant>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(identification): Body<Identification>,
) -> Result<Json<EnrolmentView>, Problem> {
    let Identification { proof, statement } = identification;
    let enrolment = service::identify::identify(&app, &permit, &id, proof.into(), statement).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), enrolment).await?;
    Ok(Json(EnrolmentView::from(&enrolment)))
}

/// Approves an application.
#[utoipa::path(post, operation_id = "approveEnrolment", tag = "ra", path = "/ra/v1/enrolments/{id}/approval", params(("id" = String, Path,)),
    request_body = ApprovalSignature,
    responses((status = 200, body = EnrolmentView), (status = "default", body = Problem)))]
pub async fn approve(
    permit: Permit<ApproveEnrolment>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(approval): Body<ApprovalSignature>,
) -> Result<Json<EnrolmentView>, Problem> {
    let enrolment = service::approve::approve(&app, &permit, &id, (approval.statement, approval.reason)).await;
    let enrolment = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), enrolment).await?;
    Ok(Json(EnrolmentView::from(&enrolment)))
}

/// Gives the terms that holders accept, in each language.
#[utoipa::path(get, operation_id = "readTerms", tag = "ra", path = "/ra/v1/terms",
    responses((status = 200, body = Vec<TermsView>), (status = "default", body = Problem)))]
pub async fn terms(_permit: Permit<ReadEnrolment>, State(app): State<App>) -> Json<Vec<TermsView>> {
    Json(app.policies.get().terms.iter().map(TermsView::from).collect())
}

/// Gives the operation that the holder signs with the new card, to say that they have it and accept the terms.
#[utoipa::path(post, operation_id = "prepareActivation", tag = "ra", path = "/ra/v1/enrolments/{id}/activation/preparation", params(("id" = String, Path,)),
    request_body = ReceiptDraft,
    responses((status = 200, body = OperationView), (status = "default", body = Problem)))]
pub async fn prepare_activation(
    permit: Permit<ActivateCard>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    Body(draft): Body<ReceiptDraft>,
) -> Result<Json<OperationView>, Problem> {
    let draft = (draft.document.into(), draft.language);
    let operation = service::activate::prepare(&app, &permit, &id, (draft.0, &draft.1)).await;
    let operation = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), operation).await?;
    Ok(Json(OperationView::from(&operation)))
}

/// Activates the card: it is in the holder's hands. The holder is given the revocation code in the answer.
#[utoipa::path(post, operation_id = "activateCard", tag = "ra", path = "/ra/v1/enrolments/{id}/activation", params(("id" = String, Path,)),
    request_body = Activation,
    responses((status = 200, body = ActivatedView), (status = "default", body = Problem)))]
pub async fn activate(
    permit: Permit<ActivateCard>,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
    body: Body<Activation>,
) -> Result<Json<ActivatedView>, Problem> {
    let receipt = body.0.receipt.map(|receipt| Receipt {
        document: receipt.document.into(),
        language: receipt.language,
        statement: receipt.statement,
    });
    let activated = service::activate::activate(&app, &permit, &id, receipt).await;
    let activated = Attempt::of(&permit).noted(&app, About::Thing(Thing::Enrolment(&id)), activated).await?;
    Ok(Json(ActivatedView::from(&activated)))
}

fn application(new: NewEnrolment) -> Result<Application, ServiceError> {
    let invalid = |field, problem: &str| ServiceError::Invalid { field, problem: problem.to_owned() };
    let applicant = new.applicant;
    let number = "1 to 64 letters, digits or hyphens";
    let reserve = new.reserve.map(|wish| {
        let ordinary = wish.ordinary_card.parse().map_err(|_| invalid("reserve.ordinary_card", number))?;
        Ok::<_, ServiceError>(Wish { ordinary, days: wish.days })
    });
    Ok(Application {
        identity_number: applicant
            .identity_number
            .parse()
            .map_err(|_| invalid("applicant.identity_number", "not a personnummer or samordningsnummer"))?,
        given_name: applicant.given_name,
        surname: applicant.surname,
        card: new.card_number.parse().map_err(|_| invalid("card_number", number))?,
        reserve: reserve.transpose()?,
    })
}
