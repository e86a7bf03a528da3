//! Relying services as they are registered: one JSON object with the names of RFC 7591 and its extensions.

mod registration;

use self::registration::{Registration, member};
use super::jwe::Recipient;
use pki::PublicKey;
use pki::jose::{JoseAlgorithm, JwkError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A registration that was read and checked.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id, taken as given.
    pub id: String,
    /// The rules that it keeps.
    pub profile: SecurityProfile,
    /// Its name in Swedish and in English.
    pub name: Name,
    /// Its logo as a `data:` address; none if it gave none that needs no fetching.
    pub logo: Option<String>,
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
    /// Whom its ID tokens are encrypted to, after they are signed; none if they are not.
    pub id_token_encryption: Option<Recipient>,
    /// Whom its UserInfo answers are encrypted to; none if they are not.
    pub userinfo_encryption: Option<Recipient>,
    /// Whether it registered for refresh tokens.
    pub refreshes: bool,
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
        read.client()
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

/// What tokens may be signed with.
pub const OFFERED: [JoseAlgorithm; 3] = [JoseAlgorithm::Es256, JoseAlgorithm::Ps256, JoseAlgorithm::Rs256];
/// Largest registration, in octets.
const MAX_REGISTRATION: usize = 64 * 1024;

#[cfg(test)]
mod tests;
