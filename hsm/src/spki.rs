//! Public keys as tokens describe them, and as SubjectPublicKeyInfo.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use pkcs11::object::{Attribute, AttributeType, KeyType, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, KeyKind, PublicKey};

use crate::HsmError;

/// Reads a public key object.
///
/// # Errors
/// [`HsmError::KeyUnusable`] for a kind that is not supported or a value that makes no sense, else what the module
/// reported.
pub(crate) fn read_public(session: &Session, object: ObjectHandle, key: &KeyId) -> Result<PublicKey, HsmError> {
    let wanted = [
        AttributeType::KeyType,
        AttributeType::EcParams,
        AttributeType::EcPoint,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
    ];
    public_key(session.get_attributes(object, &wanted)?)
        .map_err(|detail| HsmError::KeyUnusable { key: key.clone(), detail })
}

/// The public key that a token's attributes describe.
///
/// # Errors
/// Why they describe none.
pub(crate) fn public_key(attributes: Vec<Attribute>) -> Result<PublicKey, String> {
    let spki = Parts::from(attributes).spki().ok_or("its public key is of no supported kind")?;
    PublicKey::from_spki(&spki).map_err(|error| error.to_string())
}

/// The attributes of a public key object that say which key it is; `parameters` are its `CKA_EC_PARAMS`, if it has any.
/// `None` if the key is none that [`read_public`] gives.
pub(crate) fn describe(public: &PublicKey, parameters: &[u8]) -> Option<Vec<Attribute>> {
    let mut template = vec![Attribute::KeyType(key_type(public.kind()))];
    if public.kind().is_rsa() {
        let key = RsaPublicKey::from_der(public.key_bits()).ok()?;
        template.push(Attribute::Modulus(key.modulus.as_bytes().to_vec()));
        template.push(Attribute::PublicExponent(key.public_exponent.as_bytes().to_vec()));
    } else {
        template.push(Attribute::EcParams(parameters.to_vec()));
        template.push(Attribute::EcPoint(OctetStringRef::new(public.key_bits()).ok()?.to_der().ok()?));
    }
    Some(template)
}

/// `CKA_KEY_TYPE` of a kind of key.
pub(crate) const fn key_type(kind: KeyKind) -> KeyType {
    match kind {
        KeyKind::EcP256 | KeyKind::EcP384 => KeyType::EC,
        KeyKind::Ed25519 => KeyType::EC_EDWARDS,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => KeyType::RSA,
    }
}

/// `CKA_EC_PARAMS` of P-256: its object identifier.
pub(crate) const P256_PARAMETERS: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// `CKA_EC_PARAMS` of P-384.
pub(crate) const P384_PARAMETERS: &[u8] = b"\x06\x05\x2b\x81\x04\x00\x22";
/// `CKA_EC_PARAMS` of Ed25519 as an object identifier (RFC 8410 section 3).
pub(crate) const ED25519_PARAMETERS: &[u8] = b"\x06\x03\x2b\x65\x70";
/// `CKA_EC_PARAMS` of Ed25519 as a curve name, "edwards25519" (PKCS#11 3.1 section 6.3.3).
pub(crate) const ED25519_CURVE_NAME: &[u8] = b"\x13\x0cedwards25519";

/// The parts of a public key that a token may give.
#[derive(Default)]
struct Parts {
    kind: Option<KeyType>,
    parameters: Vec<u8>,
    point: Vec<u8>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl From<Vec<Attribute>> for Parts {
    fn from(attributes: Vec<Attribute>) -> Self {
        let mut parts = Self::default();
        for attribute in attributes {
            match attribute {
                Attribute::KeyType(kind) => parts.kind = Some(kind),
                Attribute::EcParams(value) => parts.parameters = value,
                Attribute::EcPoint(value) => parts.point = value,
                Attribute::Modulus(value) => parts.modulus = value,
                Attribute::PublicExponent(value) => parts.exponent = value,
                _ => {}
            }
        }
        parts
    }
}

impl Parts {
    fn spki(&self) -> Option<Vec<u8>> {
        match self.kind? {
            KeyType::RSA => self.rsa(),
            KeyType::EC if self.parameters == P256_PARAMETERS => ec(P256_PARAMETERS, unwrap_point(&self.point, 65)?),
            KeyType::EC if self.parameters == P384_PARAMETERS => ec(P384_PARAMETERS, unwrap_point(&self.point, 97)?),
            KeyType::EC_EDWARDS if [ED25519_PARAMETERS, ED25519_CURVE_NAME].contains(&self.parameters.as_slice()) => {
                encode(ID_ED25519, None, unwrap_point(&self.point, 32)?)
            }
            _ => None,
        }
    }

    fn rsa(&self) -> Option<Vec<u8>> {
        let modulus = UintRef::new(&self.modulus).ok()?;
        let public_exponent = UintRef::new(&self.exponent).ok()?;
        encode(ID_RSA, Some(AnyRef::NULL), &RsaPublicKey { modulus, public_exponent }.to_der().ok()?)
    }
}

/// `CKA_EC_POINT` holds a DER OCTET STRING around the point; some tokens give the bare point.
fn unwrap_point(value: &[u8], octets: usize) -> Option<&[u8]> {
    match value.len() {
        n if n == octets => Some(value),
        n if n == octets + 2 => {
            let wrapped = <&OctetStringRef as der::Decode>::from_der(value).ok()?;
            Some(wrapped.as_bytes())
        }
        _ => None,
    }
}

fn ec(curve: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    encode(ID_EC, Some(<AnyRef as der::Decode>::from_der(curve).ok()?), point)
}

fn encode(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Option<Vec<u8>> {
    let algorithm = AlgorithmIdentifier { oid, parameters };
    SubjectPublicKeyInfo { algorithm, bits: BitStringRef::from_bytes(bits).ok()? }.to_der().ok()
}

/// RFC 5280 section 4.1.2.7.
#[derive(Sequence)]
struct SubjectPublicKeyInfo<'a> {
    algorithm: AlgorithmIdentifier<'a>,
    bits: BitStringRef<'a>,
}

/// RFC 5280 section 4.1.1.2.
#[derive(Sequence)]
struct AlgorithmIdentifier<'a> {
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'a>>,
}

/// RFC 8017 appendix A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

const ID_EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_point_are_read() {
        let bare = [4; 65];
        let wrapped = [&[4, 65], bare.as_slice()].concat();
        assert_eq!(unwrap_point(&bare, 65), Some(bare.as_slice()));
        assert_eq!(unwrap_point(&wrapped, 65), Some(bare.as_slice()));
        assert_eq!(unwrap_point(&bare[..64], 65), None);
        assert_eq!(unwrap_point(&[5; 67], 65), None);
    }

    #[test]
    fn unknown_kinds_have_no_public_key() {
        assert!(Parts::default().spki().is_none());
        let odd = Parts { kind: Some(KeyType::EC), parameters: vec![6, 1, 1], ..Parts::default() };
        assert!(odd.spki().is_none());
    }
}
