//! How the parts are that status does not need.

use crate::app::App;
use hsm::TokenState;
use pki::time::UtcTime;
use std::time::Duration;

/// How long a part may take to show that it works.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether each part works now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// The database answered.
    pub database: bool,
    /// The service's token is usable; none if that was not tried yet.
    pub hsm: Option<bool>,
    /// The signer process answered.
    pub signer: bool,
    /// Other officers are announced, and can take office then; none if there is no emergency or the signer is away.
    pub emergency: Option<UtcTime>,
}

/// Asks the parts. Takes at most a second, whatever hangs.
pub async fn conditions(app: &App) -> Conditions {
    let database = tokio::time::timeout(PATIENCE, app.store.head());
    let signer = tokio::time::timeout(PATIENCE, app.signer.hello());
    let (database, signer) = tokio::join!(database, signer);
    let hsm = match app.keys.state() {
        TokenState::Unprobed => None,
        TokenState::Usable => Some(true),
        TokenState::Unusable { .. } => Some(false),
    };
    let signer = signer.ok().and_then(Result::ok);
    let emergency = signer.as_ref().and_then(|status| status.emergency.pending).map(|pending| pending.effective);
    Conditions { database: matches!(database, Ok(Ok(_))), hsm, signer: signer.is_some(), emergency }
}
