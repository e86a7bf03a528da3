//! Proof that a token works: a signature with a key pair that lives only for the proof.
//!
//! Asking for token information is not enough: some devices answer that from a cache. No stored key is touched.

use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use pkcs11::error::RvError;
use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, KeyKind, PublicKey, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::HsmError;
use crate::retry::{Trouble, trouble};
use crate::{algorithm, spki};

/// Generates a P-256 session key pair, signs a fixed value and verifies the signature.
///
/// A token that keeps no session keys or knows no ECDSA (many cards) passes if it says so.
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
    let key = KeyId::new("session probe");
    let signed = spki::read_public(session, public, &key).and_then(|public| prove(session, &key, private, &public));
    let removed = session.destroy_object(private).and_then(|()| session.destroy_object(public));
    match signed {
        Err(HsmError::Call { rv, .. }) if rv.0 == RvError::MechanismInvalid => {
            tracing::debug!("token knows no ECDSA; its login must do as proof");
        }
        other => other?,
    }
    Ok(removed?)
}

/// Makes a private key sign the test value, and verifies it with the public key that it shall belong to.
///
/// # Errors
/// [`HsmError::Faulty`] for a signature that does not verify, else what the module reported.
pub(crate) fn prove(session: &Session, key: &KeyId, private: ObjectHandle, public: &PublicKey) -> Result<(), HsmError> {
    let faulty = || HsmError::Faulty { key: key.clone(), detail: "the test signature does not verify".to_owned() };
    let algorithm = algorithm_for(public.kind());
    let prepared = algorithm::prepare(algorithm, public.kind(), TEST_VALUE).ok_or_else(faulty)?;
    let raw = session.sign(&prepared.mechanism, private, &prepared.input)?;
    let signature = algorithm::assemble(public.kind(), raw).ok_or_else(faulty)?;
    public.verify(algorithm, TEST_VALUE, &signature).map_err(|_| faulty())
}

/// What a key of this kind proves itself with.
pub(crate) const fn algorithm_for(kind: KeyKind) -> SignatureAlgorithm {
    match kind {
        KeyKind::EcP256 => SignatureAlgorithm::EcdsaSha256,
        KeyKind::EcP384 => SignatureAlgorithm::EcdsaSha384,
        KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => SignatureAlgorithm::RsaPkcs1Sha256,
    }
}

fn no_session_keys(error: HsmError) -> Result<(), HsmError> {
    if trouble(&error) == Trouble::None {
        tracing::debug!(%error, "token makes no session keys; its login must do as proof");
        return Ok(());
    }
    Err(error)
}

/// What a key signs to prove itself: no DER, so never the content of a certificate, a request or a CRL.
pub(crate) const TEST_VALUE: &[u8] = b"is this token able to sign";

/// A key of this process, drawn for one agreement with a key on the token.
pub(crate) struct Counterpart {
    /// Its public half.
    pub(crate) public: PublicKey,
    /// What the token's key must agree on with it.
    pub(crate) shared: Zeroizing<Vec<u8>>,
}

impl Counterpart {
    /// For a key on a curve of NIST; none for any other.
    pub(crate) fn of(peer: &PublicKey) -> Option<Self> {
        let algorithm = match peer.kind() {
            KeyKind::EcP256 => &ECDH_P256,
            KeyKind::EcP384 => &ECDH_P384,
            _ => return None,
        };
        let private = PrivateKey::generate(algorithm).ok()?;
        let public: PublicKeyX509Der<'_> = private.compute_public_key().ok()?.as_der().ok()?;
        let public = PublicKey::from_spki(public.as_ref()).ok()?;
        let peer = UnparsedPublicKey::new(algorithm, peer.key_bits());
        let shared = agree(&private, peer, (), |shared| Ok(Zeroizing::new(shared.to_vec()))).ok()?;
        Some(Self { public, shared })
    }
}
