//! Relying services as they are registered: one JSON object with the names of RFC 7591 and its extensions.

use pki::PublicKey;
use pki::jose::{JoseAlgorithm, JwkError, read_jwk};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use url::Url;

/// A registration that was read and checked.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id, taken as given.
    pub id: String,
    /// The rules that it keeps.
    pub profile: SecurityProfile,
    /// Its name in Swedish and in English.
    pub name: Name,
    /// Where answers may go, each compared character by character.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after a logout.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub authentication: Authentication,
    /// Its keys.
    pub keys: Vec<ClientKey>,
    /// What it may ask for.
    pub scopes: BTreeSet<String>,
    /// The sector of its pairwise subjects; none for public ones.
    pub sector: Option<String>,
    /// What its ID tokens are signed with.
    pub id_token_algorithm: JoseAlgorithm,
    /// What its UserInfo answers are signed with.
    pub userinfo_algorithm: JoseAlgorithm,
    /// The levels that it wants if it does not say.
    pub default_acr_values: Vec<String>,
    /// How old a login may be if it does not say, in seconds.
    pub default_max_age: Option<u64>,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout section 2.2).
    pub backchannel_logout_uri: Option<String>,
    /// What it holds itself to.
    pub demands: BTreeSet<Demand>,
    /// Whether coordination numbers may be released to it.
    pub accepts_coordination_number: bool,
}

/// Something that a client may be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Only pushed requests are taken.
    PushedRequests,
    /// Only signed request objects are taken.
    SignedRequests,
    /// Tokens are bound to a key of its own, by certificate or proof.
    BoundTokens,
    /// Tokens are bound to the certificate of its connection (RFC 8705 section 3).
    CertificateBoundTokens,
}

/// A name in two languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `client_name#sv`, or the other one.
    pub sv: String,
    /// `client_name#en`, or the other one.
    pub en: String,
}

/// The rules that a client keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecurityProfile {
    /// OIDC Sweden and Sweden Connect.
    #[default]
    Sweden,
    /// FAPI 2.0 Security Profile.
    Fapi2,
}

/// How a client proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// A signed assertion (OpenID Connect Core section 9).
    PrivateKeyJwt,
    /// A certificate of a trusted CA with this subject (RFC 8705 section 2.1), written as in RFC 4514.
    TlsClientAuth {
        /// The subject.
        subject: String,
    },
    /// A certificate for one of the registered keys (RFC 8705 section 2.2).
    SelfSignedTls,
}

/// A registered key.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// Its name.
    pub kid: Option<String>,
    /// The only algorithm that it is for, if it says so.
    pub algorithm: Option<JoseAlgorithm>,
    /// The key.
    pub public: PublicKey,
}

/// Why a registration is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// Not the expected JSON.
    #[error("not a registration: {0}")]
    Json(String),
    /// A member that cannot be.
    #[error("{member}: {problem}")]
    Member {
        /// Which.
        member: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A key that cannot be used.
    #[error("jwks: key {at}")]
    Key {
        /// Its place in the list, from 0.
        at: usize,
        /// Why.
        #[source]
        source: JwkError,
    },
}

/// The members that mean something here. Others are ignored, as RFC 7591 section 2 demands.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the members are those of the standards")]
struct Registration {
    client_id: String,
    #[serde(default)]
    security_profile: SecurityProfile,
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    #[serde(default = "private_key_jwt")]
    token_endpoint_auth_method: String,
    #[serde(default)]
    tls_client_auth_subject_dn: Option<String>,
    #[serde(default)]
    jwks: Option<Jwks>,
    #[serde(default)]
    jwks_uri: Option<String>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default = "openid")]
    scope: String,
    #[serde(default)]
    subject_type: Option<String>,
    #[serde(default)]
    application_type: Option<String>,
    #[serde(default)]
    id_token_signed_response_alg: Option<String>,
    #[serde(default)]
    userinfo_signed_response_alg: Option<String>,
    #[serde(default)]
    id_token_encrypted_response_alg: Option<String>,
    #[serde(default)]
    default_acr_values: Vec<String>,
    #[serde(default)]
    default_max_age: Option<u64>,
    #[serde(default)]
    backchannel_logout_uri: Option<String>,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    require_signed_request_object: bool,
    #[serde(default)]
    accepts_coordination_number: bool,
    #[serde(default)]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(default)]
    dpop_bound_access_tokens: bool,
    /// Names with language tags (RFC 7591 section 2.2), and whatever else there is.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

fn private_key_jwt() -> String {
    "private_key_jwt".to_owned()
}

fn openid() -> String {
    "openid".to_owned()
}

