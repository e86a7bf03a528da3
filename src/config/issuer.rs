//! `[[issuer]]`: the CAs that the service works with.

use pki::key::KeyId;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One CA. Its key is in the signer's token; here is only what may be public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Name in addresses, such as `test-person-loa4-ca-v1`.
    pub name: String,
    /// What it issues.
    pub kind: IssuerKind,
    /// Label of its key in the signer's token.
    pub key: KeyId,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// Where its CRL is, as it stands in certificates.
    pub crl_url: String,
    /// Where OCSP answers for it; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp_url: Option<String>,
    /// Where its certificate is.
    pub aia_url: String,
    /// Label of the OCSP signer's first key on the service's token; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder_key: Option<KeyId>,
    /// Certificate of that key, PEM. A renewed one is found in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder_certificate: Option<PathBuf>,
}

/// What a CA issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuerKind {
    /// The other CAs.
    Root,
    /// People's certificates.
    Person,
    /// Certificates of organisations: their servers, systems and seals.
    Function,
    /// TLS and other certificates of the service.
    Infrastructure,
}

impl IssuerKind {
    /// The word in configuration and views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Person => "person",
            Self::Function => "function",
            Self::Infrastructure => "infrastructure",
        }
    }
}
