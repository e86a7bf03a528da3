//! What a service asks of a login (SAML Core section 3.4.1, Sweden Connect deployment profile section 5).

use super::SamlError;
use super::name::{
    ASSERTION, ENTITY, PERSISTENT, POST_BINDING, PRINCIPAL_SELECTION, PROTOCOL, TRANSIENT, UNSPECIFIED, USER_MESSAGE,
};
use super::post::Message;
use super::response::{Reply, Status};
use super::service::{Service, flag, instant};
use super::xml::{Element, Xml};
use crate::oidc::authorization::UserMessage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request that was checked against its service's metadata; it may be kept between its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthnRequest {
    /// Where the answer goes, and what it answers.
    pub reply: Reply,
    /// Levels that will do, best first; empty for any.
    pub levels: Vec<String>,
    /// Whether the holder must show the card, whatever session there is.
    pub force: bool,
    /// Whether the answer must come without asking the user anything.
    pub passive: bool,
    /// The kind of name that the assertion has.
    pub name_id: NameIdFormat,
    /// Who shall log in: attributes and their values.
    pub principal: BTreeMap<String, String>,
    /// What the service wants the user to read before saying yes.
    #[serde(default)]
    pub message: Option<UserMessage>,
}

/// Kinds of names, both meaningless to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameIdFormat {
    /// The same at every login at one service.
    Persistent,
    /// Another at every login.
    Transient,
}

impl NameIdFormat {
    /// Its identifier.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Persistent => PERSISTENT,
            Self::Transient => TRANSIENT,
        }
    }
}

/// A request that is refused, and whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: SamlError,
    /// The answer that takes it to the service; none if nothing must be sent anywhere.
    pub answer: Option<Box<(Reply, Status)>>,
}

impl<E: Into<SamlError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { why: error.into(), answer: None }
    }
}

/// Who a message says it is from: to be looked up, not to be believed.
///
/// # Errors
/// [`SamlError::Message`].
pub fn issuer(xml: &Xml<'_>) -> Result<String, SamlError> {
    let issuer = xml.root().only(ASSERTION, "Issuer").ok_or(SamlError::Message("there must be one Issuer"))?;
    if issuer.attribute("Format").is_some_and(|format| format != ENTITY) {
        return Err(SamlError::Message("the Issuer must be an entity"));
    }
    issuer.text().filter(|text| !text.is_empty()).ok_or(SamlError::Message("the Issuer is not a name"))
}

impl AuthnRequest {
    /// Checks a request of `service`, whose entity ID it names, that came to `address`.
    ///
    /// # Errors
    /// [`Refused`]; with an answer only if the address is registered (nothing goes elsewhere) and the service signed.
    pub fn read(
        message: &Message,
        xml: &Xml<'_>,
        service: &Service,
        (address, now): (&str, UtcTime),
    ) -> Result<Self, Refused> {
        let root = xml.root();
        if !root.is(PROTOCOL, "AuthnRequest") {
            return Err(SamlError::Message("not an AuthnRequest").into());
        }
        message.authenticate(xml, &service.keys)?;
        let id = envelope(root, address, now)?;
        let acs = consumer(root, service)?;
        let reply =
            Reply { service: service.id.clone(), acs, in_response_to: id, relay_state: message.relay_state.clone() };
        let asked = Asked::read(root, service);
        asked.map_err(|(why, status)| Refused { why, answer: Some(Box::new((reply.clone(), status))) }).map(|asked| {
            Self {
                reply,
                levels: asked.levels,
                force: flag(root, "ForceAuthn"),
                passive: flag(root, "IsPassive"),
                name_id: asked.name_id,
                principal: asked.principal,
                message: asked.message,
            }
        })
    }

    /// Whether a holder with these values is the one that was asked for. An attribute that the holder has not, or that is
    /// not known here, matches nobody.
    pub fn accepts(&self, value: impl Fn(&str) -> Option<String>) -> bool {
        self.principal.iter().all(|(name, wanted)| value(name).as_ref() == Some(wanted))
    }
}

/// What every request says (SAML Core section 3.2.1). Its ID.
pub(super) fn envelope(root: Element<'_, '_>, address: &str, now: UtcTime) -> Result<String, SamlError> {
    let wrong = SamlError::Message;
    if root.attribute("Version") != Some("2.0") {
        return Err(wrong("Version must be 2.0"));
    }
    let id = root.attribute("ID").unwrap_or_default();
    let begins = id.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !begins || !rest || id.len() > MAX_ID {
        return Err(wrong("ID must be an XML name of at most 256 ASCII characters"));
    }
    let issued = root.attribute("IssueInstant").and_then(instant).ok_or(wrong("IssueInstant is not a time in UTC"))?;
    if issued > now.plus_seconds(SKEW_SECONDS) || issued < now.plus_seconds(-MAX_AGE_SECONDS) {
        return Err(wrong("IssueInstant is too old, or in the future"));
    }
    if root.attribute("Destination") != Some(address) {
        return Err(wrong("Destination must be the address that the message came to"));
    }
    Ok(id.to_owned())
}

