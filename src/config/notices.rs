//! `[notices]`: how people and systems are told. Without it nobody is.

use domain::TenantId;
use domain::notice::Patience;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use url::{Host, Url};

/// What is told to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticesConfig {
    /// How often a delivery is tried before it is given up: 1 to 20.
    #[serde(default = "eight")]
    pub attempts: u32,
    /// The pause after the first failure, in seconds; each further one is twice as long, a day at most.
    #[serde(default = "a_minute")]
    pub first_pause_seconds: u32,
    /// So many days before a card's certificates end its holder is reminded, once for each.
    #[serde(default = "two_months_and_two_weeks")]
    pub card_reminder_days: Vec<u16>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailConfig>,
    /// Systems of agencies: the only addresses that notices are posted to.
    #[serde(default, rename = "webhook", skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<WebhookConfig>,
}

/// The mail server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub tls: MailTls,
    /// Roots, PEM, that its certificate is trusted by; needed with TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// Who the mail is from.
    pub from: String,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// TLS from the first octet.
    Implicit,
    /// TLS before anything is said; without it nothing is sent.
    Starttls,
    /// None: only to a server on this machine.
    None,
}

/// An agency's system.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The agency.
    pub agency: TenantId,
    /// Where notices of the agency are posted: `https://…`. A redirect is not followed.
    pub url: String,
    /// Roots, PEM, that its certificate is trusted by.
    pub root: PathBuf,
    /// Whether it may be at a private address.
    #[serde(default)]
    pub private: bool,
}

impl NoticesConfig {
    /// How often and when a delivery is tried.
    pub const fn patience(&self) -> Patience {
        Patience { attempts: self.attempts, first_pause_seconds: self.first_pause_seconds }
    }

    /// The system of an agency.
    pub fn webhook(&self, agency: &TenantId) -> Option<&WebhookConfig> {
        self.webhooks.iter().find(|webhook| webhook.agency == *agency)
    }

    /// The first key that cannot be as it is, and why.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        if !(1..=MOST_ATTEMPTS).contains(&self.attempts) {
            return Some(("notices.attempts", "1 to 20"));
        }
        if self.first_pause_seconds == 0 {
            return Some(("notices.first_pause_seconds", "at least 1"));
        }
        self.mail.as_ref().and_then(MailConfig::problem).or_else(|| self.webhooks_problem())
    }

    fn webhooks_problem(&self) -> Option<(&'static str, &'static str)> {
        let twice = |(at, one): (usize, &WebhookConfig)| self.webhooks[..at].iter().any(|w| w.agency == one.agency);
        if self.webhooks.iter().enumerate().any(twice) {
            return Some(("notices.webhook.agency", "one system for each agency"));
        }
        self.webhooks.iter().find_map(WebhookConfig::problem)
    }
}

impl MailConfig {
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let here = self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        match self.tls {
            MailTls::None if !here => Some(("notices.mail.tls", "none only to a server on this machine")),
            MailTls::Implicit | MailTls::Starttls if self.root.is_none() => {
                Some(("notices.mail.root", "name the roots that the server's certificate is trusted by"))
            }
            _ => None,
        }
    }
}

impl WebhookConfig {
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let url = Url::parse(&self.url).ok();
        let url = url.filter(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
        let Some(host) = url.as_ref().and_then(Url::host) else {
            return Some(("notices.webhook.url", "write https://host/path, without a password"));
        };
        let address = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        let refused = address.is_some_and(|address| !self.private && !is_public(address));
        refused.then_some(("notices.webhook.private", "a private address: say private = true if it is meant"))
    }
}

/// Whether an address is one that the whole network knows (IANA special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast();
    !(special || shared || protocol || benchmark || a == 0 || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast, without documentation, 6to4 and Teredo, which lead elsewhere.
    a & 0xe000 == 0x2000 && !(a == 0x2001 && (b == 0xdb8 || b == 0)) && a != 0x2002 && a != 0x3fff
}

const fn eight() -> u32 {
    8
}

const fn a_minute() -> u32 {
    60
}

fn two_months_and_two_weeks() -> Vec<u16> {
    vec![60, 14]
}

const MOST_ATTEMPTS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_network_are_public() {
        for text in ["193.10.0.1", "8.8.8.8", "2a00:1450::1", "2001:67c::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:a00::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_would_reach_inside_is_refused() {
        let problem = |text: &str| toml::from_str::<NoticesConfig>(text).unwrap().problem().map(|(key, _)| key);
        let hook =
            |url: &str, more: &str| format!("[[webhook]]\nagency = \"a\"\nurl = \"{url}\"\nroot = \"r\"\n{more}");
        assert_eq!(problem(&hook("https://hooks.example.se/in", "")), None);
        assert_eq!(problem(&hook("http://hooks.example.se/in", "")), Some("notices.webhook.url"));
        assert_eq!(problem(&hook("https://u:p@hooks.example.se/in", "")), Some("notices.webhook.url"));
        assert_eq!(problem(&hook("https://127.0.0.1/in", "")), Some("notices.webhook.private"));
        assert_eq!(problem(&hook("https://[::1]/in", "")), Some("notices.webhook.private"));
        assert_eq!(problem(&hook("https://127.0.0.1/in", "private = true")), None);
        let twice = hook("https://a.se/", "") + &hook("https://b.se/", "");
        assert_eq!(problem(&twice), Some("notices.webhook.agency"));
        let mail =
            |host: &str, tls: &str| format!("[mail]\nhost = \"{host}\"\nport = 25\ntls = \"{tls}\"\nfrom = \"a@b.se\"");
        assert_eq!(problem(&mail("127.0.0.1", "none")), None);
        assert_eq!(problem(&mail("mail.example.se", "none")), Some("notices.mail.tls"));
        assert_eq!(problem(&mail("mail.example.se", "starttls")), Some("notices.mail.root"));
        assert_eq!(problem("attempts = 0"), Some("notices.attempts"));
    }
}
