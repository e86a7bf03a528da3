//! The card's origin: TLS asked for the certificate, these pages say what became of it.

use super::CANCEL;
use super::pages::{self, error, over, page, see_other};
use super::text::Text;
use super::visitor::language;
use crate::app::App;
use crate::config::login::CARD_CHECK;
use crate::http::tls::PeerCertificate;
use crate::service::login::card::{PATH, Stopped, check as judge, present};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::session::decision::CardRefused;
use federation::oidc::Parameters;

/// `GET /card/login`
pub(super) async fn login(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let accepted = language(&headers);
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(accepted, &why.into()),
    };
    let handle = parameters.get("login").unwrap_or_default();
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    match present(&app, handle, der).await {
        Ok(address) => closing(see_other(&address)),
        Err(Stopped::NoLogin) => over(accepted),
        Err(Stopped::Failed(why)) => error(accepted, &why),
        Err(Stopped::Refused { why, client, language }) => {
            let service = if language == "en" { client.name.en.clone() } else { client.name.sv.clone() };
            let cancel = app.config.login.as_ref().map(|config| format!("{}{CANCEL}?login={handle}", config.issuer));
            let path = format!("{PATH}?login={handle}");
            refused(&app, &headers, why, (&language, &path), (cancel.unwrap_or_default(), service))
        }
    }
}

/// `GET /card/check`: whether the card in the reader works. Anybody may look; no cookie is needed.
pub(super) async fn check(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    headers: HeaderMap,
) -> Response {
    let accepted = language(&headers);
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    match judge(&app, der).await {
        Ok(holds) => {
            let checked = pages::Checked {
                text: Text::of(accepted),
                holder: holds.certificate.common_name().unwrap_or_default().to_owned(),
                level: holds.level.as_str().to_owned(),
                until: holds.certificate.not_after().to_string(),
            };
            page(StatusCode::OK, &checked, "")
        }
        Err(why) => refused(&app, &headers, why, (accepted, CARD_CHECK), (String::new(), String::new())),
    }
}

/// Anywhere else on the origin.
pub(super) async fn nothing_here() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn refused(
    app: &App,
    headers: &HeaderMap,
    why: CardRefused,
    (language, path): (&str, &str),
    (cancel, service): (String, String),
) -> Response {
    let text = Text::of(language);
    let older = app.config.login.as_ref().and_then(|config| config.card_tls12.as_ref());
    let here = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let elsewhere = older.filter(|origin| origin.url.strip_prefix("https://") != Some(here));
    let refused = pages::Refused {
        text,
        title: text.say(&format!("{}-title", why.as_str())),
        advice: text.say(&format!("{}-advice", why.as_str())),
        retry: path.to_owned(),
        older: elsewhere.map(|origin| format!("{}{path}", origin.url)).unwrap_or_default(),
        cancel,
        service,
    };
    let status = match why {
        CardRefused::NoCertificate => StatusCode::UNAUTHORIZED,
        CardRefused::StatusUnknown => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    closing(page(status, &refused, ""))
}

/// Ends the connection: what it proved of the card is settled. The next login needs the card again, and may bring another.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, axum::http::HeaderValue::from_static("close"));
    response
}
