//! Personal data stands sealed in its rows: a copy of the database says neither name nor number.
//!
//! Each value is sealed by itself with AES-256-GCM and a nonce of its own, for the column and the row it stands in: moved
//! elsewhere it does not open. In front of it stands the id of its key, so that a later key can take over row by row.
//! Identity numbers are found by a keyed digest (HMAC-SHA-256) under another key. Both keys stand in `data_key`, wrapped
//! by a key that only the token has ([`Custody`](crate::Custody)).
//!
//! [`unlock`] gets the keys when the store is opened; [`older`] seals what an older program left in clear.

mod older;
mod unlock;

use crate::custody::DataKey;
use crate::engine::Value;
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::ports::StoreError;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(crate) use older::NUMBER;
pub(crate) use unlock::unlock;

/// Where a sealed value stands: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Table and column.
    pub(crate) column: &'static str,
    /// First part of the row's key.
    pub(crate) row: &'a str,
    /// The rest of the row's key; may be empty.
    pub(crate) part: &'a str,
}

impl<'a> Place<'a> {
    /// In a row that one word names.
    pub(crate) const fn of(column: &'static str, row: &'a str) -> Self {
        Self { column, row, part: "" }
    }

    /// In a row that two words name.
    pub(crate) const fn within(column: &'static str, row: &'a str, part: &'a str) -> Self {
        Self { column, row, part }
    }

    /// The octets that are authenticated with the value.
    fn octets(&self) -> Vec<u8> {
        [self.column, self.row, self.part].join("\0").into_bytes()
    }
}

/// The keys, once the token gave them out.
#[derive(Default)]
pub(crate) struct Keys(OnceLock<Keyring>);

impl Keys {
    /// The keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the token has not given them out.
    pub(crate) fn get(&self) -> Result<&Keyring, StoreError> {
        self.0.get().ok_or_else(|| StoreError::Unavailable("the token has not given out the data keys yet".into()))
    }

    /// Replaces what is to be sealed in `rows` by what may be written. Rows without such values need no key.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn seal_rows(&self, rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, StoreError> {
        let personal = |value: &Value| matches!(value, Value::Sealed { .. } | Value::Digest(_) | Value::DigestKey);
        if !rows.iter().flatten().any(personal) {
            return Ok(rows);
        }
        let keys = self.get()?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(|value| keys.ready(value)).collect()).collect())
    }
}

/// Data keys, unwrapped.
pub(crate) struct Keyring {
    seals: BTreeMap<u32, RandomizedNonceKey>,
    index: (u32, hmac::Key),
}

