//! Small texts that leave the service and come back, or rest in the store: AES-256-GCM (NIST SP 800-38D).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// A key that seals.
pub(super) struct SealKey(LessSafeKey);

impl SealKey {
    /// From 32 octets that nobody can guess.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 octets are a key of AES-256")))
    }

    /// Seals `text`, which opens with the same nonce and context only. A nonce is used once with a key.
    pub(super) fn seal(&self, nonce: [u8; 12], context: &[u8], text: &[u8]) -> Vec<u8> {
        let mut sealed = text.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .expect("our texts are shorter than AES-GCM allows");
        sealed
    }

    /// Opens what [`seal`](Self::seal) gave; none for anything else.
    pub(super) fn open(&self, nonce: [u8; 12], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut octets = sealed.to_vec();
        let text = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut octets).ok()?;
        Some(text.to_vec())
    }
}
