//! Who comes back too fast is told to wait: by address, by card, by relying service (`policies/logins.toml`).

use super::backchannel;
use super::pages;
use super::reader::Reader;
use crate::app::App;
use crate::http::tls::{PeerAddress, PeerCertificate};
use crate::pace::{TooFast, Who};
use crate::service::login::LoginError;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use federation::oidc::{Code, OidcError};

/// Holds up addresses, and on the card's origin certificates.
pub(super) async fn paced(State(app): State<App>, reader: Reader, request: Request, next: Next) -> Response {
    let Some(login) = &app.login else { return next.run(request).await };
    let policy = app.policies.get().logins;
    let address = request.extensions().get::<PeerAddress>().map(|address| Who::Address(address.0));
    let card = request.extensions().get::<PeerCertificate>().map(|certificate| Who::Card(sha256(&certificate.0)));
    let held_up = address.into_iter().chain(card).find_map(|who| login.pacer.admit(&policy, who).err());
    match held_up {
        None => next.run(request).await,
        Some(TooFast(wait)) if *request.method() == Method::GET => {
            told(pages::error(&app, reader.frame(), &LoginError::Oidc(SLOWER)), TooFast(wait))
        }
        Some(wait) => told(backchannel::refusal(&LoginError::Oidc(SLOWER)), wait),
    }
}

/// What a relying service that proved who it is, and is too fast, is answered; none if it may go on.
pub(super) fn held_up(app: &App, id: &str) -> Option<Response> {
    let login = app.login.as_ref()?;
    let admitted = login.pacer.admit(&app.policies.get().logins, Who::Client(id));
    admitted.err().map(|wait| told(backchannel::refusal(&LoginError::Oidc(SLOWER)), wait))
}

/// RFC 6585 section 4.
fn told(mut response: Response, TooFast(wait): TooFast) -> Response {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    metrics::counter!("sigill_relying_held_up_total").increment(1);
    response
}

fn sha256(der: &[u8]) -> [u8; 32] {
    digest(&SHA256, der).as_ref().try_into().expect("SHA-256 gives 32 octets")
}

const SLOWER: OidcError = OidcError::new(Code::TemporarilyUnavailable, "too many requests; wait and try again");
