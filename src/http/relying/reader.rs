//! Who reads a page, and in which language.

use super::text::Text;
use super::{MY_LOGINS, STATUS};
use crate::app::App;
use crate::config::login::CARD_CHECK;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use std::convert::Infallible;
use url::form_urlencoded;

/// A reader, as far as the request says.
pub(super) struct Reader {
    /// The language that was asked for on one of our pages, just now.
    asked: Option<&'static str>,
    /// What the browser remembers, or else prefers.
    otherwise: &'static str,
    /// Address of this page, up to the language; none for a page that answers a form.
    here: Option<String>,
    links: Links,
}

/// Where every page leads.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    /// Whether the card works.
    pub(super) check: String,
    /// What works now.
    pub(super) status: String,
    /// The holder's sessions.
    pub(super) logins: String,
}

/// What every page has around its content.
pub(super) struct Frame {
    /// Texts in the page's language.
    pub(super) text: Text,
    /// The same page in the other language; empty if it cannot be asked for again.
    pub(super) other: String,
    /// Where every page leads.
    pub(super) links: Links,
}

impl FromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let again = matches!(parts.method, Method::GET | Method::HEAD);
        Ok(Self {
            asked: asked(query),
            otherwise: preferred(&parts.headers),
            here: again.then(|| without_language(parts.uri.path(), query)),
            links: links(app),
        })
    }
}

impl Reader {
    /// The language of a page that belongs to no login.
    pub(super) fn language(&self) -> &'static str {
        self.asked.unwrap_or(self.otherwise)
    }

    /// The language of a page of a login that began in `language`.
    pub(super) fn within(&self, language: &str) -> &'static str {
        self.asked.unwrap_or_else(|| ours(language).unwrap_or(self.otherwise))
    }

    /// What to add to an address of ours so that it keeps the language asked for here.
    pub(super) fn kept(&self) -> String {
        self.asked.map_or_else(String::new, |language| format!("&{LANGUAGE}={language}"))
    }

    /// The frame of a page that belongs to no login.
    pub(super) fn frame(&self) -> Frame {
        self.frame_in(self.language())
    }

    /// The frame of a page in `language`.
    pub(super) fn frame_in(&self, language: &str) -> Frame {
        let text = Text::of(language);
        let other = if text.language == "sv" { "en" } else { "sv" };
        let other = self.here.as_ref().map(|here| format!("{here}{LANGUAGE}={other}"));
        Frame { text, other: other.unwrap_or_default(), links: self.links.clone() }
    }
}

/// The cookie that remembers a language that was asked for with this query.
pub(super) fn remembered(query: Option<&str>) -> Option<HeaderValue> {
    let language = asked(query?)?;
    let cookie = format!("{COOKIE}={language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={REMEMBERED_SECONDS}");
    HeaderValue::from_str(&cookie).ok()
}

/// One of our languages by its tag, regions aside.
fn ours(tag: &str) -> Option<&'static str> {
    ["sv", "en"].into_iter().find(|ours| tag.split('-').next() == Some(ours))
}

fn asked(query: &str) -> Option<&'static str> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == LANGUAGE).and_then(|(_, tag)| ours(&tag))
}

/// What the browser remembers; else the first of our languages that it names; Swedish if it names none.
fn preferred(headers: &HeaderMap) -> &'static str {
    let line = |name| headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let pairs = line(header::COOKIE).flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let kept = pairs.filter(|(name, _)| *name == COOKIE).find_map(|(_, tag)| ours(tag));
    let accepted = line(header::ACCEPT_LANGUAGE).flat_map(|line| line.split(','));
    let accepted = accepted.map(|tag| tag.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    kept.or_else(|| accepted.into_iter().find_map(|tag| ours(&tag))).unwrap_or("sv")
}

/// An address that ends where the language is added.
fn without_language(path: &str, query: &str) -> String {
    let mut others = form_urlencoded::Serializer::new(String::new());
    others.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != LANGUAGE));
    let others = others.finish();
    if others.is_empty() { format!("{path}?") } else { format!("{path}?{others}&") }
}

fn links(app: &App) -> Links {
    let Some(login) = &app.config.login else { return Links::default() };
    Links {
        check: format!("{}{CARD_CHECK}", login.card.url),
        status: format!("{}{STATUS}", login.issuer),
        logins: format!("{}{MY_LOGINS}", login.card.url),
    }
}

/// Parameter of our pages: `sv` or `en`.
const LANGUAGE: &str = "lang";
const COOKIE: &str = "__Host-sigill-language";
/// A year.
const REMEMBERED_SECONDS: u32 = 31_536_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred_by(cookie: &str, accepted: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
        preferred(&headers)
    }

    #[test]
    fn languages_are_ours() {
        for (wanted, ours) in [("", "sv"), ("en-GB,sv;q=0.5", "en"), ("de, sv-SE", "sv"), ("fr", "sv"), ("eng", "sv")] {
            assert_eq!(preferred_by("", wanted), ours, "{wanted}");
        }
    }

    #[test]
    fn a_choice_goes_before_the_browser_s_preference() {
        assert_eq!(preferred_by("a=b; __Host-sigill-language=en", "sv"), "en");
        assert_eq!(preferred_by("__Host-sigill-language=<script>", "sv"), "sv");
        let cookie = remembered(Some("login=x&lang=en")).unwrap();
        assert!(cookie.to_str().unwrap().starts_with("__Host-sigill-language=en; Path=/; Secure"));
        assert_eq!(remembered(Some("lang=de")), None);
        assert_eq!(remembered(None), None);
    }

    #[test]
    fn the_other_language_has_an_address() {
        assert_eq!(without_language("/card/check", "lang=sv"), "/card/check?");
        assert_eq!(without_language("/card/login", "login=a%26b&lang=sv"), "/card/login?login=a%26b&");
    }
}
