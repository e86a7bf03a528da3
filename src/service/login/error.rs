//! Why a login does not go on, and whom to tell.

use super::flow::Onward;
use crate::service::ServiceError;
use domain::ports::StoreError;
use federation::oidc::{Code, OidcError};
use federation::saml::SamlError;
use pki::key::SignError;

/// Why a question of a relying service is not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The protocol says so.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// A SAML message is not taken.
    #[error(transparent)]
    Saml(#[from] SamlError),
    /// Something of ours failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl LoginError {
    /// The error in the words of the protocol; what is ours stays inside.
    pub fn oidc(&self) -> OidcError {
        match self {
            Self::Oidc(error) => *error,
            Self::Saml(SamlError::Encryption(_)) => OidcError::new(Code::ServerError, "the answer cannot be encrypted"),
            Self::Saml(_) => OidcError::new(Code::InvalidRequest, "the SAML message is not taken"),
            Self::Service(error) if error.kind() == domain::Kind::Busy => {
                OidcError::new(Code::TemporarilyUnavailable, "something behind the provider is away; try again")
            }
            Self::Service(_) => OidcError::new(Code::ServerError, "the provider failed"),
        }
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl From<SignError> for LoginError {
    fn from(error: SignError) -> Self {
        Self::Service(error.into())
    }
}

/// Where a browser ends that cannot log in.
#[derive(Debug)]
pub enum Halt {
    /// On a page of ours: it must not be sent anywhere.
    Page(LoginError),
    /// At the relying service, with the error.
    Answer(Onward),
}

impl<E: Into<LoginError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Page(error.into())
    }
}
