//! Who calls the back-channel endpoints.

use super::client::{Authentication, Client, ClientKey, SecurityProfile};
use super::provider::Provider;
use super::{Code, OidcError, Parameters, name};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::certificate::Certificate;
use pki::jose::{Jws, read_compact};
use pki::time::UtcTime;
use serde_json::{Map, Value};

/// The time at which JWT of others are judged.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub UtcTime);

/// A client that proved who it is, and what must be kept so that the proof is not used twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The assertion to remember: refuse whoever presents it again.
    pub remember: Option<Remember>,
}

/// An assertion that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remember {
    /// What names it among all clients' assertions.
    pub id: String,
    /// Until when it would be accepted.
    pub until: UtcTime,
}

/// The client that a request is from, as it says itself; nothing is proven.
///
/// # Errors
/// `invalid_client` if it does not say, or says two things.
pub fn claimed(parameters: &Parameters) -> Result<String, OidcError> {
    let nobody = OidcError::new(Code::InvalidClient, "the client does not say who it is");
    let direct = parameters.get("client_id");
    let Some(assertion) = parameters.get("client_assertion") else {
        return direct.map(str::to_owned).ok_or(nobody);
    };
    let jws =
        read_compact(assertion).map_err(|_| refused("the client assertion is not a JWS with an accepted algorithm"))?;
    let claims: Value =
        serde_json::from_slice(&jws.payload).map_err(|_| refused("the client assertion is not JSON"))?;
    let subject = claims.get("sub").and_then(Value::as_str).ok_or(nobody)?;
    match direct {
        Some(direct) if direct != subject => Err(refused("client_id and client_assertion name two clients")),
        _ => Ok(subject.to_owned()),
    }
}

/// Checks that a request comes from `client`: its assertion for the endpoint at `address`, or the certificate of the
/// connection, which the caller has validated as far as `trusted` says.
///
/// # Errors
/// `invalid_client`.
pub fn prove(
    client: &Client,
    parameters: &Parameters,
    certificate: Option<&Presented<'_>>,
    (provider, address): (&Provider, &str),
    clock: Clock,
) -> Result<Proven, OidcError> {
    if parameters.get("client_secret").is_some() {
        return Err(refused("no client has a secret"));
    }
    match &client.authentication {
        Authentication::PrivateKeyJwt => {
            let remember = assertion(client, parameters, provider, address, clock)?;
            Ok(Proven { remember: Some(remember) })
        }
        Authentication::TlsClientAuth { subject } => {
            let presented = certificate.ok_or(refused("a client certificate is needed"))?;
            let same = name::is_same(subject, presented.certificate.subject_attributes());
            if presented.trusted && same { Ok(Proven { remember: None }) } else { Err(refused("another certificate")) }
        }
        Authentication::SelfSignedTls => {
            let presented = certificate.ok_or(refused("a client certificate is needed"))?;
            let known = client.keys.iter().any(|key| key.public == *presented.certificate.public_key());
            if known { Ok(Proven { remember: None }) } else { Err(refused("another certificate")) }
        }
    }
}

/// A client's certificate, whose key the connection proved.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Whether a CA that clients are certified by issued it, it is in time, and not revoked.
    pub trusted: bool,
}

fn assertion(
    client: &Client,
    parameters: &Parameters,
    provider: &Provider,
    address: &str,
    clock: Clock,
) -> Result<Remember, OidcError> {
    if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(refused("client_assertion_type must be that of RFC 7523"));
    }
    let text = parameters.get("client_assertion").ok_or(refused("client_assertion is missing"))?;
    let jws =
        read_compact(text).map_err(|_| refused("the client assertion is not a JWS with an accepted algorithm"))?;
    let key = key_for(&jws, client).map_err(refused)?;
    jws.verify(&key.public).map_err(|_| refused("the client assertion's signature does not verify"))?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&jws.payload).map_err(|_| refused("the client assertion is not a JSON object"))?;
    for name in ["iss", "sub"] {
        if claims.get(name).and_then(Value::as_str) != Some(client.id.as_str()) {
            return Err(refused("iss and sub of the client assertion must be the client_id"));
        }
    }
    if !is_for_us(claims.get("aud"), client.profile, provider, address) {
        return Err(refused("the client assertion is for somebody else"));
    }
    let until = clock.check(&claims, LONGEST_LIFE).map_err(refused)?;
    let id = claims.get("jti").and_then(Value::as_str).filter(|jti| (1..=MAX_JTI).contains(&jti.len()));
    let id = id.ok_or(refused("the client assertion needs a jti"))?;
    Ok(Remember { id: format!("{}\n{id}", client.id), until })
}

