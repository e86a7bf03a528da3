//! The end of a key: every object with its label is gone from the token.

use pkcs11::object::ObjectClass;
use pki::KeyId;

use crate::HsmError;
use crate::key::labelled;
use crate::token::{Seat, check_login};

/// Removes the private and the public half and the certificate, and looks whether they are gone.
///
/// # Errors
/// [`HsmError::Faulty`] if the token says that it destroyed the key and still has it, else what the module reported.
pub(crate) fn destroy(seat: &Seat, key: &KeyId) -> Result<(), HsmError> {
    seat.with(|session| {
        for class in CLASSES {
            for object in labelled(session, class, key)? {
                session.destroy_object(object)?;
            }
        }
        // Without the login private objects are not seen, and the key would only seem to be gone.
        check_login(session)?;
        for class in CLASSES {
            if !labelled(session, class, key)?.is_empty() {
                return Err(HsmError::Faulty {
                    key: key.clone(),
                    detail: "it was destroyed and is still there".to_owned(),
                });
            }
        }
        Ok(())
    })
}

/// What belongs to a key.
const CLASSES: [ObjectClass; 3] = [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY, ObjectClass::CERTIFICATE];
