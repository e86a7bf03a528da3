//! The socket: a thread for each connection, one request at a time on each.

use super::config::SignerConfig;
use super::core::Core;
use super::error::Code;
use super::frame::{FrameError, read_request, write_answer};
use super::protocol::{Answer, Refusal};
use super::start::StartError;
use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A signer that can be reached.
pub struct Server {
    listener: UnixListener,
    socket: PathBuf,
    core: Arc<Core>,
    allowed_uid: u32,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

/// Ends a server from another thread.
#[derive(Clone)]
pub struct Stop {
    socket: PathBuf,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Opens the socket. Only the signer's own user and group can reach it, only `allowed_uid` is answered.
    ///
    /// # Errors
    /// [`StartError::Socket`] if its folder is open to others, or another signer answers there.
    pub fn bind(config: &SignerConfig, core: Arc<Core>) -> Result<Self, StartError> {
        let socket = config.socket.clone();
        let failed = |problem: String| StartError::Socket { path: socket.clone(), problem };
        let own = rustix::process::geteuid().as_raw() == config.allowed_uid;
        prepare_folder(&socket, own).map_err(failed)?;
        let listener = UnixListener::bind(&socket).map_err(|error| failed(error.to_string()))?;
        // Callers of another user come through the group that the folder was given for them.
        let mode = if own { 0o600 } else { 0o660 };
        let set = std::fs::set_permissions(&socket, Permissions::from_mode(mode));
        set.map_err(|error| failed(error.to_string()))?;
        let (connections, ended) = (Arc::default(), Arc::default());
        Ok(Self { listener, socket, core, allowed_uid: config.allowed_uid, connections, ended })
    }

    /// A handle that ends this server.
    pub fn stop(&self) -> Stop {
        Stop { socket: self.socket.clone(), ended: Arc::clone(&self.ended) }
    }

    /// Serves until stopped.
    ///
    /// # Errors
    /// If no thread can be started or no connection accepted any more.
    pub fn run(self) -> std::io::Result<()> {
        tracing::info!(socket = %self.socket.display(), "the signer listens");
        for stream in self.listener.incoming() {
            if self.ended.load(Ordering::Acquire) {
                break;
            }
            match stream {
                Ok(stream) => self.accept(stream)?,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
        std::fs::remove_file(&self.socket)
    }

    fn accept(&self, mut stream: UnixStream) -> std::io::Result<()> {
        let peer = rustix::net::sockopt::socket_peercred(&stream)?;
        if peer.uid.as_raw() != self.allowed_uid {
            tracing::warn!(uid = peer.uid.as_raw(), "a connection of another user was refused");
            return Ok(());
        }
        let place = Place::take(&self.connections);
        if place.number > MAX_CONNECTIONS {
            tracing::warn!(limit = MAX_CONNECTIONS, "too many connections");
            // Whoever is not told learns from the closed connection.
            let _ = write_answer(&mut stream, &refused(Code::Busy, "too many connections"), &[]);
            return Ok(());
        }
        let core = Arc::clone(&self.core);
        std::thread::Builder::new().name("signer-connection".to_owned()).spawn(move || {
            let _place = place;
            if let Err(error) = converse(&core, &mut stream) {
                tracing::debug!(%error, "a connection ended");
            }
        })?;
        Ok(())
    }
}

impl Stop {
    /// Lets the server accept no more. Requests under way are finished by their threads.
    pub fn stop(&self) {
        self.ended.store(true, Ordering::Release);
        // Wakes the server; if nobody listens any more, it has ended already.
        let _ = UnixStream::connect(&self.socket);
    }
}

/// A place among the connections, given back when dropped.
struct Place {
    number: usize,
    taken: Arc<AtomicUsize>,
}

impl Place {
    fn take(taken: &Arc<AtomicUsize>) -> Self {
        let number = taken.fetch_add(1, Ordering::AcqRel) + 1;
        Self { number, taken: Arc::clone(taken) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Answers requests until the caller leaves.
fn converse(core: &Core, stream: &mut UnixStream) -> Result<(), FrameError> {
    stream.set_write_timeout(Some(PATIENCE))?;
    loop {
        stream.set_read_timeout(None)?;
        let waker = stream.try_clone()?;
        match read_request(stream, || waker.set_read_timeout(Some(PATIENCE))) {
            Ok(Some((request, blob))) => {
                let (answer, blob) = core.answer(&request, &blob);
                write_answer(stream, &answer, &blob)?;
            }
            Ok(None) => return Ok(()),
            Err(error @ FrameError::Io(_)) => return Err(error),
            Err(error) => {
                write_answer(stream, &refused(Code::BadRequest, &error.to_string()), &[])?;
                return Err(error);
            }
        }
    }
}

fn refused(code: Code, detail: &str) -> Answer {
    Answer::Refused(Refusal { code, detail: detail.to_owned() })
}

/// A folder that others cannot enter, with no live socket in it.
fn prepare_folder(socket: &Path, own: bool) -> Result<(), String> {
    let folder = socket.parent().ok_or("a socket needs a folder")?;
    if own {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| error.to_string())?;
    }
    let open_to = if own { 0o077 } else { 0o007 };
    let mode = std::fs::metadata(folder).map_err(|error| error.to_string())?.permissions().mode();
    if mode & open_to != 0 {
        return Err(format!("the folder's mode {:o} lets others in", mode & 0o777));
    }
    match UnixStream::connect(socket) {
        Ok(_) => Err("another signer answers there".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // Left behind by a signer that was killed.
        Err(_) => std::fs::remove_file(socket).map_err(|error| error.to_string()),
    }
}

/// Most connections at once; the service uses half of them.
const MAX_CONNECTIONS: usize = 32;
/// How long a caller may take to send the rest of a message, or to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);