/// FAPI 2.0 section 5.3.2.1 takes the issuer as a string only; OIDC Sweden takes an endpoint's address too.
fn is_for_us(audience: Option<&Value>, profile: SecurityProfile, provider: &Provider, address: &str) -> bool {
    match (audience, profile) {
        (Some(Value::String(one)), SecurityProfile::Fapi2) => *one == provider.issuer,
        (Some(Value::String(one)), SecurityProfile::Sweden) => *one == provider.issuer || one == address,
        (Some(Value::Array(all)), SecurityProfile::Sweden) => {
            all.iter().filter_map(Value::as_str).any(|one| one == provider.issuer || one == address)
        }
        _ => false,
    }
}

/// The registered key that a JWS of this client must verify with. Keys never come from the JWS itself.
pub(crate) fn key_for<'a>(jws: &Jws, client: &'a Client) -> Result<&'a ClientKey, &'static str> {
    if ["jku", "jwk", "x5u", "x5c"].iter().any(|member| jws.header.get(member).is_some()) {
        return Err("a JWS may name a registered key with kid, and bring none");
    }
    if !client.allows(jws.algorithm()) {
        return Err("the algorithm is not accepted from this client");
    }
    let kid = jws.header.get("kid").and_then(Value::as_str);
    let fits = |key: &&ClientKey| {
        jws.algorithm().fits(key.public.kind()) && key.algorithm.is_none_or(|only| only == jws.algorithm())
    };
    let mut fitting = client.keys.iter().filter(fits);
    match kid {
        Some(_) => fitting.find(|key| key.kid.as_deref() == kid).ok_or("no registered key has this kid and algorithm"),
        None => match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err("no registered key has this algorithm"),
            _ => Err("kid is needed: several registered keys have this algorithm"),
        },
    }
}

impl Clock {
    /// Checks exp, nbf and iat; gives exp. Times up to ten seconds ahead are taken (FAPI 2.0 section 5.3.2.1).
    pub(crate) fn check(self, claims: &Map<String, Value>, longest: i64) -> Result<UtcTime, &'static str> {
        let time = |name: &str| claims.get(name).map(|value| value.as_i64().or_else(|| whole(value)));
        let now = self.0.unix();
        for name in ["nbf", "iat"] {
            match time(name) {
                Some(Some(at)) if at > now.saturating_add(AHEAD) => return Err("the JWT is not valid yet"),
                Some(None) => return Err("a time of the JWT is no number"),
                _ => {}
            }
        }
        let Some(Some(end)) = time("exp") else { return Err("the JWT needs exp") };
        if end <= now {
            return Err("the JWT has expired");
        }
        if end > now.saturating_add(longest) {
            return Err("the JWT lives too long");
        }
        Ok(UtcTime::from_unix(end))
    }
}

/// A number with a fraction, as RFC 7519 allows; rounded down.
fn whole(value: &Value) -> Option<i64> {
    let text = value.as_f64().filter(|at| at.is_finite() && at.abs() < 1e15)?.floor();
    format!("{text:.0}").parse().ok()
}

/// SHA-256 of a certificate, as `x5t#S256` and `cnf` write it (RFC 8705 section 3.1).
pub fn certificate_thumbprint(certificate: &Certificate) -> String {
    URL_SAFE_NO_PAD.encode(certificate.fingerprint())
}

const fn refused(description: &'static str) -> OidcError {
    OidcError::new(Code::InvalidClient, description)
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest remaining life of a client assertion, in seconds: as long it must be remembered.
const LONGEST_LIFE: i64 = 600;
/// How far ahead of ours a clock may be, in seconds.
const AHEAD: i64 = 10;
const MAX_JTI: usize = 256;
