//! Where everything is that a ceremony leaves, and what a demo installation adds to it.

use std::io;
use std::path::{Path, PathBuf};

/// The data folder and the files in it. All paths are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    data: PathBuf,
}

impl Layout {
    /// The layout under `data`, which need not exist yet.
    ///
    /// # Errors
    /// If the current folder is unknown.
    pub(crate) fn new(data: &Path) -> io::Result<Self> {
        Ok(Self { data: std::path::absolute(data)? })
    }

    /// The folder itself.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Configuration of the service; made by the first run, obeyed by all.
    pub(crate) fn config(&self) -> PathBuf {
        self.data.join("sigill.toml")
    }

    /// Says what exists and where, for programs. There only while every listener answers.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.data.join(MANIFEST)
    }

    /// What the set-up made, for later runs: the manifest without the addresses' being alive.
    pub(crate) fn people(&self) -> PathBuf {
        self.data.join(PEOPLE)
    }

    /// There from the first file of the set-up to its last.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.data.join(UNFINISHED)
    }

    /// Locked while a service or a set-up uses the folder.
    pub(crate) fn lock(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// Configuration of `SoftHSM2`.
    pub(crate) fn softhsm(&self) -> PathBuf {
        self.data.join("softhsm2.conf")
    }

    /// Configuration of the tokens that are linked into the program.
    pub(crate) fn embedded_tokens(&self) -> PathBuf {
        self.data.join("embedded.conf")
    }

    /// The tokens.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.data.join("tokens")
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("sigill.db")
    }

    /// Profiles, roles and ceremony inputs as the first run found them in the program.
    pub(crate) fn policies(&self) -> PathBuf {
        self.data.join("policies")
    }

    /// The person register of a demo: people who do not exist.
    pub(crate) fn register(&self) -> PathBuf {
        self.data.join("register.json")
    }

    /// The service's TLS keys and certificates.
    pub(crate) fn tls(&self) -> PathBuf {
        self.data.join("tls")
    }

    /// PINs that the service and the demo need.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.data.join("secrets")
    }

    /// The PIN file of a token.
    pub(crate) fn pin(&self, token: &str) -> PathBuf {
        self.secrets().join(format!("{token}.pin"))
    }

    /// The secret that subject identifiers of logins follow from.
    pub(crate) fn subject_key(&self) -> PathBuf {
        self.secrets().join("subjects.key")
    }

    /// The signer's own folder: journal, officers, standing approvals, CA PINs, configuration.
    pub(crate) fn signer(&self) -> PathBuf {
        self.data.join("signer")
    }

    /// Configuration of the signer.
    pub(crate) fn signer_config(&self) -> PathBuf {
        self.signer().join("signer.toml")
    }

    /// The PIN file of a token with CA keys; no other configuration names it.
    pub(crate) fn signer_pin(&self, token: &str) -> PathBuf {
        self.signer().join(format!("{token}.pin"))
    }

    /// The PIN of a token with CA keys, split among custodians.
    pub(crate) fn signer_shares(&self, token: &str) -> PathBuf {
        self.data.join(shares_file(token))
    }

    /// The signer's copy of the sealed transcript.
    pub(crate) fn signer_transcript(&self) -> PathBuf {
        self.signer().join(TRANSCRIPT)
    }

    /// Folder of the signer's socket. Short, since a socket's path may have 107 bytes only.
    pub(crate) fn run(&self) -> PathBuf {
        self.data.join("run")
    }

    /// The signer's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.run().join("signer.sock")
    }

    /// Certificates of the CAs and their OCSP signers.
    pub(crate) fn authorities(&self) -> PathBuf {
        self.data.join("authorities")
    }

    /// Certificates of a demo that are only looked at.
    pub(crate) fn specimens(&self) -> PathBuf {
        self.data.join("specimens")
    }

    /// A CA's certificate, PEM.
    pub(crate) fn authority(&self, name: &str) -> PathBuf {
        self.authorities().join(format!("{name}.pem"))
    }

    /// An OCSP signer's first certificate, PEM.
    pub(crate) fn responder(&self, key: &str) -> PathBuf {
        self.authorities().join(format!("{key}.pem"))
    }

    /// Public key of the audit seal, PEM.
    pub(crate) fn seal(&self) -> PathBuf {
        self.authorities().join("audit-seal.pem")
    }

    /// The sealed transcript of the ceremony.
    pub(crate) fn transcript(&self) -> PathBuf {
        self.data.join(TRANSCRIPT)
    }

    /// The same for people to read.
    pub(crate) fn transcript_text(&self) -> PathBuf {
        self.data.join("transcript.txt")
    }

    /// The transcript of a ceremony that is not over.
    pub(crate) fn draft(&self) -> PathBuf {
        self.data.join("transcript.draft")
    }

    /// What this host asks of the root's, or answers to it.
    pub(crate) fn outgoing(&self, name: &str) -> PathBuf {
        self.data.join("out").join(name)
    }

    /// What the other host wrote.
    pub(crate) fn incoming(&self, name: &str) -> PathBuf {
        self.data.join("in").join(name)
    }

    /// The officers who approve in a later ceremony.
    pub(crate) fn approvers(&self) -> PathBuf {
        self.data.join(APPROVERS)
    }

    /// Certificates of the first officers, and the demo's software keys.
    pub(crate) fn person_files(&self) -> PathBuf {
        self.data.join("people")
    }
}

/// Folder of the officers who approve in a later ceremony, and of the CAs that certified them.
pub(crate) const APPROVERS: &str = "approvers";

/// Where the shares of a token's PIN are, below the data folder.
pub(crate) fn shares_file(token: &str) -> String {
    format!("signer/{token}.shares.json")
}

/// Name of the sealed transcript.
pub(crate) const TRANSCRIPT: &str = "transcript.json";
/// Name of the list of people; production mode refuses a folder with it.
pub(crate) const PEOPLE: &str = "quickstart-people.json";
/// Name of the mark of an unfinished set-up; production mode refuses a folder with it.
pub(crate) const UNFINISHED: &str = "setup-unfinished";
/// Name of the manifest; production mode refuses a folder with it.
pub(crate) const MANIFEST: &str = "quickstart.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute() {
        let layout = Layout::new(Path::new("somewhere")).unwrap();
        assert!(layout.config().is_absolute());
        assert!(layout.socket().starts_with(layout.data()));
    }
}
