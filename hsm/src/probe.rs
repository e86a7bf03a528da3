//! Proof that a token works: a signature with a key pair that lives only for the proof.
//!
//! Asking for token information is not enough: some devices answer that from a cache. No stored key is touched.

use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, KeyKind, SignatureAlgorithm};

use crate::HsmError;
use crate::retry::{Trouble, trouble};
use crate::{algorithm, spki};

/// Generates a P-256 session key pair, signs a fixed value and verifies the signature.
///
/// A token that cannot keep session keys (many cards) passes if it says so.
///
/// # Errors
/// [`HsmError::Faulty`] for a signature that does not verify, else what the module reported.
pub(crate) fn sign_test_value(session: &Session) -> Result<(), HsmError> {
    let public =
        [Attribute::Token(false), Attribute::Verify(true), Attribute::EcParams(spki::P256_PARAMETERS.to_vec())];
    let private =
        [Attribute::Token(false), Attribute::Private(true), Attribute::Sensitive(true), Attribute::Sign(true)];
    let (public, private) = match session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private) {
        Ok(pair) => pair,
        Err(error) => return no_session_keys(error.into()),
    };
    let signed = sign_and_verify(session, public, private);
    let removed = session.destroy_object(private).and_then(|()| session.destroy_object(public));
    signed?;
    Ok(removed?)
}

fn sign_and_verify(session: &Session, public: ObjectHandle, private: ObjectHandle) -> Result<(), HsmError> {
    let key = KeyId::new("session probe");
    let faulty = || HsmError::Faulty { key: key.clone(), detail: "the test signature does not verify".to_owned() };
    let prepared = algorithm::prepare(ALGORITHM, KeyKind::EcP256, TEST_VALUE).ok_or_else(faulty)?;
    let raw = session.sign(&prepared.mechanism, private, &prepared.input)?;
    let signature = algorithm::assemble(KeyKind::EcP256, raw).ok_or_else(faulty)?;
    spki::read_public(session, public, &key)?.verify(ALGORITHM, TEST_VALUE, &signature).map_err(|_| faulty())
}

fn no_session_keys(error: HsmError) -> Result<(), HsmError> {
    if trouble(&error) == Trouble::None {
        tracing::debug!(%error, "token makes no session keys; its login must do as proof");
        return Ok(());
    }
    Err(error)
}

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::EcdsaSha256;
const TEST_VALUE: &[u8] = b"is this token able to sign";
