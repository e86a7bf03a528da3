//! Request parameters: each at most once, each of limited size.

use super::{Code, OidcError};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Parameters by name. An empty value counts as absent (RFC 6749 section 3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`, of a query or a body.
    ///
    /// # Errors
    /// `invalid_request` for a repeated parameter (RFC 6749 section 3.1) or one too many.
    pub fn from_form(form: &[u8]) -> Result<Self, OidcError> {
        if form.len() > MAX_OCTETS {
            return Err(OidcError::request("the request is too large"));
        }
        let mut found = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(form) {
            if found.len() >= MAX_PARAMETERS {
                return Err(OidcError::request("too many parameters"));
            }
            if found.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(OidcError::request("a parameter is repeated"));
            }
        }
        Ok(Self(found))
    }

    /// The claims of a request object (RFC 9101 section 4): text as it is, whatever else as JSON.
    pub(crate) fn from_claims(claims: Map<String, Value>) -> Result<Self, OidcError> {
        if claims.len() > MAX_PARAMETERS {
            return Err(OidcError::new(Code::InvalidRequestObject, "too many parameters"));
        }
        let text = |value| if let Value::String(text) = value { text } else { value.to_string() };
        Ok(Self(claims.into_iter().map(|(name, value)| (name, text(value))).collect()))
    }

    /// A parameter's value, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter's value.
    ///
    /// # Errors
    /// `invalid_request` with `missing` if it is absent.
    pub fn need(&self, name: &str, missing: &'static str) -> Result<&str, OidcError> {
        self.get(name).ok_or(OidcError::request(missing))
    }

    /// The words of a space-separated list.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        self.get(name).unwrap_or_default().split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The same with another value of one parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The same without one parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }
}

/// Larger than any request with a request object and a message to the user.
const MAX_OCTETS: usize = 64 * 1024;
/// More than any profile defines.
const MAX_PARAMETERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_once() {
        let form = Parameters::from_form(b"a=1&b=%C3%A5+%26&c=").unwrap();
        assert_eq!((form.get("a"), form.get("b"), form.get("c")), (Some("1"), Some("\u{e5} &"), None));
        assert_eq!(Parameters::from_form(b"a=1&a=1").unwrap_err().code, Code::InvalidRequest);
        let many = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Parameters::from_form(many.as_bytes()).is_err());
        assert!(Parameters::from_form(&vec![b'a'; MAX_OCTETS + 1]).is_err());
    }
}
