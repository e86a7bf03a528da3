//! Errors as clients see them.

/// An `error` value of OAuth 2.0 and its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// RFC 6749 section 4.1.2.1: a parameter is missing, repeated or malformed.
    InvalidRequest,
    /// RFC 6749 section 5.2: the client did not prove who it is.
    InvalidClient,
    /// RFC 6749 section 5.2: the code is used, over, or another client's.
    InvalidGrant,
    /// RFC 6749 section 4.1.2.1.
    InvalidScope,
    /// RFC 6750 section 3.1: the access token is over, revoked or unknown.
    InvalidToken,
    /// RFC 6749 section 4.1.2.1: this client may not ask so.
    UnauthorizedClient,
    /// RFC 6749 section 5.2.
    UnsupportedGrantType,
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 section 4.1.2.1: the holder or the rules said no.
    AccessDenied,
    /// RFC 6749 section 4.1.2.1.
    ServerError,
    /// RFC 6749 section 4.1.2.1: something behind us is away.
    TemporarilyUnavailable,
    /// OpenID Connect Core section 3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core section 3.1.2.6.
    InteractionRequired,
    /// OpenID Connect Core section 3.1.2.6.
    InvalidRequestObject,
    /// OpenID Connect Core section 3.1.2.6.
    RequestUriNotSupported,
    /// RFC 9101 section 6.1: no such pushed request, or it was used.
    InvalidRequestUri,
    /// OpenID Connect Core Unmet Authentication Requirements section 1.
    UnmetAuthenticationRequirements,
    /// RFC 9449 section 5.
    InvalidDpopProof,
}

impl Code {
    /// Every word there is, in the order in which people are told of them.
    pub const ALL: &[Self] = &[
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::InvalidScope,
        Self::InvalidToken,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::LoginRequired,
        Self::InteractionRequired,
        Self::InvalidRequestObject,
        Self::RequestUriNotSupported,
        Self::InvalidRequestUri,
        Self::UnmetAuthenticationRequirements,
        Self::InvalidDpopProof,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidToken => "invalid_token",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidDpopProof => "invalid_dpop_proof",
        }
    }

    /// The HTTP status at a back-channel endpoint (RFC 6749 section 5.2, RFC 6750 section 3.1).
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// A refusal: a word for programs and one sentence for whoever reads the log of the relying service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct OidcError {
    /// What to answer.
    pub code: Code,
    /// Why; fixed text, so that nothing personal or hostile is echoed.
    pub description: &'static str,
}

impl OidcError {
    /// A refusal.
    pub const fn new(code: Code, description: &'static str) -> Self {
        Self { code, description }
    }

    /// The most common one.
    pub(crate) const fn request(description: &'static str) -> Self {
        Self::new(Code::InvalidRequest, description)
    }
}
