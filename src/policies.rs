//! A folder of policies: the bundle in it, and the officers' approval beside it.

use domain::bundle::{Bundle, BundleError, MAX_OCTETS};
use domain::evidence::Signed;
use domain::packages::{Packages, PolicyError};
use pki::profile::{Algorithms, Claims, ProfileError, Profiles};
use std::path::{Path, PathBuf};

/// What a policy folder holds.
#[derive(Debug, Clone)]
pub struct PolicyFolder {
    /// Every `*.toml`, in the folder and one below.
    pub bundle: Bundle,
    /// [`APPROVAL`], if it is there. Not verified.
    pub approval: Option<Signed>,
}

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The files are no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The approval is none.
    #[error("{} is not an approval", .path.display())]
    Approval {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// The profiles of a bundle, under its rules for all of them.
///
/// # Errors
/// [`ProfileError`], which names the file.
pub fn profiles(bundle: &Bundle) -> Result<Profiles, ProfileError> {
    let text = |file| bundle.get(file).ok_or(ProfileError::Policy { file, why: "is missing".to_owned() });
    let claims = Claims::from_toml(text("claims.toml")?)?;
    let algorithms = Algorithms::from_toml(text("algorithms.toml")?)?;
    Ok(Profiles::with_claims(bundle.folder("profiles"), claims)?.bound_by(algorithms))
}

/// The permission packages of a bundle.
///
/// # Errors
/// [`PolicyError`] if there are none, or they cannot be used.
pub fn packages(bundle: &Bundle) -> Result<Packages, PolicyError> {
    let text = bundle.get(PACKAGES).ok_or_else(|| PolicyError::Syntax(format!("{PACKAGES} is missing")))?;
    Packages::from_toml(text)
}

impl PolicyFolder {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`FolderError`], which names the file.
    pub fn read(folder: &Path) -> Result<Self, FolderError> {
        let mut files = Vec::new();
        collect(folder, "", &mut files)?;
        Ok(Self { bundle: Bundle::new(files)?, approval: approval(&folder.join(APPROVAL))? })
    }
}

fn collect(folder: &Path, below: &str, files: &mut Vec<(String, String)>) -> Result<(), FolderError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Unreadable { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && below.is_empty() {
            collect(&path, &format!("{name}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let size = std::fs::metadata(&path).map_err(unreadable(&path))?.len();
            if size > MAX_OCTETS as u64 {
                return Err(BundleError::Oversized.into());
            }
            files.push((format!("{below}{name}"), std::fs::read_to_string(&path).map_err(unreadable(&path))?));
        }
    }
    Ok(())
}

fn approval(path: &Path) -> Result<Option<Signed>, FolderError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FolderError::Unreadable { path: path.to_owned(), source }),
    };
    let signed = serde_json::from_slice(&text);
    signed.map(Some).map_err(|source| FolderError::Approval { path: path.to_owned(), source })
}

const PACKAGES: &str = "access/packages.toml";
/// The file with the officers' approval: an operation and the statements over it, JSON.
pub const APPROVAL: &str = "approval.json";
