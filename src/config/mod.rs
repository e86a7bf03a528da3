//! `sigill.toml`: one file, every key known, every mistake named.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub mod functions;
pub mod issuer;
pub mod listen;
pub mod login;
pub mod notices;
pub mod register;
pub mod status;
#[cfg(test)]
mod tests;
pub mod timestamps;
pub mod token;
pub mod validation;

pub use domain::subject::Mode;
use functions::FunctionsConfig;
use issuer::IssuerConfig;
use listen::{ListenConfig, TlsConfig};
use login::LoginConfig;
use notices::NoticesConfig;
use register::RegisterConfig;
use status::{CrlConfig, OcspConfig, StatusConfig};
use timestamps::TimestampsConfig;
use token::HsmConfig;
use validation::ValidationConfig;

/// The whole file. Unknown keys are errors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `demo` allows what quickstart leaves behind; `production` refuses all of it.
    pub mode: Mode,
    /// `sqlite:///absolute/path` or `postgres://…`.
    pub database: String,
    /// Folder of profiles, roles and other policies.
    pub policies: PathBuf,
    /// Addresses to listen on.
    pub listen: ListenConfig,
    /// The service's own TLS certificates.
    pub tls: TlsConfig,
    /// The service's own token.
    pub hsm: HsmConfig,
    /// The signer process.
    pub signer: SignerSection,
    /// The CAs.
    #[serde(rename = "issuer")]
    pub issuers: Vec<IssuerConfig>,
    /// Enrolment and approvals.
    #[serde(default)]
    pub enrolment: EnrolmentConfig,
    /// The public status listener.
    #[serde(default)]
    pub status: StatusConfig,
    /// OCSP answers.
    #[serde(default)]
    pub ocsp: OcspConfig,
    /// CRLs.
    #[serde(default)]
    pub crl: CrlConfig,
    /// Card logins for relying services; none without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginConfig>,
    /// The person register; without it production takes no orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<RegisterConfig>,
    /// The audit log.
    #[serde(default)]
    pub audit: AuditConfig,
    /// Validation for relying services.
    #[serde(default)]
    pub validation: ValidationConfig,
    /// What people and systems are told; nobody is without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<NoticesConfig>,
    /// The time-stamping authority; none without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamps: Option<TimestampsConfig>,
    /// Certificates of functions.
    #[serde(default)]
    pub functions: FunctionsConfig,
    /// Logs.
    #[serde(default)]
    pub log: LogConfig,
}

/// The audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Public key of the audit seal, PEM: what exported checkpoints are checked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<PathBuf>,
}

/// How to reach the signer process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerSection {
    /// Its Unix socket.
    pub socket: PathBuf,
    /// If set, `serve` starts the signer as a child with this configuration file (demo only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawn: Option<PathBuf>,
    /// How long one request may take, in milliseconds.
    #[serde(default = "default_signer_deadline_ms")]
    pub deadline_ms: u64,
}

/// Rules of enrolment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnrolmentConfig {
    /// Profile of the authentication certificate.
    pub authentication_profile: String,
    /// Profile of the signature certificate.
    pub signature_profile: String,
    /// How many people must approve a card. The signer process has its own number.
    pub approvals_needed: u8,
    /// How long an approval may wait, in days.
    pub approval_days: i64,
}

/// Logs on standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `text` or `json`.
    pub format: LogFormat,
    /// Levels by module, such as `info,sqlx=warn`.
    pub filter: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not TOML of the expected form; the text says where and what.
    #[error("{path}: {detail}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and column.
        detail: String,
    },
    /// A value that cannot be.
    #[error("{key}: {problem}")]
    Invalid {
        /// The key.
        key: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// Reads a TOML file, of the service or of the signer.
///
/// # Errors
/// [`ConfigError::Unreadable`] or [`ConfigError::Syntax`].
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|e| ConfigError::Syntax { path: path.to_owned(), detail: e.to_string() })
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file and the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let config: Self = read(path)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key, problem: &str| Err(ConfigError::Invalid { key, problem: problem.to_owned() });
        if !self.database.starts_with("sqlite://") && !self.database.starts_with("postgres://") {
            return invalid("database", "write sqlite:///absolute/path or postgres://host/name");
        }
        if self.issuers.is_empty() {
            return invalid("issuer", "at least one [[issuer]] is needed");
        }
        if self.enrolment.approvals_needed == 0 {
            return invalid("enrolment.approvals_needed", "at least 1: nobody gets a card unapproved");
        }
        if self.mode == Mode::Production && self.signer.spawn.is_some() {
            return invalid("signer.spawn", "in production the signer runs under its own user; remove this key");
        }
        let production = self.mode == Mode::Production;
        if let Some((key, problem)) = self.register.as_ref().and_then(|register| register.problem(production)) {
            return invalid(key, problem);
        }
        if let Some((key, problem)) = self.timestamps.as_ref().and_then(|stamps| stamps.problem(production)) {
            return invalid(key, problem);
        }
        if let Some((key, problem)) = self.login.as_ref().and_then(LoginConfig::problem) {
            return invalid(key, problem);
        }
        if let Some((key, problem)) = self.notices.as_ref().and_then(NoticesConfig::problem) {
            return invalid(key, problem);
        }
        Ok(())
    }
}

impl Default for EnrolmentConfig {
    fn default() -> Self {
        Self {
            authentication_profile: "person-authentication-loa4".to_owned(),
            signature_profile: "person-signature-loa4".to_owned(),
            approvals_needed: 1,
            approval_days: 30,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

const fn default_signer_deadline_ms() -> u64 {
    10_000
}
