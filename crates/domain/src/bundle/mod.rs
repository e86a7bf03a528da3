//! The policies of an installation as one thing: what two officers approve is the whole of it.

pub mod diff;

use crate::evidence::Signed;
use crate::id::hex;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The files of a policy folder, by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle(BTreeMap<String, String>);

/// A bundle that came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedBundle {
    /// Its [digest](Bundle::digest).
    pub digest: String,
    /// Its [listing](Bundle::listing).
    pub listing: String,
    /// [`Operation::LoadPolicies`](crate::operation::Operation::LoadPolicies), signed by security officers; none for
    /// the first bundle, which the ceremony approved.
    pub approval: Option<Signed>,
    /// Since when.
    pub at: UtcTime,
}

/// Files that are no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A path that could be read in two ways.
    #[error("policies: {0:?} must be a path below the folder, of letters, digits and hyphens, with a .toml at the end")]
    Path(String),
    /// More than a person can have reviewed.
    #[error("policies: more than {MAX_FILES} files, or a file of more than {MAX_OCTETS} octets")]
    Oversized,
    /// Nothing to approve.
    #[error("policies: the folder holds no .toml file")]
    Empty,
}

impl Bundle {
    /// Pairs of path below the folder, such as `profiles/root-ca.toml`, and text.
    ///
    /// # Errors
    /// [`BundleError`] for the first file that is refused.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, BundleError> {
        let mut found = BTreeMap::new();
        for (path, text) in files {
            if !is_plain(&path) {
                return Err(BundleError::Path(path));
            }
            if text.len() > MAX_OCTETS || found.len() == MAX_FILES {
                return Err(BundleError::Oversized);
            }
            found.insert(path, text);
        }
        if found.is_empty() { Err(BundleError::Empty) } else { Ok(Self(found)) }
    }

    /// A line for each file, as `sha256sum` prints them in order of path.
    pub fn listing(&self) -> String {
        self.0.iter().fold(String::new(), |mut listing, (path, text)| {
            let _ = writeln!(listing, "{}  {path}", sha256(text.as_bytes())); // writing to a String cannot fail
            listing
        })
    }

    /// What is approved: SHA-256 of the [`listing`](Self::listing), hexadecimal. Anyone can repeat it in the folder:
    /// `find . -name '*.toml' | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum | sha256sum`.
    pub fn digest(&self) -> String {
        sha256(self.listing().as_bytes())
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All paths and texts, in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files of one folder of the bundle: names without it, and texts.
    pub fn folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter_map(move |(path, text)| Some((path.strip_prefix(folder)?.strip_prefix('/')?, text)))
    }
}

fn is_plain(path: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    path.len() <= MAX_PATH && path.strip_suffix(".toml").is_some_and(|stem| stem.split(['/', '.']).all(word))
}

fn sha256(bytes: &[u8]) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}

/// Most files in a bundle.
pub const MAX_FILES: usize = 256;
/// Largest file, in octets.
pub const MAX_OCTETS: usize = 64 * 1024;
const MAX_PATH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Result<Bundle, BundleError> {
        Bundle::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }

    #[test]
    fn the_digest_is_what_sha256sum_says() {
        let bundle = bundle(&[("b.toml", "x"), ("a/c.d.toml", "")]).unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        assert_eq!(bundle.listing(), format!("{empty}  a/c.d.toml\n{x}  b.toml\n"));
        assert_eq!(bundle.digest(), sha256(bundle.listing().as_bytes()));
    }

    #[test]
    fn any_edit_changes_the_digest() {
        let files = [("a.toml", "one = 1"), ("b.toml", "two = 2")];
        let digest = bundle(&files).unwrap().digest();
        for other in [
            vec![("a.toml", "one = 1 "), files[1]],
            vec![files[0]],
            vec![("c.toml", files[0].1), files[1]],
            vec![files[0], files[1], ("c.toml", "")],
        ] {
            assert_ne!(bundle(&other).unwrap().digest(), digest, "{other:?}");
        }
    }

    #[test]
    fn paths_with_two_meanings_are_refused() {
        for path in [
            "../a.toml",
            "/a.toml",
            "a//b.toml",
            "a\n.toml",
            "a b.toml",
            "a.txt",
            ".toml",
            "å.toml",
            "a/.b.toml",
            "a..toml",
        ] {
            assert_eq!(bundle(&[(path, "")]), Err(BundleError::Path(path.to_owned())));
        }
        assert_eq!(bundle(&[]), Err(BundleError::Empty));
        let large = "x".repeat(MAX_OCTETS + 1);
        assert_eq!(bundle(&[("a.toml", &large)]), Err(BundleError::Oversized));
    }
}
