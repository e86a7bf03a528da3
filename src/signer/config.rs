//! `signer.toml`: what the signer process is told. Unknown keys are errors.

use crate::config::{ConfigError, read};
use hsm::{HsmError, Module, PinSource, TokenConfig};
use pki::key::KeyId;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerConfig {
    /// What the installation is for.
    pub mode: Mode,
    /// Where callers connect.
    pub socket: PathBuf,
    /// Folder of the journal, the revoked serials, `officers.json` and `standing.json`; mode 0700.
    pub directory: PathBuf,
    /// The one user whose processes may connect.
    pub allowed_uid: u32,
    /// How many people must approve a card.
    #[serde(default = "one")]
    pub approvals_needed: usize,
    /// Folder of the policies, with their approval.
    pub policies: PathBuf,
    /// Certificates of the roots, PEM. Only those that the ceremony left, or security officers approved, are trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<PathBuf>,
    /// The token with the CA keys.
    pub token: TokenSettings,
    /// The CAs.
    #[serde(rename = "issuer")]
    pub issuers: Vec<IssuerSettings>,
}

/// What the installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Test people and virtual cards.
    Demo,
    /// Real people: person keys in software are refused, and journals of demos too.
    Production,
}

/// The token with the CA keys. Its PIN is known to this process only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// `"auto"` or the path of a PKCS#11 module.
    pub module: Module,
    /// The token's label.
    pub label: String,
    /// The token's serial, if labels are not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Worker threads, one session each.
    #[serde(default = "two")]
    pub threads: usize,
    /// Where the PIN is.
    pub pin: PinSource,
}

/// One CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// Name in addresses, such as `test-person-loa4-ca-v1`.
    pub name: String,
    /// Label of its key.
    pub key: KeyId,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// Where its CRL is, as it stands in certificates.
    pub crl_url: String,
    /// Where OCSP answers for it; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp_url: Option<String>,
    /// Where its certificate is.
    pub aia_url: String,
    /// What its key may sign.
    pub kind: IssuerKind,
}

/// What a CA key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuerKind {
    /// Nothing outside the ceremony.
    Root,
    /// People's certificates, its own OCSP signer and CRL.
    Person,
    /// TLS servers of the service, its own OCSP signer and CRL.
    Infrastructure,
}

impl SignerConfig {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file or the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let config: Self = read(path)?;
        config.check()?;
        Ok(config)
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], which names the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.approvals_needed == 0 {
            return invalid("approvals_needed", "at least 1: nobody gets a card unapproved".to_owned());
        }
        for (key, path) in [("socket", &self.socket), ("directory", &self.directory), ("policies", &self.policies)] {
            if !path.is_absolute() {
                return invalid(key, format!("{} is not an absolute path", path.display()));
            }
        }
        let slug = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if let Some(issuer) = self.issuers.iter().find(|issuer| !slug(&issuer.name)) {
            return invalid(
                "issuer.name",
                format!("{:?} is not of lower-case letters, digits and hyphens", issuer.name),
            );
        }
        let mut names: Vec<_> = self.issuers.iter().map(|issuer| &issuer.name).collect();
        names.sort_unstable();
        if names.is_empty() {
            return invalid("issuer", "at least one [[issuer]] is needed".to_owned());
        }
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]).and_then(|pair| pair.first()) {
            return invalid("issuer.name", format!("{twice} stands twice"));
        }
        Ok(())
    }

    /// Path of the journal.
    pub fn journal(&self) -> PathBuf {
        self.directory.join("journal")
    }

    /// Path of the list of officers.
    pub fn officers(&self) -> PathBuf {
        self.directory.join("officers.json")
    }

    /// Path of the list of standing approvals.
    pub fn standing(&self) -> PathBuf {
        self.directory.join("standing.json")
    }
}

impl TokenSettings {
    /// What `hsm` needs, with the PIN read.
    ///
    /// # Errors
    /// If the PIN cannot be read.
    pub fn read(&self) -> Result<TokenConfig, HsmError> {
        Ok(TokenConfig {
            module: self.module.clone(),
            token_label: self.label.clone(),
            token_serial: self.serial.clone(),
            pin: self.pin.read()?,
            threads: self.threads,
            queue: QUEUE,
            deadline: TOKEN_DEADLINE,
        })
    }
}

fn invalid(key: &'static str, problem: String) -> Result<(), ConfigError> {
    Err(ConfigError::Invalid { key, problem })
}

const fn one() -> usize {
    1
}

const fn two() -> usize {
    2
}

/// More than all connections together can ask for at once.
const QUEUE: usize = 256;
/// How long one signature may take.
const TOKEN_DEADLINE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        mode = "demo"
        socket = "/run/sigill/signer.sock"
        directory = "/var/lib/sigill-signer"
        allowed_uid = 1000
        policies = "/etc/sigill/policies"
        [token]
        module = "auto"
        label = "ca"
        pin = { file = "/etc/sigill/ca.pin" }
        [[issuer]]
        name = "person"
        key = "person-ca"
        certificate = "/etc/sigill/person.pem"
        crl_url = "http://crl.example/person.crl"
        aia_url = "http://aia.example/person.crt"
        kind = "person"
    "#;

    #[test]
    fn what_is_written_is_read_back() {
        let config: SignerConfig = toml::from_str(EXAMPLE).unwrap();
        config.check().unwrap();
        assert_eq!(config.approvals_needed, 1);
        let again: SignerConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(toml::from_str::<SignerConfig>(&format!("modus = 1\n{EXAMPLE}")).is_err());
        for (from, to, key) in [
            ("allowed_uid", "approvals_needed = 0\nallowed_uid", "approvals_needed"),
            ("/run/sigill", "run/sigill", "socket"),
        ] {
            let config: SignerConfig = toml::from_str(&EXAMPLE.replace(from, to)).unwrap();
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let mut twice: SignerConfig = toml::from_str(EXAMPLE).unwrap();
        twice.issuers.push(twice.issuers[0].clone());
        assert!(twice.check().is_err());
    }
}
