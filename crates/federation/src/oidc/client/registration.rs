//! Reads registrations, member by member.

use super::{Authentication, Client, ClientKey, Demand, Name, OFFERED, RegistrationError, SecurityProfile, allows};
use crate::oidc::jwe::{ALGORITHM, ContentEncryption, Recipient};
use pki::is_deceptive;
use pki::jose::{JoseAlgorithm, read_jwk};
use pki::key::KeyKind;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use url::Url;

/// The members that mean something here. Others are ignored, as RFC 7591 section 2 demands.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the members are those of the standards")]
pub(super) struct Registration {
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
    id_token_encrypted_response_enc: Option<String>,
    #[serde(default)]
    userinfo_encrypted_response_alg: Option<String>,
    #[serde(default)]
    userinfo_encrypted_response_enc: Option<String>,
    #[serde(default)]
    default_acr_values: Vec<String>,
    #[serde(default)]
    default_max_age: Option<u64>,
    #[serde(default)]
    backchannel_logout_uri: Option<String>,
    #[serde(default)]
    logo_uri: Option<String>,
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

impl Registration {
    /// The client, if everything in its registration can be.
    pub(super) fn client(self) -> Result<Client, RegistrationError> {
        check_flow(&self)?;
        let keys = keys(self.jwks.as_ref())?;
        Ok(Client {
            name: name(&self)?,
            logo: logo(&self)?,
            authentication: authentication(&self, &keys)?,
            scopes: self.scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            sector: sector(&self)?,
            id_token_algorithm: algorithm(
                &self,
                "id_token_signed_response_alg",
                self.id_token_signed_response_alg.as_deref(),
            )?,
            userinfo_algorithm: algorithm(
                &self,
                "userinfo_signed_response_alg",
                self.userinfo_signed_response_alg.as_deref(),
            )?,
            id_token_encryption: encryption(
                &self,
                "id_token_encrypted_response_alg",
                (self.id_token_encrypted_response_alg.as_deref(), self.id_token_encrypted_response_enc.as_deref()),
            )?,
            userinfo_encryption: encryption(
                &self,
                "userinfo_encrypted_response_alg",
                (self.userinfo_encrypted_response_alg.as_deref(), self.userinfo_encrypted_response_enc.as_deref()),
            )?,
            refreshes: refreshes(&self)?,
            demands: demands(&self),
            id: self.client_id,
            profile: self.security_profile,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            keys,
            default_acr_values: self.default_acr_values,
            default_max_age: self.default_max_age,
            backchannel_logout_uri: self.backchannel_logout_uri,
            accepts_coordination_number: self.accepts_coordination_number,
        })
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
    let loopback = url.host_str().is_some_and(|host| LOOPBACK.contains(&host));
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
        if is_for_encryption(jwk) {
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

/// Whom answers are encrypted to; none if the registration does not ask for it. The only key for encryption in `jwks`, on
/// P-256.
fn encryption(
    read: &Registration,
    name: &'static str,
    (algorithm, content): (Option<&str>, Option<&str>),
) -> Result<Option<Recipient>, RegistrationError> {
    match algorithm {
        None if content.is_some() => return Err(member(name, "an enc without an alg")),
        None => return Ok(None),
        Some(ALGORITHM) => {}
        Some(_) => return Err(member(name, "only ECDH-ES is offered")),
    }
    let content = match content {
        // What OpenID Connect Dynamic Client Registration section 2 says of a registration without enc.
        None => ContentEncryption::default(),
        Some(content) => ContentEncryption::from_name(content)
            .ok_or(member(name, "enc must be A256GCM, A128GCM or A128CBC-HS256"))?,
    };
    let listed = read.jwks.as_ref().map_or(&[][..], |jwks| &jwks.keys);
    let meant: Vec<&Value> = listed.iter().filter(|jwk| is_for_encryption(jwk)).collect();
    let [jwk] = meant.as_slice() else { return Err(member("jwks", "encryption needs one key with use enc")) };
    let public = read_jwk(jwk).ok().filter(|key| key.kind() == KeyKind::EcP256);
    let public = public.ok_or(member("jwks", "ECDH-ES needs a key on P-256"))?;
    Ok(Some(Recipient { kid: jwk.get("kid").and_then(Value::as_str).map(str::to_owned), public, content }))
}

fn is_for_encryption(jwk: &Value) -> bool {
    jwk.get("use").and_then(Value::as_str) == Some("enc")
}

/// FAPI clients get no refresh tokens: their logins are short, and their holders are asked again.
fn refreshes(read: &Registration) -> Result<bool, RegistrationError> {
    let asked = read.grant_types.iter().flatten().any(|kind| kind == "refresh_token");
    if asked && read.security_profile == SecurityProfile::Fapi2 {
        return Err(member("grant_types", "refresh_token is not offered to clients of FAPI 2.0"));
    }
    Ok(asked)
}

fn name(read: &Registration) -> Result<Name, RegistrationError> {
    let text = |name: &str| read.others.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let any = text("client_name").unwrap_or(&read.client_id);
    let sv = text("client_name#sv").unwrap_or(any);
    let en = text("client_name#en").unwrap_or(any);
    // Holders decide by it.
    let readable = |name: &str| name.chars().count() <= MAX_NAME && !name.chars().any(is_deceptive);
    if !readable(sv) || !readable(en) {
        return Err(member(
            "client_name",
            "at most 256 characters, none of them invisible or turning the others around",
        ));
    }
    Ok(Name { sv: sv.to_owned(), en: en.to_owned() })
}

/// A picture that comes with the registration. One at an address is left out: whoever serves it would see who logs in.
fn logo(read: &Registration) -> Result<Option<String>, RegistrationError> {
    let Some(uri) = read.logo_uri.as_deref().filter(|uri| uri.starts_with("data:")) else { return Ok(None) };
    let data = LOGO_TYPES.iter().find_map(|kind| uri.strip_prefix(&format!("data:{kind};base64,")));
    let is_base64 = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    match data.filter(|data| data.len() <= MAX_LOGO).filter(is_base64) {
        Some(_) => Ok(Some(uri.to_owned())),
        None => Err(member("logo_uri", "a PNG or SVG of at most 24 KiB, as data:image/…;base64,…")),
    }
}

/// The host of the redirect addresses; they must agree, since no sector document is fetched (OpenID Connect Core
/// section 8.1). The holder's own machine is everybody's: what redirects there is a sector of its own. None if subjects
/// are public.
fn sector(read: &Registration) -> Result<Option<String>, RegistrationError> {
    match read.subject_type.as_deref() {
        Some("public") => return Ok(None),
        None | Some("pairwise") => {}
        Some(_) => return Err(member("subject_type", "pairwise or public")),
    }
    let host = |uri: &String| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let hosts: BTreeSet<_> = read.redirect_uris.iter().map(host).collect();
    match hosts.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(host)] if LOOPBACK.contains(&host.as_str()) => Ok(Some(format!("{host} {}", read.client_id))),
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

pub(super) const fn member(member: &'static str, problem: &'static str) -> RegistrationError {
    RegistrationError::Member { member, problem }
}

/// The holder's own machine.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];
const MAX_ID: usize = 256;
/// Longest name, in characters.
const MAX_NAME: usize = 256;
const MAX_URIS: usize = 32;
const MAX_KEYS: usize = 16;
const LOGO_TYPES: [&str; 2] = ["image/png", "image/svg+xml"];
/// In characters of base64.
const MAX_LOGO: usize = 32 * 1024;
