//! Certificates beside their keys on a token, as cards carry them.

use pkcs11::object::{Attribute, AttributeType, CertificateType, ObjectClass};
use pkcs11::session::Session;
use pki::{Certificate, KeyId};

use crate::HsmError;
use crate::key::{KeyEntry, labelled, same_key};
use crate::token::Seat;

/// Stores `der` beside `key`, then removes certificates that were there before.
///
/// # Errors
/// [`HsmError::Certificate`], [`HsmError::WrongPublicKey`], else what the module reported.
pub(crate) fn import(seat: &Seat, key: &KeyId, entry: &KeyEntry, der: &[u8]) -> Result<(), HsmError> {
    let certificate = Certificate::parse(der).map_err(|source| HsmError::Certificate { key: key.clone(), source })?;
    same_key(key, &entry.public, certificate.public_key())?;
    seat.with(|session| {
        let earlier = labelled(session, ObjectClass::CERTIFICATE, key)?;
        let mut template = vec![
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(key.as_str().as_bytes().to_vec()),
            Attribute::Subject(certificate.subject_der().to_vec()),
            Attribute::Issuer(certificate.issuer_der().to_vec()),
            Attribute::SerialNumber(serial_number(certificate.serial_bytes())),
            Attribute::Value(der.to_vec()),
        ];
        // Programs pair a certificate with its key by CKA_ID, so it is the key's own, whoever made the key.
        template.extend(session.get_attributes(entry.stored, &[AttributeType::Id])?);
        session.create_object(&template)?;
        for object in earlier {
            session.destroy_object(object)?;
        }
        Ok(())
    })
}

/// The certificate with this label.
///
/// # Errors
/// [`HsmError::KeyAmbiguous`] if there are several, else what the module reported.
pub(crate) fn read(session: &Session, key: &KeyId) -> Result<Option<Vec<u8>>, HsmError> {
    let objects = labelled(session, ObjectClass::CERTIFICATE, key)?;
    let [object] = objects.as_slice() else {
        return match objects.len() {
            0 => Ok(None),
            count => Err(HsmError::KeyAmbiguous { key: key.clone(), count }),
        };
    };
    let value = session.get_attributes(*object, &[AttributeType::Value])?.pop();
    Ok(value.and_then(|attribute| match attribute {
        Attribute::Value(der) => Some(der),
        _ => None,
    }))
}

/// `CKA_SERIAL_NUMBER` is the DER of the INTEGER (PKCS#11 3.1 section 4.6.3). RFC 5280 limits it to 20 octets, so the
/// length fits one octet.
fn serial_number(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("a certificate that was read has a serial number of few octets");
    [&[0x02, length], content].concat()
}
