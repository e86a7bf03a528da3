//! Pages: filled templates with the headers that keep them ours.

use super::reader::Frame;
use super::text::Text;
use crate::app::App;
use crate::service::login::LoginError;
use crate::service::login::flow::{Onward, Party, Problem};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::calendar::minute;
use domain::session::decision::CardRefused;
use federation::oidc::Code;
use federation::oidc::client::Name;

/// What the holder decides about.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Consent {
    pub(super) frame: Frame,
    pub(super) service: Service,
    /// The holder, as the card names them.
    pub(super) holder: String,
    pub(super) message: String,
    /// Name and value, for people.
    pub(super) claims: Vec<(String, String)>,
    pub(super) proof: String,
}

/// Who asks, for people.
pub(super) struct Service {
    pub(super) name: String,
    /// The agency that is behind it.
    pub(super) agency: String,
    /// A `data:` address; empty if there is none.
    pub(super) logo: String,
}

impl Service {
    /// A relying service in the language of a page.
    pub(super) fn of(party: &Party, agency: String, text: Text) -> Self {
        Self { name: name(party.name(), text), agency, logo: party.logo().unwrap_or_default().to_owned() }
    }
}

/// Name of a relying service in the language of a page.
pub(super) fn name(name: &Name, text: Text) -> String {
    if text.language == "en" { name.en.clone() } else { name.sv.clone() }
}

/// A card that is refused, and what to do about it.
#[derive(Template)]
#[template(path = "refused.html")]
pub(super) struct Refused {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) advice: String,
    /// Where to try again.
    pub(super) retry: String,
    /// The same on the origin for older cards; empty if there is none, or this is it.
    pub(super) older: String,
    /// Where to give up; empty if nobody waits.
    pub(super) cancel: String,
    pub(super) service: String,
    /// For those who help: the word for it, and when.
    pub(super) code: &'static str,
    pub(super) at: String,
}

/// A card that works.
#[derive(Template)]
#[template(path = "checked.html")]
pub(super) struct Checked {
    pub(super) frame: Frame,
    pub(super) holder: String,
    pub(super) level: String,
    pub(super) until: String,
}

/// Something to read, and nothing to do.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) advice: String,
    /// For those who help: the word for it, when, and what else is known. Empty if all is well.
    pub(super) code: &'static str,
    pub(super) at: String,
    pub(super) detail: String,
}

impl Notice {
    /// The notice with this name.
    pub(super) fn of(frame: Frame, name: &str) -> Self {
        let (title, advice) = titled(frame.text, name);
        Self { frame, title, advice, code: "", at: String::new(), detail: String::new() }
    }

    /// A card that was refused when nothing can be tried again.
    pub(super) fn refused(app: &App, frame: Frame, why: CardRefused) -> Self {
        let at = minute(app.clock.now());
        Self { code: why.as_str(), at, ..Self::of(frame, why.as_str()) }
    }
}

/// Title and advice of a page.
pub(super) fn titled(text: Text, name: &str) -> (String, String) {
    (text.say(&format!("{name}-title")), text.say(&format!("{name}-advice")))
}

/// Whether to end the session.
#[derive(Template)]
#[template(path = "logout.html")]
pub(super) struct Logout {
    pub(super) frame: Frame,
    /// Parameters that are sent along.
    pub(super) fields: Vec<(String, String)>,
}

/// A form that takes an answer to the relying service.
#[derive(Template)]
#[template(path = "onward.html")]
struct Return {
    frame: Frame,
    title: String,
    advice: String,
    action: String,
    fields: Vec<(String, String)>,
    /// Whether it goes on by itself, where there is script.
    at_once: bool,
}

/// The browser goes on to the relying service. What went wrong is read before.
pub(super) fn go_on(way: Onward, frame: Frame) -> Response {
    let (form, problem) = match way {
        Onward::Redirect(address) => return see_other(&address),
        Onward::Form { form, problem } => (form, problem),
    };
    let origin = url::Url::parse(&form.action).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let (title, advice) = titled(frame.text, problem.map_or("onward", Problem::as_str));
    let (action, at_once) = (form.action, problem.is_none());
    let onward = Return { frame, title, advice, action, fields: form.fields, at_once };
    guarded(StatusCode::OK, &onward, &origin, "script-src 'self'; ")
}

