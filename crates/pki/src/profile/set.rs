//! All profiles of an installation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Algorithms, Claims, Profile, ProfileError};

/// Profiles by name.
#[derive(Debug, Clone, Default)]
pub struct Profiles(BTreeMap<String, Profile>);

impl Profiles {
    /// Reads pairs of file name (or path) and text, for a service that claims nothing; a file is named after
    /// its profile.
    ///
    /// # Errors
    /// [`ProfileError`] for the first file that is refused, misnamed or double.
    pub fn from_toml_files<N, T>(files: impl IntoIterator<Item = (N, T)>) -> Result<Self, ProfileError>
    where
        N: AsRef<str>,
        T: AsRef<str>,
    {
        Self::with_claims(files, Claims::Ordinary)
    }

    /// The same for a service that may claim this much.
    ///
    /// # Errors
    /// As [`from_toml_files`](Self::from_toml_files).
    pub fn with_claims<N, T>(files: impl IntoIterator<Item = (N, T)>, claims: Claims) -> Result<Self, ProfileError>
    where
        N: AsRef<str>,
        T: AsRef<str>,
    {
        let mut profiles = BTreeMap::new();
        for (file, text) in files {
            let file = file.as_ref();
            let profile = Profile::with_claims(text.as_ref(), claims)
                .map_err(|source| ProfileError::File { file: file.to_owned(), source: Box::new(source) })?;
            let name = profile.name().to_owned();
            if Path::new(file).file_stem().is_none_or(|stem| stem != name.as_str()) {
                return Err(ProfileError::Misnamed { profile: name, file: file.to_owned() });
            }
            if profiles.insert(name.clone(), profile).is_some() {
                return Err(ProfileError::Duplicate { profile: name });
            }
        }
        Ok(Self(profiles))
    }

    /// The same profiles, each bound by how long algorithms are fit.
    #[must_use]
    pub fn bound_by(mut self, algorithms: Algorithms) -> Self {
        let algorithms = Arc::new(algorithms);
        self.0.values_mut().for_each(|profile| profile.algorithms = Arc::clone(&algorithms));
        self
    }

    /// The profile with this name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.0.get(name)
    }

    /// All profiles in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.0.values()
    }
}
