//! The service's own TLS certificate: a software key, at most 7 days, renewed by the service.

use crate::app::{App, IssuerKind};
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Write};
use domain::id::hex;
use pki::certificate::{Certificate, CertificateDer};
use pki::issue::{LintIssuer, Request, SubjectFacts, lint, prepare};
use pki::key::PublicKey;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use rcgen::PublicKeyData;
use rustls_pki_types::pem::PemObject;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Uses the key and certificate kept from before, if they are still valid. Files that do not hold
/// what they should count as absent: the renewal makes new ones.
pub async fn resume(app: &App) {
    let folder = &app.config.tls.directory;
    let read = |name| tokio::fs::read_to_string(folder.join(name));
    let (Ok(key), Ok(chain)) = (read(KEY_FILE).await, read(CHAIN_FILE).await) else {
        return;
    };
    match Certificate::from_pem(&chain) {
        Ok(leaf) if leaf.valid_at(app.clock.now()) => {
            if let Err(error) = install(app, &chain, &key) {
                tracing::warn!(%error, folder = %folder.display(), "the TLS key kept from before is not usable");
            }
        }
        _ => tracing::info!(folder = %folder.display(), "the TLS certificate kept from before is over"),
    }
}

/// Renews the TLS certificate when half of its life is over.
///
/// # Errors
/// As [`renew`].
pub async fn renew_if_due(app: &App) -> Result<(), ServiceError> {
    let leaf = app.identity.leaf().and_then(|der| Certificate::parse(&der).ok());
    match leaf {
        Some(leaf) if !is_half_over(&leaf, app.clock.now()) => Ok(()),
        _ => renew(app).await,
    }
}

/// Makes a new TLS key, has it certified, keeps both, and uses them from the next handshake on.
///
/// # Errors
/// [`ServiceError`]; the certificate in use stays in use.
pub async fn renew(app: &App) -> Result<(), ServiceError> {
    // No serial is spent while nobody can sign.
    app.signer.hello().await?;
    let key = rcgen::KeyPair::generate().map_err(|_| ServiceError::Incomplete("a new TLS key"))?;
    let public =
        PublicKey::from_spki(&key.subject_public_key_info()).map_err(|_| ServiceError::Incomplete("a TLS key"))?;
    let leaf = certify(app, &public).await?;
    let ca = app
        .issuing(IssuerKind::Infrastructure, |_| true)
        .ok_or(ServiceError::Incomplete("an active infrastructure CA"))?;
    let chain = leaf.to_pem() + &ca.issuer.certificate.der().to_pem();
    let key = Zeroizing::new(key.serialize_pem());
    install(app, &chain, &key)?;
    keep(&app.config.tls.directory, &chain, &key).map_err(|_| ServiceError::Incomplete("a writable tls.directory"))
}

fn install(app: &App, chain: &str, key: &str) -> Result<(), ServiceError> {
    let unusable = || ServiceError::Incomplete("a usable TLS key and certificate");
    let chain = rustls_pki_types::CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = rustls_pki_types::PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| unusable())?;
    app.identity.replace(chain.map_err(|_| unusable())?, key).map_err(|_| unusable())
}

/// Keeps key and chain, readable by us alone; each file is replaced whole.
fn keep(folder: &Path, chain: &str, key: &str) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (name, text) in [(KEY_FILE, key), (CHAIN_FILE, chain)] {
        let fresh = folder.join(format!("{name}.new"));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, folder.join(name))?;
    }
    Ok(())
}

fn is_half_over(leaf: &Certificate, now: UtcTime) -> bool {
    let half = (leaf.not_after().unix() - leaf.not_before().unix()) / 2;
    now >= leaf.not_before().plus_seconds(half) || now < leaf.not_before()
}

/// Has a certificate made for a TLS key of the service, under the standing approval of the
/// ceremony: the same order of effects, lints and audit as for people.
///
/// # Errors
/// [`ServiceError`]; the reserved serial is revoked if the signer fails.
pub async fn certify(app: &App, key: &PublicKey) -> Result<CertificateDer, ServiceError> {
    let names = &app.config.tls;
    let common_name = names.names.first().ok_or(ServiceError::Incomplete("tls.names"))?;
    let mut subject =
        SubjectFacts { values: operator(app), dns_names: names.names.clone(), ip_addresses: names.addresses.clone() };
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
    profile: &str,
    subject: SubjectFacts,
    holder: Holder,
    key: &PublicKey,
) -> Result<CertificateDer, ServiceError> {
    let authority = app.issuing(IssuerKind::Infrastructure, |_| true);
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
    profile: &str,
    subject: SubjectFacts,
    holder: Holder,
    key: &PublicKey,
) -> Result<CertificateDer, ServiceError> {
    let policies = app.policies.get();
    let profile = policies.profiles.get(profile).ok_or(ServiceError::Incomplete("a profile of the service"))?;
    let at = app.clock.now();
    let serial = SerialNumber::from_random(app.entropy.random16());
    let not_after = at.plus_days(i64::from(profile.max_days())).plus_seconds(-1).min(issuer.certificate.not_after());
    let request = Request { profile, subject: &subject, key, serial, not_before: at, not_after };
    let tbs = prepare(&request, issuer)?;
    let linted = lint(tbs, profile, LintIssuer::from(issuer)).map_err(ServiceError::Lint)?;

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
        tbs: linted.tbs().to_vec(),
        not_after,
        at,
    };
    commit(app, Changes::recording(requested).write(Write::Intent(intent))).await?;

    let answer = app.signer.issue_standing(
        &issuer.name,
        profile.name(),
        subject.clone(),
        key.spki(),
        serial,
        (at, not_after),
        linted.tbs(),
    );
    let by = LintIssuer::from(issuer);
    let signed = answer
        .await
        .map_err(ServiceError::from)
        .and_then(|signed| linted.accept(signed, profile, by).map_err(ServiceError::FailedAfterSigning));
    let der = match signed {
        Ok(der) => der,
        Err(why) => {
            super::reconcile::abandon(app, vec![reference], &why.cause()).await?;
            return Err(why);
        }
    };
    let recorded = Event::new("certificate.issued", actor, serial.to_string(), app.clock.now())
        .with("issuer", &issuer.name)
        .with("certificates", hex(&domain::certificate::fingerprint(der.as_bytes())));
    let (der_octets, at) = (der.as_bytes().to_vec(), app.clock.now());
    let write = Write::Certificate { certificate: reference, der: der_octets, at, personal: false };
    commit(app, Changes::recording(recorded).write(write)).await?;
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

const KEY_FILE: &str = "key.pem";
const CHAIN_FILE: &str = "chain.pem";
/// Profile of the TLS certificates.
const TLS_PROFILE: &str = "tls-server";
/// Name under which TLS certificates are filed.
pub const TLS_KEY: &str = "tls";
