//! The holder's sessions at relying services, on the card's origin: the card says whose they are.

use super::card::{Ways, refused};
use super::pages::{self, LoginRow, error, name, page, see_other};
use super::reader::Reader;
use super::{MY_LOGINS, text::Text};
use crate::app::App;
use crate::http::tls::PeerCertificate;
use crate::service::ServiceError;
use crate::service::login::LoginError;
use crate::service::login::card::check as judge;
use crate::service::login::session::{end_one, own};
use crate::service::permit::{EndOwnSession, ReadSelf, authorise};
use crate::service::relying::registered;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::calendar::minute;
use domain::session::Session;
use federation::oidc::{Code, OidcError, Parameters};

/// `GET /self` at the provider, where nobody shows a card.
pub(super) async fn elsewhere(reader: Reader) -> Response {
    see_other(&reader.frame().links.logins)
}

/// `GET /card/logins`
pub(super) async fn show(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    if let Err(why) = judge(&app, der).await {
        return refused(&app, &headers, why, reader.frame(), Ways::again(MY_LOGINS));
    }
    match list(&app, der, reader.frame().text).await {
        Ok(rows) => page(StatusCode::OK, &pages::Logins { frame: reader.frame(), action: MY_LOGINS, rows }, ""),
        Err(why) => error(&app, reader.frame(), &why.into()),
    }
}

/// `POST /card/logins`: ends one of them.
pub(super) async fn end(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    reader: Reader,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    if let Err(why) = judge(&app, der).await {
        return refused(&app, &headers, why, reader.frame(), Ways::again(MY_LOGINS));
    }
    match end_named(&app, der, &headers, &body).await {
        Ok(()) => see_other(MY_LOGINS),
        Err(why) => error(&app, reader.frame(), &why),
    }
}

async fn list(app: &App, der: Option<&[u8]>, text: Text) -> Result<Vec<LoginRow>, ServiceError> {
    let permit = authorise::<ReadSelf>(app, der).await?;
    let mut rows = Vec::new();
    for session in own(app, &permit).await? {
        rows.push(row(app, session, text).await);
    }
    Ok(rows)
}

/// A service that is no longer registered goes by its id.
async fn row(app: &App, session: Session, text: Text) -> LoginRow {
    // What cannot be read goes by its id as well.
    let known = registered(app, &session.client_id).await.ok().flatten();
    LoginRow {
        sid: session.sid,
        service: known.map_or(session.client_id, |service| name(service.name(), text)),
        since: minute(session.at),
        until: minute(session.expires_at),
    }
}

/// A browser sends the card's certificate whoever wrote the form: only our own page may end sessions.
async fn end_named(app: &App, der: Option<&[u8]>, headers: &HeaderMap, body: &[u8]) -> Result<(), LoginError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.strip_prefix("https://"));
    if origin.is_none() || origin != text(header::HOST) {
        return Err(FOREIGN.into());
    }
    let parameters = Parameters::from_form(body)?;
    let permit = authorise::<EndOwnSession>(app, der).await?;
    match end_one(app, &permit, parameters.get("sid").unwrap_or_default()).await {
        // It ended meanwhile, which is what was wanted.
        Err(ServiceError::NotFound) => Ok(()),
        other => Ok(other?),
    }
}

const FOREIGN: OidcError = OidcError::new(Code::AccessDenied, "the form was sent from a page of somebody else");
