//! Whether security officers approved the certificates of CAs that a later ceremony made.

use super::verify::{Unsound, outputs};
use super::{Entry, Event};
use crate::ceremony::approvers::{Approvers, path};
use crate::ceremony::files;
use crate::ceremony::run::authority_file;
use crate::ceremony::script::Script;
use crate::ceremony::step::Step;
use crate::signer::digest::Digest;
use domain::evidence::Signed;
use domain::operation::{CaCertificate, CertifyAuthorities, Operation};
use pki::certificate::Certificate;
use std::path::Path;

/// Reads what officers signed, which must be for this ceremony, file and policies.
///
/// # Errors
/// In words, what is wrong.
pub(super) fn read(what: &Event, script: &Script, opened: &Entry) -> Result<CertifyAuthorities, String> {
    let (Event::Approved { operation, approval, .. }, Event::Opened { script: text, policies, .. }) =
        (what, &opened.what)
    else {
        return Err("this is no approval".to_owned());
    };
    let signed: Signed = serde_json::from_str(approval).map_err(|error| error.to_string())?;
    let bytes = signed.operation.as_bytes();
    match Operation::from_bytes(bytes) {
        Ok(Operation::CertifyAuthorities(of))
            if Digest::of(bytes) == *operation
                && of.ceremony == script.id
                && of.script == Script::digest(text).to_string()
                && of.policies == policies.to_string() =>
        {
            Ok(of)
        }
        _ => Err("the officers approved something else".to_owned()),
    }
}

/// Whether an entry is the certificate of a CA, which officers must have approved in a later ceremony, and they did not.
pub(super) fn lacks(entry: &Entry, script: &Script, approved: Option<&CertifyAuthorities>) -> bool {
    let Event::Certificate {
        step: Step::Root | Step::Issuing, file, issuer, profile, revision, key, not_after, ..
    } = &entry.what
    else {
        return false;
    };
    let is_it = |one: &CaCertificate| {
        (&one.file, &one.issuer, &one.profile, one.revision) == (file, issuer, profile, *revision)
            && one.key == key.to_string()
            && *not_after < entry.at.plus_days(one.days)
    };
    script.continues.is_some() && !approved.is_some_and(|approved| approved.certificates.iter().any(is_it))
}

/// Verifies the officers' signatures with the files that the ceremony took over.
///
/// # Errors
/// [`Unsound`] if they do not carry what was certified.
pub(super) fn check(folder: &Path, script: &Script, entries: &[Entry]) -> Result<(), Unsound> {
    let approvals = entries.iter().filter(|entry| matches!(entry.what, Event::Approved { .. }));
    for entry in approvals {
        let Event::Approved { approvers, approval, .. } = &entry.what else { continue };
        let refused = |problem: String| Unsound::Order { sequence: entry.sequence, problem };
        let taken = outputs(entries).map(|(file, _)| file).filter(|file| file.starts_with(&path("")));
        let read = |file: &str| files::read(&folder.join(file)).map_err(|error| refused(error.to_string()));
        let taken = taken.map(|file| Ok((file.to_owned(), read(file)?))).collect::<Result<_, Unsound>>()?;
        let root = authority_file(&script.earlier_root().unwrap_or_else(|| script.root()).name());
        let root = Certificate::from_pem(&String::from_utf8_lossy(&read(&root)?));
        let known = Approvers::of(&taken, &root.map_err(|error| refused(error.to_string()))?);
        let known = known.map_err(|error| refused(error.to_string()))?;
        let certificates = read_approved(entry, script, entries).map_err(refused)?;
        let signed: Signed = serde_json::from_str(approval).map_err(|error| refused(error.to_string()))?;
        match known.judge(&signed, certificates, entry.at) {
            Ok(act) if act.approvers == *approvers => {}
            Ok(_) => return Err(refused("others approved than the entry says".to_owned())),
            Err(error) => return Err(refused(error.to_string())),
        }
    }
    Ok(())
}

fn read_approved(entry: &Entry, script: &Script, entries: &[Entry]) -> Result<CertifyAuthorities, String> {
    let opened = entries.first().ok_or("it has no beginning")?;
    read(&entry.what, script, opened)
}
