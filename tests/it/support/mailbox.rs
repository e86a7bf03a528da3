//! A mail server that is not ours, and what it took.

use super::installation::pause;
use super::wait;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running aiosmtpd on loopback, with a maildir. Dropped, it is killed.
pub struct Mailbox {
    process: Child,
    folder: PathBuf,
}

impl Mailbox {
    /// Takes mail at `port` into a folder below `folder`.
    pub fn open(folder: &Path, port: u16) -> Self {
        let folder = folder.join("mail");
        let process = Command::new("/usr/bin/aiosmtpd")
            .args(["-n", "-l", &format!("127.0.0.1:{port}"), "-c", "aiosmtpd.handlers.Mailbox"])
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            pause(Duration::from_millis(50));
        }
        Self { process, folder }
    }

    /// Every mail so far, whole, with broken lines joined again (RFC 2045 section 6.7).
    pub fn mails(&self) -> Vec<String> {
        let new = std::fs::read_dir(self.folder.join("new")).into_iter().flatten().map(|mail| mail.unwrap().path());
        let mut mails: Vec<_> = new.map(|mail| joined(&std::fs::read_to_string(mail).unwrap())).collect();
        mails.sort_by_key(|mail| mail.lines().find(|line| line.starts_with("Date:")).map(str::to_owned));
        mails
    }

    /// The mail with this in it, once it is there.
    pub async fn until(&self, text: &str) -> String {
        for _ in 0..300 {
            if let Some(mail) = self.mails().into_iter().find(|mail| mail.contains(text)) {
                return mail;
            }
            wait(Duration::from_millis(100)).await;
        }
        panic!("no mail says {text:?}: {:?}", self.mails());
    }
}

fn joined(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "")
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after the wait.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
