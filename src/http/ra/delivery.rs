//! Keys on cards become certificates: one card from the desk, or a tray of them from the bureau.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::issue::{CardOutcome, CardRequests, IssuedCertificate, Tray};
use crate::service::permit::IssueCertificates;
use crate::service::{self, Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use domain::EnrolmentId;
use domain::evidence::Signed;
use pki::profile::Purpose;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The keys of a card, and the desk's word that they are on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequests {
    /// PKCS#10 of the authentication key, PEM or base64 DER.
    #[serde(default)]
    authentication_csr: Option<String>,
    /// PKCS#10 of the signature key, PEM or base64 DER.
    #[serde(default)]
    signature_csr: Option<String>,
    /// The delivery record.
    delivery: SignedDelivery,
}

/// Cards that were made in one run, and the bureau's word on the keys that are on them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrayRequests {
    /// The delivery record; it names every card, and may name more.
    delivery: SignedDelivery,
    /// Each once.
    #[schema(min_items = 1, max_items = 50)]
    cards: Vec<TrayCard>,
}

/// A card in a tray.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrayCard {
    /// The approved application.
    enrolment: String,
    /// PKCS#10 of the authentication key, PEM or base64 DER.
    #[serde(default)]
    authentication_csr: Option<String>,
    /// PKCS#10 of the signature key, PEM or base64 DER.
    #[serde(default)]
    signature_csr: Option<String>,
}

/// A delivery record and its signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedDelivery {
    /// The exact bytes of the operation `deliver-cards`.
    operation: String,
    /// Compact JWS over the statement `deliver`, made with the card of whoever delivers.
    statement: String,
}

/// The certificates of a card.
#[derive(Serialize, ToSchema)]
pub struct IssuedList {
    /// One for each request.
    certificates: Vec<IssuedView>,
}

/// What became of a tray.
#[derive(Serialize, ToSchema)]
pub struct TrayView {
    /// In the order of the request.
    cards: Vec<TrayCardView>,
}

/// What became of a card: certificates, or a problem.
#[derive(Serialize, ToSchema)]
pub struct TrayCardView {
    /// The application.
    enrolment: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<Vec<IssuedView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// A certificate that was just issued.
#[derive(Serialize, ToSchema)]
pub struct IssuedView {
    /// What it is for.
    purpose: String,
    /// Its issuer's name in addresses.
    issuer: String,
    /// Its serial, hexadecimal.
    serial: String,
    /// The certificate.
    pem: String,
}

/// Issues the certificates of an approved application.
#[utoipa::path(post, operation_id = "issueCertificates", tag = "ra", path = "/ra/v1/enrolments/{id}/certificates", params(("id" = String, Path,)),
    request_body = CertificateRequests,
    responses((status = 200, body = IssuedList), (status = "default", body = Problem)))]
pub async fn issue(
    permit: Permit<IssueCertificates>,
    State(app): State<App>,
    Path(enrolment): Path<EnrolmentId>,
    Body(body): Body<CertificateRequests>,
) -> Result<Json<IssuedList>, Problem> {
    let requests = requests(body.authentication_csr, body.signature_csr);
    let tray = Tray { delivery: body.delivery.into(), cards: vec![CardRequests { enrolment, requests }] };
    let outcome = service::issue::issue(&app, permit, tray).await?.pop();
    let issued = outcome.ok_or(ServiceError::Incomplete("an answer for the card"))??;
    Ok(Json(IssuedList { certificates: issued.iter().map(IssuedView::from).collect() }))
}

/// Issues the certificates of a tray of cards, each approved for itself.
///
/// What fails for one card leaves the others alone: its problem stands in its place.
#[utoipa::path(post, operation_id = "deliverCards", tag = "ra", path = "/ra/v1/deliveries", request_body = TrayRequests,
    responses((status = 200, body = TrayView), (status = "default", body = Problem)))]
pub async fn issue_tray(
    permit: Permit<IssueCertificates>,
    State(app): State<App>,
    Body(body): Body<TrayRequests>,
) -> Result<Json<TrayView>, Problem> {
    let cards = body.cards.into_iter().map(card).collect::<Result<Vec<_>, _>>()?;
    let enrolments: Vec<_> = cards.iter().map(|card| card.enrolment.to_string()).collect();
    let outcomes = service::issue::issue(&app, permit, Tray { delivery: body.delivery.into(), cards }).await?;
    Ok(Json(TrayView { cards: enrolments.into_iter().zip(outcomes).map(TrayCardView::from).collect() }))
}

fn card(card: TrayCard) -> Result<CardRequests, ServiceError> {
    let problem = "not an enrolment id".to_owned();
    let enrolment = card.enrolment.parse().map_err(|_| ServiceError::Invalid { field: "cards.enrolment", problem })?;
    Ok(CardRequests { enrolment, requests: requests(card.authentication_csr, card.signature_csr) })
}

pub(in crate::http) fn requests(
    authentication: Option<String>,
    signature: Option<String>,
) -> BTreeMap<Purpose, Vec<u8>> {
    let named = [(Purpose::PersonAuthentication, authentication), (Purpose::PersonSignature, signature)];
    named.into_iter().filter_map(|(purpose, csr)| Some((purpose, csr?.into_bytes()))).collect()
}

impl From<SignedDelivery> for Signed {
    fn from(delivery: SignedDelivery) -> Self {
        Self { operation: delivery.operation, statements: vec![delivery.statement] }
    }
}

impl From<(String, CardOutcome)> for TrayCardView {
    fn from((enrolment, outcome): (String, CardOutcome)) -> Self {
        let (certificates, problem) = match outcome {
            Ok(issued) => (Some(issued.iter().map(IssuedView::from).collect()), None),
            Err(error) => (None, Some(error.into())),
        };
        Self { enrolment, certificates, problem }
    }
}

impl From<&IssuedCertificate> for IssuedView {
    fn from(issued: &IssuedCertificate) -> Self {
        Self {
            purpose: issued.purpose.as_str().to_owned(),
            issuer: issued.certificate.issuer.clone(),
            serial: issued.certificate.serial.to_string(),
            pem: issued.der.to_pem(),
        }
    }
}
