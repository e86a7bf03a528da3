//! A relying service asks for a login.

use super::flow::{Flow, Onward};
use super::records::{self, LoginBody, SessionBody};
use super::{Halt, LoginError, parts, secret};
use crate::app::App;
use crate::service::commit::commit;
use crate::service::relying::client;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::{LoginWrite, SecretDigest, SessionState, Ticket, TicketKind};
use federation::oidc::authentication::Clock;
use federation::oidc::authorization::{AuthorizationRequest, Refused, Way};
use federation::oidc::client::Client;
use federation::oidc::dpop::Proof;
use federation::oidc::jwe::is_jwe;
use federation::oidc::level::{satisfy, supported};
use federation::oidc::token::Grant;
use federation::oidc::{Code, OidcError, Parameters};

/// How the browser goes on.
#[derive(Debug)]
pub enum Begun {
    /// To the card's origin, with this address.
    Card(String),
    /// Back, with an answer: nobody needed to be asked.
    Answered(Onward),
}

/// Who asks, as far as the browser says.
#[derive(Debug, Clone, Copy)]
pub struct Browser<'a> {
    /// Its secret.
    pub secret: &'a str,
    /// The secret of its session, if it has one.
    pub session: Option<&'a str>,
    /// The language that its user asked for on a page of ours: it goes before the request's.
    pub chosen: Option<&'a str>,
    /// Its language, for when the request names none: `sv` or `en`.
    pub language: &'a str,
}

/// A request that was pushed (RFC 9126 section 2.2).
#[derive(Debug)]
pub struct Pushed {
    /// The `request_uri`.
    pub uri: String,
    /// How long it may be used, in seconds.
    pub expires_in: i64,
}

/// Begins a login.
///
/// # Errors
/// [`Halt`]: a page for what must not be sent anywhere, else an address at the relying service.
pub async fn begin(app: &App, parameters: Parameters, browser: Browser<'_>) -> Result<Begun, Halt> {
    let login = parts(app)?;
    let client = client(app, parameters.need("client_id", "client_id is missing")?).await.map_err(unknown)?;
    let (request, used) = request(app, parameters, &client).await?;
    let provider = login.provider();
    let back = |error| Halt::Answer(Onward::Redirect(request.redirect().refusal(&provider.issuer, &error)));
    let offered = supported(provider.approval);
    let reachable = |acr: &String| offered.iter().any(|(name, _)| name == acr);
    if !request.acr_values.is_empty() && !request.acr_values.iter().any(reachable) {
        return Err(back(OidcError::new(Code::UnmetAuthenticationRequirements, "no card here has this level")));
    }
    if request.silent {
        let code = silently(app, &client, &request, browser, used).await.map_err(|error| back(error.oidc()))?;
        let address = request.redirect().with(&provider.issuer, &[("code", &code)]);
        return Ok(Begun::Answered(Onward::Redirect(address)));
    }
    let wanted = request.ui_locales.iter().find_map(|tag| ["sv", "en"].into_iter().find(|l| tag.starts_with(l)));
    let language = browser.chosen.or(wanted).unwrap_or(browser.language);
    let asked = (client.id.as_str(), Flow::Oidc(request));
    to_card(app, asked, browser.secret, language, used.into_iter().collect()).await.map_err(used_meanwhile)
}

/// Keeps what was asked for, and sends the browser to the card.
pub(super) async fn to_card(
    app: &App,
    (service, request): (&str, Flow),
    browser: &str,
    language: &str,
    mut writes: Vec<LoginWrite>,
) -> Result<Begun, StoreError> {
    let (now, handle) = (app.clock.now(), secret(app));
    let browser = records::digest_text(SecretDigest::of(browser));
    writes.push(LoginWrite::Ticket(Ticket {
        kind: TicketKind::Login,
        digest: SecretDigest::of(&handle),
        client_id: service.to_owned(),
        session: None,
        body: records::write(&LoginBody { request, browser, language: language.to_owned() }),
        at: now,
        expires_at: now.plus_seconds(LOGIN_SECONDS),
    }));
    app.store.keep_login(writes).await?;
    let card = app.config.login.as_ref().map_or("", |config| config.card.url.as_str());
    Ok(Begun::Card(format!("{card}{}?login={handle}", super::card::PATH)))
}

/// Keeps a request that its client pushed, for one use.
///
/// # Errors
/// The protocol's, or what the store says.
pub async fn push(
    app: &App,
    client: &Client,
    parameters: Parameters,
    proof: Option<&Proof>,
) -> Result<Pushed, LoginError> {
    if parameters.get("request_uri").is_some() {
        return Err(OidcError::new(Code::InvalidRequest, "a pushed request has no request_uri").into());
    }
    let now = app.clock.now();
    let provider = parts(app)?.provider();
    let parameters = opened(app, parameters).await?;
    let request = AuthorizationRequest::read(parameters, client, (&provider, Way::Pushed, Clock(now)));
    let mut request = request.map_err(|Refused { error, .. }| error)?;
    if let Some(proof) = proof {
        // RFC 9449 section 10.1: the header says the same as the parameter.
        if request.dpop_jkt.as_ref().is_some_and(|jkt| *jkt != proof.jkt) {
            return Err(OidcError::new(Code::InvalidDpopProof, "dpop_jkt names another key than the proof").into());
        }
        request.dpop_jkt = Some(proof.jkt.clone());
    }
    let handle = secret(app);
    let ticket = Ticket {
        kind: TicketKind::Request,
        digest: SecretDigest::of(&handle),
        client_id: client.id.clone(),
        session: None,
        body: records::write(&request),
        at: now,
        expires_at: now.plus_seconds(PUSHED_SECONDS),
    };
    app.store.keep_login(vec![LoginWrite::Ticket(ticket)]).await?;
    Ok(Pushed { uri: format!("{REQUEST_URI}{handle}"), expires_in: PUSHED_SECONDS })
}

