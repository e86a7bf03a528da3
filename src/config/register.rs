//! `[register]`: the person register that orders and people with cards are checked with.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A person register. Without the section production takes no orders.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterConfig {
    /// Its name in evidence.
    pub name: String,
    /// Where it is.
    pub at: RegisterAddress,
    /// Whether an order for a number that it does not know goes on. For demos.
    #[serde(default)]
    pub accept_unknown: bool,
}

/// Where a register is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum RegisterAddress {
    /// A file, read anew at every question: `{"people": […]}`, each an entry with the numbers that it had before.
    File(PathBuf),
    /// An HTTPS service that is asked by POST.
    Http(HttpRegister),
}

/// An HTTPS service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRegister {
    /// Where `{"identity_number": …}` is posted to; numbers stand in no address.
    pub url: String,
    /// Roots that it is trusted by, PEM.
    pub root: PathBuf,
    /// Our certificate and key, PEM, if it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFiles>,
    /// File with a bearer token, if it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<PathBuf>,
    /// How long one question may take, in milliseconds.
    #[serde(default = "three_seconds")]
    pub deadline_ms: u64,
}

/// A certificate and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The key, PEM.
    pub key: PathBuf,
}

impl RegisterConfig {
    /// What cannot be, if something cannot: the key, and what would be right.
    pub(super) fn problem(&self, production: bool) -> Option<(&'static str, &'static str)> {
        match &self.at {
            _ if production && self.accept_unknown => {
                Some(("register.accept_unknown", "for demos only; remove this key"))
            }
            RegisterAddress::File(_) if production => Some(("register.at", "a file is for demos: name a service")),
            RegisterAddress::Http(service) if !service.url.starts_with("https://") => {
                Some(("register.at.http.url", "begins with https://"))
            }
            RegisterAddress::Http(service) if service.client.is_none() && service.bearer.is_none() => {
                Some(("register.at.http", "name a client certificate or a bearer token: it must know who asks"))
            }
            _ => None,
        }
    }
}

const fn three_seconds() -> u64 {
    3_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_asked_over_https_by_somebody_it_knows() {
        let read = |text: &str| toml::from_str::<RegisterConfig>(text).unwrap();
        let file = read("name = 'x'\nat = { file = '/x' }\naccept_unknown = true");
        assert!(file.problem(false).is_none() && file.problem(true).is_some());
        let http = "name = 'x'\nat = { http = { url = 'https://r/x', root = '/r', bearer = '/b' } }";
        assert!(read(http).problem(true).is_none());
        for (from, to) in [("https://", "http://"), (", bearer = '/b'", "")] {
            assert!(read(&http.replacen(from, to, 1)).problem(true).is_some(), "{to}");
        }
    }
}
