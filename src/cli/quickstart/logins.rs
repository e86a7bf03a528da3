//! The sections of a demo's `sigill.toml` that are no ceremony's: logins, validation, the person register.

use super::layout::Layout;
use super::ports::Ports;
use std::net::SocketAddr;

/// Card logins, on origins of their own.
pub(crate) fn section(ports: Ports, layout: &Layout) -> String {
    let values = [
        ("@ISSUER@", url(ports.api())),
        ("@CARD@", origin(ports.card())),
        ("@CARD12@", origin(ports.card_tls12())),
        ("@CLIENTS@", origin(ports.clients())),
        ("@STAMPS@", quoted(&ports.stamps().to_string())),
        ("@REGISTER@", quoted(&layout.register().to_string_lossy())),
        ("@SUBJECTS@", quoted(&layout.subject_key().to_string_lossy())),
    ];
    values.iter().fold(TEMPLATE.to_owned(), |text, (mark, value)| text.replace(mark, value))
}

fn url(address: SocketAddr) -> String {
    quoted(&format!("https://localhost:{}", address.port()))
}

fn origin(address: SocketAddr) -> String {
    format!("{{ listen = {}, url = {} }}", quoted(&address.to_string()), url(address))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

const TEMPLATE: &str = r#"# Card logins for relying services (OpenID Connect, SAML). Cards are asked for on an origin of their own; the second one is for
# cards that cannot sign as TLS 1.3 demands; the third for relying services with a certificate. Certificates whose policy
# has no level log nobody in. `approval = "approved"` needs Digg's approval.
[login]
issuer = @ISSUER@
card = @CARD@
card_tls12 = @CARD12@
clients = @CLIENTS@
subject_key = @SUBJECTS@
approval = "none"
session_minutes = 60
access_token_seconds = 300
refresh_tokens = true
key_days = 90
level = [
    { policy = "1.3.6.1.4.1.32473.1.1.1", level = "loa4" },    # ordinary card
    { policy = "1.3.6.1.4.1.32473.1.3.1", level = "loa3" },    # reserve card
    { policy = "1.3.6.1.4.1.32473.1.9.1", level = "loa3" },    # mobile
    { policy = "1.3.6.1.4.1.32473.1.99.1", level = "loa3" },   # the demo people's software keys
]

# The person register of a demo: a file of people who do not exist, read at every question. Numbers that it does not know
# are taken; in production a service is asked (`http`), and an unknown number waits on the work-list.
[register]
name = "demo register"
at = { file = @REGISTER@ }
accept_unknown = true
# The SAML identity provider; its entity ID is the address of its metadata.
[login.saml]
key_days = 1095

[login.saml.presentation]
name_sv = "Sigill, demo"
name_en = "Sigill, demo"
description_sv = "Inloggning med e-tjänstekort, för prov"
description_en = "Login with an employee card, for trials"
organisation = "Sigill demo"
organisation_url = "https://sigill.example"
technical_contact = "teknik@sigill.example"
support_contact = "stod@sigill.example"

# Time stamps (RFC 3161): POST /tsa. The name is the one that the ceremony allowed. `assumed` takes the clock to be right;
# in production: clock = { chrony = { program = "/usr/bin/chronyc" } }.
[timestamps]
listen = @STAMPS@
key = "tsu-1"
common_name = "TEST Sigill TSU 1"
clock = "assumed"

# Relying services of a demo may try their own trust anchors.
[validation]
callers_anchors = true

"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::login::LoginConfig;
    use std::path::Path;

    #[test]
    fn the_section_reads_back_as_what_was_meant() {
        let layout = Layout::new(Path::new("/tmp/a \"folder\"")).unwrap();
        let file: toml::Table = toml::from_str(&section(Ports::new(9000).unwrap(), &layout)).unwrap();
        let login: LoginConfig = file["login"].clone().try_into().unwrap();
        assert_eq!((login.issuer.as_str(), login.card.listen.port()), ("https://localhost:9001", 9003));
        assert_eq!(login.subject_key, layout.subject_key());
    }
}
