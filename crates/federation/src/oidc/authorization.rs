//! What a relying service asks of a login: plain, signed or pushed.

use super::authentication::Clock;
use super::claims::{ClaimsRequest, is_scope};
use super::client::{Client, Demand};
use super::provider::Provider;
use super::{Code, OidcError, Parameters, request_object};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

mod message;
pub use message::UserMessage;

/// A request that was checked against its client's registration; it may be kept between its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes; one of the registered.
    pub redirect_uri: String,
    /// What is asked for; `openid` among it.
    pub scopes: BTreeSet<String>,
    /// Returned unchanged.
    #[serde(default)]
    pub state: Option<String>,
    /// Put into the ID token.
    #[serde(default)]
    pub nonce: Option<String>,
    /// PKCE, S256 (RFC 7636 section 4.2).
    pub code_challenge: String,
    /// Levels that will do, best first; empty for any.
    pub acr_values: Vec<String>,
    /// Whether the answer must come without asking the user anything.
    pub silent: bool,
    /// How old the login may be, in seconds.
    #[serde(default)]
    pub max_age: Option<u64>,
    /// Single claims.
    pub claims: ClaimsRequest,
    /// An ID token of this provider's: the login must be that person's (OpenID Connect Core section 3.1.2.1).
    #[serde(default)]
    pub id_token_hint: Option<String>,
    /// Languages of the user, best first.
    pub ui_locales: Vec<String>,
    /// What the relying service wants the user to read before saying yes.
    #[serde(default)]
    pub message: Option<UserMessage>,
    /// Thumbprint of the key that the tokens shall be bound to (RFC 9449 section 10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
}

/// The way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through the browser.
    Front,
    /// From the client itself, which proved who it is (RFC 9126).
    Pushed,
}

/// A request that is refused, and whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub error: OidcError,
    /// Where to send the browser; none if it must not be sent anywhere.
    pub redirect: Option<Redirect>,
}

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// A registered address.
    pub uri: String,
    /// The client's own value.
    pub state: Option<String>,
}

impl Redirect {
    /// The address with an answer's parameters (RFC 6749 section 4.1.2) and the issuer (RFC 9207).
    pub fn with(&self, issuer: &str, answer: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.uri).expect("registered redirect addresses are addresses");
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(answer);
            query.append_pair("iss", issuer);
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
        }
        url.into()
    }

    /// The address with an error.
    pub fn refusal(&self, issuer: &str, error: &OidcError) -> String {
        self.with(issuer, &[("error", error.code.as_str()), ("error_description", error.description)])
    }

    /// Scheme, host and port, for the policy of a page whose form ends here.
    pub fn origin(&self) -> String {
        Url::parse(&self.uri).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

impl AuthorizationRequest {
    /// Checks a request of `client`, whose id it carries.
    ///
    /// # Errors
    /// [`Refused`]; with a redirect only if the address is registered (no open redirect).
    pub fn read(
        parameters: Parameters,
        client: &Client,
        (provider, way, clock): (&Provider, Way, Clock),
    ) -> Result<Self, Refused> {
        let page = |error| Refused { error, redirect: None };
        if way == Way::Front && client.demands(Demand::PushedRequests) {
            return Err(page(OidcError::request("this client must push its requests (RFC 9126)")));
        }
        if parameters.get("request_uri").is_some() {
            return Err(page(OidcError::new(
                Code::RequestUriNotSupported,
                "request_uri of another than this provider",
            )));
        }
        let parameters = match parameters.get("request") {
            Some(object) => request_object::read(object, client, provider, clock).map_err(page)?,
            None if client.demands(Demand::SignedRequests) => {
                return Err(page(OidcError::request("this client must sign its requests")));
            }
            None => parameters.without("request"),
        };
        let redirect = redirect(&parameters, client).map_err(page)?;
        Self::checked(&parameters, client, &redirect).map_err(|error| Refused { error, redirect: Some(redirect) })
    }

    fn checked(parameters: &Parameters, client: &Client, redirect: &Redirect) -> Result<Self, OidcError> {
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(OidcError::new(Code::UnsupportedResponseType, "only code is offered")),
            None => return Err(OidcError::request("response_type is missing")),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(OidcError::request("only the response_mode query is offered"));
        }
        let prompt = parameters.words("prompt");
        let silent = prompt.iter().any(|word| word == "none");
        if silent && prompt.len() > 1 {
            return Err(OidcError::request("prompt none stands alone"));
        }
        let claims = parameters.get("claims").map(ClaimsRequest::from_json).transpose()?.unwrap_or_default();
        let request = Self {
            client_id: client.id.clone(),
            redirect_uri: redirect.uri.clone(),
            scopes: scopes(parameters, client)?,
            state: redirect.state.clone(),
            nonce: short(parameters, "nonce")?,
            code_challenge: code_challenge(parameters)?,
            acr_values: acr_values(parameters, client, &claims),
            silent,
            max_age: max_age(parameters, client)?,
            claims,
            id_token_hint: parameters.get("id_token_hint").map(str::to_owned),
            ui_locales: parameters.words("ui_locales"),
            message: UserMessage::of(parameters)?,
            dpop_jkt: short(parameters, "dpop_jkt")?,
        };
        Ok(request)
    }

    /// Where the answer goes.
    pub fn redirect(&self) -> Redirect {
        Redirect { uri: self.redirect_uri.clone(), state: self.state.clone() }
    }

    /// Whether a login of `auth_time` is recent enough `now`.
    pub fn accepts_age(&self, auth_time: i64, now: i64) -> bool {
        let age = u64::try_from(now.saturating_sub(auth_time)).unwrap_or(0);
        self.max_age.is_none_or(|most| age <= most)
    }
}

