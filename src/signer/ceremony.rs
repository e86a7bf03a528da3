//! The ceremony's door: what is signed before the first officer exists.
//!
//! It opens once, while there is no journal, and closes for ever. Everything that it signs is
//! linted and journalled like all else; officers' certificates count only because they are there.

use super::config::{Mode, SignerConfig};
use super::digest::Digest;
use super::issuers::{Authorities, load_anchors};
use super::journal::{Entry, Head, Holder, Journal, JournalError, Record};
use super::ledger::{Founding, Ledger, LedgerError, Phase};
use super::officers::OfficerList;
use super::revoked;
use super::standing::StandingList;
use super::start::{StartError, open_journal};
use crate::clock::{Clock, System};
use crate::config::ConfigError;
use domain::bundle::Bundle;
use domain::certificate::Holder as CertificateHolder;
use pki::certificate::{Certificate, CertificateDer};
use pki::crl::{CrlDer, RevokedEntry, lint_crl, prepare_crl};
use pki::issue::{IssueError, Issuer, LintIssuer, Linted, Request, lint, lint_issued, prepare, prepare_root};
use pki::key::{KeyId, SignError, Signer};
use pki::lint::Finding;
use pki::profile::KeyOrigin;
use pki::time::UtcTime;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A ceremony under way: it has the journal to itself.
pub struct Foundation {
    config: SignerConfig,
    journal: Journal,
    ledger: Ledger,
}

