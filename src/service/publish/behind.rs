//! Whether the signer's journal is older than what the database has from it.

use crate::app::App;
use crate::service::ServiceError;

/// The CA whose newest stored CRL the signer's journal does not know, if there is one. Then the journal is an older copy:
/// approvals that were used since could be used again, so the signer is believed no
/// more. A CA's CRLs come daily at least, so that no older copy stays unseen for longer over a start of both processes.
///
/// # Errors
/// [`ServiceError`] if the signer is away or the store fails.
pub async fn signer_is_behind(app: &App) -> Result<Option<String>, ServiceError> {
    for key in app.signer.hello().await?.keys.into_iter().filter(|key| key.state.may_answer()) {
        let stored = app.store.latest_crl(&key.issuer).await?;
        let is_behind = stored.is_some_and(|crl| key.crl_number.is_none_or(|known| known < crl.number));
        if is_behind {
            app.signer.distrust();
            return Ok(Some(key.issuer));
        }
    }
    Ok(None)
}
