//! A message from the relying service to the user (OIDC Sweden parameters section 2.1).

use crate::oidc::{OidcError, Parameters};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Plain text, to be shown as such before the user says yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMessage {
    /// Text by language; empty for the one without a tag.
    texts: BTreeMap<String, String>,
}

impl UserMessage {
    /// Reads the parameter, if it is there.
    pub(super) fn of(parameters: &Parameters) -> Result<Option<Self>, OidcError> {
        let wrong = || OidcError::request("userMessage is not a message in base64 with a known type");
        let Some(json) = parameters.get(PARAMETER) else { return Ok(None) };
        let members: BTreeMap<String, String> = serde_json::from_str(json).map_err(|_| wrong())?;
        if members.get("mime_type").is_some_and(|kind| kind != "text/plain") {
            return Err(wrong());
        }
        let mut texts = BTreeMap::new();
        for (name, value) in &members {
            let language = match name.split_once('#') {
                Some(("message", language)) => language,
                None if name == "message" => "",
                _ => continue,
            };
            let text =
                STANDARD.decode(value).ok().and_then(|octets| String::from_utf8(octets).ok()).ok_or_else(wrong)?;
            texts.insert(language.to_owned(), text);
        }
        Self::from_texts(texts).ok_or_else(wrong).map(Some)
    }

    /// A message in these languages; none if there is no text, or one that is not for people.
    pub(crate) fn from_texts(texts: BTreeMap<String, String>) -> Option<Self> {
        let shown = |c: char| !(c.is_control() || turns_text(c)) || c == '\n' || c == '\r' || c == '\t';
        let fits = |text: &String| text.chars().count() <= MAX_CHARACTERS && text.chars().all(shown);
        (!texts.is_empty() && texts.values().all(fits)).then_some(Self { texts })
    }

    /// The text in `language`, or in another if it was not given.
    pub fn text(&self, language: &str) -> &str {
        let found = self.texts.get(language).or_else(|| self.texts.get("")).or_else(|| self.texts.values().next());
        found.map_or("", String::as_str)
    }
}

/// Whether it changes the direction of what follows, so that the holder reads something else than what stands there.
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const PARAMETER: &str = "https://id.oidc.se/param/userMessage";
/// Longer is no message but a document.
const MAX_CHARACTERS: usize = 4_000;
