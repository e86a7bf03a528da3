//! OCSP signers: finds the one in use, and makes the next before its certificate ends.
//!
//! A signer is found again in the store, by its label, without the token.

use super::PublishError;
use crate::app::{App, CertificateAuthority};
use crate::service::numbered::{MOST_KEYS, certified, generate_or_find, label, next_label};
use crate::service::tls::certify_by;
use domain::certificate::Holder;
use domain::ports::{Store, StoreError};
use hsm::KeyRole;
use pki::certificate::Certificate;
use pki::key::KeyId;
use pki::ocsp::Responder;
use pki::subject::SubjectFacts;
use std::sync::{Arc, PoisonError};

/// Profile of OCSP signers' certificates.
const PROFILE: &str = "ocsp-signer";

/// The newest signer of `issuer` after `first`, the one of the configuration; `first` if it was never renewed.
///
/// # Errors
/// If the store fails, or holds a certificate that cannot be read.
pub async fn newest_signer(store: &dyn Store, issuer: &str, first: Responder) -> Result<Responder, StoreError> {
    let mut newest = first.clone();
    for number in 2..MOST_KEYS {
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
    let kind = old.certificate.public_key().kind();
    let made = generate_or_find(app, &key, kind, KeyRole::OcspSigner).await;
    let public = made.map_err(|source| PublishError::NotCertified(Box::new(source)))?;
    let holder = Holder::Service { key: key.as_str().to_owned() };
    let subject = same_subject(&old.certificate);
    let issued = certify_by(app, &authority.issuer, PROFILE, subject, holder, &public).await;
    let der = issued.map_err(|source| PublishError::NotCertified(Box::new(source)))?;
    let certificate = Certificate::parse(der.as_bytes()).map_err(|_| StoreError::Corrupt { what: "certificate" })?;
    Ok(Responder { certificate, key })
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
    let found = certified(store, key, |record| record.intent.certificate.issuer == issuer).await?;
    Ok(found.map(|(certificate, _)| certificate))
}

const ORGANISATION_NAME: &str = "2.5.4.10";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
