//! Bytes that hang on the board.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use pki::time::UtcTime;

/// Bytes as they are served. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The body.
    pub bytes: Bytes,
    /// First eight octets of its SHA-256: the entity tag.
    pub tag: [u8; 8],
    /// thisUpdate; notBefore of a certificate.
    pub this_update: UtcTime,
    /// nextUpdate; notAfter of a certificate.
    pub next_update: UtcTime,
}

impl Published {
    /// Bytes with their times.
    pub fn new(bytes: Bytes, this_update: UtcTime, next_update: UtcTime) -> Self {
        let mut tag = [0; 8];
        tag.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..8]);
        Self { bytes, tag, this_update, next_update }
    }

    /// Whether `now` is within its times, both ends included.
    pub fn is_current(&self, now: UtcTime) -> bool {
        self.this_update <= now && now <= self.next_update
    }
}
