//! What others read of us (SAML Metadata, Sweden Connect deployment profile section 2).

use super::SamlError;
use super::attribute::{CATEGORIES, EIDAS_NATURAL_PERSON, SUPPORTS_USER_MESSAGE};
use super::name::{
    ASSERTION, ASSURANCE_CERTIFICATION, DSIG, ENTITY_CATEGORY, MDATTR, MDUI, METADATA, PERSISTENT, POST_BINDING,
    PRINCIPAL_SELECTION, PROTOCOL, REDIRECT_BINDING, SHIBMD, TRANSIENT, URI_NAMES,
};
use super::signature::{Draft, SigningKey};
use super::writer::Writer;
use crate::oidc::level::{Approval, supported};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// The identity provider as others see it.
#[derive(Debug, Clone)]
pub struct IdentityProvider<'a> {
    /// Its entity ID.
    pub entity_id: &'a str,
    /// Where its endpoints are: `https://host`, without a slash at the end.
    pub origin: &'a str,
    /// Whether levels of Digg's may be said.
    pub approval: Approval,
    /// How it presents itself.
    pub presentation: &'a Presentation,
    /// Organisation numbers of the agencies whose people log in here.
    pub scopes: &'a [String],
    /// Certificates of every key that signs, or will soon, DER.
    pub certificates: &'a [Vec<u8>],
}

/// How an identity provider presents itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// Name of the service in Swedish.
    pub name_sv: String,
    /// Name of the service in English.
    pub name_en: String,
    /// One sentence in Swedish.
    pub description_sv: String,
    /// One sentence in English.
    pub description_en: String,
    /// The registered name of the organisation.
    pub organisation: String,
    /// Its address.
    pub organisation_url: String,
    /// E-mail address of technicians.
    pub technical_contact: String,
    /// E-mail address for people who need help.
    pub support_contact: String,
}

/// Our `EntityDescriptor`, to be signed.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn describe(
    provider: &IdentityProvider<'_>,
    (id, valid_until): (&str, UtcTime),
    key: SigningKey<'_>,
) -> Result<Draft, SamlError> {
    let mut w = Writer::default();
    let until = valid_until.to_string();
    let attributes = [
        ("xmlns:md", METADATA),
        ("ID", id),
        ("entityID", provider.entity_id),
        ("validUntil", until.as_str()),
        ("cacheDuration", CACHE),
    ];
    w.open("md:EntityDescriptor", &attributes);
    w.split();
    entity_attributes(&mut w, provider);
    role(&mut w, provider);
    people(&mut w, provider.presentation);
    let (before, after) = w.finish_split();
    Ok(Draft::new(before, after, id, key)?)
}

fn entity_attributes(w: &mut Writer, provider: &IdentityProvider<'_>) {
    let levels = supported(provider.approval).iter().map(|(uri, _)| *uri);
    let loa4 = provider.approval == Approval::Approved;
    let matched = CATEGORIES.iter().map(|(category, _)| *category);
    let matched =
        matched.filter(|category| *category != EIDAS_NATURAL_PERSON && (loa4 || !category.contains("/loa4-")));
    w.open("md:Extensions", &[]);
    w.open("mdattr:EntityAttributes", &[("xmlns:mdattr", MDATTR), ("xmlns:saml", ASSERTION)]);
    values(w, ASSURANCE_CERTIFICATION, levels);
    values(w, ENTITY_CATEGORY, matched.chain([SUPPORTS_USER_MESSAGE]));
    w.close();
    w.close();
}

fn values<'a>(w: &mut Writer, name: &str, values: impl Iterator<Item = &'a str>) {
    w.open("saml:Attribute", &[("Name", name), ("NameFormat", URI_NAMES)]);
    for value in values {
        w.leaf("saml:AttributeValue", &[], value);
    }
    w.close();
}

