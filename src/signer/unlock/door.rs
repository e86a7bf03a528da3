//! The socket where custodians give their shares: in the signer's own folder, for the signer's own user only.
//!
//! The service cannot reach it. One line of JSON each way, one share a connection.

use super::shared_pin::Share;
use super::vault::{Taken, Vault, VaultError};
use crate::signer::config::SignerConfig;
use crate::signer::core::Core;
use crate::signer::protocol::base64_text;
use crate::signer::start::StartError;
use serde::{Deserialize, Serialize};
use std::fs::Permissions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A door that nobody attends yet.
pub struct Door {
    listener: UnixListener,
    vault: Arc<Vault>,
    core: Arc<Core>,
}

/// What a custodian says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Giving {
    custodian: String,
    #[serde(with = "base64_text")]
    share: Vec<u8>,
}

/// What the signer says to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Said {
    /// Taken; others are needed.
    Waiting {
        /// How many gave their shares.
        given: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The token is open.
    Open {
        /// Why it cannot be used all the same; none if it can.
        problem: Option<String>,
    },
    /// Not taken.
    Refused {
        /// Why.
        why: String,
    },
}

impl Door {
    /// Opens the socket beside the journal, whose lock says that no other signer is at work here.
    ///
    /// # Errors
    /// [`StartError::Socket`].
    pub fn bind(config: &SignerConfig, vault: Arc<Vault>, core: Arc<Core>) -> Result<Self, StartError> {
        let path = config.unlock_socket();
        let bind = || {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let listener = UnixListener::bind(&path)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(listener)
        };
        let listener = bind().map_err(|error| StartError::Socket { path: path.clone(), problem: error.to_string() })?;
        Ok(Self { listener, vault, core })
    }

    /// Attends the door until the process ends, and lets the window of the shares run out.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn attend(self) -> io::Result<()> {
        let vault = Arc::clone(&self.vault);
        std::thread::Builder::new().name("signer-unlock-window".to_owned()).spawn(move || vault.watch())?;
        tracing::warn!(token = self.vault.token(), "locked: custodians open it with `sigill signer unlock`");
        let attend = move || {
            for stream in self.listener.incoming() {
                if let Err(error) = stream.and_then(|stream| self.hear(&stream)) {
                    tracing::warn!(%error, "a custodian was not heard");
                }
            }
        };
        std::thread::Builder::new().name("signer-unlock".to_owned()).spawn(attend).map(drop)
    }

    fn hear(&self, stream: &UnixStream) -> io::Result<()> {
        let peer = rustix::net::sockopt::socket_peercred(stream)?;
        if peer.uid != rustix::process::geteuid() {
            return Err(io::Error::other(format!("user {} is not the signer's own", peer.uid.as_raw())));
        }
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let giving: Giving = serde_json::from_str(&line(stream)?)?;
        let said = self.take(&giving.custodian, Share::from_octets(giving.share));
        tell(stream, &said)
    }

    fn take(&self, custodian: &str, share: Share) -> Said {
        match self.vault.give(custodian, share) {
            Ok(Taken::Waiting(progress)) => {
                tracing::info!(custodian, %progress, "a custodian gave their share");
                Said::Waiting { given: progress.given, needed: progress.needed }
            }
            Ok(Taken::Opened(custodians)) => {
                tracing::info!(?custodians, "the custodians opened the token");
                Said::Open { problem: self.core.unlocked(&self.vault.token(), custodians) }
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(tracing::field::display);
                tracing::warn!(%error, cause, "a share was not taken");
                Said::Refused { why: refusal(&error) }
            }
        }
    }
}

/// Gives a share to the signer that attends `socket`.
///
/// # Errors
/// If no signer is there, or it does not answer.
pub fn give(socket: &Path, custodian: &str, share: &Share) -> io::Result<Said> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE_FOR_TOKEN))?;
    tell(&stream, &Giving { custodian: custodian.to_owned(), share: share.octets().to_vec() })?;
    Ok(serde_json::from_str(&line(&stream)?)?)
}

fn refusal(error: &VaultError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn line(stream: &UnixStream) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    BufReader::new(stream.take(LONGEST_LINE as u64)).read_line(&mut line)?;
    Ok(line)
}

fn tell(mut stream: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut text = Zeroizing::new(serde_json::to_vec(message)?);
    text.push(b'\n');
    stream.write_all(&text)
}

/// Far more than a share or an answer needs, in octets.
const LONGEST_LINE: usize = 4096;
/// How long a custodian's program may take to say its line.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last custodian waits for the token to open.
const PATIENCE_FOR_TOKEN: Duration = Duration::from_mins(1);
