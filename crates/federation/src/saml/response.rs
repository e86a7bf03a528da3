//! What a service is answered (SAML Core sections 2.3.3 and 3.3.3, Sweden Connect deployment profile section 6).

use super::SamlError;
use super::attribute;
use super::name::{ASSERTION, BEARER, ENTITY, PROTOCOL, URI_NAMES};
use super::request::NameIdFormat;
use super::signature::{Draft, SigningKey};
use super::writer::Writer;
use crate::oidc::claims::Holder;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where an answer goes, and what it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The service.
    pub service: String,
    /// A registered address.
    pub acs: String,
    /// ID of the request.
    pub in_response_to: String,
    /// The service's own value.
    #[serde(default)]
    pub relay_state: Option<String>,
}

impl Reply {
    /// Scheme, host and port, for the policy of a page whose form ends here.
    pub fn origin(&self) -> String {
        url::Url::parse(&self.acs).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was done.
    Success,
    /// The holder said no, or gave up.
    Cancel,
    /// None of the levels can be reached.
    NoAuthnContext,
    /// It cannot be done without asking the holder.
    NoPassive,
    /// Another person than asked for.
    UnknownPrincipal,
    /// Names of this kind are not given.
    InvalidNameIdPolicy,
    /// Something in the request is not offered.
    RequestUnsupported,
    /// The rules say no.
    RequestDenied,
    /// The card was refused.
    AuthnFailed,
    /// Somebody else ended the session, or not everybody could be told.
    PartialLogout,
    /// Something of ours failed.
    Failed,
}

impl Status {
    /// The two codes (SAML Core section 3.2.2.2): whose fault, and what.
    pub const fn codes(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Success => (SUCCESS, None),
            Self::Cancel => (RESPONDER, Some("http://id.elegnamnden.se/status/1.0/cancel")),
            Self::NoAuthnContext => (REQUESTER, Some("urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext")),
            Self::NoPassive => (RESPONDER, Some("urn:oasis:names:tc:SAML:2.0:status:NoPassive")),
            Self::UnknownPrincipal => (RESPONDER, Some("urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal")),
            Self::InvalidNameIdPolicy => (REQUESTER, Some("urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy")),
            Self::RequestUnsupported => (REQUESTER, Some("urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported")),
            Self::RequestDenied => (RESPONDER, Some("urn:oasis:names:tc:SAML:2.0:status:RequestDenied")),
            Self::AuthnFailed => (RESPONDER, Some("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed")),
            Self::PartialLogout => (SUCCESS, Some("urn:oasis:names:tc:SAML:2.0:status:PartialLogout")),
            Self::Failed => (RESPONDER, None),
        }
    }
}

/// What every message of ours says.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Our entity ID.
    pub issuer: &'a str,
    /// ID of the message: random.
    pub id: &'a str,
    /// When.
    pub now: UtcTime,
}

/// A holder who said yes.
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// The kind of name.
    pub format: NameIdFormat,
    /// The name.
    pub name_id: &'a str,
    /// The level.
    pub level: &'a str,
    /// When the card was shown.
    pub at: UtcTime,
    /// The session's name.
    pub session: &'a str,
    /// Its last second.
    pub until: UtcTime,
    /// Where the holder's browser is.
    pub address: Option<std::net::IpAddr>,
    /// What is told.
    pub release: &'a BTreeSet<String>,
    /// Of whom.
    pub holder: &'a Holder,
}

/// An assertion, not signed yet: a document of its own, since it may be encrypted.
pub fn assertion(frame: Frame<'_>, reply: &Reply, login: &Login<'_>) -> String {
    let (before, after) = assertion_parts(frame, reply, login);
    before + &after
}

/// An assertion for a service that wants it signed as well.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn signed_assertion(
    frame: Frame<'_>,
    reply: &Reply,
    login: &Login<'_>,
    key: SigningKey<'_>,
) -> Result<Draft, SamlError> {
    let (before, after) = assertion_parts(frame, reply, login);
    Ok(Draft::new(before, after, frame.id, key)?)
}

/// The answer with an assertion, which was encrypted.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn success(frame: Frame<'_>, reply: &Reply, encrypted: &str, key: SigningKey<'_>) -> Result<Draft, SamlError> {
    response(frame, reply, (Status::Success, encrypted), key)
}

/// An answer without assertion.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn failure(frame: Frame<'_>, reply: &Reply, status: Status, key: SigningKey<'_>) -> Result<Draft, SamlError> {
    response(frame, reply, (status, ""), key)
}

