//! What the protocols have in common: who asks, for what, and how the browser goes back.

use crate::app::Registered;
use crate::service::ServiceError;
use domain::ports::StoreError;
use federation::oidc::authorization::{AuthorizationRequest, UserMessage};
use federation::oidc::client::{Client, Name};
use federation::saml::post::Form;
use federation::saml::request::AuthnRequest;
use federation::saml::service::Service;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What was asked for, in the words of its protocol. Kept between the steps of a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// OpenID Connect.
    Oidc(AuthorizationRequest),
    /// SAML.
    Saml(AuthnRequest),
}

/// Who asks for what.
#[derive(Debug, Clone)]
pub enum Party {
    /// OpenID Connect.
    Oidc {
        /// Who.
        client: Arc<Client>,
        /// What.
        request: AuthorizationRequest,
    },
    /// SAML.
    Saml {
        /// Who.
        service: Arc<Service>,
        /// What.
        request: AuthnRequest,
    },
}

/// How a browser goes on to the relying service.
#[derive(Debug)]
pub enum Onward {
    /// To this address.
    Redirect(String),
    /// With this form.
    Form {
        /// The form.
        form: Form,
        /// What went wrong, to be read first; none if there is nothing to read.
        problem: Option<Problem>,
    },
}

/// What went wrong, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// None of the levels that the relying service asks for.
    Level,
    /// Another person than the relying service asks for.
    Person,
    /// The relying service asks for something else that is not given.
    Request,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 3] = [Self::Level, Self::Person, Self::Request];

    /// Name of the texts that say so.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Level => "returned-level",
            Self::Person => "returned-person",
            Self::Request => "returned-request",
        }
    }
}

impl Flow {
    /// Levels that will do, best first; empty for any.
    pub fn levels(&self) -> &[String] {
        match self {
            Self::Oidc(request) => &request.acr_values,
            Self::Saml(request) => &request.levels,
        }
    }
}

impl Party {
    /// A request and the registration of whoever sent it.
    ///
    /// # Errors
    /// If the registration is of the other protocol: it was replaced meanwhile.
    pub fn new(registered: Registered, flow: Flow) -> Result<Self, ServiceError> {
        match (registered, flow) {
            (Registered::Oidc(client), Flow::Oidc(request)) => Ok(Self::Oidc { client, request }),
            (Registered::Saml(service), Flow::Saml(request)) => Ok(Self::Saml { service, request }),
            _ => Err(StoreError::Stale { what: "registration" }.into()),
        }
    }

    /// The client id or entity ID.
    pub fn id(&self) -> &str {
        match self {
            Self::Oidc { client, .. } => &client.id,
            Self::Saml { service, .. } => &service.id,
        }
    }

    /// The name in Swedish and in English.
    pub fn name(&self) -> &Name {
        match self {
            Self::Oidc { client, .. } => &client.name,
            Self::Saml { service, .. } => &service.name,
        }
    }

    /// The logo, a `data:` address.
    pub fn logo(&self) -> Option<&str> {
        match self {
            Self::Oidc { client, .. } => client.logo.as_deref(),
            Self::Saml { .. } => None,
        }
    }

    /// Levels that will do, best first; empty for any.
    pub fn levels(&self) -> &[String] {
        match self {
            Self::Oidc { request, .. } => &request.acr_values,
            Self::Saml { request, .. } => &request.levels,
        }
    }

    /// What the relying service wants the user to read.
    pub const fn message(&self) -> Option<&UserMessage> {
        match self {
            Self::Oidc { request, .. } => request.message.as_ref(),
            Self::Saml { request, .. } => request.message.as_ref(),
        }
    }

    /// Scheme, host and port of where the browser goes back to.
    pub fn origin(&self) -> String {
        match self {
            Self::Oidc { request, .. } => request.redirect().origin(),
            Self::Saml { request, .. } => request.reply.origin(),
        }
    }
}
