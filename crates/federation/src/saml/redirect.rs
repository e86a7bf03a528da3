//! HTTP-Redirect (SAML Bindings section 3.4): a message in an address, deflated, signed beside itself.

use super::SamlError;
use super::post::Message;
use super::xml::MAX_MESSAGE;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use pki::key::{KeyKind, SignatureAlgorithm};
use url::form_urlencoded::{Serializer, parse};

/// A signature that stands beside its message: over the octets of the address as they came (section 3.4.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// What was signed.
    pub octets: Vec<u8>,
    /// The algorithm, as it is named.
    pub algorithm: String,
    /// The signature.
    pub value: Vec<u8>,
}

/// Takes a message out of the query of an address; `parameter` is `SAMLRequest` or `SAMLResponse`.
///
/// # Errors
/// [`SamlError::Binding`].
pub fn read(query: &str, parameter: &str) -> Result<Message, SamlError> {
    let message = only(query, parameter)?.ok_or(SamlError::Binding("there is no SAML message in the address"))?;
    let relay_state = only(query, "RelayState")?;
    if only(query, "SAMLEncoding")?.is_some_and(|encoding| decoded(encoding) != DEFLATE) {
        return Err(SamlError::Binding("only the DEFLATE encoding is taken"));
    }
    let detached = match (only(query, "SigAlg")?, only(query, "Signature")?) {
        (Some(algorithm), Some(value)) => {
            let mut signed = format!("{parameter}={message}");
            if let Some(relay_state) = relay_state {
                signed.extend(["&RelayState=", relay_state]);
            }
            signed.extend(["&SigAlg=", algorithm]);
            let value = base64(&decoded(value)).ok_or(SamlError::Binding("the signature is not base64"))?;
            Some(Detached { octets: signed.into_bytes(), algorithm: decoded(algorithm), value })
        }
        (None, None) => None,
        _ => return Err(SamlError::Binding("a signature needs its algorithm, and an algorithm its signature")),
    };
    let deflated = base64(&decoded(message)).ok_or(SamlError::Binding("the message is not base64"))?;
    let xml = decompress_to_vec_with_limit(&deflated, MAX_MESSAGE)
        .map_err(|_| SamlError::Binding("the message is not deflated, or too large"))?;
    let relay_state = relay_state.map(decoded);
    Message::new(xml, relay_state, detached)
}

/// A message of ours that lacks its signature only, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    address: String,
    query: String,
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
}

impl Draft {
    /// A message for `address`.
    ///
    /// # Errors
    /// [`SamlError::Signature`] if such a key cannot sign so.
    pub fn new(
        address: &str,
        (parameter, xml): (&str, &str),
        relay_state: Option<&str>,
        (kind, algorithm): (KeyKind, SignatureAlgorithm),
    ) -> Result<Self, SamlError> {
        let method = super::signature::identifier(algorithm).filter(|_| algorithm.fits(kind));
        let method = method.ok_or(super::signature::SignatureError::Algorithm)?;
        let message = STANDARD.encode(compress_to_vec(xml.as_bytes(), COMPRESSION));
        let mut query = Serializer::new(String::new());
        query.append_pair(parameter, &message);
        if let Some(relay_state) = relay_state {
            query.append_pair("RelayState", relay_state);
        }
        query.append_pair("SigAlg", method);
        Ok(Self { address: address.to_owned(), query: query.finish(), kind, algorithm })
    }

    /// What is to be signed.
    pub fn message(&self) -> &[u8] {
        self.query.as_bytes()
    }

    /// How.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Where the browser goes.
    ///
    /// # Errors
    /// [`SamlError::Signature`] if it is no such signature.
    pub fn finish(self, signature: Vec<u8>) -> Result<String, SamlError> {
        let value = super::signature::raw_value(self.algorithm, self.kind, signature)?;
        let mut query = Serializer::new(self.query);
        query.append_pair("Signature", &STANDARD.encode(value));
        let join = if self.address.contains('?') { '&' } else { '?' };
        Ok(format!("{}{join}{}", self.address, query.finish()))
    }
}

/// The value of a parameter as it came: not decoded. Two of a name are refused, since readers differ about which counts.
fn only<'q>(query: &'q str, name: &str) -> Result<Option<&'q str>, SamlError> {
    let mut found = query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key) == name).then_some((key, value))
    });
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((key, value)), None) if key == name => Ok(Some(value)),
        _ => Err(SamlError::Binding("a parameter stands twice in the address, or is written strangely")),
    }
}

/// A name or value of an address as text.
fn decoded(value: &str) -> String {
    parse(format!("v={value}").as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
/// As most libraries do.
const COMPRESSION: u8 = 6;
