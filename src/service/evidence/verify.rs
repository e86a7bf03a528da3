//! Judges a package with nothing but the root's certificate: no network, no database, no clock.

use super::package::{EVIDENCE_TYPE, FORMAT, FileDigest, Files, Manifest, PackageError, read};
use crate::service::seal::SEAL_NAME;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::PersonId;
use domain::access::Role;
use domain::audit::link_holds;
use domain::evidence::{Officer, Officers, verify_statement};
use domain::operation::{Act, Operation, OperationHash, Statement};
use pki::certificate::Certificate;
use pki::jose::{Jws, read_compact};
use pki::time::UtcTime;
use serde::Deserialize;

/// What a sound package shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// What was sealed.
    pub manifest: Manifest,
    /// How many signatures of officers and holders were verified.
    pub statements: usize,
    /// How many certificates were verified up to the root.
    pub certificates: usize,
    /// How many records of the log follow from the ones before them.
    pub records: usize,
}

/// Verifies a package: the seal, every file, every signature in them, every certificate, every record.
///
/// # Errors
/// [`PackageError`], the first thing found wrong.
pub fn verify(octets: &[u8], root: &Certificate) -> Result<Sound, PackageError> {
    let (signed, files) = read(octets)?;
    let manifest = sealed(&signed, root)?;
    same_files(&manifest, &files)?;
    let authorities = authorities(&files, root, manifest.made_at)?;
    let chains = Chains { authorities: &authorities };
    let (mut statements, mut certificates) = (0, 0);
    for (name, content) in &files {
        let wrong = |problem: String| PackageError::Content { file: name.clone(), problem };
        if name.starts_with("signed/") {
            statements += signatures(content, &chains).map_err(wrong)?;
        } else if name.starts_with("certificates/") {
            let certificate = pem(content).ok_or_else(|| wrong("not a certificate".to_owned()))?;
            chains.issuer_of(&certificate).ok_or_else(|| wrong("no CA of the package issued it".to_owned()))?;
            certificates += 1;
        }
    }
    let log = files.get("log.json").ok_or_else(|| PackageError::Missing("log.json".to_owned()))?;
    let records = records(log).map_err(|problem| PackageError::Content { file: "log.json".to_owned(), problem })?;
    Ok(Sound { manifest, statements, certificates, records })
}

/// The manifest, if the service's seal is under it and the seal's certificate leads to the root.
fn sealed(signed: &str, root: &Certificate) -> Result<Manifest, PackageError> {
    let wrong = PackageError::Manifest;
    let jws = read_compact(signed).map_err(|_| wrong("not a compact JWS"))?;
    if jws.header.get("typ").and_then(|typ| typ.as_str()) != Some(EVIDENCE_TYPE) {
        return Err(wrong("signed as something else"));
    }
    let manifest: Manifest = serde_json::from_slice(&jws.payload).map_err(|_| wrong("not of this form"))?;
    if manifest.format != FORMAT {
        return Err(wrong("another form"));
    }
    let [seal, authority] = chain(&jws).ok_or(wrong("without the seal's certificates"))?;
    let leads = seal.verify_issued_by(&authority).is_ok() && authority.verify_issued_by(root).is_ok();
    if !leads || !authority.is_ca() || !authority.key_cert_sign() {
        return Err(wrong("the seal's certificate does not lead to the root"));
    }
    if ![&seal, &authority, root].iter().all(|certificate| certificate.valid_at(manifest.made_at)) {
        return Err(wrong("the seal's certificate was not valid then"));
    }
    if seal.common_name() != Some(SEAL_NAME) || !seal.non_repudiation() || seal.is_ca() {
        return Err(wrong("signed by another than the service's seal"));
    }
    jws.verify(seal.public_key()).map_err(|_| wrong("the seal's signature does not verify"))?;
    Ok(manifest)
}

