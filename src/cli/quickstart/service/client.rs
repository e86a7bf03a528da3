//! The demo relying service as a client of the provider.

use super::super::files;
use crate::app::App;
use crate::cli::demo::api;
use crate::clock::{Clock, Entropy};
use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use pki::jose::{Draft, JoseAlgorithm, read_compact, read_jwk, write_jwk};
use pki::key::PublicKey;
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use url::form_urlencoded::Serializer;

/// All that it asks for.
pub(super) const SCOPE: &str = "openid https://id.oidc.se/scope/naturalPersonInfo \
    https://id.oidc.se/scope/naturalPersonNumber https://id.oidc.se/scope/naturalPersonOrgId";

/// Its key, in a file.
pub(super) struct ClientKey(PKey<Private>);

/// The client.
pub(super) struct RelyingParty {
    id: &'static str,
    issuer: String,
    own: String,
    key: ClientKey,
    http: Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What the browser keeps while its login is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Somebody who logged in.
#[derive(Debug, Clone)]
pub(super) struct LoggedIn {
    /// As received.
    pub(super) id_token: String,
    pub(super) id_claims: Value,
    pub(super) person: Value,
    /// The answer that brought the tokens.
    pub(super) answer: Value,
}

impl ClientKey {
    /// Reads the key, or makes it the first time.
    pub(super) fn keep(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("client.key");
        if path.exists() {
            return Ok(Self(PKey::private_key_from_pem(&files::read(&path)?)?));
        }
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        files::private_folder(folder)?;
        files::private(&path, key.private_key_to_pem_pkcs8()?)?;
        Ok(Self(key))
    }

    /// The public half, as it is registered.
    pub(super) fn public(&self) -> anyhow::Result<Value> {
        let mut jwk = write_jwk(&PublicKey::from_spki(&self.0.public_key_to_der()?)?);
        jwk["kid"] = KID.into();
        Ok(jwk)
    }

    fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        let draft = Draft::new(json!({"kid": KID}), claims.to_string().as_bytes(), JoseAlgorithm::Es256)?;
        let signature = Signer::new(MessageDigest::sha256(), &self.0)?.sign_oneshot_to_vec(draft.message())?;
        Ok(draft.finish(signature)?)
    }
}

impl RelyingParty {
    /// A client of `issuer`, known as `own`, that trusts `root` alone.
    pub(super) fn new(
        id: &'static str,
        (issuer, own): (String, String),
        key: ClientKey,
        root: &Path,
        app: &App,
    ) -> anyhow::Result<Self> {
        let (clock, entropy) = (Arc::clone(&app.clock), Arc::clone(&app.entropy));
        Ok(Self { id, issuer, own, key, http: api::trusting(root)?, clock, entropy })
    }

    /// The issuer's address.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its own first page.
    pub(super) fn home(&self) -> String {
        format!("{}/", self.own)
    }

    /// Something that nobody can guess.
    pub(super) fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.entropy.random16(), self.entropy.random16()].concat())
    }

    /// A new login: what the browser keeps, and where it goes.
    pub(super) fn begin(&self) -> (Begun, String) {
        let begun = Begun { state: self.secret(), nonce: self.secret(), verifier: self.secret() };
        let query = Serializer::new(String::new())
            .extend_pairs([
                ("client_id", self.id),
                ("response_type", "code"),
                ("redirect_uri", &self.callback()),
                ("scope", SCOPE),
                ("state", &begun.state),
                ("nonce", &begun.nonce),
                ("code_challenge", &URL_SAFE_NO_PAD.encode(sha256(begun.verifier.as_bytes()))),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        let address = format!("{}/oidc/authorize?{query}", self.issuer);
        (begun, address)
    }

    /// Exchanges a code for tokens, and asks who it is.
    ///
    /// # Errors
    /// If the provider refuses, or anything that it says is not as it must be.
    pub(super) async fn finish(&self, begun: &Begun, code: &str) -> anyhow::Result<LoggedIn> {
        let assertion = self.assertion()?;
        let form = Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &self.callback()),
                ("code_verifier", &begun.verifier),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
            ])
            .finish();
        let request = self.http.post(format!("{}/oidc/token", self.issuer));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: Value = serde_json::from_str(&text(request).await?)?;
        let id_token = answer["id_token"].as_str().context("the answer has no ID token")?.to_owned();
        let id_claims = self.verified(&id_token).await?;
        ensure!(id_claims["nonce"] == begun.nonce.as_str(), "the ID token is for another login");
        let token = answer["access_token"].as_str().context("the answer has no access token")?;
        let request = self.http.get(format!("{}/oidc/userinfo", self.issuer));
        let person = self.verified(&text(request.header("authorization", format!("Bearer {token}"))).await?).await?;
        ensure!(person["sub"] == id_claims["sub"], "UserInfo is about somebody else");
        Ok(LoggedIn { id_token, id_claims, person, answer })
    }

    /// The claims of a JWT that the provider signed for this client.
    ///
    /// # Errors
    /// If it is anybody else's, for anybody else, or over.
    pub(super) async fn verified(&self, jwt: &str) -> anyhow::Result<Value> {
        let jws = read_compact(jwt)?;
        let keys: Value = serde_json::from_str(&text(self.http.get(format!("{}/oidc/jwks", self.issuer))).await?)?;
        let named = |key: &&Value| key["kid"] == jws.header["kid"];
        let key = keys["keys"].as_array().and_then(|keys| keys.iter().find(named)).context("an unknown key")?;
        jws.verify(&read_jwk(key)?)?;
        let claims: Value = serde_json::from_slice(&jws.payload)?;
        let over = claims["exp"].as_i64().is_some_and(|exp| exp <= self.clock.now().unix());
        if claims["iss"] != self.issuer.as_str() || claims["aud"] != self.id || over {
            bail!("a JWT of another issuer, for another client, or over");
        }
        Ok(claims)
    }

    /// Where the provider ends the session, and sends the browser back from.
    pub(super) fn logout(&self, id_token: &str) -> String {
        let back = self.home();
        let pairs = [("id_token_hint", id_token), ("post_logout_redirect_uri", back.as_str())];
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}/oidc/end_session?{query}", self.issuer)
    }

    fn callback(&self) -> String {
        format!("{}{}", self.own, super::pages::CALLBACK)
    }

    fn assertion(&self) -> anyhow::Result<String> {
        let (now, jti) = (self.clock.now().unix(), self.secret());
        self.key.sign(&json!({
            "iss": self.id, "sub": self.id, "aud": self.issuer, "jti": jti, "iat": now, "exp": now + 60,
        }))
    }
}

/// The body of a good answer.
async fn text(request: reqwest::RequestBuilder) -> anyhow::Result<String> {
    let response = request.send().await?;
    let (status, text) = (response.status(), response.text().await?);
    ensure!(status.is_success(), "the provider answers {status}: {text}");
    Ok(text)
}

const KID: &str = "demo-service-1";
