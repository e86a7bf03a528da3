//! `quickstart.json`: what exists and where, for programs.

use super::files;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The whole file. Paths are absolute; certificates and keys are PEM files unless said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Plain HTTP: OCSP, CRL, issuer certificates, health.
    pub(crate) status_url: String,
    /// HTTPS for relying services.
    pub(crate) api_url: String,
    /// HTTPS with client certificates.
    pub(crate) officer_url: String,
    /// Plain HTTP: time stamps (RFC 3161); none where the installation has no authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tsa_url: Option<String>,
    /// The description of the APIs.
    pub(crate) openapi_url: String,
    /// What TLS clients trust: the self-signed root.
    pub(crate) tls_ca: PathBuf,
    /// What relying parties trust: the self-signed root.
    pub(crate) trust_anchor: PathBuf,
    /// Every CA.
    pub(crate) issuers: Vec<IssuerEntry>,
    /// Path of the `SQLite` file, or the address of another database.
    pub(crate) database: String,
    /// The service's own token.
    pub(crate) hsm: HsmEntry,
    /// The demo's people.
    pub(crate) people: Vec<PersonEntry>,
}

/// A CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerEntry {
    /// Its name in addresses.
    pub(crate) name: String,
    /// Its certificate.
    pub(crate) certificate: PathBuf,
    /// Where its CRL is.
    pub(crate) crl_url: String,
}

/// The service's own token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HsmEntry {
    /// PKCS#11 module; `embedded` for the one that is linked into the program.
    pub(crate) module: PathBuf,
    /// `SOFTHSM2_CONF` for the module, or the configuration of the embedded one.
    pub(crate) config: PathBuf,
    /// Label of the token.
    pub(crate) token_label: String,
    /// Its PIN.
    pub(crate) pin_file: PathBuf,
}

/// A person of the demo.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonEntry {
    /// Given name and surname.
    pub(crate) name: String,
    /// Legal name of the agency.
    pub(crate) agency: String,
    /// Roles at the agency.
    pub(crate) roles: Vec<domain::access::Role>,
    /// The virtual card; none where tokens are linked into the program.
    pub(crate) card: Option<CardEntry>,
    /// Certificate of the software key, the issuing CA's after it.
    pub(crate) certificate: PathBuf,
    /// The software key.
    pub(crate) key: PathBuf,
    /// Both, for browsers.
    pub(crate) pkcs12: PathBuf,
    /// Password of the PKCS#12 file.
    pub(crate) pkcs12_password: String,
}

/// A virtual card: a token with keys born on it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardEntry {
    /// PKCS#11 module.
    pub(crate) module: PathBuf,
    /// `SOFTHSM2_CONF` for the module.
    pub(crate) config: PathBuf,
    /// Label of the token.
    pub(crate) token_label: String,
    /// Its PIN.
    pub(crate) pin: String,
    /// The authentication key (RFC 7512); its certificate has the same object name.
    pub(crate) authentication_uri: String,
    /// The signature key (RFC 7512).
    pub(crate) signature_uri: String,
}

/// Hides the password.
impl std::fmt::Debug for PersonEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonEntry").field("name", &self.name).field("card", &self.card).finish_non_exhaustive()
    }
}

/// Hides the PIN.
impl std::fmt::Debug for CardEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardEntry").field("token_label", &self.token_label).finish_non_exhaustive()
    }
}

impl PersonEntry {
    /// The person's virtual card.
    ///
    /// # Errors
    /// If people have none, with the reason.
    pub(crate) fn card(&self) -> anyhow::Result<&CardEntry> {
        self.card.as_ref().context(
            "people have no cards here: their tokens would be linked into the program, where no other finds them. \
             Install SoftHSM2 and choose another --data",
        )
    }
}

impl IssuerEntry {
    /// What programs need to know of a configured CA.
    pub(crate) fn of(issuer: &crate::config::issuer::IssuerConfig) -> Self {
        Self { name: issuer.name.clone(), certificate: issuer.certificate.clone(), crl_url: issuer.crl_url.clone() }
    }
}

impl Manifest {
    /// Reads the manifest of a running service.
    ///
    /// # Errors
    /// If there is none, which means that the service is not running.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: is `sigill quickstart` running with this --data?", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// Writes it, whole or not at all. It holds PINs of virtual cards.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(files::private(path, serde_json::to_vec_pretty(self)?)?)
    }
}