/// Where the answer goes: a registered address, compared character by character.
fn consumer(root: Element<'_, '_>, service: &Service) -> Result<String, SamlError> {
    if root.attribute("ProtocolBinding").is_some_and(|binding| binding != POST_BINDING) {
        return Err(SamlError::Message("answers go by HTTP-POST only"));
    }
    let found = match (root.attribute("AssertionConsumerServiceURL"), root.attribute("AssertionConsumerServiceIndex")) {
        (Some(_), Some(_)) => {
            return Err(SamlError::Message(
                "AssertionConsumerServiceURL and AssertionConsumerServiceIndex exclude each other",
            ));
        }
        (Some(url), None) => service.consumers.iter().find(|consumer| consumer.location == url),
        (None, Some(index)) => service.consumers.iter().find(|consumer| index == consumer.index.to_string()),
        (None, None) => Some(service.default_consumer()),
    };
    let found = found.ok_or(SamlError::Message("the assertion consumer service is not registered"))?;
    Ok(found.location.clone())
}

/// What is refused at the service rather than on a page of ours.
struct Asked {
    levels: Vec<String>,
    name_id: NameIdFormat,
    principal: BTreeMap<String, String>,
    message: Option<UserMessage>,
}

impl Asked {
    fn read(root: Element<'_, '_>, service: &Service) -> Result<Self, (SamlError, Status)> {
        if root.only(ASSERTION, "Subject").is_some() {
            let why = SamlError::Message("a Subject is not taken: use PrincipalSelection");
            return Err((why, Status::RequestUnsupported));
        }
        let extensions = root.only(PROTOCOL, "Extensions");
        Ok(Self {
            levels: levels(root)?,
            name_id: name_id(root, service)?,
            principal: extensions.map_or_else(|| Ok(BTreeMap::new()), principal)?,
            message: extensions.and_then(user_message),
        })
    }
}

/// Exact comparison of classes only (deployment profile section 5.4.2).
fn levels(root: Element<'_, '_>) -> Result<Vec<String>, (SamlError, Status)> {
    let refused = |why| (SamlError::Message(why), Status::NoAuthnContext);
    let mut contexts = root.all(PROTOCOL, "RequestedAuthnContext");
    let Some(context) = contexts.next() else { return Ok(Vec::new()) };
    if contexts.next().is_some() || context.attribute("Comparison").is_some_and(|comparison| comparison != "exact") {
        return Err(refused("levels are compared exactly"));
    }
    let classes = context.children().map(|child| {
        let class = child.is(ASSERTION, "AuthnContextClassRef").then(|| child.text()).flatten();
        class.filter(|class| class.len() <= MAX_URI)
    });
    let classes: Option<Vec<String>> = classes.take(MAX_LEVELS).collect();
    match classes {
        Some(classes) if !classes.is_empty() => Ok(classes),
        _ => Err(refused("levels are asked for by AuthnContextClassRef")),
    }
}

fn name_id(root: Element<'_, '_>, service: &Service) -> Result<NameIdFormat, (SamlError, Status)> {
    let refused = |why| (SamlError::Message(why), Status::InvalidNameIdPolicy);
    let known = service.name_ids.first().copied().unwrap_or(NameIdFormat::Persistent);
    let Some(policy) = root.only(PROTOCOL, "NameIDPolicy") else { return Ok(known) };
    if policy.attribute("SPNameQualifier").is_some_and(|qualifier| qualifier != service.id) {
        return Err(refused("names are for the service that asks"));
    }
    match policy.attribute("Format") {
        None | Some(UNSPECIFIED) => Ok(known),
        Some(PERSISTENT) => Ok(NameIdFormat::Persistent),
        Some(TRANSIENT) => Ok(NameIdFormat::Transient),
        Some(_) => Err(refused("names are persistent or transient")),
    }
}

/// Principal Selection in SAML Authentication Requests, section 2.
fn principal(extensions: Element<'_, '_>) -> Result<BTreeMap<String, String>, (SamlError, Status)> {
    let Some(selection) = extensions.only(PRINCIPAL_SELECTION, "PrincipalSelection") else {
        return Ok(BTreeMap::new());
    };
    let read = selection.all(PRINCIPAL_SELECTION, "MatchValue").take(MAX_MATCHES).map(|wanted| {
        let name = wanted.attribute("Name").filter(|name| name.len() <= MAX_URI)?;
        Some((name.to_owned(), wanted.text().filter(|text| (1..=MAX_URI).contains(&text.len()))?))
    });
    let read: Option<BTreeMap<_, _>> = read.collect();
    read.ok_or((SamlError::Message("a MatchValue without name or value"), Status::RequestUnsupported))
}

/// A message that cannot be shown is not shown (User Message Extension section 3.1).
fn user_message(extensions: Element<'_, '_>) -> Option<UserMessage> {
    let message = extensions.only(USER_MESSAGE, "UserMessage")?;
    // Markdown is meant to be read as it is written.
    if !matches!(message.attribute("mimeType"), None | Some("text/plain" | "text/markdown")) {
        return None;
    }
    let texts = message.all(USER_MESSAGE, "Message").take(MAX_LANGUAGES).map(|text| {
        let encoded: String = text.text()?.split_ascii_whitespace().collect();
        let octets = STANDARD.decode(encoded).ok()?;
        Some((text.language()?.to_owned(), String::from_utf8(octets).ok()?))
    });
    UserMessage::from_texts(texts.collect::<Option<_>>()?)
}

/// How far clocks may differ, in seconds (deployment profile section 2).
pub const SKEW_SECONDS: i64 = 60;
/// How long a request may be under way, in seconds.
pub const MAX_AGE_SECONDS: i64 = 300;
const MAX_ID: usize = 256;
const MAX_URI: usize = 1024;
const MAX_LEVELS: usize = 16;
const MAX_MATCHES: usize = 16;
const MAX_LANGUAGES: usize = 8;
