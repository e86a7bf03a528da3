//! Whether the certificates that a ceremony left are what its transcript says of them.

use super::verify::Unsound;
use super::{Entry, Event};
use crate::ceremony::files;
use crate::ceremony::run::authority_file;
use crate::signer::digest::Digest;
use pki::certificate::Certificate;
use std::path::Path;

/// Each certificate is of the serial, key and end that its entry names, and its CA signed it. Whoever can write the
/// draft could name a file of their own there, and the ceremony would go on with it.
pub(super) fn check(folder: &Path, entries: &[Entry]) -> Result<(), Unsound> {
    for entry in entries {
        let Event::Certificate { file, issuer, serial, key, not_after, .. } = &entry.what else { continue };
        let is_so = |certificate: &Certificate, issuer: &Certificate| {
            certificate.serial() == Some(*serial)
                && Digest::from_bytes(certificate.public_key().fingerprint()) == *key
                && certificate.not_after() == *not_after
                && certificate.verify_issued_by(issuer).is_ok()
        };
        let both = read(folder, file).zip(read(folder, &authority_file(issuer)));
        if !both.is_some_and(|(certificate, issuer)| is_so(&certificate, &issuer)) {
            return Err(Unsound::Outcome { file: file.clone() });
        }
    }
    Ok(())
}

fn read(folder: &Path, file: &str) -> Option<Certificate> {
    Certificate::from_pem(&files::read_text(&folder.join(file)).ok()?).ok()
}