/// The order is that of the schema (SAML Metadata section 2.4.3).
fn role(w: &mut Writer, provider: &IdentityProvider<'_>) {
    w.open("md:IDPSSODescriptor", &[("WantAuthnRequestsSigned", "true"), ("protocolSupportEnumeration", PROTOCOL)]);
    extensions(w, provider);
    for certificate in provider.certificates {
        w.open("md:KeyDescriptor", &[("use", "signing")]);
        w.open("ds:KeyInfo", &[("xmlns:ds", DSIG)]);
        w.open("ds:X509Data", &[]);
        w.leaf("ds:X509Certificate", &[], &STANDARD.encode(certificate));
        for _ in 0..3 {
            w.close();
        }
    }
    for (binding, at) in [(REDIRECT_BINDING, path::LOGOUT), (POST_BINDING, path::LOGOUT)] {
        endpoint(w, "md:SingleLogoutService", binding, provider, at);
    }
    for format in [PERSISTENT, TRANSIENT] {
        w.leaf("md:NameIDFormat", &[], format);
    }
    for (binding, at) in [(REDIRECT_BINDING, path::LOGIN), (POST_BINDING, path::LOGIN)] {
        endpoint(w, "md:SingleSignOnService", binding, provider, at);
    }
    w.close();
}

fn endpoint(w: &mut Writer, name: &'static str, binding: &str, provider: &IdentityProvider<'_>, path: &str) {
    w.leaf(name, &[("Binding", binding), ("Location", &format!("{}{path}", provider.origin))], "");
}

fn extensions(w: &mut Writer, provider: &IdentityProvider<'_>) {
    let shown = provider.presentation;
    w.open("md:Extensions", &[]);
    for scope in provider.scopes {
        w.leaf("shibmd:Scope", &[("xmlns:shibmd", SHIBMD), ("regexp", "false")], scope);
    }
    w.open("mdui:UIInfo", &[("xmlns:mdui", MDUI)]);
    w.leaf("mdui:DisplayName", &[("xml:lang", "sv")], &shown.name_sv);
    w.leaf("mdui:DisplayName", &[("xml:lang", "en")], &shown.name_en);
    w.leaf("mdui:Description", &[("xml:lang", "sv")], &shown.description_sv);
    w.leaf("mdui:Description", &[("xml:lang", "en")], &shown.description_en);
    let logo = format!("{}{}", provider.origin, path::LOGO);
    w.leaf("mdui:Logo", &[("height", LOGO_PIXELS), ("width", LOGO_PIXELS)], &logo);
    w.close();
    // Which values a service may preselect (Principal Selection section 3).
    w.open("psc:RequestedPrincipalSelection", &[("xmlns:psc", PRINCIPAL_SELECTION)]);
    w.leaf("psc:MatchValue", &[("Name", "urn:oid:1.2.752.29.4.13")], "");
    w.leaf("psc:MatchValue", &[("Name", "urn:oid:1.2.752.201.3.1")], "");
    w.close();
    w.close();
}

fn people(w: &mut Writer, shown: &Presentation) {
    w.open("md:Organization", &[]);
    w.leaf("md:OrganizationName", &[("xml:lang", "sv")], &shown.organisation);
    w.leaf("md:OrganizationDisplayName", &[("xml:lang", "sv")], &shown.organisation);
    w.leaf("md:OrganizationURL", &[("xml:lang", "sv")], &shown.organisation_url);
    w.close();
    for (kind, address) in [("technical", &shown.technical_contact), ("support", &shown.support_contact)] {
        w.open("md:ContactPerson", &[("contactType", kind)]);
        w.leaf("md:Company", &[], &shown.organisation);
        w.leaf("md:EmailAddress", &[], &format!("mailto:{address}"));
        w.close();
    }
}

/// Paths of the endpoints.
pub mod path {
    /// Our metadata; the entity ID is its address.
    pub const METADATA: &str = "/saml/metadata";
    /// Where requests come.
    pub const LOGIN: &str = "/saml/login";
    /// Where sessions end.
    pub const LOGOUT: &str = "/saml/logout";
    /// Our logo.
    pub const LOGO: &str = "/saml/logo.svg";
}

/// How long others may keep what they read.
const CACHE: &str = "PT1H";
const LOGO_PIXELS: &str = "64";