impl Client {
    /// Reads a registration.
    ///
    /// # Errors
    /// [`RegistrationError`], naming the member.
    pub fn from_json(text: &str) -> Result<Self, RegistrationError> {
        if text.len() > MAX_REGISTRATION {
            return Err(member("client_id", "the registration is too large"));
        }
        let read: Registration = serde_json::from_str(text).map_err(|e| RegistrationError::Json(e.to_string()))?;
        check_flow(&read)?;
        let keys = keys(read.jwks.as_ref())?;
        Ok(Self {
            name: name(&read),
            authentication: authentication(&read, &keys)?,
            scopes: read.scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            sector: sector(&read)?,
            id_token_algorithm: algorithm(
                &read,
                "id_token_signed_response_alg",
                read.id_token_signed_response_alg.as_deref(),
            )?,
            userinfo_algorithm: algorithm(
                &read,
                "userinfo_signed_response_alg",
                read.userinfo_signed_response_alg.as_deref(),
            )?,
            demands: demands(&read),
            id: read.client_id,
            profile: read.security_profile,
            redirect_uris: read.redirect_uris,
            post_logout_redirect_uris: read.post_logout_redirect_uris,
            keys,
            default_acr_values: read.default_acr_values,
            default_max_age: read.default_max_age,
            backchannel_logout_uri: read.backchannel_logout_uri,
            accepts_coordination_number: read.accepts_coordination_number,
        })
    }

    /// Whether it is held to something.
    pub fn demands(&self, demand: Demand) -> bool {
        self.demands.contains(&demand)
    }

    /// Whether this client may sign or be sent signatures of this algorithm (FAPI 2.0 section 5.4.1 leaves RS256 out).
    pub fn allows(&self, algorithm: JoseAlgorithm) -> bool {
        allows(self.profile, algorithm)
    }
}

fn allows(profile: SecurityProfile, algorithm: JoseAlgorithm) -> bool {
    match algorithm {
        JoseAlgorithm::Es256 | JoseAlgorithm::Ps256 | JoseAlgorithm::EdDsa => true,
        JoseAlgorithm::Rs256 | JoseAlgorithm::Es384 => profile == SecurityProfile::Sweden,
    }
}

fn demands(read: &Registration) -> BTreeSet<Demand> {
    let fapi = read.security_profile == SecurityProfile::Fapi2;
    let certificate = read.tls_client_certificate_bound_access_tokens;
    let all = [
        (Demand::PushedRequests, fapi || read.require_pushed_authorization_requests),
        (Demand::SignedRequests, read.require_signed_request_object),
        (Demand::BoundTokens, fapi || certificate || read.dpop_bound_access_tokens),
        (Demand::CertificateBoundTokens, certificate),
    ];
    all.into_iter().filter(|(_, demanded)| *demanded).map(|(demand, _)| demand).collect()
}

fn check_flow(read: &Registration) -> Result<(), RegistrationError> {
    let fits =
        (1..=MAX_ID).contains(&read.client_id.len()) && read.client_id.bytes().all(|b| (0x21..=0x7e).contains(&b));
    if !fits {
        return Err(member("client_id", "1 to 256 visible ASCII characters"));
    }
    if read.response_types.as_ref().is_some_and(|types| types.iter().any(|kind| kind != "code")) {
        return Err(member("response_types", "only code is offered"));
    }
    if read.grant_types.as_ref().is_some_and(|types| !types.iter().any(|kind| kind == "authorization_code")) {
        return Err(member("grant_types", "authorization_code is needed"));
    }
    if read.jwks_uri.is_some() {
        return Err(member("jwks_uri", "keys are never fetched: give them in jwks"));
    }
    if read.id_token_encrypted_response_alg.is_some() {
        return Err(member("id_token_encrypted_response_alg", "encryption is not offered"));
    }
    let native = read.application_type.as_deref() == Some("native");
    if read.redirect_uris.is_empty() || read.redirect_uris.len() > MAX_URIS {
        return Err(member("redirect_uris", "1 to 32 addresses"));
    }
    if !read.redirect_uris.iter().all(|uri| is_redirect(uri, native)) {
        return Err(member("redirect_uris", "absolute https addresses without fragment"));
    }
    if !read.post_logout_redirect_uris.iter().all(|uri| is_redirect(uri, native)) {
        return Err(member("post_logout_redirect_uris", "absolute https addresses without fragment"));
    }
    if read.backchannel_logout_uri.as_ref().is_some_and(|uri| !is_redirect(uri, native)) {
        return Err(member("backchannel_logout_uri", "an absolute https address without fragment"));
    }
    Ok(())
}

