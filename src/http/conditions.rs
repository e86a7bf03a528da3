//! The headers of a request that its change depends on: `Idempotency-Key` and `If-Match` (RFC 9110 section 13.1.1).

use crate::app::App;
use crate::http::problem::Problem;
use crate::service::conditions::{Answer, Conditions, Key, Seen};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::changes::Version;
use http_body_util::LengthLimitError;
use std::sync::Arc;

/// Lets a request that changes something do it once, and to what its caller saw.
pub(super) async fn hold(State(app): State<App>, request: Request, next: Next) -> Response {
    let plain = !request.headers().contains_key(KEY) && !request.headers().contains_key(header::IF_MATCH);
    if plain || request.method() == Method::GET {
        return next.run(request).await;
    }
    match conditions(request).await {
        Ok((conditions, request)) => {
            let response = Arc::clone(&conditions).hold(next.run(request)).await;
            if conditions.is_done() { kept(&app, &conditions, response).await } else { response }
        }
        Err(problem) => problem.into_response(),
    }
}

/// The conditions in the headers. The request takes them along to where the caller is known.
async fn conditions(request: Request) -> Result<(Arc<Conditions>, Request), Problem> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, super::MAX_BODY).await.map_err(|error| unread(&error))?;
    let route = format!("{} {}", parts.method, parts.uri.path());
    let key = key(&parts.headers)?.map(|key| Key::new(key, &route, &body));
    let conditions = Arc::new(Conditions::new(key, seen(&parts.headers)));
    parts.extensions.insert(Arc::clone(&conditions));
    Ok((conditions, Request::from_parts(parts, Body::from(body))))
}

fn unread(error: &axum::Error) -> Problem {
    if std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>) {
        return Problem::edge(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large");
    }
    Problem::edge(StatusCode::BAD_REQUEST, "body", "the body could not be read")
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let fits = |text: &&str| {
        let characters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        (SHORTEST_KEY..=LONGEST_KEY).contains(&text.len()) && characters
    };
    // A structured field is a string in quotation marks; a bare one is meant the same.
    let text = value.to_str().ok().map(|text| text.trim_matches('"')).filter(fits);
    text.map(Some).ok_or_else(|| {
        Problem::edge(StatusCode::BAD_REQUEST, "request-key", "16 to 64 letters, digits, hyphens or underscores")
    })
}

/// The versions in `If-Match`; `*` is any. A tag that is none of ours matches nothing, which the commit says: by then it
/// is known whether the caller may ask.
fn seen(headers: &HeaderMap) -> Option<Seen> {
    let mut tags = headers.get_all(header::IF_MATCH).iter().peekable();
    if tags.peek().is_none_or(|value| value.as_bytes() == b"*") {
        return None;
    }
    let tags = tags.filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    Some(Seen(tags.filter_map(|tag| version(tag.trim())).collect()))
}

fn version(tag: &str) -> Option<(String, Version)> {
    let (kind, number) = tag.strip_prefix('"')?.strip_suffix('"')?.rsplit_once('-')?;
    Some((kind.to_owned(), Version(number.parse().ok()?)))
}

/// A view of something that changes, with its version as entity tag.
pub struct Tagged<T>(pub &'static str, pub Version, pub T);

impl<T: IntoResponse> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Self(kind, version, view) = self;
        let mut response = view.into_response();
        let tag = HeaderValue::from_str(&tag(kind, version)).expect("a kind and a number are fit for a header");
        response.headers_mut().insert(header::ETAG, tag);
        response
    }
}

/// The entity tag of a version of a kind of row.
pub fn tag(kind: &str, Version(version): Version) -> String {
    format!("\"{kind}-{version}\"")
}

/// Keeps the answer, so that whoever sends the request again gets it.
async fn kept(app: &App, conditions: &Conditions, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_ANSWER).await else {
        tracing::error!("an answer of a request with a key could not be read");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    if let Err(error) = conditions.keep(app, &answer).await {
        tracing::warn!(%error, "the answer of a request with a key was not kept");
    }
    Response::from_parts(parts, Body::from(body))
}

/// The answer of the first time.
pub(super) fn again(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Bytes::from(answer.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// The caller's word for one request.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const KEPT_HEADERS: [HeaderName; 5] =
    [header::CONTENT_TYPE, header::CONTENT_LANGUAGE, header::ETAG, header::LOCATION, header::RETRY_AFTER];
/// Short keys are guessed, and met by chance.
const SHORTEST_KEY: usize = 16;
const LONGEST_KEY: usize = 64;
/// Larger than any answer of a request that changes something, in octets.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn keys_are_words_that_are_hard_to_guess() {
        for (text, fits) in [
            ("3f1c0d2e-6a5b-4c7d-8e9f-0a1b2c3d4e5f", true),
            ("\"3f1c0d2e-6a5b-4c7d-8e9f-0a1b2c3d4e5f\"", true),
            ("short", false),
            ("with spaces in it, long enough", false),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(key(&headers(KEY, text)).is_ok(), fits, "{text}");
        }
        assert!(matches!(key(&HeaderMap::new()), Ok(None)));
    }

    #[test]
    fn tags_are_read_as_they_were_given() {
        let given = tag("bulk-revocation", Version(3));
        let wanted = Some(Seen(vec![("bulk-revocation".to_owned(), Version(3))]));
        assert_eq!(seen(&headers(header::IF_MATCH, &given)), wanted);
        assert_eq!(seen(&headers(header::IF_MATCH, &format!("W/\"x\", {given}"))), wanted);
        assert_eq!(seen(&headers(header::IF_MATCH, "*")), None);
        for none in ["3", "\"card\"", "W/\"card-3\"", "\"card-x\"", ""] {
            assert_eq!(seen(&headers(header::IF_MATCH, none)), Some(Seen(Vec::new())), "{none}");
        }
    }
}
