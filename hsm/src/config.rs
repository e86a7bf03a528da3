//! What a pool needs to know before it can reach a token.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{HsmError, embedded};

/// Where the PKCS#11 module is. In configuration: `"auto"`, `"embedded"` or a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Module {
    /// The first of the places where distributions install `SoftHSM2`.
    Auto,
    /// The token that is linked into a program built with the feature `embedded-token`. It finds its slots in the file
    /// that the environment names by [`EMBEDDED_VARIABLE`].
    Embedded,
    /// This shared library.
    Path(PathBuf),
}

impl Module {
    /// The shared library that this setting stands for; the bare word `embedded` where there is none.
    ///
    /// # Errors
    /// [`HsmError::ModuleNotFound`] if there is no such file; it names every place looked at. [`HsmError::Load`] for the
    /// embedded token of a program that was built without it.
    pub fn locate(&self) -> Result<PathBuf, HsmError> {
        let looked: Vec<PathBuf> = match self {
            Self::Embedded => {
                let path = PathBuf::from(EMBEDDED);
                return match embedded::check() {
                    Ok(()) => Ok(path),
                    Err(detail) => Err(HsmError::Load { path, detail }),
                };
            }
            Self::Auto => KNOWN_MODULES.iter().map(PathBuf::from).collect(),
            Self::Path(path) => vec![path.clone()],
        };
        looked.iter().find(|path| path.is_file()).cloned().ok_or(HsmError::ModuleNotFound { looked })
    }
}

impl From<String> for Module {
    fn from(text: String) -> Self {
        match text.as_str() {
            AUTO => Self::Auto,
            EMBEDDED => Self::Embedded,
            _ => Self::Path(text.into()),
        }
    }
}

impl From<Module> for String {
    fn from(module: Module) -> Self {
        match module {
            Module::Auto => AUTO.to_owned(),
            Module::Embedded => EMBEDDED.to_owned(),
            Module::Path(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// One token and how it is used.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// The PKCS#11 module.
    pub module: Module,
    /// CKA label of the token. Slots are renumbered by some modules, so no slot number is ever used.
    pub token_label: String,
    /// Serial number of the token, for when two tokens carry one label.
    pub token_serial: Option<String>,
    /// The user PIN.
    pub pin: SecretString,
    /// Worker threads, each with a session of its own; at least 1.
    pub threads: usize,
    /// Calls that may wait for a worker; one more is answered with busy. At least 1.
    pub queue: usize,
    /// How long a caller waits for an answer. Key generation may take longer, see [`GENERATION_DEADLINE`].
    pub deadline: Duration,
}

/// Least time that a caller waits for a key pair: an HSM needs long for an RSA key of 4096 bits.
pub const GENERATION_DEADLINE: Duration = Duration::from_mins(2);

/// Where the PIN comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinSource {
    /// First line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A systemd credential: the file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

impl PinSource {
    /// Reads the PIN.
    ///
    /// # Errors
    /// [`HsmError::PinUnreadable`] if it is absent, empty, longer than 255 bytes or not UTF-8. The text never
    /// holds any of its content.
    pub fn read(&self) -> Result<SecretString, HsmError> {
        match self {
            Self::File(path) => read_file(path),
            Self::Env(name) => std::env::var(name)
                .map_err(|error| unreadable(format!("variable {name}"), error))
                .and_then(|text| one_line(&format!("variable {name}"), &Zeroizing::new(text))),
            Self::Credential(name) => read_file(&credential(name)?),
        }
    }
}

/// Path of a systemd credential. Its name is one path component.
fn credential(name: &str) -> Result<PathBuf, HsmError> {
    let place = format!("credential {name}");
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err(unreadable(place, "not a credential's name"));
    }
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
        .ok_or_else(|| unreadable(place, "CREDENTIALS_DIRECTORY is not set"))?;
    Ok(Path::new(&folder).join(name))
}

fn read_file(path: &Path) -> Result<SecretString, HsmError> {
    let place = format!("file {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(place.clone(), error))?;
    one_line(&place, &Zeroizing::new(text))
}

fn one_line(place: &str, text: &str) -> Result<SecretString, HsmError> {
    let pin = text.lines().next().unwrap_or_default();
    if pin.is_empty() || pin.len() > MAX_PIN_BYTES {
        return Err(unreadable(place.to_owned(), "empty, or longer than 255 bytes"));
    }
    Ok(SecretString::from(pin))
}

fn unreadable(place: String, detail: impl Display) -> HsmError {
    HsmError::PinUnreadable { place, detail: format!("{detail}") }
}

const AUTO: &str = "auto";
const EMBEDDED: &str = "embedded";

/// The environment variable that names the embedded token's configuration, for
/// [`embedded_configuration`](crate::embedded_configuration).
pub const EMBEDDED_VARIABLE: &str = "KRYOPTIC_CONF";

/// The longest PIN that any known token takes.
const MAX_PIN_BYTES: usize = 255;

/// Debian and Ubuntu, Fedora, Arch, Alpine, Homebrew, a build from source.
const KNOWN_MODULES: [&str; 8] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[derive(Deserialize)]
    struct Section {
        module: Module,
        pin: PinSource,
    }

    #[test]
    fn settings_read_as_written() {
        let section: Section = toml::from_str("module = \"auto\"\npin = { file = \"/etc/pin\" }").unwrap();
        assert_eq!(section.module, Module::Auto);
        assert_eq!(section.pin, PinSource::File("/etc/pin".into()));

        let section: Section = toml::from_str("module = \"/a/b.so\"\npin = { credential = \"ca\" }").unwrap();
        assert_eq!(section.module, Module::Path("/a/b.so".into()));
        assert_eq!(section.pin, PinSource::Credential("ca".into()));

        let section: Section = toml::from_str("module = \"embedded\"\npin = { env = \"PIN\" }").unwrap();
        assert_eq!(section.module, Module::Embedded);
        assert_eq!(String::from(section.module), "embedded");
    }

    #[test]
    fn embedded_token_is_there_if_it_was_built_in() {
        assert_eq!(Module::Embedded.locate().is_ok(), cfg!(feature = "embedded-token"));
    }

    #[test]
    fn absent_module_names_the_places() {
        let missing = Module::Path("/nowhere/p11.so".into()).locate();
        assert!(missing.unwrap_err().to_string().contains("/nowhere/p11.so"));
    }

    #[test]
    fn pin_is_the_first_line() {
        assert_eq!(one_line("here", "1234\nrest").unwrap().expose_secret(), "1234");
        assert!(one_line("here", "\n").is_err());
        assert!(one_line("here", &"9".repeat(256)).is_err());
    }

    #[test]
    fn credential_cannot_leave_its_folder() {
        for name in ["", "..", "a/b"] {
            assert!(PinSource::Credential(name.into()).read().is_err());
        }
    }
}
