//! Whether a later ceremony goes on from this installation, and not from one of somebody else's making.
//!
//! A transcript proves that its own participants signed it, not whose installation it is for. What ties it to this one is
//! the root before: its certificate is on record here, and whatever the ceremony made is signed by its key.

use super::error::Error;
use super::files;
use super::layout::Layout;
use super::run::authority_file;
use super::transcript::verify::Sound;
use super::transcript::{Entry, Event};
use domain::ports::Store;
use pki::certificate::Certificate;
use pki::crl::parse_crl;

/// Judges the parts of a sound transcript that name what was there before.
///
/// # Errors
/// [`Error::OtherOrigin`] if the root before is none of the store's; [`Error::OtherBranch`] for a list that is older than
/// the one on record, or has forgotten one of its serials: then two ceremonies went on from the same one.
pub(super) async fn check(store: &dyn Store, layout: &Layout, sound: &Sound, entries: &[Entry]) -> Result<(), Error> {
    let Some(earlier) = sound.script.earlier_root() else { return Ok(()) };
    let file = authority_file(&earlier.name());
    let is_taken = |entry: &Entry| matches!(&entry.what, Event::Taken { file: taken, .. } if *taken == file);
    let root = Certificate::from_pem(&files::read_text(&layout.data().join(&file))?)?;
    let known = store.certificate_by_fingerprint(&root.fingerprint()).await?;
    let ours = known.is_some_and(|record| record.intent.certificate.issuer == earlier.name());
    if !ours || !entries.iter().any(is_taken) {
        return Err(Error::OtherOrigin(earlier.name()));
    }
    for entry in entries {
        if let Event::Crl { issuer, file, .. } = &entry.what {
            follows(store, issuer, &files::read(&layout.data().join(file))?).await?;
        }
    }
    Ok(())
}

/// Whether a list can take the place of the one on record.
async fn follows(store: &dyn Store, issuer: &str, der: &[u8]) -> Result<(), Error> {
    let Some(published) = store.latest_crl(issuer).await? else { return Ok(()) };
    let (before, list) = (parse_crl(&published.der)?, parse_crl(der)?);
    let forgotten = before.revoked.keys().any(|serial| !list.lists(serial));
    if list.number <= before.number || forgotten { Err(Error::OtherBranch(issuer.to_owned())) } else { Ok(()) }
}
