//! What stands behind the board, asked only if the board cannot answer.

use crate::app::App;
use crate::service::publish;
use async_trait::async_trait;
use bytes::Bytes;
use pki::ocsp::CertId;
use pki::time::UtcTime;
use serde::Serialize;

pub use crate::service::publish::LiveError;

/// Signs live answers and tells how the service's parts are.
#[async_trait]
pub trait Behind: Send + Sync {
    /// An OCSP response with one answer for each of `asked`, in their order.
    ///
    /// Must return within the deadline of the token; callers hold one of few permits meanwhile.
    ///
    /// # Errors
    /// [`LiveError`], which names the OCSP error to send.
    async fn answer(&self, asked: &[CertId]) -> Result<Bytes, LiveError>;

    /// How the parts are that can be away while status goes on.
    async fn parts(&self) -> Parts;
}

/// State of a part: a word, never an error's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Works.
    Up,
    /// Was not tried yet.
    Unprobed,
    /// Does not work now.
    Down,
}

/// The parts behind the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// The database.
    pub database: Condition,
    /// The service's own token.
    pub hsm: Condition,
    /// The signer process.
    pub signer: Condition,
    /// Digest of the policies in force, hexadecimal.
    pub policies: String,
    /// An emergency is announced: from when on other officers can take office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<UtcTime>,
}

impl Parts {
    /// Whether nothing is away.
    pub fn all_up(&self) -> bool {
        [self.database, self.hsm, self.signer].iter().all(|part| *part != Condition::Down)
    }
}

/// The running service behind its board.
pub struct Service(pub App);

#[async_trait]
impl Behind for Service {
    async fn answer(&self, asked: &[CertId]) -> Result<Bytes, LiveError> {
        publish::answer_live(&self.0, asked).await
    }

    async fn parts(&self) -> Parts {
        let conditions = publish::conditions(&self.0).await;
        Parts {
            database: up(conditions.database),
            hsm: conditions.hsm.map_or(Condition::Unprobed, up),
            signer: up(conditions.signer),
            policies: self.0.policies.get().digest.clone(),
            emergency: conditions.emergency,
        }
    }
}

fn up(works: bool) -> Condition {
    if works { Condition::Up } else { Condition::Down }
}
