use super::{Config, ConfigError};
use std::path::Path;

const GOOD: &str = r#"
mode = "demo"
database = "sqlite:///var/lib/sigill/sigill.db"
policies = "/etc/sigill/policies"
[listen]
status = "127.0.0.1:8440"
api = "127.0.0.1:8441"
officers = "127.0.0.1:8442"
[tls]
names = ["localhost"]
directory = "/var/lib/sigill/tls"
root = "/etc/sigill/root.pem"
[hsm]
module = "auto"
token_label = "sigill-service"
pin = { file = "/etc/sigill/service.pin" }
[signer]
socket = "/run/sigill/signer.sock"
[[issuer]]
name = "ca"
kind = "person"
key = "ca"
certificate = "/etc/sigill/ca.pem"
crl_url = "http://127.0.0.1/crl/ca.crl"
aia_url = "http://127.0.0.1/aia/ca.crt"
"#;

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = testkit::TestFolder::new("config");
    let path = folder.path().join("sigill.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path)
}

#[test]
fn a_good_file_is_read() {
    let config = load(GOOD).unwrap();
    assert_eq!(config.issuers[0].name, "ca");
    assert_eq!(config.hsm.token_label, "sigill-service");
}

#[test]
fn mistakes_are_named() {
    let cases = [
        ("surprise = 1\n".to_owned() + GOOD, "surprise"),
        (GOOD.replace("[hsm]", "[hsm]\nslot = 3"), "slot"),
        (GOOD.replace("127.0.0.1:8440", "nowhere"), "socket address"),
        (GOOD.replace("mode = \"demo\"", "mode = \"test\""), "demo"),
        (GOOD.replace("sqlite:///", "mysql://"), "write sqlite:///absolute/path or postgres://host/name"),
        (GOOD.replace("[signer]", "[enrolment]\napprovals_needed = 0\n[signer]"), "at least 1"),
        (GOOD.split("[[issuer]]").next().unwrap().to_owned() + "issuer = []", "issuer"),
    ];
    for (text, wanted) in cases {
        let said = load(&text).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said} does not say {wanted}");
    }
    let absent = Config::load(Path::new("/nowhere/sigill.toml")).unwrap_err();
    assert!(absent.to_string().contains("/nowhere/sigill.toml"));
}

#[test]
fn production_does_not_spawn_its_signer() {
    let text = GOOD
        .replace("mode = \"demo\"", "mode = \"production\"")
        .replace("[signer]", "[signer]\nspawn = \"/etc/sigill/signer.toml\"");
    assert!(load(&text).unwrap_err().to_string().contains("signer.spawn"));
}
