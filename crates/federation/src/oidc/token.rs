//! The code for tokens.

use super::authorization::AuthorizationRequest;
use super::claims::Release;
use super::client::{Client, Demand};
use super::{Code, OidcError, Parameters};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a login gave: kept under the code and then under the access token. No personal data but the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The request that it answers.
    pub request: AuthorizationRequest,
    /// The subject.
    pub sub: String,
    /// The level.
    pub acr: String,
    /// The means (RFC 8176).
    pub amr: Vec<String>,
    /// When, Unix time.
    pub auth_time: i64,
    /// The session's name towards clients.
    pub sid: String,
    /// What is told, and where.
    pub release: Release,
    /// What the access token is bound to; nothing for a bearer token.
    #[serde(default)]
    pub binding: Option<Binding>,
}

/// What an access token is bound to: who presents it must hold the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binding {
    /// A key that is proved with each request (RFC 9449 section 6.1): its thumbprint.
    #[serde(rename = "jkt")]
    Proof(String),
    /// The certificate of the connection (RFC 8705 section 3.1): its SHA-256.
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// What a caller shows that it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Thumbprint of the key of a proof.
    pub jkt: Option<String>,
    /// SHA-256 of the certificate of the connection.
    pub certificate: Option<String>,
}

impl Binding {
    /// What the tokens of a grant are bound to, given what its client shows at the token endpoint.
    ///
    /// # Errors
    /// `invalid_grant` if the request named another key; `invalid_request` if nothing is shown and tokens must be bound.
    pub fn decide(client: &Client, request: &AuthorizationRequest, held: &Held) -> Result<Option<Self>, OidcError> {
        if request.dpop_jkt.is_some() && request.dpop_jkt != held.jkt {
            return Err(invalid("the proof is not by the key of the request"));
        }
        if let Some(jkt) = &held.jkt {
            return Ok(Some(Self::Proof(jkt.clone())));
        }
        match &held.certificate {
            Some(certificate) if client.demands(Demand::BoundTokens) => {
                Ok(Some(Self::Certificate(certificate.clone())))
            }
            None if client.demands(Demand::CertificateBoundTokens) => {
                Err(OidcError::request("a client certificate is needed"))
            }
            None if client.demands(Demand::BoundTokens) => {
                Err(OidcError::new(Code::InvalidDpopProof, "a DPoP proof is needed"))
            }
            _ => Ok(None),
        }
    }

    /// Whether what a caller shows is what the token is bound to. Any bound token needs its proof.
    pub fn is_met(binding: Option<&Self>, held: &Held) -> bool {
        match binding {
            None => held.jkt.is_none(),
            Some(Self::Proof(jkt)) => held.jkt.as_ref() == Some(jkt),
            Some(Self::Certificate(certificate)) => {
                held.certificate.as_ref() == Some(certificate) && held.jkt.is_none()
            }
        }
    }

    /// The `token_type` (RFC 9449 section 5).
    pub const fn token_type(binding: Option<&Self>) -> &'static str {
        match binding {
            Some(Self::Proof(_)) => "DPoP",
            _ => "Bearer",
        }
    }
}

/// What is asked for at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// Tokens for a code (RFC 6749 section 4.1.3).
    Code(CodeExchange),
    /// New tokens for a refresh token (RFC 6749 section 6).
    Refresh {
        /// The refresh token.
        token: String,
        /// Narrower scopes than before, if any are named.
        scopes: Option<BTreeSet<String>>,
    },
}

impl Exchange {
    /// Reads the parameters.
    ///
    /// # Errors
    /// `unsupported_grant_type` or `invalid_request`.
    pub fn read(parameters: &Parameters) -> Result<Self, OidcError> {
        match parameters.need("grant_type", "grant_type is missing")? {
            "authorization_code" => Ok(Self::Code(CodeExchange::read(parameters)?)),
            "refresh_token" => Ok(Self::Refresh {
                token: parameters.need("refresh_token", "refresh_token is missing")?.to_owned(),
                scopes: parameters.get("scope").map(|_| parameters.words("scope").into_iter().collect()),
            }),
            _ => Err(OidcError::new(Code::UnsupportedGrantType, "authorization_code and refresh_token are offered")),
        }
    }
}

