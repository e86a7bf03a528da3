//! To an agency's system: JSON, signed with the service's seal, to the configured address and nowhere else.

use super::deliver::Failure;
use crate::app::App;
use crate::app::outward::{self, Reach};
use crate::config::notices::NoticesConfig;
use crate::service::seal;
use domain::notice::{Addressee, Notice};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is posted.
#[derive(Serialize)]
struct Body<'a> {
    /// The same for every attempt: whoever has seen it has seen the notice.
    id: &'a str,
    kind: &'a str,
    agency: &'a str,
    about: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    facts: &'a BTreeMap<String, String>,
    at: String,
}

/// Posts a notice to the agency's system.
///
/// # Errors
/// [`Failure`]; what the other side refuses for good does not pass.
pub(super) async fn post(app: &App, config: &NoticesConfig, notice: &Notice) -> Result<(), Failure> {
    let webhook = config.webhook(&notice.tenant).ok_or(Failure { why: "webhook-not-configured", passes: false })?;
    let reach = if webhook.private { Reach::Anywhere } else { Reach::Public };
    let client = outward::client(&[&webhook.root], reach).await.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), agency = %notice.tenant, "a webhook's section cannot be used");
        Failure { why: "webhook-configuration", passes: true }
    })?;
    let body = body(notice);
    let signature = seal::sign(app, NOTICE_TYPE, body.clone().into_bytes()).await.map_err(|error| {
        tracing::warn!(%error, "a notice was not signed");
        Failure { why: "not-signed", passes: true }
    })?;
    let request = client.post(&webhook.url).header(CONTENT_TYPE, "application/json");
    let sent = request.header(SIGNATURE_HEADER, detached(&signature)).body(body).send().await;
    let status = sent.map_err(|error| {
        tracing::warn!(error = %error.without_url(), agency = %notice.tenant, "a notice did not arrive");
        Failure { why: "webhook-away", passes: true }
    })?;
    match status.status() {
        status if status.is_success() => Ok(()),
        status if status.is_server_error() || PUT_OFF.contains(&status.as_u16()) => {
            Err(Failure { why: "webhook-put-off", passes: true })
        }
        status if status.is_redirection() => Err(Failure { why: "webhook-redirects", passes: false }),
        _ => Err(Failure { why: "webhook-refused", passes: false }),
    }
}

fn body(notice: &Notice) -> String {
    let person = match &notice.to {
        Addressee::Employee(person) => Some(person.as_str()),
        Addressee::Group(_) => None,
    };
    let body = Body {
        id: notice.id.as_str(),
        kind: notice.kind.as_str(),
        agency: notice.tenant.as_str(),
        about: &notice.about,
        person,
        facts: &notice.facts,
        at: notice.at.to_string(),
    };
    serde_json::to_string(&body).expect("a notice holds strings and string-keyed maps")
}

/// The signature without what it is over, which is the body (RFC 7515 appendix F).
fn detached(jws: &str) -> String {
    let (head, signature) = (jws.split('.').next().unwrap_or_default(), jws.rsplit('.').next().unwrap_or_default());
    format!("{head}..{signature}")
}

/// The JWS `typ` of a notice.
const NOTICE_TYPE: &str = "sigill-notice+jws";
const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("sigill-signature");
/// Request timeout, too early, too many requests.
const PUT_OFF: [u16; 3] = [408, 425, 429];