/// Why the ceremony cannot do this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The journal exists already, or cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It contradicts what the ceremony did before.
    #[error("the ceremony contradicts itself: {0}")]
    Contradiction(String),
    /// A person's key in software, in production.
    #[error("profile {0} is for demos")]
    DemoProfile(String),
    /// The profile does not allow it.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The lints do not let it through.
    #[error("lints: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Lint(Vec<Finding>),
    /// The token did not sign.
    #[error("signing")]
    Sign(#[from] SignError),
    /// A CA's certificate is not where the configuration says.
    #[error("the CAs' certificates")]
    Issuers(#[source] Box<StartError>),
}

impl Foundation {
    /// Opens the door: writes `officers.json` and `standing.json`, and the journal's first record, which names the
    /// first policies.
    ///
    /// # Errors
    /// [`JournalError::Exists`] if the door was ever open here, or what the file system says.
    pub fn create(
        config: &SignerConfig,
        officers: &OfficerList,
        standing: &StandingList,
        policies: &Bundle,
    ) -> Result<Self, CeremonyError> {
        config.check()?;
        let file = |path: &Path| {
            let path = path.to_owned();
            move |source| CeremonyError::File { path, source }
        };
        let folder = &config.directory;
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file(folder))?;
        let journal = Journal::create(&config.journal())?;
        let (officers, standing) = (officers.to_json(), standing.to_json());
        for (path, content) in [(config.officers(), &officers), (config.standing(), &standing)] {
            write_private(&path, content).map_err(file(&path))?;
        }
        let mut foundation = Self { config: config.clone(), journal, ledger: Ledger::default() };
        foundation.record(&Record::Founded {
            at: System.now(),
            mode: config.mode,
            officers: Digest::of(&officers),
            standing: Digest::of(&standing),
            policies: Digest::of_bundle(policies),
        })?;
        Ok(foundation)
    }

    /// Goes on after an interruption. What was journalled stays so; the lists must be those that it began with.
    ///
    /// # Errors
    /// [`JournalError`] if the journal is damaged or in use; [`CeremonyError::Contradiction`] if it began otherwise.
    pub fn reopen(
        config: &SignerConfig,
        officers: &OfficerList,
        standing: &StandingList,
        policies: &Bundle,
    ) -> Result<Self, CeremonyError> {
        config.check()?;
        let (journal, ledger) = open_journal(&config.journal())?;
        let (Phase::Founded(begun) | Phase::Closed(begun, _)) = ledger.phase() else {
            return Err(CeremonyError::Contradiction("the journal has no beginning".to_owned()));
        };
        let founding = Founding {
            mode: config.mode,
            officers: Digest::of(&officers.to_json()),
            standing: Digest::of(&standing.to_json()),
            policies: Digest::of_bundle(policies),
        };
        if *begun != founding {
            let problem = "the journal began with other people, approvals or policies";
            return Err(CeremonyError::Contradiction(problem.to_owned()));
        }
        Ok(Self { config: config.clone(), journal, ledger })
    }

    /// The number of a CA's next CRL.
    pub fn next_crl(&self, issuer: &str) -> u64 {
        self.ledger.last_crl(issuer).map_or(1, |last| last.number + 1)
    }

    /// Signs the root's certificate with the root's own key.
    ///
    /// # Errors
    /// [`CeremonyError`]; what was journalled stays so.
    pub fn sign_root(
        &mut self,
        name: &str,
        request: &Request<'_>,
        key: &KeyId,
        keys: &dyn Signer,
    ) -> Result<CertificateDer, CeremonyError> {
        let tbs = prepare_root(request, key)?;
        let linted = lint(tbs, request.profile, LintIssuer::SelfSigned).map_err(CeremonyError::Lint)?;
        let holder = Holder::service(request.subject);
        let der = self.sign(name, request, holder, linted, keys)?;
        check_issued(&der, request, None)?;
        Ok(der)
    }

    /// Signs a certificate with a CA's key.
    ///
    /// # Errors
    /// [`CeremonyError`]; what was journalled stays so.
    pub fn sign_certificate(
        &mut self,
        request: &Request<'_>,
        holder: &CertificateHolder,
        issuer: &Issuer,
        keys: &dyn Signer,
    ) -> Result<CertificateDer, CeremonyError> {
        let profile = request.profile;
        let soft_person = profile.purpose().is_person() && profile.key_origin() == KeyOrigin::Software;
        if soft_person && self.config.mode == Mode::Production {
            return Err(CeremonyError::DemoProfile(profile.name().to_owned()));
        }
        let tbs = prepare(request, issuer)?;
        let linted = lint(tbs, profile, LintIssuer::from(issuer)).map_err(CeremonyError::Lint)?;
        let holder = match holder {
            CertificateHolder::Person { person, card, .. } => {
                Holder::Person { person: person.clone(), card: card.clone() }
            }
            CertificateHolder::Function { tenant, function } => {
                Holder::Function { tenant: tenant.clone(), function: function.clone() }
            }
            CertificateHolder::Service { .. } => Holder::service(request.subject),
        };
        let der = self.sign(&issuer.name, request, holder, linted, keys)?;
        check_issued(&der, request, Some(&issuer.certificate))?;
        Ok(der)
    }

    /// Signs a CRL of a root: which CAs are revoked.
    ///
    /// # Errors
    /// [`CeremonyError`]; the number stays used.
    pub fn sign_crl(
        &mut self,
        issuer: &Issuer,
        number: u64,
        (this_update, next_update): (UtcTime, UtcTime),
        (entries, keys): (&[RevokedEntry], &dyn Signer),
    ) -> Result<CrlDer, CeremonyError> {
        let tbs = prepare_crl(issuer, number, this_update, next_update, entries.iter());
        let mut revoked_cas = entries.to_vec();
        revoked_cas.sort_unstable_by_key(|entry| entry.serial);
        let linted = lint_crl(tbs, &issuer.certificate, issuer.key.clone()).map_err(CeremonyError::Lint)?;
        let folder = &self.config.directory;
        revoked::write(folder, &issuer.name, number, &revoked_cas)
            .map_err(|source| CeremonyError::File { path: folder.clone(), source })?;
        self.record(&Record::Crl {
            at: System.now(),
            issuer: issuer.name.clone(),
            number,
            tbs: Digest::of(linted.tbs()),
            revoked: revoked::digest(&revoked_cas),
            count: revoked_cas.len(),
            last: false,
        })?;
        Ok(linted.sign(keys)?)
    }

    /// Closes the door for ever, binds the CAs of the configuration by their certificates, and gives the journal's
    /// end. A door that is closed stays so.
    ///
    /// # Errors
    /// [`CeremonyError`] if a certificate is missing or the journal cannot be written; the door is then still open.
    pub fn close(mut self) -> Result<Head, CeremonyError> {
        if matches!(self.ledger.phase(), Phase::Closed(..)) {
            return Ok(self.journal.head());
        }
        let authorities = Authorities::load(&self.config.issuers);
        let issuers = authorities.map_err(|error| CeremonyError::Issuers(Box::new(error)))?.seals();
        let roots = load_anchors(&self.config.anchors).map_err(|error| CeremonyError::Issuers(Box::new(error)))?;
        let anchor = |root: &Certificate| {
            (root.common_name().unwrap_or_default().to_owned(), Digest::from_bytes(root.fingerprint()))
        };
        let anchors = roots.iter().map(anchor).collect();
        self.record(&Record::Closed { at: System.now(), issuers, anchors })?;
        Ok(self.journal.head())
    }

    fn sign(
        &mut self,
        issuer: &str,
        request: &Request<'_>,
        holder: Holder,
        linted: Linted,
        keys: &dyn Signer,
    ) -> Result<CertificateDer, CeremonyError> {
        let certificate = Entry::new(request.profile, request.serial, request.key, linted.tbs(), request.not_after);
        self.record(&Record::Ceremony { at: System.now(), issuer: issuer.to_owned(), holder, certificate })?;
        Ok(linted.sign(keys)?)
    }

    fn record(&mut self, record: &Record) -> Result<(), CeremonyError> {
        self.ledger.admit(record).map_err(|problem: LedgerError| CeremonyError::Contradiction(problem.to_string()))?;
        Ok(self.journal.append(record)?)
    }
}

/// The rules of lints once more, on what was signed. A root is its own issuer.
fn check_issued(
    der: &CertificateDer,
    request: &Request<'_>,
    issuer: Option<&Certificate>,
) -> Result<(), CeremonyError> {
    let own = Certificate::parse(der.as_bytes());
    let findings = match (issuer, &own) {
        (Some(issuer), _) => lint_issued(der, request.profile, issuer),
        (None, Ok(root)) => lint_issued(der, request.profile, root),
        (None, Err(error)) => return Err(CeremonyError::Contradiction(error.to_string())),
    };
    if findings.is_empty() { Ok(()) } else { Err(CeremonyError::Lint(findings)) }
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
