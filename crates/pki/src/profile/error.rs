//! Why a profile is not used.

use crate::Kind;

/// Why a profile, or a set of them, is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Not the TOML of a profile: a field is missing, unknown or of another type.
    #[error("the file does not have the form of a profile")]
    Syntax(#[source] Box<toml::de::Error>),
    /// A value is past the ceiling of the profile's purpose, or makes no sense.
    #[error("profile {profile}: {field} {why}")]
    Ceiling {
        /// Name of the profile.
        profile: String,
        /// The field.
        field: &'static str,
        /// What the ceiling is.
        why: String,
    },
    /// A policy for all profiles is refused.
    #[error("{file}: {why}")]
    Policy {
        /// Name of the file.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// One file of a set is refused.
    #[error("profile file {file}")]
    File {
        /// Name of the file.
        file: String,
        /// Why.
        #[source]
        source: Box<ProfileError>,
    },
    /// A file is not named after its profile.
    #[error("profile {profile} stands in file {file}")]
    Misnamed {
        /// Name of the profile.
        profile: String,
        /// Name of the file.
        file: String,
    },
    /// Two files hold a profile of this name.
    #[error("profile {profile} is defined twice")]
    Duplicate {
        /// Name of the profile.
        profile: String,
    },
}

impl ProfileError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
