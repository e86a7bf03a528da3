//! HTTP-POST (SAML Bindings section 3.5): a message in a form, signed in itself.

use super::SamlError;
use super::redirect::Detached;
use super::signature::{is_signed, verify, verify_value};
use super::xml::Xml;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::key::PublicKey;

/// A message as a browser brought it: nothing of it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The XML.
    pub xml: Vec<u8>,
    /// What goes back unchanged.
    pub relay_state: Option<String>,
    /// The signature beside it, for HTTP-Redirect.
    pub detached: Option<Detached>,
    /// Whether it came by HTTP-Redirect, where the XML itself is not signed.
    redirected: bool,
}

/// A form that takes an answer to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

/// Takes a message out of a form; `parameter` is `SAMLRequest` or `SAMLResponse`.
///
/// # Errors
/// [`SamlError::Binding`].
pub fn read(form: &[u8], parameter: &str) -> Result<Message, SamlError> {
    let value = only(form, parameter)?.ok_or(SamlError::Binding("there is no SAML message in the form"))?;
    let text: String = value.split_ascii_whitespace().collect();
    let xml = STANDARD.decode(text).map_err(|_| SamlError::Binding("the message is not base64"))?;
    Message::build(xml, only(form, "RelayState")?, None, false)
}

impl Message {
    /// One that came by HTTP-Redirect.
    pub(super) fn new(
        xml: Vec<u8>,
        relay_state: Option<String>,
        detached: Option<Detached>,
    ) -> Result<Self, SamlError> {
        Self::build(xml, relay_state, detached, true)
    }

    fn build(
        xml: Vec<u8>,
        relay_state: Option<String>,
        detached: Option<Detached>,
        redirected: bool,
    ) -> Result<Self, SamlError> {
        if relay_state.as_ref().is_some_and(|state| state.len() > MAX_RELAY_STATE) {
            return Err(SamlError::Binding("RelayState is too long"));
        }
        Ok(Self { xml, relay_state, detached, redirected })
    }

    /// Checks that one of `keys` signed it, in the way of its binding and in no other.
    ///
    /// # Errors
    /// [`SamlError::Signature`]; [`SamlError::Binding`] for a signature in XML that came in an address.
    pub fn authenticate(&self, xml: &Xml<'_>, keys: &[PublicKey]) -> Result<(), SamlError> {
        if !self.redirected {
            return Ok(verify(xml, keys)?);
        }
        if is_signed(xml) {
            return Err(SamlError::Binding("XML in an address is signed beside itself, not within"));
        }
        let detached = self.detached.as_ref().ok_or(super::signature::SignatureError::Missing)?;
        Ok(verify_value(&detached.algorithm, &detached.octets, &detached.value, keys)?)
    }
}

impl Form {
    /// A form with a message.
    pub fn new(action: &str, (parameter, xml): (&str, &str), relay_state: Option<&str>) -> Self {
        let mut fields = vec![(parameter.to_owned(), STANDARD.encode(xml))];
        fields.extend(relay_state.map(|state| ("RelayState".to_owned(), state.to_owned())));
        Self { action: action.to_owned(), fields }
    }
}

fn only(form: &[u8], name: &str) -> Result<Option<String>, SamlError> {
    let mut found = url::form_urlencoded::parse(form).filter(|(key, _)| key == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    if found.next().is_some() {
        return Err(SamlError::Binding("a field stands twice in the form"));
    }
    Ok(value)
}

/// SAML Bindings section 3.4.3 says 80 octets; services in use send more, and what comes back is escaped.
const MAX_RELAY_STATE: usize = 1024;
