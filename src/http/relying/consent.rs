//! The page where the holder says yes or no.

use super::pages::{self, claim_name, error, go_on, over, page, with_cookies};
use super::visitor::{Visitor, session_cookie};
use crate::app::App;
use crate::service::login::consent::{Closed, Decider, Question, accept, cancel as give_up, question, refuse};
use crate::service::login::parts;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::calendar::minute;
use federation::oidc::{OidcError, Parameters};
use pki::time::UtcTime;
use serde_json::Value;

/// `GET /oidc/consent`
pub(super) async fn show(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(&app, visitor.reader.frame(), &why.into()),
    };
    let proof = parameters.get("proof").unwrap_or_default();
    match question(&app, proof, &visitor.secret).await {
        Ok(asked) => render(&visitor, &asked, proof),
        Err(closed) => ended(&app, closed, &visitor),
    }
}

/// `POST /oidc/consent`
pub(super) async fn decide(State(app): State<App>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let parameters = match Parameters::from_form(&body) {
        Ok(parameters) if is_our_page(&app, &headers) => parameters,
        Ok(_) => return error(&app, visitor.reader.frame(), &FOREIGN.into()),
        Err(why) => return error(&app, visitor.reader.frame(), &why.into()),
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
            with_cookies(go_on(decided.way, visitor.reader.frame()), session)
        }
        Err(closed) => ended(&app, closed, &visitor),
    }
}

/// `GET /oidc/cancel`: the holder gives up at the card.
pub(super) async fn cancel(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let parameters = match Parameters::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(why) => return error(&app, visitor.reader.frame(), &why.into()),
    };
    match give_up(&app, parameters.get("login").unwrap_or_default(), &visitor.secret).await {
        Ok(way) => go_on(way, visitor.reader.frame()),
        Err(closed) => ended(&app, closed, &visitor),
    }
}

/// Whether a form was sent by a page of ours: browsers say where it was (Fetch standard, section 3.1).
pub(super) fn is_our_page(app: &App, headers: &HeaderMap) -> bool {
    let issuer = parts(app).map(|login| login.issuer.as_str()).unwrap_or_default();
    headers.get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == issuer.as_bytes())
}

fn render(visitor: &Visitor, asked: &Question, proof: &str) -> Response {
    let frame = visitor.reader.frame_in(visitor.reader.within(&asked.language));
    let text = frame.text;
    let claims = asked.claims.iter().map(|(claim, value)| (text.say(&claim_name(claim)), shown(value)));
    let message = asked.party.message().map(|message| message.text(text.language).to_owned());
    let consent = pages::Consent {
        service: pages::Service::of(&asked.party, asked.agency.clone(), text),
        holder: asked.holder.clone(),
        message: message.unwrap_or_default(),
        claims: claims.collect(),
        proof: proof.to_owned(),
        frame,
    };
    page(StatusCode::OK, &consent, &asked.party.origin())
}

/// A value for people: numbers are times.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.as_i64().map_or_else(|| other.to_string(), |at| minute(UtcTime::from_unix(at))),
    }
}

fn ended(app: &App, closed: Closed, visitor: &Visitor) -> Response {
    match closed {
        Closed::NoLogin => over(visitor.reader.frame()),
        Closed::Answer(way) => go_on(way, visitor.reader.frame()),
        Closed::Failed(why) => error(app, visitor.reader.frame(), &why),
        Closed::Refused(why, language) => {
            let frame = visitor.reader.frame_in(visitor.reader.within(&language));
            page(StatusCode::FORBIDDEN, &pages::Notice::refused(app, frame, why), "")
        }
    }
}

const FOREIGN: OidcError =
    OidcError::new(federation::oidc::Code::AccessDenied, "the form was sent from a page of somebody else");
