//! Services that rely on our assertions, as their metadata says.

use super::SamlError;
use super::encryption::Recipient;
use super::name::{
    ALG, ASSERTION, DSIG, ENTITY_CATEGORY, MDATTR, MDUI, METADATA, PERSISTENT, POST_BINDING, PROTOCOL,
    REDIRECT_BINDING, SOAP_BINDING, TRANSIENT, UNSPECIFIED,
};
use super::request::NameIdFormat;
use super::signature::{self, octets};
use super::xml::{Element, Kind, Xml};
use crate::oidc::client::Name;
use pki::certificate::Certificate;
use pki::key::{KeyKind, PublicKey};
use pki::time::UtcTime;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// Who says that a service is what its metadata says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An agency of ours registered it: what it asks for was approved.
    Local,
    /// A federation: only its entity categories count.
    Federation,
}

/// A service that was read and checked.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its entity ID.
    pub id: String,
    /// Its name in Swedish and in English.
    pub name: Name,
    /// Who vouches for it.
    pub origin: Origin,
    /// Where assertions may go, each compared character by character.
    pub consumers: Vec<Consumer>,
    /// Where it is told that a session ended.
    pub logout: Vec<LogoutService>,
    /// Keys that it signs with.
    pub keys: Vec<PublicKey>,
    /// Whom assertions are encrypted to.
    pub recipient: Recipient,
    /// Whether it wants assertions signed beside the response.
    pub wants_signed_assertions: bool,
    /// The kinds of names that it takes; empty for any.
    pub name_ids: Vec<NameIdFormat>,
    /// What it says it can verify; empty if it does not say.
    pub signature_methods: Vec<String>,
    /// Its entity categories.
    pub categories: BTreeSet<String>,
    /// Attributes that it asks for, and whether it can do without.
    pub requested: Vec<Requested>,
    /// Until when this is to be believed.
    pub valid_until: Option<UtcTime>,
}

/// An assertion consumer service with HTTP-POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its number in requests.
    pub index: u16,
    /// Its address.
    pub location: String,
    /// Whether it is the one for requests that name none.
    pub is_default: bool,
}

/// A single logout service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutService {
    /// How it is spoken to.
    pub binding: LogoutBinding,
    /// Where requests go.
    pub location: String,
    /// Where answers go.
    pub response_location: String,
}

/// How a single logout service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutBinding {
    /// In an address.
    Redirect,
    /// In a form.
    Post,
    /// Without the browser.
    Soap,
}

/// An attribute that a service asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// Its name.
    pub name: String,
    /// Whether the service cannot do without.
    pub required: bool,
}

/// How a service is registered with us: an object, so that there is room for what metadata cannot say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    saml_metadata: String,
}

impl Service {
    /// Whether a registration is one of a SAML service.
    pub fn is_registration(text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|object| object.get("saml_metadata").is_some())
    }

    /// Reads a registration: an object whose `saml_metadata` is one `EntityDescriptor`.
    ///
    /// # Errors
    /// [`SamlError`].
    pub fn from_json(text: &str) -> Result<Self, SamlError> {
        let read: Registration =
            serde_json::from_str(text).map_err(|_| SamlError::Metadata("not an object with saml_metadata"))?;
        let xml = Xml::read(read.saml_metadata.as_bytes(), Kind::Metadata)?;
        Self::read(xml.root(), Origin::Local)
    }

    /// Reads one `EntityDescriptor`.
    ///
    /// # Errors
    /// [`SamlError::Metadata`].
    pub fn read(entity: Element<'_, '_>, origin: Origin) -> Result<Self, SamlError> {
        let wrong = SamlError::Metadata;
        if !entity.is(METADATA, "EntityDescriptor") {
            return Err(wrong("the outermost element is not an EntityDescriptor"));
        }
        let id = entity.attribute("entityID").unwrap_or_default();
        if !(1..=MAX_ENTITY_ID).contains(&id.len()) || !id.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(wrong("entityID must be 1 to 1024 visible ASCII characters"));
        }
        let speaks = |role: &Element<'_, '_>| {
            role.attribute("protocolSupportEnumeration")
                .unwrap_or_default()
                .split_ascii_whitespace()
                .any(|p| p == PROTOCOL)
        };
        let role = entity.all(METADATA, "SPSSODescriptor").find(speaks);
        let role = role.ok_or(wrong("there is no SPSSODescriptor for SAML 2.0"))?;
        let until = entity.attribute("validUntil").or_else(|| role.attribute("validUntil"));
        let valid_until = until.map(|text| instant(text).ok_or(wrong("validUntil is not a time"))).transpose()?;
        let keys = keys(role, "signing")?;
        if keys.is_empty() {
            return Err(wrong("there is no key for signing that we know: P-256, P-384 or RSA from 2048 bits"));
        }
        Ok(Self {
            name: name(entity, role, id),
            id: id.to_owned(),
            origin,
            consumers: consumers(role)?,
            logout: logout(role)?,
            keys,
            recipient: recipient(role)?,
            wants_signed_assertions: flag(role, "WantAssertionsSigned"),
            name_ids: name_ids(role),
            signature_methods: signature_methods(entity, role),
            categories: categories(entity),
            requested: requested(role),
            valid_until,
        })
    }

    /// Where an answer goes that names neither address nor index.
    pub fn default_consumer(&self) -> &Consumer {
        // SAML Metadata section 2.2.3: the default, or the first.
        let default = self.consumers.iter().find(|consumer| consumer.is_default);
        default.unwrap_or(&self.consumers[0])
    }

    /// Whether it has this entity category.
    pub fn has(&self, category: &str) -> bool {
        self.categories.contains(category)
    }
}

