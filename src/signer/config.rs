//! `signer.toml`: what the signer process is told. Unknown keys are errors.

use crate::config::{ConfigError, read};
pub use domain::subject::Mode;
use hsm::{Module, PinSource, TokenConfig};
use pki::key::KeyId;
use secrecy::SecretString;
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
    /// Folder of the journal, the revoked certificates, `officers.json` and `standing.json`; mode 0700.
    pub directory: PathBuf,
    /// The one user whose processes may connect.
    pub allowed_uid: u32,
    /// How many people must approve a card.
    #[serde(default = "one")]
    pub approvals_needed: usize,
    /// Folder of the policies, with their approval.
    pub policies: PathBuf,
    /// Who opens the token at a start.
    #[serde(default)]
    pub unlock: Unlock,
    /// How long custodians' shares wait for each other, in seconds.
    #[serde(default = "quarter_of_an_hour")]
    pub unlock_window_seconds: u32,
    /// How long officers whom custodians appoint in an emergency wait before they take office, in hours.
    #[serde(default = "three_days")]
    pub emergency_delay_hours: u32,
    /// Sealed transcripts of ceremonies: they say where keys were born that may leave their token wrapped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcripts: Vec<PathBuf>,
    /// Certificates of the roots, PEM. Only those that the ceremony left, or security officers approved, are trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<PathBuf>,
    /// The token with the CA keys.
    pub token: TokenSettings,
    /// The CAs.
    #[serde(rename = "issuer")]
    pub issuers: Vec<IssuerSettings>,
}

/// Who opens the token at a start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlock {
    /// The process itself, with a PIN that it can read.
    #[default]
    Unattended,
    /// Custodians, m of n: the PIN is nowhere in clear.
    Quorum,
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
    /// Where the PIN is; none if custodians have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinSource>,
    /// The file with the PIN split among custodians; none if the process reads the PIN itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<PathBuf>,
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
    /// Servers, systems and seals of organisations, its own OCSP signer and CRL.
    Function,
    /// TLS servers and units of the service, its own OCSP signer and CRL.
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
        self.check_unlock()?;
        if self.mode == Mode::Production && self.token.module == Module::Embedded {
            return invalid("token.module", "the embedded token is for demos: name a PKCS#11 module".to_owned());
        }
        let shortest = if self.mode == Mode::Production { three_days() } else { 1 };
        if self.emergency_delay_hours < shortest {
            return invalid(
                "emergency_delay_hours",
                format!("at least {shortest}: everybody must have time to object"),
            );
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

    fn check_unlock(&self) -> Result<(), ConfigError> {
        if self.unlock_window_seconds == 0 {
            return invalid("unlock_window_seconds", "at least 1: nobody can give a share in no time".to_owned());
        }
        let problem = match (self.unlock, &self.token.pin, &self.token.shares) {
            (Unlock::Unattended, Some(_), None) | (Unlock::Quorum, None, Some(_)) => return Ok(()),
            (Unlock::Unattended, ..) => "unlock = \"unattended\" needs token.pin, and no token.shares",
            (Unlock::Quorum, ..) => "unlock = \"quorum\" needs token.shares, and no token.pin: no file has the PIN",
        };
        invalid("unlock", problem.to_owned())
    }

    /// The socket where custodians give their shares.
    pub fn unlock_socket(&self) -> PathBuf {
        self.directory.join("unlock.sock")
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
    /// What `hsm` needs, with the PIN that custodians gave or [`PinSource`] has.
    pub fn with_pin(&self, pin: SecretString) -> TokenConfig {
        TokenConfig {
            module: self.module.clone(),
            token_label: self.label.clone(),
            token_serial: self.serial.clone(),
            pin,
            threads: self.threads,
            queue: QUEUE,
            deadline: TOKEN_DEADLINE,
        }
    }
}

fn invalid(key: &'static str, problem: String) -> Result<(), ConfigError> {
    Err(ConfigError::Invalid { key, problem })
}

const fn one() -> usize {
    1
}

const fn three_days() -> u32 {
    72
}

const fn quarter_of_an_hour() -> u32 {
    15 * 60
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
            ("allowed_uid", "unlock = \"quorum\"\nallowed_uid", "unlock"),
            ("allowed_uid", "emergency_delay_hours = 0\nallowed_uid", "emergency_delay_hours"),
            ("allowed_uid", "unlock_window_seconds = 0\nallowed_uid", "unlock_window_seconds"),
            ("pin = {", "shares = \"/etc/sigill/ca.shares.json\"\npin = {", "unlock"),
        ] {
            let config: SignerConfig = toml::from_str(&EXAMPLE.replace(from, to)).unwrap();
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let embedded = EXAMPLE.replace("module = \"auto\"", "module = \"embedded\"");
        let config: SignerConfig = toml::from_str(&embedded).unwrap();
        config.check().unwrap();
        let production = SignerConfig { mode: Mode::Production, ..config };
        assert!(production.check().unwrap_err().to_string().starts_with("token.module"));
        let mut twice: SignerConfig = toml::from_str(EXAMPLE).unwrap();
        twice.issuers.push(twice.issuers[0].clone());
        assert!(twice.check().is_err());
    }
}
