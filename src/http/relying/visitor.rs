//! A browser, as far as its cookies and headers say.

use super::reader::Reader;
use crate::app::App;
use crate::http::tls::PeerAddress;
use crate::service::login::{self, begin::Browser};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use std::convert::Infallible;
use std::net::IpAddr;

/// A browser.
pub(super) struct Visitor {
    /// Its secret; made now if it had none.
    pub(super) secret: String,
    /// Whether the secret is new.
    fresh: bool,
    /// The secret of its session.
    pub(super) session: Option<String>,
    /// Who reads.
    pub(super) reader: Reader,
    /// Where its connection comes from.
    pub(super) address: Option<IpAddr>,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let known = cookie(&parts.headers, BROWSER);
        Ok(Self {
            fresh: known.is_none(),
            secret: known.unwrap_or_else(|| login::secret(app)),
            session: cookie(&parts.headers, SESSION),
            reader: Reader::from_request_parts(parts, app).await?,
            address: parts.extensions.get::<PeerAddress>().map(|peer| peer.0),
        })
    }
}

impl Visitor {
    /// The browser as a login sees it.
    pub(super) fn browser(&self) -> Browser<'_> {
        let (chosen, language) = (self.reader.chosen(), self.reader.language());
        Browser { secret: &self.secret, session: self.session.as_deref(), chosen, language }
    }

    /// The header that lets the browser keep its secret, if it is new.
    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        if self.fresh { kept(BROWSER, &self.secret, None) } else { None }
    }
}

/// The header that lets a browser keep the secret of its session.
pub(super) fn session_cookie(secret: &str, seconds: i64) -> Option<HeaderValue> {
    kept(SESSION, secret, Some(seconds))
}

/// The header that lets a browser forget its session.
pub(super) fn forget_session() -> Option<HeaderValue> {
    kept(SESSION, "", Some(0))
}

/// Not for scripts, not over plain HTTP, not for other hosts, not with requests that other sites make in the background.
fn kept(name: &str, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}")).ok()
}

/// A cookie of ours: what does not look like one counts as absent.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(found, _)| *found == name)?.1;
    let fits = value.len() == SECRET_LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    fits.then(|| value.to_owned())
}

const BROWSER: &str = "__Host-sigill-browser";
const SESSION: &str = "__Host-sigill-session";
/// 32 octets in base64url.
const SECRET_LENGTH: usize = 43;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_that_are_not_ours_are_not_read() {
        let secret = "a".repeat(SECRET_LENGTH);
        for (line, found) in [
            (format!("x=1; {BROWSER}={secret}"), true),
            (format!("{BROWSER}="), false),
            (format!("{BROWSER}=short"), false),
            (format!("{BROWSER}={}\"", "a".repeat(SECRET_LENGTH - 1)), false),
            (format!("other{BROWSER}={secret}"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(&line).unwrap());
            assert_eq!(cookie(&headers, BROWSER).is_some(), found, "{line}");
        }
    }
}
