//! The service's own TLS certificate: a software key, at most 7 days, renewed by the service.

use crate::app::{App, IssuerKind};
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Write};
use domain::id::hex;
use pki::certificate::CertificateDer;
use pki::issue::{LintIssuer, Request, SubjectFacts, lint, lint_issued, prepare};
use pki::key::PublicKey;
use pki::serial::SerialNumber;
use std::sync::Arc;

/// Has a certificate made for a TLS key of the service, under the standing approval of the
/// ceremony: the same order of effects, lints and audit as for people.
///
/// # Errors
/// [`ServiceError`]; the reserved serial is revoked if the signer fails.
pub async fn certify(app: &App, key: &PublicKey) -> Result<CertificateDer, ServiceError> {
    let names = &app.config.tls;
    let common_name = names.names.first().ok_or(ServiceError::Incomplete("tls.names"))?;
    let mut subject = SubjectFacts {
        values: operator(app),
        dns_names: names.names.clone(),
        ip_addresses: names.addresses.clone(),
    };
    subject.values.insert("common_name".to_owned(), common_name.clone());
    let holder = Holder::Service { key: TLS_KEY.to_owned() };
    certify_for(app, TLS_PROFILE, subject, holder, key).await
}

/// Has a certificate made for a key of the service itself.
///
/// # Errors
/// [`ServiceError`]; the reserved serial is revoked if the signer fails.
pub async fn certify_for(
    app: &App,
    profile: &'static str,
    subject: SubjectFacts,
    holder: Holder,
    key: &PublicKey,
) -> Result<CertificateDer, ServiceError> {
    let authority = app.issuers.of_kind(IssuerKind::Infrastructure);
    let authority = Arc::clone(authority.ok_or(ServiceError::Incomplete("an infrastructure CA"))?);
    certify_by(app, &authority.issuer, profile, subject, holder, key).await
}

/// As [`certify_for`], by a given CA: OCSP signers are certified by the CA that they answer for.
///
/// # Errors
/// [`ServiceError`]; the reserved serial is revoked if the signer fails.
pub async fn certify_by(
    app: &App,
    issuer: &pki::issue::Issuer,
    profile: &'static str,
    subject: SubjectFacts,
    holder: Holder,
    key: &PublicKey,
) -> Result<CertificateDer, ServiceError> {
    let profile = app.profiles.get(profile).ok_or(ServiceError::Incomplete("a profile of the service"))?;
    let at = app.clock.now();
    let serial = SerialNumber::from_random(app.entropy.random16());
    let not_after = at.plus_days(i64::from(profile.max_days())).plus_seconds(-1).min(issuer.certificate.not_after());
    let request = Request { profile, subject: &subject, key, serial, not_before: at, not_after };
    let tbs = prepare(&request, issuer)?;
    let linted = lint(tbs, profile, LintIssuer::from(issuer)).map_err(ServiceError::from_findings)?;
    let tbs = linted.tbs().to_vec();

    let actor = Actor::System("certify".to_owned());
    let reference = CertificateRef { issuer: issuer.name.clone(), serial };
    let requested = Event::new("certificate.requested", actor.clone(), serial.to_string(), at)
        .with("issuer", &issuer.name)
        .with("profile", profile.name());
    let intent = Intent {
        certificate: reference.clone(),
        holder,
        purpose: profile.purpose(),
        profile: profile.name().to_owned(),
        revision: profile.revision(),
        key_fingerprint: key.fingerprint(),
        tbs: tbs.clone(),
        at,
    };
    commit(app, Changes::recording(requested).write(Write::Intent(intent))).await?;

    let signed = app.signer.issue_standing(&issuer.name, profile.name(), subject.clone(), key.spki(), serial, (at, not_after), &tbs);
    let der = match signed.await {
        Ok(der) if lint_issued(&der, profile, &issuer.certificate).is_empty() => der,
        Ok(_) => {
            super::reconcile::abandon(app, vec![reference]).await?;
            return Err(ServiceError::FailedAfterSigning);
        }
        Err(why) => {
            super::reconcile::abandon(app, vec![reference]).await?;
            return Err(why.into());
        }
    };
    let issued = Event::new("certificate.issued", actor, serial.to_string(), app.clock.now())
        .with("issuer", &issuer.name)
        .with("certificates", hex(&domain::certificate::fingerprint(der.as_bytes())));
    let write = Write::Certificate { certificate: reference, der: der.as_bytes().to_vec(), at: app.clock.now() };
    commit(app, Changes::recording(issued).write(write)).await?;
    Ok(der)
}

/// The operator's name and number, as they stand in the infrastructure CA's certificate.
pub fn operator(app: &App) -> std::collections::BTreeMap<String, String> {
    let Some(ca) = app.issuers.of_kind(IssuerKind::Infrastructure) else {
        return std::collections::BTreeMap::new();
    };
    let certificate = &ca.issuer.certificate;
    let name = certificate.subject_attribute("2.5.4.10").unwrap_or_default();
    let number = certificate.subject_attribute("2.5.4.97").unwrap_or_default();
    let number = number.strip_prefix("NTRSE-").unwrap_or(number);
    [("organisation.name", name), ("organisation.number", number)]
        .map(|(field, value)| (field.to_owned(), value.to_owned()))
        .into()
}

/// Profile of the TLS certificates.
const TLS_PROFILE: &str = "tls-server";
/// Name under which TLS certificates are filed.
pub const TLS_KEY: &str = "tls";
