//! A register in a file.

use async_trait::async_trait;
use domain::register::{Entry, PersonRegister, RegisterError};
use pki::identifier::PersonalNumber;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;

/// Reads the file at every question: whoever changes it is heard at once.
pub(super) struct FileRegister {
    name: String,
    path: PathBuf,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    people: Vec<Registered>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registered {
    entry: Entry,
    /// Numbers that the person had before.
    #[serde(default)]
    former: Vec<PersonalNumber>,
}

impl FileRegister {
    pub(super) fn new(name: &str, path: &Path) -> Self {
        Self { name: name.to_owned(), path: path.to_owned() }
    }

    async fn octets(&self) -> std::io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        tokio::fs::File::open(&self.path).await?.take(MAX_FILE + 1).read_to_end(&mut octets).await?;
        Ok(octets)
    }
}

#[async_trait]
impl PersonRegister for FileRegister {
    async fn look_up(&self, number: &PersonalNumber) -> Result<Option<Entry>, RegisterError> {
        let octets = self.octets().await.map_err(|error| RegisterError::Away(Box::new(error)))?;
        find(&octets, number)
    }

    fn source(&self) -> &str {
        &self.name
    }
}

fn find(octets: &[u8], number: &PersonalNumber) -> Result<Option<Entry>, RegisterError> {
    if octets.len() as u64 > MAX_FILE {
        return Err(RegisterError::Malformed("too long"));
    }
    let People { people } =
        serde_json::from_slice(octets).map_err(|_| RegisterError::Malformed("not the agreed form"))?;
    let is = |person: &Registered| person.entry.identity_number == *number || person.former.contains(number);
    people.into_iter().find(is).map(|person| person.entry.accepted()).transpose()
}

/// Most octets of the file.
const MAX_FILE: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_people_are_found_by_numbers_of_today_and_before() {
        let shipped = include_bytes!("../cli/quickstart/register.json");
        let find = |number: &str| find(shipped, &number.parse().unwrap()).unwrap();
        let People { people } = serde_json::from_slice(shipped).unwrap();
        for Registered { entry, former } in &people {
            assert!(entry.identity_number.is_test_number());
            for number in former.iter().chain([&entry.identity_number]) {
                assert_eq!(find(number.as_str()).as_ref(), Some(entry));
            }
        }
        assert_eq!(find("189001019802"), None);
        assert!(super::find(b"{}", &"189001019802".parse().unwrap()).is_err());
    }
}
