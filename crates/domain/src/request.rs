//! Requests that are done once, however often they are sent.

use crate::{PersonId, TenantId};
use pki::time::UtcTime;

/// A caller's key for one request. Claimed in the unit of work that does what the request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's agency.
    pub tenant: TenantId,
    /// The caller.
    pub person: PersonId,
    /// Digest of the route and the key.
    pub id: [u8; 32],
    /// Digest of the body: the same key with another one is another request.
    pub request: [u8; 32],
    /// When it was claimed.
    pub at: UtcTime,
}

/// What came of a request that was done under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Digest of its body.
    pub request: [u8; 32],
    /// The sealed answer; none if it was lost with a crash after the deed.
    pub answer: Option<Vec<u8>>,
}

/// Who has claimed which key.
#[derive(Debug, Clone, Copy)]
pub struct KeyRef<'a> {
    /// The caller's agency.
    pub tenant: &'a TenantId,
    /// The caller.
    pub person: &'a PersonId,
    /// Digest of the route and the key.
    pub id: &'a [u8; 32],
}
