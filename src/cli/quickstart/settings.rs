//! `sigill.toml` of a new installation, with comments for whoever changes it.

use super::layout::Layout;
use super::ports::Ports;
use crate::ceremony::script::{PlannedAuthority, Script};
use std::fmt::Write as _;
use std::path::Path;

/// The text of the configuration.
pub(crate) fn render(script: &Script, ports: Ports, layout: &Layout, database: &str) -> String {
    let token = &script.tokens.service;
    let mut text = TEMPLATE.to_owned();
    let values = [
        ("@DATABASE@", quoted(database)),
        ("@POLICIES@", path(&layout.policies())),
        ("@STATUS@", quoted(&ports.status().to_string())),
        ("@API@", quoted(&ports.api().to_string())),
        ("@OFFICERS@", quoted(&ports.officers().to_string())),
        ("@TLS@", path(&layout.tls())),
        ("@ROOT@", path(&layout.authority(&script.root().name()))),
        ("@MODULE@", quoted(&String::from(script.tokens.module.clone()))),
        ("@TOKEN@", quoted(token)),
        ("@PIN@", path(&layout.pin(token))),
        ("@SEAL@", path(&layout.seal())),
        ("@SOCKET@", path(&layout.socket())),
        ("@SIGNER@", path(&layout.signer_config())),
    ];
    for (mark, value) in values {
        text = text.replace(mark, &value);
    }
    for authority in &script.authorities {
        text.push_str(&issuer(authority, script, layout));
    }
    text
}

fn issuer(authority: &PlannedAuthority, script: &Script, layout: &Layout) -> String {
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

const TEMPLATE: &str = r#"# Sigill, demo installation. Made by the first `sigill quickstart` on this folder and obeyed as it
# stands by every later one. Unknown keys are errors; `sigill check --config FILE` explains.

# `demo` allows test numbers, test CAs and virtual cards; `production` refuses all of them.
mode = "demo"
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
names = ["localhost"]
addresses = ["127.0.0.1"]
directory = @TLS@
root = @ROOT@

# The service's own token: OCSP signers and the audit seal. No CA key is on it.
# `module` may be the path of any PKCS#11 module, such as a shim before the real one; the signer
# below takes the same one as long as its own configuration says "auto".
[hsm]
module = @MODULE@
token_label = @TOKEN@
pin = { file = @PIN@ }
threads = 2
queue = 256
deadline_ms = 5000

# The CA keys are behind another process, which has its own configuration and PIN.
[signer]
socket = @SOCKET@
spawn = @SIGNER@
deadline_ms = 10000

[enrolment]
authentication_profile = "person-authentication-loa4"
signature_profile = "person-signature-loa4"
approvals_needed = 1
approval_days = 30

# How long OCSP answers and CRLs are good for; both are renewed at half.
[ocsp]
valid_hours = 24
[crl]
valid_hours = 24

# Relying services of a demo may try their own trust anchors.
[validation]
callers_anchors = true

# What exported checkpoints of the audit log are checked with.
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
    use super::super::demo;
    use super::*;
    use crate::config::{Config, Mode};

    #[test]
    fn the_text_reads_back_as_what_was_meant() {
        let ports = Ports::new(9000).unwrap();
        let script = Script::from_toml(&demo::script(ports, &hsm::Module::Auto)).unwrap();
        let layout = Layout::new(Path::new("/tmp/a \"folder\"")).unwrap();
        let text = render(&script, ports, &layout, "postgres://localhost/it's");
        let set = text.lines().filter(|line| !line.starts_with('#'));
        assert!(set.into_iter().all(|line| !line.contains('@')), "a mark was left");

        let config: Config = toml::from_str(&text).unwrap();
        assert_eq!(config.mode, Mode::Demo);
        assert_eq!(config.database, "postgres://localhost/it's");
        assert_eq!(config.listen.officers.port(), 9002);
        assert_eq!(config.signer.spawn.as_deref(), Some(layout.signer_config().as_path()));
        assert_eq!(config.issuers.len(), script.authorities.len());
        for (issuer, authority) in config.issuers.iter().zip(&script.authorities) {
            assert_eq!(issuer.name, authority.name());
            assert_eq!(issuer.kind, authority.kind);
            assert_eq!(issuer.crl_url, format!("http://127.0.0.1:9000/crl/{}.crl", issuer.name));
            assert_eq!(issuer.responder_key.is_some(), authority.responder.is_some());
        }
    }
}
