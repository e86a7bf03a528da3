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
pub(super) fn label(first: &KeyId, number: u32) -> KeyId {
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

/// The certificate of a key that was issued and not revoked, with its record, if it is fit.
///
/// # Errors
/// If the store fails, or holds a certificate that cannot be read.
pub(super) async fn certified(
    store: &dyn Store,
    key: &KeyId,
    fits: impl Fn(&CertificateRecord) -> bool,
) -> Result<Option<(Certificate, CertificateRecord)>, StoreError> {
    let records = store.service_certificates(key.as_str(), ATTEMPTS).await?;
    let good = |record: &CertificateRecord| record.issued.is_some() && record.revocation.is_none() && fits(record);
    let Some(record) = records.into_iter().find(good) else { return Ok(None) };
    let Some(issued) = &record.issued else { return Ok(None) };
    let certificate = Certificate::parse(&issued.der).map_err(|_| StoreError::Corrupt { what: "certificate" })?;
    Ok(Some((certificate, record)))
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
