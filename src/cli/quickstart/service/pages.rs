//! The demo relying service's pages, in two languages at once.

use super::Entry;
use super::client::{Begun, LoggedIn, RelyingParty};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use url::form_urlencoded;

/// Where answers come back.
pub(super) const CALLBACK: &str = "/callback";
/// Where the provider says that a session is over.
pub(super) const NOTICE: &str = "/notice";

/// The service, and who is logged in.
pub(super) struct Service {
    party: RelyingParty,
    entry: Entry,
    sessions: Mutex<Sessions>,
}

/// The newest sessions, by their secret.
#[derive(Default)]
struct Sessions {
    by_secret: HashMap<String, Arc<LoggedIn>>,
    order: VecDeque<String>,
}

#[derive(Template)]
#[template(path = "demo-service.html")]
struct Front {
    login: Option<Shown>,
}

#[derive(Template)]
#[template(path = "demo-service-failed.html")]
struct Failed {
    error: String,
}

/// What a relying service got, for people.
struct Shown {
    name: String,
    level: String,
    claims: Vec<(String, String)>,
    id_token: String,
    access_token: String,
}

impl Service {
    pub(super) fn new(party: RelyingParty, entry: Entry) -> Self {
        Self { party, entry, sessions: Mutex::default() }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, headers: &HeaderMap) -> Option<Arc<LoggedIn>> {
        self.sessions().by_secret.get(&cookie(headers, SESSION)?).cloned()
    }
}

impl Sessions {
    fn keep(&mut self, secret: &str, login: LoggedIn) {
        if self.order.len() >= MOST_SESSIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_secret.remove(&oldest);
        }
        self.order.push_back(secret.to_owned());
        self.by_secret.insert(secret.to_owned(), Arc::new(login));
    }

    fn end(&mut self, ends: impl Fn(&str, &LoggedIn) -> bool) {
        self.by_secret.retain(|secret, login| !ends(secret, login));
        let left = &self.by_secret;
        self.order.retain(|secret| left.contains_key(secret));
    }
}

/// The routes.
pub(super) fn router(service: Arc<Service>) -> Router {
    let style = || async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) };
    Router::new()
        .route("/", get(front))
        .route("/login", get(begin))
        .route(CALLBACK, get(finish))
        .route("/logout", post(end))
        .route(NOTICE, post(told))
        .route("/style.css", get(style))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(service)
}

async fn front(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let login = service.of(&headers).map(|login| Shown::of(&login));
    page(StatusCode::OK, &Front { login }, service.party.issuer())
}

async fn begin(State(service): State<Arc<Service>>) -> Response {
    if let Err(error) = service.entry.ensure().await {
        return failed(&service, StatusCode::SERVICE_UNAVAILABLE, &error);
    }
    let (begun, address) = service.party.begin();
    let kept = format!("{}.{}.{}", begun.state, begun.nonce, begun.verifier);
    moved(&address, &set(LOGIN, &kept, LOGIN_SECONDS))
}

async fn finish(State(service): State<Arc<Service>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    match finished(&service, &headers, query.as_deref().unwrap_or_default()).await {
        Ok(secret) => moved(&service.party.home(), &set(SESSION, &secret, SESSION_SECONDS)),
        Err(error) => failed(&service, StatusCode::FORBIDDEN, &error),
    }
}

fn failed(service: &Service, status: StatusCode, error: &anyhow::Error) -> Response {
    page(status, &Failed { error: format!("{error:#}") }, service.party.issuer())
}

async fn finished(service: &Service, headers: &HeaderMap, query: &str) -> anyhow::Result<String> {
    let answer: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let begun = cookie(headers, LOGIN).and_then(|kept| Begun::read(&kept));
    let begun = begun.filter(|begun| answer.get("state") == Some(&begun.state));
    let begun = begun.ok_or_else(|| anyhow::anyhow!("this browser began no such login"))?;
    // RFC 9207 section 2.4.
    anyhow::ensure!(
        answer.get("iss").is_some_and(|iss| iss == service.party.issuer()),
        "the answer is somebody else's"
    );
    if let Some(error) = answer.get("error") {
        let description = answer.get("error_description").map_or("", String::as_str);
        anyhow::bail!("{error}: {description}");
    }
    let code = answer.get("code").ok_or_else(|| anyhow::anyhow!("the answer has no code"))?;
    let login = service.party.finish(&begun, code).await?;
    let secret = service.party.secret();
    service.sessions().keep(&secret, login);
    Ok(secret)
}

async fn end(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let Some(login) = service.of(&headers) else { return moved(&service.party.home(), &set(SESSION, "", 0)) };
    let own = cookie(&headers, SESSION);
    service.sessions().end(|secret, _| own.as_deref() == Some(secret));
    moved(&service.party.logout(&login.id_token), &set(SESSION, "", 0))
}

/// OpenID Connect Back-Channel Logout section 2.5.
async fn told(State(service): State<Arc<Service>>, body: Bytes) -> StatusCode {
    let token = form_urlencoded::parse(&body).find(|(name, _)| name == "logout_token");
    let Some((_, token)) = token else { return StatusCode::BAD_REQUEST };
    let Ok(claims) = service.party.verified(&token).await else { return StatusCode::BAD_REQUEST };
    if !claims["events"][LOGOUT_EVENT].is_object() || !claims["sid"].is_string() {
        return StatusCode::BAD_REQUEST;
    }
    service.sessions().end(|_, login| login.id_claims["sid"] == claims["sid"]);
    StatusCode::OK
}

impl Begun {
    fn read(kept: &str) -> Option<Self> {
        let mut parts = kept.split('.').map(str::to_owned);
        Some(Self { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? })
    }
}

impl Shown {
    fn of(login: &LoggedIn) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut answer = login.answer.clone();
        answer["id_token"] = "…".into();
        // Whoever has it may use it: people see that it is there.
        answer["access_token"] = "…".into();
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        Self {
            name: text(&login.person["name"]),
            level: text(&login.id_claims["acr"]),
            claims: login
                .person
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            id_token: format!("{}\n{}", head(&login.id_token), pretty(&login.id_claims)),
            access_token: pretty(&answer),
        }
    }
}

/// The header of a JWT that was verified.
fn head(jwt: &str) -> String {
    let header = pki::jose::read_compact(jwt).map(|jws| jws.header);
    header.map_or_else(|_| String::new(), |header| serde_json::to_string_pretty(&header).unwrap_or_default())
}

fn page(status: StatusCode, page: &impl Template, issuer: &str) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {issuer}; frame-ancestors 'none'; \
         base-uri 'none'"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".to_owned())];
    (status, headers, Html(html)).into_response()
}

fn moved(address: &str, cookie: &str) -> Response {
    let headers = [(header::LOCATION, address), (header::SET_COOKIE, cookie), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn set(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

const SESSION: &str = "__Host-demo-service";
const LOGIN: &str = "__Host-demo-service-login";
const LOGIN_SECONDS: u32 = 900;
const SESSION_SECONDS: u32 = 3600;
const MOST_SESSIONS: usize = 256;
const MAX_BODY: usize = 64 * 1024;
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// It looks like the provider's pages.
const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/relying/style.css"));
