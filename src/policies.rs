//! A folder of policies: the bundle in it, and the officers' approval beside it.

use domain::assurance::{Assurance, AssuranceError};
use domain::bundle::{Bundle, BundleError, MAX_FILES, MAX_OCTETS};
use domain::end_of_ca::{EndOfCa, EndOfCaError};
use domain::evidence::Signed;
use domain::function::{FunctionPolicy, FunctionPolicyError};
use domain::packages::{Packages, PolicyError};
use domain::reserve::{ReservePolicy, ReservePolicyError};
use domain::retention::{Retention, RetentionError};
use pki::profile::{Algorithms, Claims, Profile, ProfileError, Profiles};
use std::fs::File;
use std::io::Read;
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

/// What each level of assurance demands, for every profile of a person.
///
/// # Errors
/// [`RulesError`], which names the file.
pub fn assurance(bundle: &Bundle, profiles: &Profiles) -> Result<Assurance, RulesError> {
    let assurance = Assurance::from_toml(bundle.get(ASSURANCE).ok_or(RulesError::Missing(ASSURANCE))?)?;
    let of_people = profiles.iter().filter(|profile| profile.purpose().is_person());
    assurance.covers(of_people.map(Profile::name))?;
    Ok(assurance)
}

/// What stays when a CA comes to its end.
///
/// # Errors
/// [`RulesError`], which names the file.
pub fn end_of_ca(bundle: &Bundle) -> Result<EndOfCa, RulesError> {
    Ok(EndOfCa::from_toml(bundle.get(END_OF_CA).ok_or(RulesError::Missing(END_OF_CA))?)?)
}

/// Which certificates of functions can be ordered, and on what.
///
/// # Errors
/// [`RulesError`], which names the file.
pub fn functions(bundle: &Bundle) -> Result<FunctionPolicy, RulesError> {
    Ok(FunctionPolicy::from_toml(bundle.get(FUNCTIONS).ok_or(RulesError::Missing(FUNCTIONS))?)?)
}

/// How long each kind of record is kept.
///
/// # Errors
/// [`RulesError`], which names the file.
pub fn retention(bundle: &Bundle) -> Result<Retention, RulesError> {
    Ok(Retention::from_toml(bundle.get(RETENTION).ok_or(RulesError::Missing(RETENTION))?)?)
}

/// Who gives reserve cards, and for how long. Its profiles are among those of the bundle.
///
/// # Errors
/// [`RulesError`], which names the file.
pub fn reserve(bundle: &Bundle, profiles: &Profiles) -> Result<ReservePolicy, RulesError> {
    let policy = ReservePolicy::from_toml(bundle.get(RESERVE).ok_or(RulesError::Missing(RESERVE))?)?;
    let unknown = policy.profiles().into_iter().find(|name| profiles.get(name).is_none()).map(str::to_owned);
    unknown.map_or(Ok(policy), |name| Err(RulesError::NoProfile(RESERVE, name)))
}

/// A bundle whose rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A file is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// What levels of assurance demand.
    #[error(transparent)]
    Assurance(#[from] AssuranceError),
    /// Which certificates of functions can be ordered.
    #[error(transparent)]
    Functions(#[from] FunctionPolicyError),
    /// How long records are kept.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// How reserve cards are given.
    #[error(transparent)]
    Reserve(#[from] ReservePolicyError),
    /// A file names a profile that is not there.
    #[error("{0} names {1}, and there is no such profile")]
    NoProfile(&'static str, String),
    /// What stays of a CA.
    #[error(transparent)]
    EndOfCa(#[from] EndOfCaError),
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
            if files.len() == MAX_FILES {
                return Err(BundleError::Oversized.into());
            }
            files.push((format!("{below}{name}"), read(&path).map_err(unreadable(&path))?));
        }
    }
    Ok(())
}

/// Reads a file up to the first octet that is too many, whatever is said of its size; no pipe, no device.
fn read(path: &Path) -> std::io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MAX_OCTETS as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn approval(path: &Path) -> Result<Option<Signed>, FolderError> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FolderError::Unreadable { path: path.to_owned(), source }),
    };
    let signed = serde_json::from_str(&text);
    signed.map(Some).map_err(|source| FolderError::Approval { path: path.to_owned(), source })
}

const ASSURANCE: &str = "assurance.toml";
const END_OF_CA: &str = "end-of-ca.toml";
const FUNCTIONS: &str = "functions.toml";
const RETENTION: &str = "retention.toml";
const RESERVE: &str = "reserve.toml";
const PACKAGES: &str = "access/packages.toml";
/// The file with the officers' approval: an operation and the statements over it, JSON.
pub const APPROVAL: &str = "approval.json";

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::TestFolder;

    /// Neither has an end, and their size is said to be nothing.
    #[test]
    fn a_device_in_the_place_of_a_file_is_not_read() {
        for name in ["a.toml", APPROVAL] {
            let folder = TestFolder::new("policies-device");
            std::fs::write(folder.path().join("b.toml"), "").unwrap();
            PolicyFolder::read(folder.path()).unwrap();
            std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
            assert!(matches!(PolicyFolder::read(folder.path()), Err(FolderError::Unreadable { .. })), "{name}");
        }
    }

    #[test]
    fn more_than_anybody_reviewed_is_refused() {
        let folder = TestFolder::new("policies-large");
        let write = |name: &str, octets: usize| std::fs::write(folder.path().join(name), "#".repeat(octets)).unwrap();
        write("a.toml", MAX_OCTETS);
        PolicyFolder::read(folder.path()).unwrap();
        write("a.toml", MAX_OCTETS + 1);
        let refused = |folder| matches!(PolicyFolder::read(folder), Err(FolderError::Bundle(BundleError::Oversized)));
        assert!(refused(folder.path()));
        (0..=MAX_FILES).for_each(|number| write(&format!("a{number}.toml"), 0));
        write("a.toml", 0);
        assert!(refused(folder.path()));
    }
}
