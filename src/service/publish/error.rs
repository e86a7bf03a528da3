//! Why something was not published.

use crate::app::signer_link::LinkError;
use crate::service::ServiceError;
use domain::Kind;
use domain::ports::StoreError;
use pki::key::SignError;
use pki::lint::Finding;
use pki::time::UtcTime;

/// Why something was not published. What was published before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// No CA with this URL name, or the root, whose CRL comes from the ceremony.
    #[error("{0} is not a CA that publishes here")]
    NotAnIssuer(String),
    /// An answer must not outlive its signer's certificate.
    #[error("the OCSP signer of {issuer} is certified until {until}")]
    SignerExpired {
        /// The CA.
        issuer: String,
        /// notAfter of the signer's certificate.
        until: UtcTime,
    },
    /// What was built breaks a rule; nothing was signed.
    #[error("refused before signing: {0}")]
    Lint(String),
    /// The service's token did not sign.
    #[error("the token did not sign")]
    Token(#[from] SignError),
    /// A new OCSP signer got no key or no certificate.
    #[error("no new OCSP signer")]
    NotCertified(#[source] Box<ServiceError>),
    /// The signer process did not sign.
    #[error("the signer did not sign")]
    Signer(#[from] LinkError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A worker thread died.
    #[error("a signing worker died")]
    Worker(#[source] tokio::task::JoinError),
}

impl PublishError {
    /// Findings in one line: rule and detail of each.
    pub(super) fn lint(findings: &[Finding]) -> Self {
        Self::Lint(findings.iter().map(|f| format!("{} ({})", f.rule, f.detail)).collect::<Vec<_>>().join(", "))
    }

    /// Coarse class for logs and retries.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAnIssuer(_) => Kind::NotFound,
            Self::SignerExpired { .. } => Kind::Busy,
            Self::Lint(_) => Kind::Refused,
            Self::Token(e) => e.kind(),
            Self::NotCertified(e) => e.kind(),
            Self::Signer(e) => e.kind(),
            Self::Store(e) => e.kind(),
            Self::Worker(_) => Kind::Internal,
        }
    }
}
