//! Revocation codes: what a holder revokes a card with that is lost.
//!
//! A code is shown once and kept as a slow hash under a key of the service's token: whoever reads the database alone
//! can try nothing, and whoever has both tries slowly.

use crate::{CardNumber, TenantId};
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive, verify};
use pki::time::UtcTime;
use std::num::NonZeroU32;

/// A code as its holder reads it: 60 random bits in twelve letters and digits, in three groups.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationCode(String);

/// What is kept of a code. The latest of a card counts.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// The agency.
    pub tenant: TenantId,
    /// The card that it revokes.
    pub card: CardNumber,
    /// When it was shown.
    pub at: UtcTime,
    /// Random, its own.
    pub salt: [u8; 16],
    /// How slow the hash is.
    pub rounds: u32,
    /// The hash.
    pub hash: [u8; 32],
}

/// The key under the service's token that makes the hash of no use to whoever reads the database alone.
pub struct Pepper(Key);

impl Pepper {
    /// From octets that only the token gives.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// What goes into the slow hash in the place of a salt.
    fn season(&self, card: &CardNumber, salt: &[u8; 16]) -> Vec<u8> {
        let mut context = Context::with_key(&self.0);
        context.update(salt);
        context.update(card.as_str().as_bytes());
        context.sign().as_ref().to_vec()
    }
}

impl RevocationCode {
    /// A new one.
    pub fn from_random(random: [u8; 16]) -> Self {
        let letters = random[..LENGTH].iter().map(|octet| char::from(ALPHABET[usize::from(octet & 31)]));
        Self(letters.collect())
    }

    /// What somebody typed: case, spaces and hyphens do not count, and letters that look like digits are those.
    pub fn typed(text: &str) -> Option<Self> {
        let plain = |letter: char| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let code: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).map(plain).collect();
        let known = |letter: char| u8::try_from(letter).is_ok_and(|letter| ALPHABET.contains(&letter));
        (code.chars().count() == LENGTH && code.chars().all(known)).then_some(Self(code))
    }

    /// As it is shown, once: `ABCD-EFGH-JKMN`.
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH).step_by(GROUP).map(|at| &self.0[at..at + GROUP]).collect();
        groups.join("-")
    }
}

impl KeptCode {
    /// What is kept of `code`. Slow on purpose; call from a worker thread.
    pub fn of(
        code: &RevocationCode,
        (tenant, card): (TenantId, CardNumber),
        (salt, at): ([u8; 16], UtcTime),
        pepper: &Pepper,
    ) -> Self {
        let mut hash = [0; 32];
        derive(PBKDF2_HMAC_SHA256, ROUNDS, &pepper.season(&card, &salt), code.0.as_bytes(), &mut hash);
        Self { tenant, card, at, salt, rounds: ROUNDS.get(), hash }
    }

    /// Whether this is the code. Slow on purpose; call from a worker thread.
    pub fn is(&self, code: &RevocationCode, pepper: &Pepper) -> bool {
        let Some(rounds) = NonZeroU32::new(self.rounds) else { return false };
        let salt = pepper.season(&self.card, &self.salt);
        verify(PBKDF2_HMAC_SHA256, rounds, &salt, code.0.as_bytes(), &self.hash).is_ok()
    }

    /// The code of no card, which takes as long to refuse as any.
    pub fn of_nobody(card: CardNumber) -> Self {
        let tenant = "nobody".parse().expect("a word is an id");
        Self { tenant, card, at: UtcTime::from_unix(0), salt: [0; 16], rounds: ROUNDS.get(), hash: [0; 32] }
    }
}

/// Hides the code.
impl std::fmt::Debug for RevocationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocationCode")
    }
}

/// Hides the hash.
impl std::fmt::Debug for KeptCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptCode").field("card", &self.card).field("at", &self.at).finish_non_exhaustive()
    }
}

/// No I, L, O or U: nobody takes one for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;
const GROUP: usize = 4;
/// Some milliseconds: with 60 random bits and a key beside them that is enough, and a hand-out does not wait for it.
const ROUNDS: NonZeroU32 = NonZeroU32::new(20_000).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(code: &RevocationCode, card: &str) -> KeptCode {
        let whose = ("t1".parse().unwrap(), card.parse().unwrap());
        KeptCode::of(code, whose, ([7; 16], UtcTime::from_unix(0)), &Pepper::new(&[1; 32]))
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = RevocationCode::from_random([0, 1, 2, 10, 31, 32, 33, 255, 17, 18, 19, 20, 0, 0, 0, 0]);
        assert_eq!(code.reveal(), "012A-Z01Z-HJKM");
        for text in ["012A-Z01Z-HJKM", "012az01zhjkm", "o12a zolz hjkm"] {
            assert_eq!(RevocationCode::typed(text), Some(code.clone()), "{text}");
        }
        for text in ["", "012A-Z01Z-HJK", "012A-Z01Z-HJKMN", "012A-Z01Z-HJKU", "012A-Z01Z-HJKå"] {
            assert_eq!(RevocationCode::typed(text), None, "{text}");
        }
        assert!(!format!("{code:?}").contains("012A"));
    }

    #[test]
    fn only_the_code_of_this_card_under_this_key_fits() {
        let code = RevocationCode::from_random([3; 16]);
        let (kept, pepper) = (kept(&code, "c1"), Pepper::new(&[1; 32]));
        assert!(kept.is(&code, &pepper));
        assert!(!kept.is(&RevocationCode::from_random([4; 16]), &pepper));
        assert!(!kept.is(&code, &Pepper::new(&[2; 32])), "another token");
        let moved = KeptCode { card: "c2".parse().unwrap(), ..kept.clone() };
        assert!(!moved.is(&code, &pepper), "another card");
        assert!(!KeptCode::of_nobody("c1".parse().unwrap()).is(&code, &pepper));
        assert!(!KeptCode { rounds: 0, ..kept }.is(&code, &pepper));
    }
}
