//! Why a message is not taken.

use super::signature::SignatureError;
use super::xml::XmlError;

/// Why a message is not taken. Its text is for the log and for whoever runs the relying service: it repeats nothing that
/// was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SamlError {
    /// Not XML that we read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Nobody we know signed it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The way that it came is not one that we take.
    #[error("{0}")]
    Binding(&'static str),
    /// What it says cannot be.
    #[error("{0}")]
    Message(&'static str),
    /// A service's metadata cannot be taken.
    #[error("metadata: {0}")]
    Metadata(&'static str),
    /// The answer cannot be encrypted to the service.
    #[error("the answer cannot be encrypted: {0}")]
    Encryption(&'static str),
}
