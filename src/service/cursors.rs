//! Where a list goes on: an opaque word that only the service can make, and that is good for one caller and one list.

use super::sealed::SealKey;
use crate::clock::Entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Makes and reads cursors. They are good for as long as the process runs: a list is then begun again.
pub struct Cursors(SealKey);

impl Cursors {
    /// With a key of their own.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&entropy.random16());
        key[16..].copy_from_slice(&entropy.random16());
        Self(SealKey::new(&key))
    }

    /// The cursor that goes on after the row with the key `after`. `scope` names caller, list and filters.
    pub fn write(&self, entropy: &dyn Entropy, scope: &str, after: &str) -> String {
        let [nonce @ .., _, _, _, _] = entropy.random16();
        let sealed = self.0.seal(nonce, scope.as_bytes(), after.as_bytes());
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// The key that a cursor goes on after; none for one of another scope, or that is none of ours.
    pub fn read(&self, scope: &str, cursor: &str) -> Option<String> {
        let octets = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = octets.split_first_chunk()?;
        String::from_utf8(self.0.open(*nonce, scope.as_bytes(), sealed)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::System;

    #[test]
    fn a_cursor_is_good_for_its_scope_and_as_it_was_made() {
        let cursors = Cursors::new(&System);
        let cursor = cursors.write(&System, "anna, cards", "c17");
        assert_eq!(cursors.read("anna, cards", &cursor).as_deref(), Some("c17"));
        assert_eq!(cursors.read("eva, cards", &cursor), None);
        assert_eq!(Cursors::new(&System).read("anna, cards", &cursor), None);
        for at in 0..cursor.len() {
            let mut other = cursor.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(cursors.read("anna, cards", &String::from_utf8(other).unwrap()), None, "{at}");
        }
        assert_eq!(cursors.read("anna, cards", ""), None);
    }
}
