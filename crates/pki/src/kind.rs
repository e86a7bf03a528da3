//! The coarse class that every error of the workspace answers with.

/// Coarse class of an error, for HTTP status, metrics and retry decisions.
///
/// An error enum says what went wrong; its `kind()` says who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The input is not well-formed or breaks a rule that the caller can read.
    Invalid,
    /// The caller may not do this.
    Denied,
    /// What was named does not exist, or not for this caller.
    NotFound,
    /// The state has moved on since the caller looked.
    Conflict,
    /// Understood and permitted, but policy says no.
    Refused,
    /// Not now; the same request may succeed later.
    Busy,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The class as a label of metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
}
