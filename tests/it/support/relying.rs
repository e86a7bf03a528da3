//! A relying service and a browser, as small as they can be.

use super::Installation;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::jose::{read_compact, sign_compact, write_jwk};
use pki::{KeyId, KeyKind, SignatureAlgorithm};
use reqwest::{Certificate, Client, Identity, Method, StatusCode};
use serde_json::{Value, json};
use sigill::clock::{Clock, System};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::SoftSigner;

/// Where every answer goes; never called.
pub const REDIRECT: &str = "https://rp.example/cb";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered relying service with a key of its own.
pub struct Service {
    id: String,
    keys: SoftSigner,
    key: KeyId,
    http: Client,
    issuer: String,
}

/// A browser: cookies, perhaps a certificate, no script.
pub struct Browser {
    http: Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub policy: String,
    pub body: String,
}

/// A TLS client that trusts the installation alone.
pub fn http(installation: &Installation, identity: Option<Identity>) -> Client {
    trusting(installation, identity, None)
}

/// The same with one more root.
fn trusting(installation: &Installation, identity: Option<Identity>, more: Option<&str>) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default(); // by another test already
    let root = std::fs::read(installation.manifest()["tls_ca"].as_str().unwrap()).unwrap();
    let builder = Client::builder()
        .tls_certs_only(
            [&root[..]].into_iter().chain(more.map(str::as_bytes)).map(|pem| Certificate::from_pem(pem).unwrap()),
        )
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(30));
    identity.into_iter().fold(builder, reqwest::ClientBuilder::identity).build().unwrap()
}

/// The software key and certificate of a person of the manifest.
pub fn identity(person: &Value) -> Identity {
    let mut pem = std::fs::read(person["certificate"].as_str().unwrap()).unwrap();
    pem.extend(std::fs::read(person["key"].as_str().unwrap()).unwrap());
    Identity::from_pem(&pem).unwrap()
}

impl Service {
    /// Registers a service with `sigill demo rp add`, with changes in its registration.
    pub fn register(installation: &Installation, id: &str, changes: &Value) -> Self {
        Self::register_all(installation, id, changes, None)
    }

    /// The same with a public key that answers are encrypted to.
    pub fn register_with_key(installation: &Installation, id: &str, changes: &Value, encryption: &Value) -> Self {
        Self::register_all(installation, id, changes, Some(encryption))
    }

