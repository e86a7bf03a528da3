//! How the content of a JWE is encrypted (RFC 7518 section 5).

use super::JweError;
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

/// The `enc` values in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentEncryption {
    /// AES-128 in CBC mode with HMAC-SHA-256: what a registration means that names none.
    #[default]
    A128CbcHs256,
    /// AES-128-GCM.
    A128Gcm,
    /// AES-256-GCM.
    A256Gcm,
}

/// Encrypted content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) vector: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl ContentEncryption {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::A256Gcm, Self::A128Gcm, Self::A128CbcHs256];

    /// The `enc` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one with this `enc` value.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Length of its key.
    pub(super) const fn key_octets(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
        }
    }

    pub(super) fn seal(self, key: &[u8], drawn: &[u8; 16], aad: &[u8], clear: &[u8]) -> Result<Sealed, JweError> {
        match self {
            Self::A128CbcHs256 => seal_cbc(key, *drawn, aad, clear),
            Self::A128Gcm | Self::A256Gcm => {
                let nonce: [u8; NONCE] = drawn[..NONCE].try_into().expect("a part of fixed length");
                let mut text = clear.to_vec();
                let tag = self.gcm(key)?.seal_in_place_separate_tag(
                    Nonce::assume_unique_for_key(nonce),
                    Aad::from(aad),
                    &mut text,
                );
                let tag = tag.map_err(|_| JweError::Key)?.as_ref().to_vec();
                Ok(Sealed { vector: nonce.to_vec(), text, tag })
            }
        }
    }

    pub(super) fn open(self, key: &[u8], aad: &[u8], sealed: Sealed) -> Result<Vec<u8>, JweError> {
        match self {
            Self::A128CbcHs256 => open_cbc(key, aad, sealed),
            Self::A128Gcm | Self::A256Gcm => {
                let nonce = Nonce::try_assume_unique_for_key(&sealed.vector).map_err(|_| JweError::Decryption)?;
                if sealed.tag.len() != TAG {
                    return Err(JweError::Decryption);
                }
                let mut text = [sealed.text, sealed.tag].concat();
                let clear = self.gcm(key)?.open_in_place(nonce, Aad::from(aad), &mut text);
                Ok(clear.map_err(|_| JweError::Decryption)?.to_vec())
            }
        }
    }

    fn gcm(self, key: &[u8]) -> Result<LessSafeKey, JweError> {
        let algorithm = if self == Self::A128Gcm { &AES_128_GCM } else { &AES_256_GCM };
        Ok(LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| JweError::Key)?))
    }
}

/// RFC 7518 section 5.2.2.1.
fn seal_cbc(key: &[u8], vector: [u8; 16], aad: &[u8], clear: &[u8]) -> Result<Sealed, JweError> {
    let (authentication, encryption) = key.split_at(16);
    let cipher = UnboundCipherKey::new(&AES_128, encryption).map_err(|_| JweError::Key)?;
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).map_err(|_| JweError::Key)?;
    let mut text = clear.to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(vector));
    cipher.less_safe_encrypt(&mut text, context).map_err(|_| JweError::Key)?;
    let tag = cbc_tag(authentication, aad, &vector, &text);
    Ok(Sealed { vector: vector.to_vec(), text, tag })
}

/// RFC 7518 section 5.2.2.2: the tag first, so that padding says nothing to whoever changes the text.
fn open_cbc(key: &[u8], aad: &[u8], sealed: Sealed) -> Result<Vec<u8>, JweError> {
    let (authentication, encryption) = key.split_at(16);
    let vector: [u8; 16] = sealed.vector.as_slice().try_into().map_err(|_| JweError::Decryption)?;
    let tag = cbc_tag(authentication, aad, &vector, &sealed.text);
    verify_slices_are_equal(&tag, &sealed.tag).map_err(|_| JweError::Decryption)?;
    let cipher = UnboundCipherKey::new(&AES_128, encryption).map_err(|_| JweError::Key)?;
    let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(cipher).map_err(|_| JweError::Key)?;
    let mut text = sealed.text;
    let context = DecryptionContext::Iv128(FixedLength::from(vector));
    let clear = cipher.decrypt(&mut text, context).map_err(|_| JweError::Decryption)?;
    Ok(clear.to_vec())
}

fn cbc_tag(key: &[u8], aad: &[u8], vector: &[u8], text: &[u8]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    let bits = (aad.len() as u64) * 8;
    for part in [aad, vector, text, &bits.to_be_bytes()] {
        context.update(part);
    }
    context.sign().as_ref()[..TAG].to_vec()
}

const NONCE: usize = 12;
const TAG: usize = 16;
