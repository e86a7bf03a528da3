//! The service's seal: its key signs where the audit log ends, notices to systems, and packages of evidence.
//!
//! Each kind of thing has a `typ` of its own, so that a signature of one kind is none of another.

use crate::app::signer_link::LinkError;
use crate::app::{App, IssuerKind};
use crate::service::ServiceError;
use crate::service::audit::AUDIT_SEAL;
use crate::service::tls::{certify_by, operator};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::certificate::Holder;
use pki::certificate::Certificate;
use pki::issue::SubjectFacts;
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};
use serde_json::json;
use std::sync::Arc;

/// The seal's certificate and that of the CA above it, DER.
///
/// # Errors
/// [`ServiceError`] if the seal has no certificate that is valid now.
pub async fn chain(app: &App) -> Result<Vec<Vec<u8>>, ServiceError> {
    let now = app.clock.now();
    let records = app.store.service_certificates(AUDIT_SEAL, NEWEST).await?;
    let valid = records.into_iter().filter(|record| record.revocation.is_none()).find_map(|record| {
        let issued = record.issued?;
        let valid = Certificate::parse(&issued.der).ok()?.valid_at(now);
        valid.then_some((record.intent.certificate.issuer, issued.der))
    });
    let (issuer, leaf) = valid.ok_or(ServiceError::Incomplete("a certificate for the service's seal"))?;
    let authority = app.issuers.get(&issuer).ok_or(ServiceError::Incomplete("the CA of the service's seal"))?;
    Ok(vec![leaf, authority.issuer.certificate.der().as_bytes().to_vec()])
}

/// Signs `payload` as a thing of kind `typ`: a compact JWS with the seal's chain in it.
///
/// # Errors
/// [`ServiceError`] if the seal has no certificate, or the token does not sign.
pub async fn sign(app: &App, typ: &'static str, payload: Vec<u8>) -> Result<String, ServiceError> {
    let chain: Vec<String> = chain(app).await?.iter().map(|der| STANDARD.encode(der)).collect();
    let keys = app.keys.clone();
    let sealed = tokio::task::spawn_blocking(move || {
        let seal = KeyId::new(AUDIT_SEAL);
        let algorithm = SignatureAlgorithm::default_for(keys.public_key(&seal)?.kind());
        sign_compact(json!({"typ": typ, "x5c": chain}), &payload, &seal, algorithm, &keys)
    });
    Ok(sealed.await.map_err(|_| ServiceError::Incomplete("a finished signature"))??)
}

/// Has a certificate made for the seal if it has none, or not for long any more. The ceremony allowed it.
///
/// # Errors
/// [`ServiceError`]; the one in use stays in use.
pub async fn certify_if_due(app: &App) -> Result<(), ServiceError> {
    let now = app.clock.now();
    if let Ok(chain) = chain(app).await
        && chain
            .first()
            .and_then(|der| Certificate::parse(der).ok())
            .is_some_and(|seal| seal.valid_at(now.plus_days(RENEWAL_DAYS)))
    {
        return Ok(());
    }
    app.signer.ready().await?;
    let keys = app.keys.clone();
    let key = tokio::task::spawn_blocking(move || keys.public_key(&KeyId::new(AUDIT_SEAL))).await;
    let key = key.map_err(|_| ServiceError::Incomplete("a finished look at the token"))?;
    let key = key.map_err(|error| ServiceError::Token(error.into()))?;
    let authority = app.issuing(IssuerKind::Function, |_| true);
    let authority = Arc::clone(authority.ok_or(ServiceError::Incomplete("an active CA of functions"))?);
    let subject = SubjectFacts { values: operator(app), ..SubjectFacts::default() }.with("common_name", SEAL_NAME);
    let holder = Holder::Service { key: AUDIT_SEAL.to_owned() };
    match certify_by(app, &authority.issuer, SEAL_PROFILE, subject, holder, &key).await {
        // Asked again at once it would refuse again, and each time costs a serial.
        Err(ServiceError::Signer(LinkError::Refused(refusal))) => {
            tracing::warn!(
                code = refusal.code.as_str(),
                "the signer does not certify the seal: no ceremony allowed it"
            );
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// The seal's common name.
pub const SEAL_NAME: &str = "Sigill record seal";
/// Profile of the seal's certificate.
pub const SEAL_PROFILE: &str = "legal-person-seal";
/// Certificates of the seal that are looked at, newest first.
const NEWEST: u32 = 8;
/// The seal gets a new certificate when fewer days of the old are left.
const RENEWAL_DAYS: i64 = 90;
