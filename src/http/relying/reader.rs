//! Who reads a page, and in which language.

use super::text::Text;
use super::{MY_LOGINS, STATUS};
use crate::app::App;
use crate::config::login::CARD_CHECK;
use crate::http::language::{ours, preferred};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::convert::Infallible;
use url::form_urlencoded;

/// A reader, as far as the request says.
pub(super) struct Reader {
    /// The language that was asked for on one of our pages, just now.
    asked: Option<&'static str>,
    /// The language that was asked for before.
    kept: Option<&'static str>,
    /// What the browser prefers.
    preferred: &'static str,
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
            kept: kept(&parts.headers),
            preferred: preferred(&parts.headers),
            here: again.then(|| without_language(parts.uri.path(), query)),
            links: links(app),
        })
    }
}

impl Reader {
    /// What the reader asked for, now or before: it goes before what anybody else says.
    pub(super) fn chosen(&self) -> Option<&'static str> {
        self.asked.or(self.kept)
    }

    /// The language of a page that belongs to no login.
    pub(super) fn language(&self) -> &'static str {
        self.chosen().unwrap_or(self.preferred)
    }

    /// The language of a page of a login that began in `language`.
    pub(super) fn within(&self, language: &str) -> &'static str {
        self.chosen().or_else(|| ours(language)).unwrap_or(self.preferred)
    }

    /// What to add to an address of ours so that it keeps the language asked for here.
    pub(super) fn suffix(&self) -> String {
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

fn asked(query: &str) -> Option<&'static str> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == LANGUAGE).and_then(|(_, tag)| ours(&tag))
}

/// What the browser remembers.
fn kept(headers: &HeaderMap) -> Option<&'static str> {
    let pairs = lines(headers, header::COOKIE).flat_map(|line| line.split(';'));
    let mut kept = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == COOKIE);
    kept.find_map(|(_, tag)| ours(tag))
}

fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
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

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_choice_is_remembered_and_goes_first() {
        assert_eq!(kept(&with(header::COOKIE, "a=b; __Host-sigill-language=en")), Some("en"));
        assert_eq!(kept(&with(header::COOKIE, "__Host-sigill-language=<script>")), None);
        let reader = Reader { asked: None, kept: Some("en"), preferred: "sv", here: None, links: Links::default() };
        assert_eq!((reader.language(), reader.within("sv")), ("en", "en"));
        let reader = Reader { kept: None, ..reader };
        assert_eq!((reader.language(), reader.within("en")), ("sv", "en"));
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
