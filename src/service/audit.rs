//! Reads the audit log and signs where it ends.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, ReadAudit, ReadOwnAudit};
use domain::audit::{CHECKPOINT_TYPE, Checkpoint, Event, Record};
use domain::changes::Changes;
use domain::id::hex;
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};
use serde_json::json;

/// Records of the log. The reading is itself recorded.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn records(
    app: &App,
    permit: &Permit<ReadAudit>,
    from: u64,
    limit: u32,
) -> Result<Vec<Record>, ServiceError> {
    let limit = limit.clamp(1, super::read::MAX_PAGE);
    let event =
        Event::new("audit.read", permit.actor(), "log", app.clock.now()).with("from", from).with("limit", limit);
    commit(app, Changes::recording(event)).await?;
    Ok(app.store.records(from, limit).await?)
}

/// Records of the caller's agency. The reading is itself recorded.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn own_records(
    app: &App,
    permit: &Permit<ReadOwnAudit>,
    from: u64,
    limit: u32,
) -> Result<Vec<Record>, ServiceError> {
    let limit = limit.clamp(1, super::read::MAX_PAGE);
    let event = Event::new("audit.read", permit.actor(), "agency", app.clock.now())
        .in_tenant(permit.tenant())
        .with("from", from)
        .with("limit", limit);
    commit(app, Changes::recording(event)).await?;
    Ok(app.store.records_of(permit.tenant(), from, limit).await?)
}

/// A checkpoint of the log as it stands, signed by the audit seal: a compact JWS to keep elsewhere.
///
/// # Errors
/// [`ServiceError`] if the store or the token fails.
pub async fn checkpoint(app: &App, permit: &Permit<ReadAudit>) -> Result<String, ServiceError> {
    let event = Event::new("audit.sealed", permit.actor(), "log", app.clock.now());
    commit(app, Changes::recording(event)).await?;
    let head = app.store.head().await?;
    let checkpoint = Checkpoint { size: head.size, hash: hex(&head.hash), at: app.clock.now() };
    let payload = serde_json::to_vec(&checkpoint).expect("a checkpoint holds numbers and strings");
    let keys = app.keys.clone();
    let sealed = tokio::task::spawn_blocking(move || {
        let seal = KeyId::new(AUDIT_SEAL);
        let algorithm = SignatureAlgorithm::default_for(keys.public_key(&seal)?.kind());
        sign_compact(json!({"typ": CHECKPOINT_TYPE, "kid": AUDIT_SEAL}), &payload, &seal, algorithm, &keys)
    });
    Ok(sealed.await.map_err(|_| ServiceError::Incomplete("a finished signature"))??)
}

/// Label of the key that seals the audit log, on the service's token.
pub const AUDIT_SEAL: &str = "audit-seal";
