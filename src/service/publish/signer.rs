//! OCSP signers: finds the one in use, and makes the next before its certificate ends.
//!
//! The first key's label stands in the configuration; the following ones are that label with a number. A signer is
//! found again in the store, by its label, without the token.

use super::PublishError;
use crate::app::{App, CertificateAuthority};
use crate::service::ServiceError;
use crate::service::tls::certify_by;
use domain::certificate::{CertificateRecord, Holder};
use domain::ports::{Store, StoreError};
use hsm::KeyRole;
use pki::certificate::Certificate;
use pki::key::{KeyId, PublicKey};
use pki::ocsp::Responder;
use pki::subject::SubjectFacts;
use std::sync::{Arc, PoisonError};

/// Profile of OCSP signers' certificates.
const PROFILE: &str = "ocsp-signer";
/// Certificates looked at for one key: attempts to certify it that failed are among them.
const ATTEMPTS: u32 = 16;
/// Most signers of one CA: one for every week of forty years.
const MOST_SIGNERS: u32 = 2_000;

/// The newest signer of `issuer` after `first`, the one of the configuration; `first` if it was never renewed.
///
/// # Errors
/// If the store fails, or holds a certificate that cannot be read.
pub async fn newest_signer(store: &dyn Store, issuer: &str, first: Responder) -> Result<Responder, StoreError> {
    let mut newest = first.clone();
    for number in 2..MOST_SIGNERS {
        let key = label(&first.key, number);
        let Some(certificate) = certificate_of(store, issuer, &key).await? else { break };
        newest = Responder { certificate, key };
    }
    Ok(newest)
}

/// Gives every CA a new signer whose certificate ends within the configured days. Answers of the one before stay good
/// until they end. Returns how many were renewed.
///
/// # Errors
/// [`PublishError`]; the signer in use stays in use, and the next attempt goes on with the same new key.
pub async fn renew_signers(app: &App) -> Result<usize, PublishError> {
    let horizon = app.clock.now().plus_days(i64::from(app.config.ocsp.renew_signer_days));
    let mut renewed = 0;
    for authority in app.answering() {
        let Some(old) = authority.responder().filter(|old| old.certificate.not_after() < horizon) else { continue };
        let new = next_signer(app, authority, &old).await?;
        tracing::info!(issuer = authority.issuer.name, key = %new.key, until = %new.certificate.not_after(), "new OCSP signer");
        if let Some(place) = &authority.responder {
            *place.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        renewed += 1;
    }
    Ok(renewed)
}

async fn next_signer(app: &App, authority: &CertificateAuthority, old: &Responder) -> Result<Responder, PublishError> {
    let key = next_label(&old.key);
    let public = generate_or_find(app, &key, old.certificate.public_key()).await?;
    let holder = Holder::Service { key: key.as_str().to_owned() };
    let subject = same_subject(&old.certificate);
    let issued = certify_by(app, &authority.issuer, PROFILE, subject, holder, &public).await;
    let der = issued.map_err(|source| PublishError::NotCertified(Box::new(source)))?;
    let certificate = Certificate::parse(der.as_bytes()).map_err(|_| StoreError::Corrupt { what: "certificate" })?;
    Ok(Responder { certificate, key })
}

/// The new key; one that was left over by an attempt before, if there is one.
async fn generate_or_find(app: &App, key: &KeyId, like: &PublicKey) -> Result<PublicKey, PublishError> {
    let (keys, wanted, kind) = (app.keys.clone(), key.clone(), like.kind());
    let work = tokio::task::spawn_blocking(move || {
        if keys.keys()?.contains(&wanted) {
            keys.public_key(&wanted)
        } else {
            keys.generate(&wanted, kind, KeyRole::OcspSigner)
        }
    });
    let made = work.await.map_err(PublishError::Worker)?;
    made.map_err(|source| PublishError::NotCertified(Box::new(ServiceError::Token(source.into()))))
}

/// The subject of an OCSP signer's certificate, for the next one: the names that were approved.
pub fn same_subject(certificate: &Certificate) -> SubjectFacts {
    let organisation = certificate.subject_attribute(ORGANISATION_IDENTIFIER).unwrap_or_default();
    let facts = [
        ("common_name", certificate.common_name().unwrap_or_default()),
        ("organisation.name", certificate.subject_attribute(ORGANISATION_NAME).unwrap_or_default()),
        ("organisation.number", organisation.strip_prefix("NTRSE-").unwrap_or(organisation)),
    ];
    let values = facts.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into();
    SubjectFacts { values, ..SubjectFacts::default() }
}

async fn certificate_of(store: &dyn Store, issuer: &str, key: &KeyId) -> Result<Option<Certificate>, StoreError> {
    let records = store.service_certificates(key.as_str(), ATTEMPTS).await?;
    let ours = |record: &CertificateRecord| record.intent.certificate.issuer == issuer && record.revocation.is_none();
    let Some(found) = records.into_iter().filter(ours).find_map(|record| record.issued) else { return Ok(None) };
    Certificate::parse(&found.der).map(Some).map_err(|_| StoreError::Corrupt { what: "certificate" })
}

fn label(first: &KeyId, number: u32) -> KeyId {
    KeyId::new(format!("{first}{SEPARATOR}{number}"))
}

fn next_label(key: &KeyId) -> KeyId {
    let numbered = key.as_str().rsplit_once(SEPARATOR).and_then(|(first, n)| Some((first, n.parse::<u32>().ok()?)));
    match numbered {
        Some((first, number)) => label(&KeyId::new(first), number.saturating_add(1)),
        None => label(key, 2),
    }
}

/// Between a label and its number; no label of a configuration has it by chance.
const SEPARATOR: &str = "#";
const ORGANISATION_NAME: &str = "2.5.4.10";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

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