/// https; on a native client's own machine http too (RFC 8252 section 7.3).
fn is_redirect(uri: &str, native: bool) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let scheme = url.scheme() == "https" || (native && loopback && url.scheme() == "http");
    let plain = uri.is_ascii() && !uri.bytes().any(|b| b.is_ascii_control() || b == b' ');
    scheme
        && plain
        && url.has_host()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn authentication(read: &Registration, keys: &[ClientKey]) -> Result<Authentication, RegistrationError> {
    match read.token_endpoint_auth_method.as_str() {
        "private_key_jwt" if keys.is_empty() => Err(member("jwks", "private_key_jwt needs a key")),
        "private_key_jwt" => Ok(Authentication::PrivateKeyJwt),
        "tls_client_auth" => match &read.tls_client_auth_subject_dn {
            Some(subject) if !subject.is_empty() => Ok(Authentication::TlsClientAuth { subject: subject.clone() }),
            _ => Err(member("tls_client_auth_subject_dn", "tls_client_auth needs a subject")),
        },
        "self_signed_tls_client_auth" if keys.is_empty() => {
            Err(member("jwks", "self_signed_tls_client_auth needs a key"))
        }
        "self_signed_tls_client_auth" => Ok(Authentication::SelfSignedTls),
        _ => {
            Err(member("token_endpoint_auth_method", "private_key_jwt, tls_client_auth or self_signed_tls_client_auth"))
        }
    }
}

fn keys(jwks: Option<&Jwks>) -> Result<Vec<ClientKey>, RegistrationError> {
    let listed = jwks.map_or(&[][..], |jwks| &jwks.keys);
    if listed.len() > MAX_KEYS {
        return Err(member("jwks", "at most 16 keys"));
    }
    let mut names = BTreeSet::new();
    let mut keys = Vec::new();
    for (at, jwk) in listed.iter().enumerate() {
        // A key for encryption is none that signs.
        if jwk.get("use").and_then(Value::as_str) == Some("enc") {
            continue;
        }
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let public = read_jwk(jwk).map_err(|source| RegistrationError::Key { at, source })?;
        let algorithm = text("alg").map(|name| JoseAlgorithm::from_name(name).filter(|alg| alg.fits(public.kind())));
        let algorithm = match algorithm {
            Some(None) => return Err(member("jwks", "an alg that does not fit its key")),
            other => other.flatten(),
        };
        let kid = text("kid").map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| !names.insert(kid.clone())) {
            return Err(member("jwks", "two keys with one kid"));
        }
        keys.push(ClientKey { kid, algorithm, public });
    }
    Ok(keys)
}

fn name(read: &Registration) -> Name {
    let text = |name: &str| read.others.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let any = text("client_name").unwrap_or(&read.client_id);
    let sv = text("client_name#sv").unwrap_or(any);
    Name { sv: sv.to_owned(), en: text("client_name#en").unwrap_or(any).to_owned() }
}

/// The host of the redirect addresses; they must agree, since no sector document is fetched (OpenID Connect Core
/// section 8.1). None if subjects are public.
fn sector(read: &Registration) -> Result<Option<String>, RegistrationError> {
    match read.subject_type.as_deref() {
        Some("public") => return Ok(None),
        None | Some("pairwise") => {}
        Some(_) => return Err(member("subject_type", "pairwise or public")),
    }
    let host = |uri: &String| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let hosts: BTreeSet<_> = read.redirect_uris.iter().map(host).collect();
    match hosts.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(host)] => Ok(Some(host.clone())),
        _ => Err(member("redirect_uris", "pairwise subjects need one host")),
    }
}

fn algorithm(read: &Registration, name: &'static str, asked: Option<&str>) -> Result<JoseAlgorithm, RegistrationError> {
    let Some(asked) = asked else { return Ok(JoseAlgorithm::Es256) };
    let found = JoseAlgorithm::from_name(asked).filter(|alg| OFFERED.contains(alg));
    match found {
        Some(found) if allows(read.security_profile, found) => Ok(found),
        _ => Err(member(name, "ES256, PS256 or, outside FAPI 2.0, RS256")),
    }
}

const fn member(member: &'static str, problem: &'static str) -> RegistrationError {
    RegistrationError::Member { member, problem }
}

/// What tokens may be signed with.
pub const OFFERED: [JoseAlgorithm; 3] = [JoseAlgorithm::Es256, JoseAlgorithm::Ps256, JoseAlgorithm::Rs256];
/// Largest registration, in octets.
const MAX_REGISTRATION: usize = 64 * 1024;
const MAX_ID: usize = 256;
const MAX_URIS: usize = 32;
const MAX_KEYS: usize = 16;

#[cfg(test)]
mod tests;
