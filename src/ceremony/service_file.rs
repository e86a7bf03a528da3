//! `sigill.toml` of a new installation, with comments for whoever changes it.

use super::layout::Layout;
use super::script::{PlannedAuthority, Script};
use crate::signer::config::Mode;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// What the ceremony's file does not say of a service.
pub(crate) struct Service<'a> {
    /// Who wrote the text and who obeys it: its first lines, without the comment's marks.
    pub(crate) origin: &'a str,
    /// Where the database is.
    pub(crate) database: &'a str,
    /// Where it listens: status, API, officers.
    pub(crate) listen: [SocketAddr; 3],
    /// Further sections, whole.
    pub(crate) more: &'a str,
}

impl<'a> Service<'a> {
    /// The service of a ceremony's folder, on this host only until somebody decides otherwise.
    pub(crate) fn after_ceremony(database: &'a str) -> Self {
        let on = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self { origin: AFTER_CEREMONY, database, listen: FIRST_PORTS.map(on), more: "" }
    }
}

/// The text of the configuration.
pub(crate) fn render(script: &Script, service: &Service<'_>, layout: &Layout) -> String {
    let mut text = TEMPLATE.to_owned();
    for (mark, value) in values(script, service, layout) {
        text = text.replace(mark, &value);
    }
    for authority in &script.authorities {
        text.push_str(&issuer(authority, script, layout));
    }
    text
}

fn values(script: &Script, service: &Service<'_>, layout: &Layout) -> Vec<(&'static str, String)> {
    let (token, [status, api, officers]) = (&script.tokens.service, service.listen);
    let mode = match script.mode {
        Mode::Demo => "demo",
        Mode::Production => "production",
    };
    let spawn = match script.mode {
        Mode::Demo => format!("spawn = {}", path(&layout.signer_config())),
        Mode::Production => START_SIGNER.replace("@SIGNER@", &layout.signer_config().display().to_string()),
    };
    let tokens = if script.tokens.inside && script.has_cards() {
        format!("# Its tokens are in this folder: start with SOFTHSM2_CONF={}\n", layout.softhsm().display())
    } else {
        String::new()
    };
    vec![
        ("@ORIGIN@", service.origin.lines().flat_map(|line| ["# ", line, "\n"]).collect()),
        ("@MODE@", quoted(mode)),
        ("@DATABASE@", quoted(service.database)),
        ("@POLICIES@", path(&layout.policies())),
        ("@STATUS@", quoted(&status.to_string())),
        ("@API@", quoted(&api.to_string())),
        ("@OFFICERS@", quoted(&officers.to_string())),
        ("@NAMES@", toml::Value::from(script.listener.names.clone()).to_string()),
        ("@ADDRESSES@", texts(&script.listener.addresses)),
        ("@TLS@", path(&layout.tls())),
        ("@ROOT@", path(&layout.authority(&script.root().name()))),
        ("@INSIDE@", tokens),
        ("@MODULE@", quoted(&String::from(script.tokens.module.clone()))),
        ("@TOKEN@", quoted(token)),
        ("@PIN@", path(&layout.pin(token))),
        ("@MORE@", service.more.to_owned()),
        ("@SEAL@", path(&layout.seal())),
        ("@SOCKET@", path(&layout.socket())),
        ("@SPAWN@", spawn),
        ("@APPROVALS@", script.approvals_needed.to_string()),
    ]
}

fn texts(addresses: &[IpAddr]) -> String {
    toml::Value::from(addresses.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
}

/// The section of a CA.
pub(crate) fn issuer(authority: &PlannedAuthority, script: &Script, layout: &Layout) -> String {
    let name = authority.name();
    let mut text = String::from("\n[[issuer]]\n");
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}"); // writing to a String cannot fail
    };
    line("name", quoted(&name));
    line("kind", toml::Value::try_from(authority.kind).map_or_else(|_| String::new(), |kind| kind.to_string()));
    line("key", quoted(&authority.key));
    line("certificate", path(&layout.authority(&name)));
    line("crl_url", quoted(&script.crl_url(authority)));
    if let Some(url) = script.ocsp_url(authority) {
        line("ocsp_url", quoted(&url));
    }
    line("aia_url", quoted(&script.aia_url(authority)));
    if let Some(responder) = &authority.responder {
        line("responder_key", quoted(&responder.key));
        line("responder_certificate", path(&layout.responder(&responder.key)));
    }
    text
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

