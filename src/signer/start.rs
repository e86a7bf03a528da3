//! Opens everything that the signer needs, and refuses what was changed behind its back.

use super::config::SignerConfig;
use super::core::Core;
use super::digest::Digest;
use super::emergency;
use super::error::SignerError;
use super::issuers::{Authorities, load_anchors};
use super::journal::{Journal, JournalError};
use super::ledger::{Ledger, Phase};
use super::officers::{OfficerList, OfficersError};
use super::policies;
use super::registry::VerifiedCertificates;
use super::revoked::{self, Revoked};
use super::standing::{StandingError, StandingList};
use super::token::CaToken;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::policies::{FolderError, RulesError};
use hsm::HsmError;
use pki::certificate::CertificateError;
use pki::profile::ProfileError;
use pki::time::UtcTime;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

/// Why the signer does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The certificate of a CA is none.
    #[error("certificate of {issuer}")]
    Certificate {
        /// Which CA.
        issuer: String,
        /// Why.
        #[source]
        source: CertificateError,
    },
    /// The profiles cannot be used.
    #[error("profiles")]
    Profiles(#[from] ProfileError),
    /// What levels of assurance demand cannot be used.
    #[error("policies")]
    Rules(#[from] RulesError),
    /// The policy folder cannot be used.
    #[error("policies")]
    Policies(#[from] FolderError),
    /// The policies were changed without the officers' approval.
    #[error(
        "the policies in {} are not approved: {why}; two security officers approve them with `sigill policy approve`",
        .folder.display()
    )]
    NotApproved {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The list of officers cannot be used.
    #[error(transparent)]
    Officers(#[from] OfficersError),
    /// The list of standing approvals cannot be used.
    #[error(transparent)]
    Standing(#[from] StandingError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ceremony was never finished.
    #[error("the journal has no end of a ceremony: hold it before the signer starts")]
    NotClosed,
    /// A file differs from what the ceremony left.
    #[error("{what} is not what the ceremony left: it was changed afterwards")]
    Changed {
        /// Which file.
        what: String,
    },
    /// What a CA has revoked is not what its last CRL says.
    #[error("the revoked certificates of {issuer} are not those of its CRL number {number}")]
    RevokedChanged {
        /// Which CA.
        issuer: String,
        /// Number of the last CRL.
        number: u64,
    },
    /// The token cannot be used at all.
    #[error("token")]
    Token(#[from] HsmError),
    /// The key of a CA is not fit.
    #[error("the key of {issuer} is refused: {why}")]
    Key {
        /// Which CA.
        issuer: String,
        /// What is wrong with it.
        why: String,
    },
    /// The socket cannot be opened.
    #[error("socket {}: {problem}", .path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The first record cannot be written.
    #[error("the state cannot be brought up: {0}")]
    State(String),
}

impl Core {
    /// Opens the state that `config` names.
    ///
    /// A token that is away is no error: requests are answered with "unavailable" until it is back.
    ///
    /// # Errors
    /// [`StartError`] for everything else that is not as the ceremony left it.
    pub fn open(config: &SignerConfig, token: Arc<dyn CaToken>, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        config.check()?;
        let authorities = Authorities::load(&config.issuers)?;
        let (journal, mut ledger) = open_journal(&config.journal())?;
        settle_emergency(config, &journal, &mut ledger, clock.now())?;
        let officers = read(&config.officers())?;
        let standing = read(&config.standing())?;
        check_founding(config, &ledger, (&officers, &standing), &authorities)?;
        let revoked = load_revoked(config, &authorities, &ledger)?;
        let (folder, policies) = policies::load(&config.policies, config.mode)?;
        let policies = Arc::new(policies);
        let core = Self {
            approvals_needed: config.approvals_needed,
            directory: config.directory.clone(),
            officers: OfficerList::from_json(&officers)?,
            standing: StandingList::from_json(&standing)?,
            authorities,
            anchors: load_anchors(&config.anchors)?,
            policy_folder: config.policies.clone(),
            policies: RwLock::new(Arc::clone(&policies)),
            policies_turn: Mutex::default(),
            journal,
            ledger: Mutex::new(ledger),
            revoked,
            verified: VerifiedCertificates::default(),
            token,
            clock,
            custodians: None,
            emergency_delay_seconds: i64::from(config.emergency_delay_hours) * 3600,
            key_turn: Mutex::default(),
            emergency_turn: Mutex::default(),
            crash: None,
        };
        core.check_keys()?;
        core.take_policies(&folder, &policies).map_err(|error| match error {
            SignerError::Journal(_) => StartError::State(error.to_string()),
            _ => StartError::NotApproved { folder: config.policies.clone(), why: error.to_string() },
        })?;
        Ok(core)
    }

    /// Checks every key that will sign; one on a token that is away is checked before its first use.
    pub(super) fn check_keys(&self) -> Result<(), StartError> {
        for authority in self.authorities.iter().filter(|authority| self.may_answer(authority).is_ok()) {
            match self.ready(authority) {
                Err(SignerError::KeyRefused { issuer, why }) => return Err(StartError::Key { issuer, why }),
                Err(error) => tracing::warn!(issuer = authority.issuer.name, %error, "the key was not checked yet"),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

/// Opens a journal and adds it up.
pub(super) fn open_journal(path: &Path) -> Result<(Journal, Ledger), JournalError> {
    let mut ledger = Ledger::default();
    let (journal, verified) = Journal::open(path, |line, record| {
        ledger.admit(&record).map_err(|problem| JournalError::Impossible { line, problem: problem.to_string() })
    })?;
    tracing::info!(records = verified.head.records, head = %verified.head.hash, "journal verified");
    Ok((journal, ledger))
}

/// Officers whose announcement is old enough take office now.
fn settle_emergency(
    config: &SignerConfig,
    journal: &Journal,
    ledger: &mut Ledger,
    now: UtcTime,
) -> Result<(), StartError> {
    emergency::settle(&config.directory, ledger.emergency(), now, |record| {
        ledger.admit(record).map_err(|problem| std::io::Error::other(problem.to_string()))?;
        journal.append(record).map_err(std::io::Error::other)
    })
    .map_err(|source| StartError::File { path: config.directory.clone(), source })
}

fn check_founding(
    config: &SignerConfig,
    ledger: &Ledger,
    (officers, standing): (&[u8], &[u8]),
    authorities: &Authorities,
) -> Result<(), StartError> {
    let Phase::Closed(founding, _) = ledger.phase() else {
        return Err(StartError::NotClosed);
    };
    let unchanged =
        |same: bool, what: &str| if same { Ok(()) } else { Err(StartError::Changed { what: what.to_owned() }) };
    unchanged(founding.mode == config.mode, "the mode")?;
    let in_force = ledger.emergency().in_force.unwrap_or(founding.officers);
    unchanged(in_force == Digest::of(officers), "officers.json")?;
    unchanged(founding.standing == Digest::of(standing), "standing.json")?;
    for (name, seal) in authorities.seals() {
        // One that the journal does not know signs nothing before officers approve it.
        let same = ledger.keys().get(&name).is_none_or(|key| key.seal == seal);
        unchanged(same, &format!("the certificate or kind of {name}"))?;
    }
    Ok(())
}

fn load_revoked(config: &SignerConfig, authorities: &Authorities, ledger: &Ledger) -> Result<Revoked, StartError> {
    let revoked = Revoked::default();
    for issuer in authorities.iter().map(|authority| &authority.issuer.name) {
        let Some(last) = ledger.last_crl(issuer) else { continue };
        let entries = revoked::read(&config.directory, issuer, last.number, last.revoked)
            .map_err(|source| StartError::File { path: config.directory.clone(), source })?
            .ok_or_else(|| StartError::RevokedChanged { issuer: issuer.clone(), number: last.number })?;
        revoked.replace(issuer, entries);
    }
    Ok(revoked)
}

fn read(path: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source })
}
