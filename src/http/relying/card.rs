//! The card's origin: TLS asked for the certificate, these pages say what became of it.

use super::CANCEL;
use super::pages::{self, error, name, over, page, see_other, titled};
use super::reader::{Frame, Reader};
use crate::app::App;
use crate::config::login::CARD_CHECK;
use crate::http::tls::PeerCertificate;
use crate::service::login::card::{PATH, Stopped, check as judge, present};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::calendar::minute;
use domain::session::decision::CardRefused;
use federation::oidc::Parameters;

/// `GET /card/login`
pub(super) async fn login(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    reader: Reader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(&app, reader.frame(), &why.into()),
    };
    let handle = parameters.get("login").unwrap_or_default();
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    match present(&app, handle, der).await {
        Ok(address) => closing(see_other(&format!("{address}{}", reader.suffix()))),
        Err(Stopped::NoLogin) => over(reader.frame()),
        Err(Stopped::Failed(why)) => error(&app, reader.frame(), &why),
        Err(Stopped::Refused { why, service, language }) => {
            let frame = reader.frame_in(reader.within(&language));
            let issuer = app.config.login.as_ref().map_or("", |config| config.issuer.as_str());
            let ways = Ways {
                retry: format!("{PATH}?login={handle}{}", reader.suffix()),
                cancel: format!("{issuer}{CANCEL}?login={handle}"),
                service: name(&service, frame.text),
            };
            refused(&app, &headers, why, frame, ways)
        }
    }
}

/// `GET /card/check`: whether the card in the reader works. Anybody may look; no cookie is needed.
pub(super) async fn check(
    State(app): State<App>,
    certificate: Option<Extension<PeerCertificate>>,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    let der = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    match judge(&app, der).await {
        Ok(holds) => {
            let frame = reader.frame();
            let checked = pages::Checked {
                holder: holds.certificate.common_name().unwrap_or_default().to_owned(),
                level: frame.text.say(&format!("level-{}", holds.level.as_str())),
                until: minute(holds.certificate.not_after()),
                frame,
            };
            page(StatusCode::OK, &checked, "")
        }
        Err(why) => refused(&app, &headers, why, reader.frame(), Ways::again(CARD_CHECK)),
    }
}

/// Anywhere else on the origin.
pub(super) async fn nothing_here(reader: Reader) -> Response {
    page(StatusCode::NOT_FOUND, &pages::Notice::of(reader.frame(), "nothing-here"), "")
}

/// How a person goes on who was refused.
pub(super) struct Ways {
    /// The same again.
    retry: String,
    /// Giving up; empty if nobody waits.
    cancel: String,
    /// Who waits.
    service: String,
}

impl Ways {
    /// The same again, and nobody waits.
    pub(super) fn again(path: &str) -> Self {
        Self { retry: path.to_owned(), cancel: String::new(), service: String::new() }
    }
}

/// The page for a card that is refused.
pub(super) fn refused(app: &App, headers: &HeaderMap, why: CardRefused, frame: Frame, ways: Ways) -> Response {
    let older = app.config.login.as_ref().and_then(|config| config.card_tls12.as_ref());
    let here = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let elsewhere = older.filter(|origin| origin.url.strip_prefix("https://") != Some(here));
    let (title, advice) = titled(frame.text, why.as_str());
    let Ways { retry, cancel, service } = ways;
    let refused = pages::Refused {
        frame,
        title,
        advice,
        older: elsewhere.map(|origin| format!("{}{retry}", origin.url)).unwrap_or_default(),
        retry,
        cancel,
        service,
        code: why.as_str(),
        at: minute(app.clock.now()),
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
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