    fn register_all(installation: &Installation, id: &str, changes: &Value, encryption: Option<&Value>) -> Self {
        let mut keys = SoftSigner::new();
        let key = keys.add(id, KeyKind::EcP256);
        let mut jwk = write_jwk(&keys.public(&key));
        jwk["kid"] = "k1".into();
        let mut registration = json!({
            "client_id": id,
            "client_name#sv": "Tjänsten <b>",
            "redirect_uris": [REDIRECT],
            "jwks": {"keys": [jwk]},
            "scope": "openid https://id.oidc.se/scope/naturalPersonInfo https://id.oidc.se/scope/naturalPersonNumber",
        });
        if let Some(encryption) = encryption {
            let mut jwk = encryption.clone();
            jwk["use"] = "enc".into();
            registration["jwks"]["keys"].as_array_mut().unwrap().push(jwk);
        }
        for (name, value) in changes.as_object().unwrap() {
            registration[name] = value.clone();
        }
        let file = installation.folder().join(format!("{id}.json"));
        std::fs::write(&file, registration.to_string()).unwrap();
        installation.sigill(&["demo", "rp", "add", "--oidc", file.to_str().unwrap()]);
        let issuer = installation.url("api_url");
        Self { id: id.to_owned(), keys, key, http: http(installation, None), issuer }
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A fresh client assertion.
    pub fn assertion(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let now = System.now().unix();
        let jti = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        self.sign(&json!({"iss": self.id, "sub": self.id, "aud": self.issuer, "jti": jti, "iat": now, "exp": now + 60}))
    }

    /// A fresh proof of possession of the service's key (RFC 9449 section 4.2).
    pub fn proof(&self, method: &str, path: &str, access_token: Option<&str>) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let jti = format!("p{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let mut claims = json!({
            "jti": jti, "htm": method, "htu": format!("{}{path}", self.issuer), "iat": System.now().unix(),
        });
        if let Some(token) = access_token {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            claims["ath"] = URL_SAFE_NO_PAD.encode(hash).into();
        }
        let header = json!({"typ": "dpop+jwt", "jwk": write_jwk(&self.keys.public(&self.key))});
        let payload = claims.to_string();
        sign_compact(header, payload.as_bytes(), &self.key, SignatureAlgorithm::EcdsaSha256, &self.keys).unwrap()
    }

    /// Exchanges a code with a proof.
    pub async fn exchange_with_proof(&self, code: &str, proof: &str) -> (u16, Value) {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_assertion", &self.assertion()),
            ("client_assertion_type", kind),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = self.http.post(format!("{}/oidc/token", self.issuer)).header("dpop", proof);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(&fields));
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// Status of the UserInfo endpoint for a token with a scheme and perhaps a proof.
    pub async fn userinfo_as(&self, scheme: &str, token: &str, proof: Option<&str>) -> u16 {
        let request = self.http.get(format!("{}/oidc/userinfo", self.issuer));
        let request = request.header("authorization", format!("{scheme} {token}"));
        let request = proof.into_iter().fold(request, |request, proof| request.header("dpop", proof));
        request.send().await.unwrap().status().as_u16()
    }

    /// A JWS by the service's key.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"kid": "k1"});
        let payload = claims.to_string();
        sign_compact(header, payload.as_bytes(), &self.key, SignatureAlgorithm::EcdsaSha256, &self.keys).unwrap()
    }

    /// The parameters of a login, with changes; an empty value takes one away.
    pub fn parameters(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = [
            ("client_id", self.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid https://id.oidc.se/scope/naturalPersonInfo"),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in changes {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        all
    }

    /// Where a login begins.
    pub fn login_url(&self, changes: &[(&str, &str)]) -> String {
        format!("{}/oidc/authorize?{}", self.issuer, form(&self.parameters(changes)))
    }

    /// Calls an endpoint with a client assertion.
    pub async fn call(&self, path: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
        let assertion = self.assertion();
        self.call_with(&assertion, path, parameters).await
    }

    /// Calls an endpoint with this assertion.
    pub async fn call_with(&self, assertion: &str, path: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
        let mut all: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.push(("client_assertion".into(), assertion.to_owned()));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        all.push(("client_assertion_type".into(), kind.to_owned()));
        post(&self.http, &format!("{}{path}", self.issuer), &all).await
    }

    /// Exchanges a code.
    pub async fn exchange(&self, code: &str) -> (u16, Value) {
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.call("/oidc/token", &parameters).await
    }

    /// The answer of the `UserInfo` endpoint as it stands.
    pub async fn userinfo_text(&self, token: &str) -> String {
        self.ask_userinfo(token).await.1
    }

    async fn ask_userinfo(&self, token: &str) -> (u16, String) {
        let request =
            self.http.get(format!("{}/oidc/userinfo", self.issuer)).header("authorization", format!("Bearer {token}"));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Status and claims of the `UserInfo` endpoint. The signature is checked with the published keys.
    pub async fn userinfo(&self, token: &str) -> (u16, Value) {
        let (status, text) = self.ask_userinfo(token).await;
        let claims = if status == 200 { self.verified(&text).await } else { serde_json::from_str(&text).unwrap() };
        (status, claims)
    }

    /// The claims of a JWT of the provider, verified with its published keys.
    pub async fn verified(&self, jwt: &str) -> Value {
        let jws = read_compact(jwt).unwrap();
        let response = self.http.get(format!("{}/oidc/jwks", self.issuer)).send().await.unwrap();
        let published: Value = response.json().await.unwrap();
        let key = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == jws.header["kid"]).unwrap();
        jws.verify(&pki::jose::read_jwk(key).unwrap()).unwrap();
        serde_json::from_slice(&jws.payload).unwrap()
    }
}

impl Browser {
    /// With a person's certificate, or none.
    pub fn new(installation: &Installation, identity: Option<Identity>) -> Self {
        Self { http: http(installation, identity), cookies: Mutex::default() }
    }

    /// The same, which also trusts another root.
    pub fn trusting(installation: &Installation, identity: Option<Identity>, root: &str) -> Self {
        Self { http: trusting(installation, identity, Some(root)), cookies: Mutex::default() }
    }

    /// `GET`, one step.
    pub async fn get(&self, url: &str) -> Page {
        self.send(Method::GET, url, None, None).await
    }

    /// `POST` of a form from a page of `origin`.
    pub async fn post(&self, url: &str, fields: &[(&str, &str)], origin: &str) -> Page {
        let fields: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.send(Method::POST, url, Some(form(&fields)), Some(origin)).await
    }

    /// Follows redirects until a page or the relying service is reached. The page's address, and the page.
    pub async fn follow(&self, url: &str) -> (String, Page) {
        let mut url = url.to_owned();
        for _ in 0..10 {
            if url.starts_with(REDIRECT) {
                let page = Page { status: StatusCode::OK, location: None, policy: String::new(), body: String::new() };
                return (url, page);
            }
            let page = self.get(&url).await;
            match &page.location {
                Some(next) => url.clone_from(next),
                None => return (url, page),
            }
        }
        panic!("{url} leads nowhere");
    }

    /// Logs in up to the page of release. Its address and the proof in its form.
    pub async fn reach_consent(&self, url: &str) -> (String, String) {
        let (at, page) = self.follow(url).await;
        assert_eq!(page.status, StatusCode::OK, "{at}: {}", page.body);
        let proof = page.body.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        (at.split('?').next().unwrap().to_owned(), proof.to_owned())
    }

    /// Logs in and answers. The parameters that reach the relying service.
    pub async fn login(&self, service: &Service, url: &str, answer: &str) -> BTreeMap<String, String> {
        let (at, proof) = self.reach_consent(url).await;
        let page = self.post(&at, &[("proof", &proof), ("answer", answer)], service.issuer()).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        answered(&page.location.unwrap())
    }

    /// Logs in and exchanges the code. The token answer.
    pub async fn tokens(&self, service: &Service) -> Value {
        let answer = self.login(service, &service.login_url(&[]), "accept").await;
        let (status, tokens) = service.exchange(&answer["code"]).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    async fn send(&self, method: Method, url: &str, body: Option<String>, origin: Option<&str>) -> Page {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, url).header("cookie", cookies.join("; "));
        if let Some(body) = body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.send().await.unwrap();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        for cookie in response.headers().get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let (status, location) = (response.status(), header("location"));
        let policy = header("content-security-policy").unwrap_or_default();
        Page { status, location, policy, body: response.text().await.unwrap() }
    }
}

/// The parameters of an answer at the relying service.
pub fn answered(url: &str) -> BTreeMap<String, String> {
    let query = url.strip_prefix(REDIRECT).unwrap_or_else(|| panic!("{url} is somewhere else"));
    url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).into_owned().collect()
}

/// The payload of a JWT, unverified.
pub fn payload(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Posts a form. Status and JSON.
pub async fn post(http: &Client, url: &str, fields: &[(String, String)]) -> (u16, Value) {
    let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form(fields));
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

fn form(fields: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
