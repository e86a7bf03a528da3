//! `[login]`: card logins for relying services. Without the section there are none.

use federation::oidc::level::{Approval, Level};
use federation::saml::metadata::Presentation;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Path of the device check on the card's origin.
pub const CARD_CHECK: &str = "/card/check";

/// Card logins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// The issuer identifier: the address of the API listener as browsers and relying services know it.
    pub issuer: String,
    /// Where cards are asked for.
    pub card: Origin,
    /// The same with TLS 1.2 only, for cards that cannot sign as TLS 1.3 demands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_tls12: Option<Origin>,
    /// Where relying services come with a certificate of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Origin>,
    /// File with the secret that subject identifiers follow from: at least 32 octets. Another secret gives everybody
    /// another identity.
    pub subject_key: PathBuf,
    /// Whether Digg has approved this issuer and provider: `none` or `approved`.
    #[serde(default = "no_approval")]
    pub approval: Approval,
    /// How long a session lasts, in minutes: 1 to 60.
    #[serde(default = "an_hour")]
    pub session_minutes: u8,
    /// How long an access token lasts, in seconds: 1 to 3600.
    #[serde(default = "five_minutes")]
    pub access_token_seconds: u16,
    /// Whether relying services may register for refresh tokens. They last as long as the session.
    #[serde(default)]
    pub refresh_tokens: bool,
    /// How long a key signs tokens, in days.
    #[serde(default = "a_quarter")]
    pub key_days: u16,
    /// Roots, PEM, that relying services' own listeners are trusted by when they are told of logouts, besides `tls.root`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_roots: Vec<PathBuf>,
    /// Proxies that may end the card's TLS connection in front of `card` and `card_tls12`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<Proxy>,
    /// The SAML identity provider; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<SamlConfig>,
    /// The level of each certificate policy. Certificates without one log nobody in.
    #[serde(rename = "level")]
    pub levels: Vec<PolicyLevel>,
}

/// The SAML identity provider. Its entity ID is the address of its metadata.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlConfig {
    /// How long a key signs before its successor is made, in days: that is in the metadata for a month before it signs.
    #[serde(default = "three_years")]
    pub key_days: u16,
    /// How it presents itself.
    pub presentation: Presentation,
}

/// A TLS listener and the address that it is known by.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Where it listens.
    pub listen: SocketAddr,
    /// `https://host:port`, without a slash at the end.
    pub url: String,
}

/// A proxy that asks for the card in our place: it must prove by TLS that the card's key is there, show a certificate of
/// its own to us, and overwrite the header, whatever its clients sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// The certificate that it shows to us, PEM: exactly this one.
    pub certificate: PathBuf,
    /// The header with the card's certificate: RFC 9440 (`Client-Cert`), or PEM with percent-encoding. Empty or absent: no
    /// card.
    pub header: String,
}

/// The level that a certificate policy stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyLevel {
    /// OID of the certificate policy.
    pub policy: String,
    /// `loa3` or `loa4`.
    pub level: Level,
}

impl LoginConfig {
    /// The level of a certificate with these policies: the lowest that one of them has.
    pub fn level(&self, policies: &[String]) -> Option<Level> {
        self.levels.iter().filter(|entry| policies.contains(&entry.policy)).map(|entry| entry.level).min()
    }

    /// What is wrong with the section: key and problem.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let origins = [Some(&self.card), self.card_tls12.as_ref(), self.clients.as_ref()];
        let mut urls = origins.into_iter().flatten().map(|origin| &origin.url).chain([&self.issuer]);
        if !urls.all(|url| url.starts_with("https://") && !url.ends_with('/')) {
            return Some(("login", "addresses begin with https:// and have no slash at the end"));
        }
        if !(1..=60).contains(&self.session_minutes) {
            return Some(("login.session_minutes", "1 to 60"));
        }
        if !(1..=3600).contains(&self.access_token_seconds) {
            return Some(("login.access_token_seconds", "1 to 3600"));
        }
        if !(1..=730).contains(&self.key_days) {
            return Some(("login.key_days", "1 to 730"));
        }
        if self.saml.as_ref().is_some_and(|saml| !(60..=3650).contains(&saml.key_days)) {
            return Some(("login.saml.key_days", "60 to 3650"));
        }
        self.levels.is_empty().then_some(("login.level", "at least one policy needs a level, or no card logs in"))
    }
}

const fn no_approval() -> Approval {
    Approval::None
}

const fn an_hour() -> u8 {
    60
}

const fn five_minutes() -> u16 {
    300
}

const fn three_years() -> u16 {
    1095
}

const fn a_quarter() -> u16 {
    90
}
