//! Pages: filled templates with the headers that keep them ours.

use super::text::Text;
use crate::service::login::LoginError;
use crate::service::login::flow::{Onward, Problem};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// What the holder decides about.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Consent {
    pub(super) text: Text,
    pub(super) service: String,
    pub(super) message: String,
    /// Name and value, for people.
    pub(super) claims: Vec<(String, String)>,
    pub(super) proof: String,
}

/// A card that is refused, and what to do about it.
#[derive(Template)]
#[template(path = "refused.html")]
pub(super) struct Refused {
    pub(super) text: Text,
    pub(super) title: String,
    pub(super) advice: String,
    /// Where to try again.
    pub(super) retry: String,
    /// The same on the origin for older cards; empty if there is none, or this is it.
    pub(super) older: String,
    /// Where to give up; empty if nobody waits.
    pub(super) cancel: String,
    pub(super) service: String,
}

/// A card that works.
#[derive(Template)]
#[template(path = "checked.html")]
pub(super) struct Checked {
    pub(super) text: Text,
    pub(super) holder: String,
    pub(super) level: String,
    pub(super) until: String,
}

/// Something to read, and nothing to do.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice {
    pub(super) text: Text,
    pub(super) title: String,
    pub(super) advice: String,
    pub(super) code: String,
    pub(super) detail: String,
}

/// Whether to end the session.
#[derive(Template)]
#[template(path = "logout.html")]
pub(super) struct Logout {
    pub(super) text: Text,
    /// Parameters that are sent along.
    pub(super) fields: Vec<(String, String)>,
}

/// A form that takes an answer to the relying service.
#[derive(Template)]
#[template(path = "onward.html")]
struct Return {
    text: Text,
    title: String,
    advice: String,
    action: String,
    fields: Vec<(String, String)>,
    /// Whether it goes on by itself, where there is script.
    at_once: bool,
}

/// The browser goes on to the relying service. What went wrong is read before.
pub(super) fn go_on(way: Onward, language: &str) -> Response {
    let (form, problem) = match way {
        Onward::Redirect(address) => return see_other(&address),
        Onward::Form { form, problem } => (form, problem),
    };
    let origin = url::Url::parse(&form.action).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let text = Text::of(language);
    let name = problem.map_or("onward", Problem::as_str);
    let onward = Return {
        text,
        title: text.say(&format!("{name}-title")),
        advice: text.say(&format!("{name}-advice")),
        action: form.action,
        fields: form.fields,
        at_once: problem.is_none(),
    };
    page(StatusCode::OK, &onward, &origin)
}

/// A page whose forms end here, or at `ends_at` after a redirect.
pub(super) fn page(status: StatusCode, page: &impl Template, ends_at: &str) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self' {ends_at}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The page for a request that must not be answered anywhere else.
pub(super) fn error(language: &str, error: &LoginError) -> Response {
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
    let text = Text::of(language);
    let notice = Notice {
        text,
        title: text.say("error-title"),
        advice: text.say("error-advice"),
        code: told.code.as_str().to_owned(),
        detail,
    };
    let status = match told.code.status() {
        401 => StatusCode::BAD_REQUEST,
        other => StatusCode::from_u16(other).unwrap_or(StatusCode::BAD_REQUEST),
    };
    page(status, &notice, "")
}

/// The page for a login that is over.
pub(super) fn over(language: &str) -> Response {
    let text = Text::of(language);
    let (title, advice) = (text.say("over-title"), text.say("over-advice"));
    let notice = Notice { text, title, advice, code: String::new(), detail: String::new() };
    page(StatusCode::GONE, &notice, "")
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