const AFTER_CEREMONY: &str = "\
Sigill, as the key ceremony left it; the signer process has a file of its own, signer/signer.toml.
Addresses and database are a beginning: change them as you need. Unknown keys are errors;
`sigill check --config FILE` explains, `sigill serve --config FILE` runs.";
/// In production the signer runs under its own user.
const START_SIGNER: &str = "# Start it under its own user: sigill signer --config @SIGNER@";
/// Status, API, officers.
const FIRST_PORTS: [u16; 3] = [8440, 8441, 8442];

const TEMPLATE: &str = r#"@ORIGIN@
# `demo` allows test numbers, test CAs and virtual cards; `production` refuses all of them.
mode = @MODE@
# sqlite:///absolute/path or postgres://user@host/name
database = @DATABASE@
# Profiles, packages and other rules. A changed profile needs a new revision.
policies = @POLICIES@

# Plain HTTP for the public, HTTPS, and HTTPS with client certificates. The first stands in every
# certificate (OCSP, CRL): another port makes the issued ones unverifiable.
[listen]
status = @STATUS@
api = @API@
officers = @OFFICERS@

# Certificates of the service's own listeners: software keys, at most 7 days, renewed by itself.
[tls]
names = @NAMES@
addresses = @ADDRESSES@
directory = @TLS@
root = @ROOT@

# The service's own token: OCSP signers and the audit seal. No CA key is on it.
# `module` may be the path of any PKCS#11 module, such as a shim before the real one; the signer
# below takes the same one as long as its own configuration says "auto".
@INSIDE@[hsm]
module = @MODULE@
token_label = @TOKEN@
pin = { file = @PIN@ }
threads = 2
queue = 256
deadline_ms = 5000

# The CA keys are behind another process, which has its own configuration and PIN.
[signer]
socket = @SOCKET@
@SPAWN@
deadline_ms = 10000

[enrolment]
authentication_profile = "person-authentication-loa4"
signature_profile = "person-signature-loa4"
approvals_needed = @APPROVALS@
approval_days = 30

# How long OCSP answers and CRLs are good for; both are renewed at half.
[ocsp]
valid_hours = 24
[crl]
valid_hours = 24

@MORE@# What exported checkpoints of the audit log are checked with.
[audit]
seal = @SEAL@

# `text` or `json`, and levels by module.
[log]
format = "text"
filter = "info,sqlx=warn"

# The CAs. Names and addresses stand in certificates: never change them.
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Mode};

    const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));
    const PRODUCTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/production.toml"));

    fn written(file: &str, layout: &Layout, database: &str) -> (Script, Config) {
        let script = Script::from_toml(file).unwrap();
        let text = render(&script, &Service::after_ceremony(database), layout);
        let set = text.lines().filter(|line| !line.starts_with('#'));
        assert!(set.into_iter().all(|line| !line.contains('@')), "a mark was left");
        let folder = testkit::TestFolder::new("service-file");
        let file = folder.path().join("sigill.toml");
        std::fs::write(&file, &text).unwrap();
        (script, Config::load(&file).unwrap())
    }

    #[test]
    fn the_text_reads_back_as_what_was_meant() {
        let layout = Layout::new(Path::new("/tmp/a \"folder\"")).unwrap();
        let (script, config) = written(DEMO, &layout, "postgres://localhost/it's");
        assert_eq!(config.mode, Mode::Demo);
        assert_eq!(config.database, "postgres://localhost/it's");
        assert_eq!(config.listen.officers.port(), 8442);
        assert_eq!(config.signer.spawn.as_deref(), Some(layout.signer_config().as_path()));
        assert_eq!(config.issuers.len(), script.authorities.len());
        for (issuer, authority) in config.issuers.iter().zip(&script.authorities) {
            assert_eq!(issuer.name, authority.name());
            assert_eq!(issuer.kind, authority.kind);
            assert_eq!(issuer.crl_url, format!("http://127.0.0.1:8440/crl/{}.crl", issuer.name));
            assert_eq!(issuer.responder_key.is_some(), authority.responder.is_some());
        }
    }

    #[test]
    fn in_production_the_signer_is_started_by_itself() {
        let layout = Layout::new(Path::new("/tmp/ceremony")).unwrap();
        let (script, config) = written(PRODUCTION, &layout, "sqlite:///var/lib/sigill/sigill.db");
        assert!(config.mode == Mode::Production && config.signer.spawn.is_none());
        assert_eq!(config.tls.names, script.listener.names);
    }
}
