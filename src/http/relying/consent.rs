//! The page where the holder says yes or no.

use super::pages::{self, claim_name, error, go_on, over, page, with_cookies};
use super::text::Text;
use super::visitor::{Visitor, session_cookie};
use crate::app::App;
use crate::service::login::consent::{Closed, Decider, Question, accept, cancel as give_up, question, refuse};
use crate::service::login::parts;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use federation::oidc::{OidcError, Parameters};
use pki::time::UtcTime;
use serde_json::Value;

/// `GET /oidc/consent`
pub(super) async fn show(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(visitor.language, &why.into()),
    };
    let proof = parameters.get("proof").unwrap_or_default();
    match question(&app, proof, &visitor.secret).await {
        Ok(asked) => render(&asked, proof),
        Err(closed) => ended(closed, visitor.language),
    }
}

/// `POST /oidc/consent`
pub(super) async fn decide(State(app): State<App>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let parameters = match Parameters::from_form(&body) {
        Ok(parameters) if is_our_page(&app, &headers) => parameters,
        Ok(_) => return error(visitor.language, &FOREIGN.into()),
        Err(why) => return error(visitor.language, &why.into()),
    };
    let proof = parameters.get("proof").unwrap_or_default();
    let browser = Decider { secret: &visitor.secret, address: visitor.address };
    let decided = match parameters.get("answer") {
        Some("accept") => accept(&app, proof, browser).await,
        _ => refuse(&app, proof, &visitor.secret).await,
    };
    match decided {
        Ok(decided) => {
            let session = decided.session.and_then(|(secret, seconds)| session_cookie(&secret, seconds));
            with_cookies(go_on(decided.way, visitor.language), session)
        }
        Err(closed) => ended(closed, visitor.language),
    }
}

/// `GET /oidc/cancel`: the holder gives up at the card.
pub(super) async fn cancel(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(visitor.language, &why.into()),
    };
    match give_up(&app, parameters.get("login").unwrap_or_default(), &visitor.secret).await {
        Ok(way) => go_on(way, visitor.language),
        Err(closed) => ended(closed, visitor.language),
    }
}

/// Whether a form was sent by a page of ours: browsers say where it was (Fetch standard, section 3.1).
pub(super) fn is_our_page(app: &App, headers: &HeaderMap) -> bool {
    let issuer = parts(app).map(|login| login.issuer.as_str()).unwrap_or_default();
    headers.get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == issuer.as_bytes())
}

fn render(asked: &Question, proof: &str) -> Response {
    let text = Text::of(&asked.language);
    let claims = asked.claims.iter().map(|(claim, value)| (text.say(&claim_name(claim)), shown(value)));
    let consent = pages::Consent {
        text,
        service: asked.party.name(text.language).to_owned(),
        message: asked.party.message().map(|message| message.text(text.language).to_owned()).unwrap_or_default(),
        claims: claims.collect(),
        proof: proof.to_owned(),
    };
    page(StatusCode::OK, &consent, &asked.party.origin())
}

/// A value for people: numbers are times.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.as_i64().map_or_else(|| other.to_string(), |at| UtcTime::from_unix(at).to_string()),
    }
}

fn ended(closed: Closed, language: &str) -> Response {
    match closed {
        Closed::NoLogin => over(language),
        Closed::Answer(way) => go_on(way, language),
        Closed::Failed(why) => error(language, &why),
        Closed::Refused(why, language) => {
            let text = Text::of(&language);
            let notice = pages::Notice {
                text,
                title: text.say(&format!("{}-title", why.as_str())),
                advice: text.say(&format!("{}-advice", why.as_str())),
                code: String::new(),
                detail: String::new(),
            };
            page(StatusCode::FORBIDDEN, &notice, "")
        }
    }
}

const FOREIGN: OidcError =
    OidcError::new(federation::oidc::Code::AccessDenied, "the form was sent from a page of somebody else");