/// The request itself; for a pushed one also what uses it up.
async fn request(
    app: &App,
    parameters: Parameters,
    client: &Client,
) -> Result<(AuthorizationRequest, Option<LoginWrite>), Halt> {
    let login = parts(app)?;
    let now = app.clock.now();
    let Some(handle) = parameters.get("request_uri").and_then(|uri| uri.strip_prefix(REQUEST_URI)) else {
        let provider = login.provider();
        let parameters = opened(app, parameters).await?;
        let read = AuthorizationRequest::read(parameters, client, (&provider, Way::Front, Clock(now)));
        return match read {
            Ok(request) => Ok((request, None)),
            Err(Refused { error, redirect: Some(redirect) }) => {
                Err(Halt::Answer(Onward::Redirect(redirect.refusal(&provider.issuer, &error))))
            }
            Err(Refused { error, redirect: None }) => Err(error.into()),
        };
    };
    let digest = SecretDigest::of(handle);
    let found = app.store.ticket(TicketKind::Request, &digest).await?;
    let found = found.filter(|found| found.is_good(now) && found.ticket.client_id == client.id);
    let found =
        found.ok_or(OidcError::new(Code::InvalidRequestUri, "the pushed request is used, over, or another's"))?;
    let spend = LoginWrite::Spend { kind: TicketKind::Request, digest, at: now };
    Ok((records::read(&found.ticket.body)?, Some(spend)))
}

/// The same with its request object decrypted, if it is encrypted. What is inside must be signed like any other.
async fn opened(app: &App, parameters: Parameters) -> Result<Parameters, LoginError> {
    match parameters.get("request").filter(|object| is_jwe(object)) {
        Some(object) => {
            let signed = super::keys::open(app, object).await?;
            Ok(parameters.with("request", signed))
        }
        None => Ok(parameters),
    }
}

fn used_meanwhile(error: StoreError) -> Halt {
    match error {
        StoreError::Stale { .. } => {
            OidcError::new(Code::InvalidRequestUri, "the pushed request was used meanwhile").into()
        }
        other => other.into(),
    }
}

/// Answers from the session, if it is for this relying service and nothing new is asked for (Sweden Connect OIDC
/// profile section 2.1.3). The code.
async fn silently(
    app: &App,
    client: &Client,
    request: &AuthorizationRequest,
    browser: Browser<'_>,
    used: Option<LoginWrite>,
) -> Result<String, LoginError> {
    let login_required = OidcError::new(Code::LoginRequired, "there is no session for this request");
    let now = app.clock.now();
    let id = SecretDigest::of(browser.session.ok_or(login_required)?);
    let found =
        app.store.session(&id).await?.filter(|found| found.is_alive(now) && found.session.client_id == client.id);
    let SessionState { session, .. } = found.ok_or(login_required)?;
    let body: SessionBody = records::read(&session.body)?;
    let approval = parts(app)?.provider().approval;
    let acr = satisfy(body.level, approval, &request.acr_values).ok_or(login_required)?;
    if !records::is_wanted(app, request, &body.sub)? || !request.accepts_age(session.at.unix(), now.unix()) {
        return Err(login_required.into());
    }
    let holder = super::consent::holder(app, (&session.tenant, &session.person), &body).await?;
    let release = federation::oidc::claims::Release::decide(client, &request.scopes, &request.claims, &holder)?;
    if !release.names().is_subset(&body.release.names()) {
        return Err(OidcError::new(Code::InteractionRequired, "the holder has not agreed to all of this").into());
    }
    let grant = Grant {
        request: request.clone(),
        sub: body.sub,
        acr: acr.to_owned(),
        amr: body.amr,
        auth_time: session.at.unix(),
        sid: session.sid.clone(),
        release,
        binding: None,
    };
    let code = secret(app);
    let ticket = super::consent::code_ticket(app, &code, session.id, &grant);
    let event = Event::new("login.repeated", Actor::Person(session.person.clone()), &*client.id, now)
        .in_tenant(&session.tenant)
        .with("acr", acr)
        .with("claims", grant.release.names().into_iter().collect::<Vec<_>>().join(" "))
        .with("session", &session.sid);
    let mut changes = Changes::recording(event).write(Write::Login(LoginWrite::Ticket(ticket)));
    if let Some(spend) = used {
        changes = changes.write(Write::Login(spend));
    }
    commit(app, changes).await?;
    Ok(code)
}

/// To a browser an unknown client is a bad request, not a failed authentication.
fn unknown(error: LoginError) -> LoginError {
    match error {
        LoginError::Oidc(_) => OidcError::new(Code::UnauthorizedClient, "the client is not registered").into(),
        other => other,
    }
}

/// What a `request_uri` of ours begins with (RFC 9126 section 2.2).
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a pushed request may wait, in seconds: below the 600 of FAPI 2.0 section 5.3.2.2.
const PUSHED_SECONDS: i64 = 90;
/// How long a login may take from the request to the decision, in seconds.
const LOGIN_SECONDS: i64 = 900;