/// A time of XML Schema in UTC; fractions of seconds are cut off.
pub(super) fn instant(text: &str) -> Option<UtcTime> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) => {
            let digits = fraction.strip_suffix('Z')?;
            let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| format!("{whole}Z"))?
        }
        None => text.to_owned(),
    };
    whole.parse().ok()
}

/// An xs:boolean that is false if it is absent.
pub(super) fn flag(element: Element<'_, '_>, attribute: &str) -> bool {
    matches!(element.attribute(attribute), Some("true" | "1"))
}

fn consumers(role: Element<'_, '_>) -> Result<Vec<Consumer>, SamlError> {
    let mut found = Vec::new();
    for service in role.all(METADATA, "AssertionConsumerService") {
        let index = service.attribute("index").and_then(|index| index.parse().ok());
        let index = index.ok_or(SamlError::Metadata("an AssertionConsumerService without a number as its index"))?;
        if service.attribute("Binding") != Some(POST_BINDING) {
            continue;
        }
        found.push(Consumer {
            index,
            location: location(service, "Location")?,
            is_default: flag(service, "isDefault"),
        });
    }
    if found.is_empty() || found.len() > MAX_ENDPOINTS {
        return Err(SamlError::Metadata("1 to 64 AssertionConsumerServices with HTTP-POST are needed"));
    }
    let indices: BTreeSet<_> = found.iter().map(|consumer| consumer.index).collect();
    if indices.len() == found.len() { Ok(found) } else { Err(SamlError::Metadata("two consumers with one index")) }
}

fn logout(role: Element<'_, '_>) -> Result<Vec<LogoutService>, SamlError> {
    let mut found = Vec::new();
    for service in role.all(METADATA, "SingleLogoutService").take(MAX_ENDPOINTS) {
        let binding = match service.attribute("Binding") {
            Some(REDIRECT_BINDING) => LogoutBinding::Redirect,
            Some(POST_BINDING) => LogoutBinding::Post,
            Some(SOAP_BINDING) => LogoutBinding::Soap,
            _ => continue,
        };
        let request = location(service, "Location")?;
        let answer =
            service.attribute("ResponseLocation").map(|_| location(service, "ResponseLocation")).transpose()?;
        found.push(LogoutService {
            binding,
            response_location: answer.unwrap_or_else(|| request.clone()),
            location: request,
        });
    }
    Ok(found)
}

/// An absolute https address without fragment or password.
fn location(element: Element<'_, '_>, attribute: &str) -> Result<String, SamlError> {
    let text = element.attribute(attribute).unwrap_or_default();
    let plain = text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control() || b" \"<>".contains(&b));
    let fits = |url: &Url| {
        url.scheme() == "https"
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    match Url::parse(text) {
        Ok(url) if plain && fits(&url) => Ok(text.to_owned()),
        _ => Err(SamlError::Metadata("locations are absolute https addresses without fragment")),
    }
}

/// The keys of a role for one use. Certificates only carry them: neither their dates nor their issuers are asked for.
fn keys(role: Element<'_, '_>, purpose: &str) -> Result<Vec<PublicKey>, SamlError> {
    let mut keys = Vec::new();
    for descriptor in descriptors(role, purpose) {
        keys.extend(certificates(descriptor)?.iter().map(|certificate| certificate.public_key().clone()));
    }
    keys.retain(|key| key.kind() != KeyKind::Ed25519);
    if keys.len() > MAX_KEYS { Err(SamlError::Metadata("more than 16 keys")) } else { Ok(keys) }
}

fn recipient(role: Element<'_, '_>) -> Result<Recipient, SamlError> {
    for descriptor in descriptors(role, "encryption") {
        let methods = descriptor.all(METADATA, "EncryptionMethod").filter_map(|method| method.attribute("Algorithm"));
        let methods: Vec<&str> = methods.collect();
        if let Some(recipient) =
            certificates(descriptor)?.iter().find_map(|certificate| Recipient::new(certificate, &methods))
        {
            return Ok(recipient);
        }
    }
    Err(SamlError::Metadata("there is no key that we can encrypt to: RSA from 2048 bits, OAEP, AES"))
}