impl Grant {
    /// The same for a refresh: bound to what its tokens were bound to, with no more scopes than before.
    ///
    /// # Errors
    /// `invalid_grant` without the key that the tokens are bound to; `invalid_scope` for more than was granted.
    pub fn refreshed(mut self, scopes: Option<BTreeSet<String>>, held: &Held) -> Result<Self, OidcError> {
        if !Binding::is_met(self.binding.as_ref(), held) {
            return Err(invalid("the refresh token is bound to another key"));
        }
        if let Some(scopes) = scopes {
            if !scopes.is_subset(&self.request.scopes) || !scopes.contains("openid") {
                return Err(OidcError::new(Code::InvalidScope, "a refresh asks for no more than was granted"));
            }
            self.request.scopes = scopes;
        }
        // A nonce answers one request only (OpenID Connect Core section 12.2).
        self.request.nonce = None;
        Ok(self)
    }
}

/// A request at the token endpoint, as far as it is about the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The code.
    pub code: String,
    redirect_uri: String,
    verifier: String,
}

impl CodeExchange {
    fn read(parameters: &Parameters) -> Result<Self, OidcError> {
        Ok(Self {
            code: parameters.need("code", "code is missing")?.to_owned(),
            redirect_uri: parameters.need("redirect_uri", "redirect_uri is missing")?.to_owned(),
            verifier: parameters.need("code_verifier", "code_verifier is missing")?.to_owned(),
        })
    }

    /// Checks that the exchange belongs to the grant, both of one client.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn check(&self, grant: &Grant, client_id: &str) -> Result<(), OidcError> {
        if grant.request.client_id != client_id {
            return Err(invalid("the code is another client's"));
        }
        if grant.request.redirect_uri != self.redirect_uri {
            return Err(invalid("redirect_uri is not that of the request"));
        }
        let fits = (43..=128).contains(&self.verifier.len())
            && self.verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()));
        let same = verify_slices_are_equal(challenge.as_bytes(), grant.request.code_challenge.as_bytes()).is_ok();
        if fits && same { Ok(()) } else { Err(invalid("code_verifier does not fit the request")) }
    }
}

/// What the token endpoint gives.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    /// The access token.
    pub access_token: &'a str,
    /// How long it lasts, in seconds.
    pub lifetime: i64,
    /// The ID token, signed, and encrypted if its client asked for that.
    pub id_token: &'a str,
    /// The refresh token, if there is one.
    pub refresh_token: Option<&'a str>,
}

/// The answer of the token endpoint (RFC 6749 section 5.1).
pub fn answer(tokens: &Tokens<'_>, grant: &Grant) -> Value {
    let Tokens { access_token, lifetime, id_token, refresh_token } = *tokens;
    let scope = grant.request.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let mut answer = json!({
        "access_token": access_token,
        "token_type": Binding::token_type(grant.binding.as_ref()),
        "expires_in": lifetime,
        "id_token": id_token,
        "scope": scope,
    });
    if let Some(refresh_token) = refresh_token {
        answer["refresh_token"] = refresh_token.into();
    }
    answer
}

/// The answer of the introspection endpoint (RFC 7662 section 2.2); none for a token that is worth nothing to the
/// caller.
pub fn introspection(grant: Option<(&Grant, i64, i64)>, issuer: &str) -> Value {
    let Some((grant, issued_at, expires_at)) = grant else { return json!({"active": false}) };
    let scope = grant.request.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let mut answer = json!({
        "active": true,
        "iss": issuer,
        "sub": grant.sub,
        "aud": grant.request.client_id,
        "client_id": grant.request.client_id,
        "scope": scope,
        "token_type": Binding::token_type(grant.binding.as_ref()),
        "iat": issued_at,
        "exp": expires_at,
        "acr": grant.acr,
        "auth_time": grant.auth_time,
    });
    if let Some(binding) = &grant.binding {
        answer["cnf"] = json!(binding);
    }
    answer
}

const fn invalid(description: &'static str) -> OidcError {
    OidcError::new(Code::InvalidGrant, description)
}
