//! Single logout (SAML Core section 3.7, SAML Profiles section 4.4).

use super::SamlError;
use super::name::{ASSERTION, PROTOCOL, SOAP};
use super::post::Message;
use super::request::{NameIdFormat, envelope as check};
use super::response::{Frame, Reply, Status, envelope, write_status};
use super::service::Service;
use super::signature::{Draft, SigningKey};
use super::xml::{Element, Xml};
use pki::time::UtcTime;

/// A service asks us to end a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// ID of the request.
    pub id: String,
    /// Whose session, as the service knows them.
    pub name_id: String,
    /// Which sessions; empty for all of the holder's at this service.
    pub sessions: Vec<String>,
}

impl LogoutRequest {
    /// Checks a request of `service` that came to `address`.
    ///
    /// # Errors
    /// [`SamlError`].
    pub fn read(
        message: &Message,
        xml: &Xml<'_>,
        service: &Service,
        (address, now): (&str, UtcTime),
    ) -> Result<Self, SamlError> {
        let root = xml.root();
        if !root.is(PROTOCOL, "LogoutRequest") {
            return Err(SamlError::Message("not a LogoutRequest"));
        }
        message.authenticate(xml, &service.keys)?;
        let id = check(root, address, now)?;
        let name_id = root.only(ASSERTION, "NameID").and_then(Element::text).filter(|name| !name.is_empty());
        let name_id = name_id.ok_or(SamlError::Message("there must be one NameID"))?;
        let sessions: Option<Vec<_>> =
            root.all(PROTOCOL, "SessionIndex").take(MAX_SESSIONS).map(Element::text).collect();
        Ok(Self { id, name_id, sessions: sessions.ok_or(SamlError::Message("a SessionIndex that is no text"))? })
    }

    /// Whether it means this session.
    pub fn means(&self, name_id: &str, session: &str) -> bool {
        self.name_id == name_id && (self.sessions.is_empty() || self.sessions.iter().any(|index| index == session))
    }
}

/// Tells a service that a session is over.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn request(
    frame: Frame<'_>,
    (service, destination): (&str, &str),
    (format, name_id, session): (NameIdFormat, &str, &str),
    key: SigningKey<'_>,
) -> Result<Draft, SamlError> {
    let now = frame.now.to_string();
    let until = frame.now.plus_seconds(NOTICE_SECONDS).to_string();
    let attributes = [
        ("xmlns:samlp", PROTOCOL),
        ("ID", frame.id),
        ("Version", "2.0"),
        ("IssueInstant", now.as_str()),
        ("Destination", destination),
        ("NotOnOrAfter", until.as_str()),
    ];
    let (before, after) = envelope("samlp:LogoutRequest", &attributes, frame.issuer, |w| {
        let names = [
            ("xmlns:saml", ASSERTION),
            ("Format", format.uri()),
            ("NameQualifier", frame.issuer),
            ("SPNameQualifier", service),
        ];
        w.leaf("saml:NameID", &names, name_id);
        w.leaf("samlp:SessionIndex", &[], session);
    });
    Ok(Draft::new(before, after, frame.id, key)?)
}

/// Answers a service that asked.
///
/// # Errors
/// [`SamlError::Signature`] if the key cannot sign so.
pub fn response(frame: Frame<'_>, reply: &Reply, status: Status, key: SigningKey<'_>) -> Result<Draft, SamlError> {
    let (before, after) = response_parts(frame, reply, status);
    Ok(Draft::new(before, after, frame.id, key)?)
}

/// The same without a signature of its own, for an address that is signed as a whole.
pub fn unsigned_response(frame: Frame<'_>, reply: &Reply, status: Status) -> String {
    let (before, after) = response_parts(frame, reply, status);
    before + &after
}

fn response_parts(frame: Frame<'_>, reply: &Reply, status: Status) -> (String, String) {
    let now = frame.now.to_string();
    let attributes = [
        ("xmlns:samlp", PROTOCOL),
        ("ID", frame.id),
        ("Version", "2.0"),
        ("IssueInstant", now.as_str()),
        ("Destination", reply.acs.as_str()),
        ("InResponseTo", reply.in_response_to.as_str()),
    ];
    envelope("samlp:LogoutResponse", &attributes, frame.issuer, |w| write_status(w, status))
}

/// A message in a SOAP envelope (SAML Bindings section 3.2).
pub fn in_soap(message: &str) -> String {
    format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Body>{message}</s:Body></s:Envelope>")
}

const MAX_SESSIONS: usize = 64;
/// How long a notice may be under way, in seconds.
const NOTICE_SECONDS: i64 = 120;