fn response(
    frame: Frame<'_>,
    reply: &Reply,
    (status, content): (Status, &str),
    key: SigningKey<'_>,
) -> Result<Draft, SamlError> {
    let attributes = [
        ("xmlns:samlp", PROTOCOL),
        ("ID", frame.id),
        ("Version", "2.0"),
        ("IssueInstant", &frame.now.to_string()),
        ("Destination", &reply.acs),
        ("InResponseTo", &reply.in_response_to),
    ];
    let (before, after) = envelope("samlp:Response", &attributes, frame.issuer, |w| {
        write_status(w, status);
        w.raw(content);
    });
    Ok(Draft::new(before, after, frame.id, key)?)
}

/// A message of ours in two parts: the signature stands between them, behind the issuer.
pub(super) fn envelope(
    name: &'static str,
    attributes: &[(&str, &str)],
    issuer: &str,
    content: impl FnOnce(&mut Writer),
) -> (String, String) {
    let mut w = Writer::default();
    w.open(name, attributes);
    w.leaf("saml:Issuer", &[("xmlns:saml", ASSERTION), ("Format", ENTITY)], issuer);
    w.split();
    content(&mut w);
    w.finish_split()
}

pub(super) fn write_status(w: &mut Writer, status: Status) {
    let (whose, what) = status.codes();
    w.open("samlp:Status", &[]);
    w.open("samlp:StatusCode", &[("Value", whose)]);
    if let Some(what) = what {
        w.leaf("samlp:StatusCode", &[("Value", what)], "");
    }
    w.close();
    w.close();
}

fn assertion_parts(frame: Frame<'_>, reply: &Reply, login: &Login<'_>) -> (String, String) {
    let now = frame.now.to_string();
    let attributes = [("xmlns:saml", ASSERTION), ("ID", frame.id), ("Version", "2.0"), ("IssueInstant", now.as_str())];
    let mut w = Writer::default();
    w.open("saml:Assertion", &attributes);
    w.leaf("saml:Issuer", &[("Format", ENTITY)], frame.issuer);
    w.split();
    let until = frame.now.plus_seconds(ASSERTION_SECONDS).to_string();
    subject(&mut w, frame, reply, login, &until);
    w.open("saml:Conditions", &[("NotBefore", &now), ("NotOnOrAfter", &until)]);
    w.open("saml:AudienceRestriction", &[]);
    w.leaf("saml:Audience", &[], &reply.service);
    w.close();
    w.close();
    let (at, session_until) = (login.at.to_string(), login.until.to_string());
    w.open(
        "saml:AuthnStatement",
        &[("AuthnInstant", &at), ("SessionIndex", login.session), ("SessionNotOnOrAfter", &session_until)],
    );
    if let Some(address) = login.address {
        w.leaf("saml:SubjectLocality", &[("Address", &address.to_string())], "");
    }
    w.open("saml:AuthnContext", &[]);
    w.leaf("saml:AuthnContextClassRef", &[], login.level);
    w.close();
    w.close();
    statement(&mut w, login);
    w.finish_split()
}

/// One confirmation: whoever brings it, to this address, for this request, soon.
fn subject(w: &mut Writer, frame: Frame<'_>, reply: &Reply, login: &Login<'_>, until: &str) {
    w.open("saml:Subject", &[]);
    let names = [("Format", login.format.uri()), ("NameQualifier", frame.issuer), ("SPNameQualifier", &reply.service)];
    w.leaf("saml:NameID", &names, login.name_id);
    w.open("saml:SubjectConfirmation", &[("Method", BEARER)]);
    let address = login.address.map(|address| address.to_string());
    let mut data =
        vec![("InResponseTo", reply.in_response_to.as_str()), ("NotOnOrAfter", until), ("Recipient", &reply.acs)];
    data.extend(address.as_deref().map(|address| ("Address", address)));
    w.leaf("saml:SubjectConfirmationData", &data, "");
    w.close();
    w.close();
}

/// At most one statement, each attribute with one value and a name that is a URI.
fn statement(w: &mut Writer, login: &Login<'_>) {
    let known = attribute::ALL.iter().filter(|known| login.release.contains(known.name));
    let told: Vec<_> = known.filter_map(|known| Some((known, attribute::value(login.holder, known.name)?))).collect();
    if told.is_empty() {
        return;
    }
    w.open("saml:AttributeStatement", &[]);
    for (known, value) in told {
        let names = [("Name", known.name), ("NameFormat", URI_NAMES), ("FriendlyName", known.friendly)];
        w.open("saml:Attribute", &names);
        let types = [("xmlns:xs", XML_SCHEMA), ("xmlns:xsi", XML_SCHEMA_INSTANCE), ("xsi:type", "xs:string")];
        w.leaf("saml:AttributeValue", &types, &value);
        w.close();
    }
    w.close();
}

/// How long an assertion may be under way, in seconds.
pub const ASSERTION_SECONDS: i64 = 300;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const XML_SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const XML_SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
