//! What a token answers, as octets that may be anything: the readers of them, for whoever tests these with hostile ones.

use pkcs11::object::{Attribute, KeyType};
use pki::{KeyKind, PublicKey};

use crate::{algorithm, spki};

/// A public key object as a token describes it (PKCS#11 3.1 sections 6.1.2 and 6.3.3). What a kind of key has not is
/// empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicKeyAnswer<'a> {
    /// `CKA_KEY_TYPE`.
    pub key_type: u64,
    /// `CKA_EC_PARAMS`.
    pub parameters: &'a [u8],
    /// `CKA_EC_POINT`.
    pub point: &'a [u8],
    /// `CKA_MODULUS`.
    pub modulus: &'a [u8],
    /// `CKA_PUBLIC_EXPONENT`.
    pub exponent: &'a [u8],
}

impl PublicKeyAnswer<'_> {
    /// The key; none if it is of no supported kind, or no key at all.
    pub fn read(&self) -> Option<PublicKey> {
        let attributes = vec![
            Attribute::KeyType(KeyType::try_from(self.key_type).ok()?),
            Attribute::EcParams(self.parameters.to_vec()),
            Attribute::EcPoint(self.point.to_vec()),
            Attribute::Modulus(self.modulus.to_vec()),
            Attribute::PublicExponent(self.exponent.to_vec()),
        ];
        spki::public_key(attributes).ok()
    }
}

/// The X.509 form of what `C_Sign` gave for a key of this kind; none if it cannot be a signature.
pub fn signature(kind: KeyKind, raw: Vec<u8>) -> Option<Vec<u8>> {
    algorithm::assemble(kind, raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: u64 = 3;
    const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    /// The generator of P-256 (SEC 2 section 2.4.2).
    const POINT: &[u8; 65] = b"\x04\
        \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
        \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
        \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
        \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

    #[test]
    fn only_a_point_of_the_curve_is_a_key() {
        let read =
            |point: &[u8]| PublicKeyAnswer { key_type: EC, parameters: P256, point, ..Default::default() }.read();
        let wrapped = [&[4, 65], POINT.as_slice()].concat();
        assert_eq!(read(POINT).unwrap(), read(&wrapped).unwrap());
        let mut off = *POINT;
        off[64] ^= 1;
        for point in [&off[..], &POINT[..64], &[0; 65], &[&wrapped[..], &[0]].concat(), &[]] {
            assert!(read(point).is_none(), "{point:02x?}");
        }
    }

    #[test]
    fn rsa_key_is_odd_and_not_huge() {
        let read = |modulus: &[u8], exponent: &[u8]| PublicKeyAnswer { modulus, exponent, ..Default::default() }.read();
        let mut modulus = vec![0xc1; 256];
        assert!(read(&modulus, &[1, 0, 1]).is_some());
        assert!(read(&modulus, &[0]).is_none());
        assert!(read(&[0xff].repeat(65_535), &[1, 0, 1]).is_none());
        modulus[255] = 0xc0;
        assert!(read(&modulus, &[1, 0, 1]).is_none());
    }
}