/// The address, compared character by character (RFC 9700 section 2.1). A sole registered one may be left out only
/// where OpenID Connect is not asked for, so never.
fn redirect(parameters: &Parameters, client: &Client) -> Result<Redirect, OidcError> {
    let uri = parameters.need("redirect_uri", "redirect_uri is missing")?;
    if !client.redirect_uris.iter().any(|registered| registered == uri) {
        return Err(OidcError::request("redirect_uri is not registered"));
    }
    Ok(Redirect { uri: uri.to_owned(), state: short(parameters, "state")? })
}

fn scopes(parameters: &Parameters, client: &Client) -> Result<BTreeSet<String>, OidcError> {
    let asked: BTreeSet<String> = parameters.words("scope").into_iter().collect();
    if !asked.contains("openid") {
        return Err(OidcError::new(Code::InvalidScope, "scope must have openid"));
    }
    // Unknown scopes are ignored (OpenID Connect Core section 3.1.2.1), and so are those that nobody registered.
    let granted = |scope: &String| scope == "openid" || (is_scope(scope) && client.scopes.contains(scope));
    Ok(asked.into_iter().filter(granted).collect())
}

fn code_challenge(parameters: &Parameters) -> Result<String, OidcError> {
    let challenge = parameters.need("code_challenge", "PKCE is demanded: code_challenge is missing")?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(OidcError::request("code_challenge_method must be S256"));
    }
    let fits = challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !fits {
        return Err(OidcError::request("code_challenge is not a SHA-256 in base64url"));
    }
    Ok(challenge.to_owned())
}

/// An essential acr goes before `acr_values`, and those before what is registered.
fn acr_values(parameters: &Parameters, client: &Client, claims: &ClaimsRequest) -> Vec<String> {
    let asked = claims.essential_acr().filter(|values| !values.is_empty());
    let asked = asked.or_else(|| Some(parameters.words("acr_values")).filter(|values| !values.is_empty()));
    asked.unwrap_or_else(|| client.default_acr_values.clone())
}

fn max_age(parameters: &Parameters, client: &Client) -> Result<Option<u64>, OidcError> {
    match parameters.get("max_age") {
        Some(text) => text.parse().map(Some).map_err(|_| OidcError::request("max_age is not a number of seconds")),
        None => Ok(client.default_max_age),
    }
}

fn short(parameters: &Parameters, name: &'static str) -> Result<Option<String>, OidcError> {
    match parameters.get(name) {
        Some(value) if value.len() > MAX_VALUE => Err(OidcError::request("state, nonce or dpop_jkt is too long")),
        other => Ok(other.map(str::to_owned)),
    }
}

/// Longest state or nonce, in octets.
const MAX_VALUE: usize = 2_048;
