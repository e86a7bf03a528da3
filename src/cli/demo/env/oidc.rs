//! For `oidc_client.mjs`: a relying service that was registered now, and a person with a software key.

use super::super::{Demo, rp};
use super::Environment;
use crate::cli::quickstart::files;
use crate::config::Config;
use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use federation::oidc::level::supported;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use serde_json::{Value, json};

/// The driver's environment.
///
/// # Errors
/// If the service refuses the registration or a file cannot be written.
pub(super) async fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let config = Config::load(&demo.layout.config())?;
    let login = config.login.context("this installation has no [login]: it was made before there were card logins")?;
    let people = &demo.manifest.people;
    let person = people.iter().find(|person| person.roles.is_empty()).or(people.first());
    let person = person.context("the installation has no people")?;
    let (secret, public) = key()?;
    let scopes = [
        "openid",
        "https://id.oidc.se/scope/naturalPersonInfo",
        "https://id.oidc.se/scope/naturalPersonNumber",
        "https://id.oidc.se/scope/naturalPersonOrgId",
    ];
    let registration = json!({
        "client_id": CLIENT_ID,
        "client_name#sv": "Demotjänsten",
        "client_name#en": "The demo service",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [public]},
        "scope": scopes.join(" "),
        "security_profile": "sweden",
    });
    rp::add(demo, &registration).await?;
    let folder = rp::folder(demo, CLIENT_ID);
    files::private_folder(&folder)?;
    let path = folder.join("client.jwk");
    files::private(&path, secret.to_string())?;

    let mut environment = Environment::default();
    environment.set("ISSUER", &login.issuer);
    environment.path("CA_FILE", &demo.manifest.tls_ca);
    environment.path("CERT", &person.certificate);
    environment.path("KEY", &person.key);
    environment.set("CLIENT_ID", CLIENT_ID);
    environment.set("REDIRECT_URI", REDIRECT_URI);
    environment.path("CLIENT_JWK", &path);
    environment.set("SCOPE", &scopes.join(" "));
    environment.set("ACR", supported(login.approval).last().map_or("", |(acr, _)| acr));
    environment.set("CLAIMS", &CLAIMS.join(","));
    Ok(environment)
}

/// A new key of a client: private and public JWK.
fn key() -> anyhow::Result<(Value, Value)> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = EcKey::generate(&group)?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    key.public_key().affine_coordinates_gfp(&group, &mut x, &mut y, &mut *BigNumContext::new()?)?;
    let text =
        |number: &openssl::bn::BigNumRef| Ok::<_, anyhow::Error>(URL_SAFE_NO_PAD.encode(number.to_vec_padded(32)?));
    let public = json!({"kty": "EC", "crv": "P-256", "kid": KID, "x": text(&x)?, "y": text(&y)?});
    let mut secret = public.clone();
    secret["d"] = text(key.private_key())?.into();
    Ok((secret, public))
}

const CLIENT_ID: &str = "demo-rp";
const KID: &str = "demo-rp-1";
/// Never called: the driver stops there.
const REDIRECT_URI: &str = "https://rp.example/cb";
const CLAIMS: [&str; 7] = [
    "name",
    "given_name",
    "family_name",
    "https://id.oidc.se/claim/personalIdentityNumber",
    "https://id.oidc.se/claim/orgAffiliation",
    "https://id.oidc.se/claim/orgName",
    "https://id.oidc.se/claim/orgNumber",
];
