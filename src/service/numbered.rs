//! Keys of the service that follow each other: the first label stands in the configuration, the following ones are that
//! label with a number.

use crate::app::App;
use crate::service::ServiceError;
use domain::certificate::CertificateRecord;
use domain::ports::{Store, StoreError};
use hsm::KeyRole;
use pki::certificate::Certificate;
use pki::key::{KeyId, KeyKind, PublicKey};

/// Most keys that follow each other: one for every week of forty years.
pub(super) const MOST_KEYS: u32 = 2_000;
/// Certificates looked at for one key: attempts to certify it that failed are among them.
const ATTEMPTS: u32 = 16;

/// The label with this number, from 2.
fn label(first: &KeyId, number: u32) -> KeyId {
    KeyId::new(format!("{first}{SEPARATOR}{number}"))
}

/// The label after this one.
pub(super) fn next_label(key: &KeyId) -> KeyId {
    let numbered = key.as_str().rsplit_once(SEPARATOR).and_then(|(first, n)| Some((first, n.parse::<u32>().ok()?)));
    match numbered {
        Some((first, number)) => label(&KeyId::new(first), number.saturating_add(1)),
        None => label(key, 2),
    }
}

/// The new key; one that was left over by an attempt before, if there is one.
///
/// # Errors
/// [`ServiceError::Token`] if the token has none and makes none.
pub(super) async fn generate_or_find(
    app: &App,
    key: &KeyId,
    kind: KeyKind,
    role: KeyRole,
) -> Result<PublicKey, ServiceError> {
    let (keys, wanted) = (app.keys.clone(), key.clone());
    let work = tokio::task::spawn_blocking(move || {
        if keys.keys()?.contains(&wanted) { keys.public_key(&wanted) } else { keys.generate(&wanted, kind, role) }
    });
    let made = work.await.map_err(|died| StoreError::Unavailable(Box::new(died)))?;
    made.map_err(|source| ServiceError::Token(source.into()))
}

/// What became of a key.
#[derive(Debug)]
pub(super) enum Found {
    /// It was never certified.
    Unused,
    /// It was, and no certificate of it stands. Nothing is certified for it again: who has the key may be somebody else.
    Over,
    /// It has a certificate.
    Certified(Box<(Certificate, CertificateRecord)>),
}

/// What became of a key, by those of its certificates that are `fit`.
///
/// # Errors
/// If the store fails, or holds a certificate that cannot be read.
pub(super) async fn found(
    store: &dyn Store,
    key: &KeyId,
    fits: impl Fn(&CertificateRecord) -> bool,
) -> Result<Found, StoreError> {
    let records = store.service_certificates(key.as_str(), ATTEMPTS).await?;
    by_records(records.into_iter().filter(fits).collect())
}

/// What became of a key with these certificates, the newest first.
pub(super) fn by_records(records: Vec<CertificateRecord>) -> Result<Found, StoreError> {
    // One that was revoked ends the key, whatever else was made for it.
    if records.iter().any(|record| record.issued.is_some() && record.revocation.is_some()) {
        return Ok(Found::Over);
    }
    let newest = records.into_iter().find_map(|record| Some((record.issued.clone()?, record)));
    let Some((issued, record)) = newest else { return Ok(Found::Unused) };
    let certificate = Certificate::parse(&issued.der).map_err(|_| StoreError::Corrupt { what: "certificate" })?;
    Ok(Found::Certified(Box::new((certificate, record))))
}

/// Between a label and its number; no label of a configuration has it by chance.
const SEPARATOR: &str = "#";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_count_up_from_the_configured_one() {
        let first = KeyId::new("ocsp-person-2026");
        let second = next_label(&first);
        assert_eq!(second.as_str(), "ocsp-person-2026#2");
        assert_eq!(next_label(&second), label(&first, 3));
    }
}
