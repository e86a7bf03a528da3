//! The provider as its clients see it.

use super::level::Approval;
use pki::jose::JoseAlgorithm;

/// Where the provider is and what it may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The issuer identifier: an https address without a slash at its end.
    pub issuer: String,
    /// Where clients with a TLS certificate of their own come, if there is such an origin (RFC 8705 section 5).
    pub mtls: Option<String>,
    /// Whether levels of Digg's may be said.
    pub approval: Approval,
    /// What tokens are signed with, the default first.
    pub algorithms: Vec<JoseAlgorithm>,
    /// Whether it has a key that requests can be encrypted to.
    pub decrypts: bool,
    /// Whether clients may register for refresh tokens.
    pub refreshes: bool,
}

impl Provider {
    /// An endpoint's address.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// Paths of the endpoints.
pub mod path {
    /// Metadata (OpenID Connect Discovery section 4).
    pub const DISCOVERY: &str = "/.well-known/openid-configuration";
    /// The same under the name of RFC 8414.
    pub const OAUTH_DISCOVERY: &str = "/.well-known/oauth-authorization-server";
    /// The keys that tokens are signed with.
    pub const JWKS: &str = "/oidc/jwks";
    /// Pushed authorization requests (RFC 9126).
    pub const PAR: &str = "/oidc/par";
    /// Where browsers are sent.
    pub const AUTHORIZE: &str = "/oidc/authorize";
    /// Where codes are exchanged.
    pub const TOKEN: &str = "/oidc/token";
    /// Who logged in.
    pub const USERINFO: &str = "/oidc/userinfo";
    /// What a token is worth (RFC 7662).
    pub const INTROSPECT: &str = "/oidc/introspect";
    /// Ends a token (RFC 7009).
    pub const REVOKE: &str = "/oidc/revoke";
    /// Ends a session (OpenID Connect RP-Initiated Logout).
    pub const END_SESSION: &str = "/oidc/end_session";
}