impl Keyring {
    /// A ring of what stands in `data_key`; none without a key of each purpose. The highest id seals and indexes.
    fn new(keys: Vec<(u32, Purpose, DataKey)>) -> Option<Self> {
        let mut seals = BTreeMap::new();
        let mut index: Option<(u32, hmac::Key)> = None;
        for (id, purpose, key) in keys {
            match purpose {
                Purpose::Seal => {
                    seals.insert(id, RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).ok()?);
                }
                Purpose::Index if index.as_ref().is_none_or(|(newest, _)| *newest < id) => {
                    index = Some((id, hmac::Key::new(hmac::HMAC_SHA256, key.as_slice())));
                }
                Purpose::Index => {}
            }
        }
        let index = index?;
        (!seals.is_empty()).then_some(Self { seals, index })
    }

    /// The value as it may be written.
    fn ready(&self, value: Value) -> Value {
        match value {
            Value::Sealed { column, row, part, clear } => {
                let place = Place { column, row: &row, part: &part };
                match *clear {
                    Value::Text(Some(text)) => Value::Text(Some(self.seal_text(place, &text))),
                    Value::Blob(Some(octets)) => Value::Blob(Some(self.seal(place, octets))),
                    nothing => nothing,
                }
            }
            Value::Digest(number) => Value::Blob(Some(self.digest(&number).to_vec())),
            Value::DigestKey => Value::Int(Some(self.index.0.into())),
            other => other,
        }
    }

    /// Octets for a BLOB column: id of the key, nonce, ciphertext, tag.
    fn seal(&self, place: Place<'_>, mut clear: Vec<u8>) -> Vec<u8> {
        let (id, key) = self.seals.last_key_value().expect("a ring without a key is none");
        let nonce = key
            .seal_in_place_append_tag(Aad::from(place.octets()), &mut clear)
            .expect("AES-GCM takes every text shorter than 64 GiB");
        [&id.to_be_bytes(), nonce.as_ref().as_slice(), &clear].concat()
    }

    fn seal_text(&self, place: Place<'_>, clear: &str) -> String {
        STANDARD_NO_PAD.encode(self.seal(place, clear.as_bytes().to_vec()))
    }

    /// What was sealed; none if it was sealed elsewhere, with a key that is not here, or changed since.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (id, rest) = sealed.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let key = self.seals.get(&u32::from_be_bytes(*id))?;
        let mut octets = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key.open_in_place(nonce, Aad::from(place.octets()), &mut octets).ok()?.len();
        octets.truncate(length);
        Some(octets)
    }

    /// As [`open`](Self::open), for a TEXT column.
    pub(crate) fn open_text(&self, place: Place<'_>, sealed: &str) -> Option<String> {
        String::from_utf8(self.open(place, &STANDARD_NO_PAD.decode(sealed).ok()?)?).ok()
    }

    /// The keyed digest that a number is found by.
    pub(crate) fn digest(&self, number: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.index.1, number.as_bytes());
        tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 octets")
    }
}

/// What a data key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Seals values.
    Seal,
    /// Makes the digests that numbers are found by.
    Index,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Seal, Self::Index];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Index => "index",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[(u32, Purpose, u8)]) -> Option<Keyring> {
        Keyring::new(keys.iter().map(|(id, purpose, octet)| (*id, *purpose, DataKey::new([*octet; 32]))).collect())
    }

    #[test]
    fn a_value_opens_in_its_place_only() {
        let keys = ring(&[(1, Purpose::Seal, 1), (2, Purpose::Index, 2)]).unwrap();
        let place = Place::within("person.surname", "p1", "x");
        let sealed = keys.seal_text(place, "Öberg");
        assert_ne!(sealed, keys.seal_text(place, "Öberg"), "each has a nonce of its own");
        assert_eq!(keys.open_text(place, &sealed).unwrap(), "Öberg");
        for other in [
            Place::within("person.given_name", "p1", "x"),
            Place::within("person.surname", "p2", "x"),
            Place::within("person.surname", "p1", "y"),
        ] {
            assert_eq!(keys.open_text(other, &sealed), None, "{other:?}");
        }
        let octets = keys.seal(place, b"DER".to_vec());
        assert_eq!(keys.open(place, &octets).unwrap(), b"DER");
        for at in 0..octets.len() {
            let mut changed = octets.clone();
            changed[at] ^= 1;
            assert_eq!(keys.open(place, &changed), None, "octet {at}");
            assert_eq!(keys.open(place, &octets[..at]), None, "{at} octets");
        }
    }

    #[test]
    fn a_new_key_takes_over_and_the_old_one_still_opens() {
        let place = Place::of("person.surname", "p1");
        let before = ring(&[(1, Purpose::Seal, 1), (2, Purpose::Index, 2)]).unwrap();
        let old = before.seal_text(place, "Öberg");
        let after = ring(&[(1, Purpose::Seal, 1), (2, Purpose::Index, 2), (3, Purpose::Seal, 3)]).unwrap();
        assert_eq!(after.open_text(place, &old).unwrap(), "Öberg");
        assert_eq!(before.open_text(place, &after.seal_text(place, "Öberg")), None);
        assert_eq!(before.digest("1"), after.digest("1"));
        assert_ne!(before.digest("1"), before.digest("2"));
    }

    #[test]
    fn half_a_ring_is_none() {
        assert!(ring(&[(1, Purpose::Seal, 1)]).is_none());
        assert!(ring(&[(1, Purpose::Index, 1)]).is_none());
    }
}