fn descriptors<'d, 'a>(role: Element<'d, 'a>, purpose: &str) -> impl Iterator<Item = Element<'d, 'a>> {
    let fits = move |descriptor: &Element<'d, 'a>| descriptor.attribute("use").is_none_or(|other| other == purpose);
    role.all(METADATA, "KeyDescriptor").filter(fits)
}

/// The certificates of a key descriptor that we can read: a key of an unknown kind is nobody's fault.
fn certificates(descriptor: Element<'_, '_>) -> Result<Vec<Certificate>, SamlError> {
    let mut found = Vec::new();
    for info in descriptor.all(DSIG, "KeyInfo") {
        for data in info.all(DSIG, "X509Data") {
            for certificate in data.all(DSIG, "X509Certificate") {
                let der = octets(certificate).ok_or(SamlError::Metadata("a certificate is not base64"))?;
                found.extend(Certificate::parse(&der).ok());
            }
        }
    }
    Ok(found)
}

fn name_ids(role: Element<'_, '_>) -> Vec<NameIdFormat> {
    let formats = role.all(METADATA, "NameIDFormat").filter_map(Element::text);
    let known = formats.flat_map(|format| match format.as_str() {
        PERSISTENT => vec![NameIdFormat::Persistent],
        TRANSIENT => vec![NameIdFormat::Transient],
        UNSPECIFIED => vec![NameIdFormat::Persistent, NameIdFormat::Transient],
        _ => Vec::new(),
    });
    known.collect()
}

fn signature_methods(entity: Element<'_, '_>, role: Element<'_, '_>) -> Vec<String> {
    let listed = |element: Element<'_, '_>| -> Vec<String> {
        let extensions = element.only(METADATA, "Extensions");
        let methods = extensions.into_iter().flat_map(|extensions| extensions.all(ALG, "SigningMethod"));
        let known = methods.filter_map(|method| method.attribute("Algorithm"));
        known.filter(|uri| signature::algorithm(uri).is_some()).map(str::to_owned).collect()
    };
    // Metadata Profile for Algorithm Support section 2.3: the role goes before the entity.
    let own = listed(role);
    if own.is_empty() { listed(entity) } else { own }
}

fn categories(entity: Element<'_, '_>) -> BTreeSet<String> {
    let attributes = entity.path(&[(METADATA, "Extensions"), (MDATTR, "EntityAttributes")]);
    let attributes = attributes.into_iter().flat_map(|attributes| attributes.all(ASSERTION, "Attribute"));
    let named = attributes.filter(|attribute| attribute.attribute("Name") == Some(ENTITY_CATEGORY));
    named.flat_map(|attribute| attribute.all(ASSERTION, "AttributeValue")).filter_map(Element::text).collect()
}

/// What its services ask for. The first counts, or the one that is the default (SAML Metadata section 2.4.4).
fn requested(role: Element<'_, '_>) -> Vec<Requested> {
    let services: Vec<_> = role.all(METADATA, "AttributeConsumingService").collect();
    let chosen = services.iter().find(|service| flag(**service, "isDefault")).or(services.first());
    let attributes = chosen.into_iter().flat_map(|service| service.all(METADATA, "RequestedAttribute"));
    let read = attributes.filter_map(|attribute| {
        let name = attribute.attribute("Name")?.to_owned();
        Some(Requested { name, required: flag(attribute, "isRequired") })
    });
    read.collect()
}

fn name(entity: Element<'_, '_>, role: Element<'_, '_>, id: &str) -> Name {
    let shown = role.path(&[(METADATA, "Extensions"), (MDUI, "UIInfo")]);
    let service = role.all(METADATA, "AttributeConsumingService").next();
    let organisation = entity.only(METADATA, "Organization");
    let sources = [
        shown.map(|info| texts(info, MDUI, "DisplayName")),
        service.map(|service| texts(service, METADATA, "ServiceName")),
        organisation.map(|organisation| texts(organisation, METADATA, "OrganizationDisplayName")),
    ];
    let all: Vec<(String, String)> = sources.into_iter().flatten().find(|texts| !texts.is_empty()).unwrap_or_default();
    let text = |language: &str| {
        let same = all.iter().find(|(tag, _)| tag == language);
        same.or(all.first()).map_or_else(|| id.to_owned(), |(_, text)| text.clone())
    };
    Name { sv: text("sv"), en: text("en") }
}

/// Texts with their languages.
fn texts(element: Element<'_, '_>, namespace: &str, local: &str) -> Vec<(String, String)> {
    let texts = element.all(namespace, local).filter_map(|text| Some((text.language()?.to_owned(), text.text()?)));
    texts.filter(|(_, text)| (1..=MAX_NAME).contains(&text.chars().count())).collect()
}

/// SAML Core section 8.3.6.
const MAX_ENTITY_ID: usize = 1024;
const MAX_ENDPOINTS: usize = 64;
const MAX_KEYS: usize = 16;
/// Characters of a name that a page shows.
const MAX_NAME: usize = 256;