fn chain(jws: &Jws) -> Option<[Certificate; 2]> {
    let chain = jws.header.get("x5c")?.as_array()?;
    let read = |one: &serde_json::Value| Certificate::parse(&STANDARD.decode(one.as_str()?).ok()?).ok();
    let [seal, authority] = chain.as_slice() else { return None };
    Some([read(seal)?, read(authority)?])
}

fn same_files(manifest: &Manifest, files: &Files) -> Result<(), PackageError> {
    for (name, content) in files {
        if manifest.files.get(name) != Some(&FileDigest::of(content)) {
            return Err(PackageError::Changed(name.clone()));
        }
    }
    let missing = manifest.files.keys().find(|name| !files.contains_key(*name));
    missing.map_or(Ok(()), |name| Err(PackageError::Missing(name.clone())))
}

/// The CAs of the package that the root certified, and that were valid then.
fn authorities(files: &Files, root: &Certificate, at: UtcTime) -> Result<Vec<Certificate>, PackageError> {
    let mut authorities = Vec::new();
    for (name, content) in files.iter().filter(|(name, _)| name.starts_with("authorities/")) {
        let problem = || PackageError::Content { file: name.clone(), problem: "not a CA under this root".to_owned() };
        let authority = pem(content).ok_or_else(problem)?;
        if authority.fingerprint() == root.fingerprint() {
            continue;
        }
        if authority.verify_issued_by(root).is_err() || !authority.is_ca() || !authority.valid_at(at) {
            return Err(problem());
        }
        authorities.push(authority);
    }
    Ok(authorities)
}

fn pem(content: &[u8]) -> Option<Certificate> {
    Certificate::from_pem(std::str::from_utf8(content).ok()?).ok()
}

/// Believes whoever holds a certificate of a CA of the package. Which roles they had is what the service recorded: the
/// package shows that they signed, and what.
struct Chains<'a> {
    authorities: &'a [Certificate],
}

impl Chains<'_> {
    fn issuer_of(&self, certificate: &Certificate) -> Option<&Certificate> {
        self.authorities.iter().find(|authority| certificate.verify_issued_by(authority).is_ok())
    }
}

impl Officers for Chains<'_> {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        self.issuer_of(certificate).filter(|_| certificate.valid_at(at))?;
        let person = certificate.fingerprint();
        let mut id = [0; 16];
        id.copy_from_slice(&person[..16]);
        let tenant = domain::TenantId::from_random(id);
        Some(Officer { person: PersonId::from_random(id), tenant, roles: Role::ALL.iter().copied().collect() })
    }
}

/// An operation and the signatures under it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedFile {
    act: Act,
    operation: String,
    statements: Vec<String>,
}

/// How many signatures verify, each at the time that it says.
fn signatures(content: &[u8], chains: &Chains<'_>) -> Result<usize, String> {
    let file: SignedFile = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    Operation::from_bytes(file.operation.as_bytes()).map_err(|error| error.to_string())?;
    let hash = OperationHash::of(file.operation.as_bytes());
    if file.statements.is_empty() {
        return Err("nobody signed it".to_owned());
    }
    for statement in &file.statements {
        let jws = read_compact(statement).map_err(|error| error.to_string())?;
        let said: Statement = serde_json::from_slice(&jws.payload).map_err(|error| error.to_string())?;
        verify_statement(statement, file.act, hash, chains, said.at).map_err(|error| error.to_string())?;
    }
    Ok(file.statements.len())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogRecord {
    sequence: u64,
    text: String,
    before: String,
    hash: String,
}

/// How many records there are, each with the hash that follows from its text and the record before.
fn records(content: &[u8]) -> Result<usize, String> {
    let records: Vec<LogRecord> = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let broken = records.iter().find(|one| !link_holds(one.sequence, &one.text, &one.before, &one.hash));
    broken
        .map_or(Ok(records.len()), |one| Err(format!("record {} does not follow from the one before it", one.sequence)))
}
