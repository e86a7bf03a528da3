//! Subject identifiers: stable for a relying service, meaningless to others.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The key that subject identifiers follow from. Whoever changes it gives everybody a new identity.
pub struct SubjectKey(hmac::Key);

impl SubjectKey {
    /// A key of at least 32 octets.
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= 32).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// The `sub` of a person for one sector (OpenID Connect Core section 8.1); none is the public one, the same for
    /// all. Not to be computed, nor tested against a guessed identity number, without the key.
    pub fn subject(&self, sector: Option<&str>, person: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in ["sigill subject", sector.unwrap_or_default(), person] {
            // Lengths keep the parts apart, whatever stands in them.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign())
    }
}

/// Says nothing of the key.
impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_differ_by_sector_person_and_key() {
        let (one, other) = (SubjectKey::new(&[1; 32]).unwrap(), SubjectKey::new(&[2; 32]).unwrap());
        let sub = one.subject(Some("rp.example"), "anna");
        assert_eq!(sub, one.subject(Some("rp.example"), "anna"));
        assert_eq!(sub.len(), 43);
        let others = [
            one.subject(Some("rp2.example"), "anna"),
            one.subject(Some("rp.example"), "bo"),
            one.subject(Some("rp.examplea"), "nna"),
            one.subject(None, "anna"),
            other.subject(Some("rp.example"), "anna"),
        ];
        assert!(others.iter().all(|other| *other != sub), "{others:?}");
        assert!(SubjectKey::new(&[0; 31]).is_none());
    }
}