/// The holder's sessions.
#[derive(Template)]
#[template(path = "logins.html")]
pub(super) struct Logins {
    pub(super) frame: Frame,
    /// Where a session is ended.
    pub(super) action: &'static str,
    pub(super) rows: Vec<LoginRow>,
}

/// A session, for people.
pub(super) struct LoginRow {
    pub(super) sid: String,
    pub(super) service: String,
    pub(super) since: String,
    pub(super) until: String,
}

/// What works now.
#[derive(Template)]
#[template(path = "status.html")]
pub(super) struct Status {
    pub(super) frame: Frame,
    /// Name of the text that says it in one sentence.
    pub(super) summary: &'static str,
    pub(super) at: String,
    /// Names of the texts: what, and how it is.
    pub(super) rows: Vec<(&'static str, &'static str)>,
}

/// What errors mean.
#[derive(Template)]
#[template(path = "errors.html")]
pub(super) struct Errors {
    pub(super) frame: Frame,
    /// Word, title and advice.
    pub(super) cards: Vec<(&'static str, String, String)>,
    /// Word and meaning.
    pub(super) protocol: Vec<(&'static str, String)>,
}

/// A page whose forms end here, or at `ends_at` after a redirect.
pub(super) fn page(status: StatusCode, page: &impl Template, ends_at: &str) -> Response {
    guarded(status, page, ends_at, "")
}

/// The same with more in its policy.
fn guarded(status: StatusCode, page: &impl Template, ends_at: &str, more: &str) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; {more}style-src 'self'; img-src data:; form-action 'self' {ends_at}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The page for a request that must not be answered anywhere else.
pub(super) fn error(app: &App, frame: Frame, error: &LoginError) -> Response {
    let told = error.oidc();
    if let LoginError::Service(cause) = error {
        tracing::error!(error = %cause, code = cause.code(), "a login failed");
    }
    let detail = if let LoginError::Saml(why) = error {
        tracing::info!(%why, "a SAML message was refused");
        why.to_string()
    } else {
        told.description.to_owned()
    };
    // What will pass is told apart from what has to be mended.
    let name = if told.code == Code::TemporarilyUnavailable { "away" } else { "error" };
    let at = minute(app.clock.now());
    let notice = Notice { code: told.code.as_str(), at, detail, ..Notice::of(frame, name) };
    let status = match told.code.status() {
        401 => StatusCode::BAD_REQUEST,
        other => StatusCode::from_u16(other).unwrap_or(StatusCode::BAD_REQUEST),
    };
    page(status, &notice, "")
}

/// The page for a login that is over.
pub(super) fn over(frame: Frame) -> Response {
    page(StatusCode::GONE, &Notice::of(frame, "over"), "")
}

/// Sends a browser on; the method becomes GET, so that nothing that was posted goes along (FAPI 2.0 section 5.3.2.2).
pub(super) fn see_other(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A response with cookies.
pub(super) fn with_cookies(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The style of all pages.
pub(super) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("style.css"))
}

/// Name of the text that names a claim to people.
pub(super) fn claim_name(claim: &str) -> String {
    let own = claim.rsplit('/').next().unwrap_or(claim);
    let name = match own {
        "personalIdentityNumber" => "personal-number",
        "coordinationNumber" => "coordination-number",
        "orgAffiliation" | "urn:oid:1.2.752.201.3.1" => "org-affiliation",
        "orgName" | "urn:oid:2.5.4.10" => "org-name",
        "orgNumber" | "urn:oid:2.5.4.97" => "org-number",
        "credentialValidFrom" => "valid-from",
        "credentialValidTo" => "valid-to",
        "given_name" | "urn:oid:2.5.4.42" => "given-name",
        "family_name" | "urn:oid:2.5.4.4" => "family-name",
        "urn:oid:2.16.840.1.113730.3.1.241" => "name",
        "urn:oid:1.2.752.29.4.13" => "identity-number",
        "urn:oid:1.3.6.1.5.5.7.9.1" => "birthdate",
        other => other,
    };
    format!("claim-{name}")
}
