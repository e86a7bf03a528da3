//! `/ra/v1/cards`, and everything that revokes.

use super::card_view::{CardPage, CardRow, CertificateRow};
use super::view::{CardRevocation, CardView, RevocationRequest, RevokedView};
use crate::app::App;
use crate::http::conditions::Tagged;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{ReadCard, Revoke};
use crate::service::refusal::{About, Attempt};
use crate::service::revoke::Unauthenticated;
use crate::service::{self, Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use domain::certificate::{CertificateRecord, CertificateRef};
use domain::ports::Thing;
use domain::{CardNumber, PersonId};
use pki::serial::SerialNumber;

/// Lists the agency's cards, in order of number.
#[utoipa::path(get, operation_id = "listCards", tag = "ra", path = "/ra/v1/cards", params(CardPage),
    responses((status = 200, body = Page<CardRow>), (status = "default", body = Problem)))]
pub async fn list(
    permit: Permit<ReadCard>,
    State(app): State<App>,
    Query(page): Query<CardPage>,
) -> Result<Json<Page<CardRow>>, Problem> {
    let listing = Listing::new(&app, &permit, "cards", (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let cards = service::read::cards(&app, &permit, after.as_ref(), listing.rows()).await?;
    Ok(listing.page(cards, |card| card.value.number.to_string(), |card| CardRow::from(&card)))
}

/// Lists the certificates of the agency's people, in order of issuer and serial.
#[utoipa::path(get, operation_id = "listCertificates", tag = "ra", path = "/ra/v1/certificates", params(CardPage),
    responses((status = 200, body = Page<CertificateRow>), (status = "default", body = Problem)))]
pub async fn certificates(
    permit: Permit<ReadCard>,
    State(app): State<App>,
    Query(page): Query<CardPage>,
) -> Result<Json<Page<CertificateRow>>, Problem> {
    let listing = Listing::new(&app, &permit, "certificates", (page.cursor.as_deref(), page.limit))?;
    let after = listing.after::<RowKey>()?.map(|key| key.0);
    let certificates = service::read::certificates(&app, &permit, after.as_ref(), listing.rows()).await?;
    let key = |record: &CertificateRecord| RowKey(record.intent.certificate.clone()).to_string();
    Ok(listing.page(certificates, key, |record| CertificateRow::from(&record)))
}

/// Where the list of certificates goes on.
struct RowKey(CertificateRef);

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0.issuer, self.0.serial)
    }
}

impl std::str::FromStr for RowKey {
    type Err = ServiceError;

    fn from_str(text: &str) -> Result<Self, ServiceError> {
        let (issuer, serial) = text.rsplit_once('/').ok_or(ServiceError::NotFound)?;
        let serial = serial.parse().map_err(|_| ServiceError::NotFound)?;
        Ok(Self(CertificateRef { issuer: issuer.to_owned(), serial }))
    }
}

/// Reads a card and its certificates.
#[utoipa::path(get, operation_id = "readCard", tag = "ra", path = "/ra/v1/cards/{number}", params(("number" = String, Path,)),
    responses((status = 200, body = CardView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadCard>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
) -> Result<Tagged<Json<CardView>>, Problem> {
    let found = service::read::card(&app, &permit, &number).await;
    let (card, certificates) = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), found).await?;
    Ok(Tagged("card", card.version, Json(CardView::from((&card.value, certificates.as_slice())))))
}

/// Revokes a card with all its certificates. Final. A request that could not be authenticated is recorded as such.
#[utoipa::path(post, operation_id = "revokeCard", tag = "ra", path = "/ra/v1/cards/{number}/revocation", params(("number" = String, Path,)),
    request_body = CardRevocation,
    responses((status = 200, body = RevokedView), (status = "default", body = Problem)))]
pub async fn revoke(
    permit: Permit<Revoke>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
    Body(request): Body<CardRevocation>,
) -> Result<Json<RevokedView>, Problem> {
    let on_request = request.unauthenticated.map(|request| Unauthenticated {
        claimed_by: request.claimed_by,
        via: request.via,
        grounds: request.grounds,
    });
    let revoked = service::revoke::card(&app, &permit, &number, (request.reason, on_request)).await;
    let revoked = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), revoked).await?;
    Ok(Json(RevokedView::from(&revoked)))
}

/// Revokes all cards of a person at the agency. Final.
#[utoipa::path(post, operation_id = "revokePerson", tag = "ra", path = "/ra/v1/persons/{id}/revocation", params(("id" = String, Path,)),
    request_body = RevocationRequest,
    responses((status = 200, body = RevokedView), (status = "default", body = Problem)))]
pub async fn revoke_person(
    permit: Permit<Revoke>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Body(request): Body<RevocationRequest>,
) -> Result<Json<RevokedView>, Problem> {
    let revoked = service::revoke::person(&app, &permit, &id, request.reason).await;
    let revoked = Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), revoked).await?;
    Ok(Json(RevokedView::from(&revoked)))
}

/// Revokes one certificate. Final.
#[utoipa::path(post, operation_id = "revokeCertificate", tag = "ra", path = "/ra/v1/certificates/{issuer}/{serial}/revocation",
    params(("issuer" = String, Path,), ("serial" = String, Path,)), request_body = RevocationRequest,
    responses((status = 200, body = RevokedView), (status = "default", body = Problem)))]
pub async fn revoke_certificate(
    permit: Permit<Revoke>,
    State(app): State<App>,
    Path((issuer, serial)): Path<(String, SerialNumber)>,
    Body(request): Body<RevocationRequest>,
) -> Result<Json<RevokedView>, Problem> {
    let certificate = CertificateRef { issuer, serial };
    let revoked = service::revoke::certificate(&app, &permit, &certificate, request.reason).await;
    let revoked = Attempt::of(&permit).noted(&app, About::Other(&certificate.serial.to_string()), revoked).await?;
    Ok(Json(RevokedView::from(&revoked)))
}
