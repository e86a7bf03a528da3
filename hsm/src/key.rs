//! Keys on the token: found once by label and cached, used, generated.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pkcs11::mechanism::Mechanism;
use pkcs11::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use pkcs11::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, PublicKey, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::attributes::KeyAttributes;
use crate::lock::lock;
use crate::template::{self, BackupMode, KeyRole, NewKey};
use crate::token::{Anchor, Seat, check_login};
use crate::{HsmError, algorithm, spki, wrapping};

/// A key that was found.
pub(crate) struct KeyEntry {
    /// The private key object on the token.
    pub(crate) stored: ObjectHandle,
    /// What signs: the stored object or its session copy.
    signing: ObjectHandle,
    pub(crate) public: PublicKey,
}

/// Public keys that this pool has seen, for as long as it lives: a label never changes its key unnoticed.
pub(crate) type Seen = Mutex<HashMap<KeyId, PublicKey>>;

/// The key with this label, from the cache or the token.
///
/// # Errors
/// [`HsmError::NoSuchKey`], [`HsmError::KeyAmbiguous`], [`HsmError::KeyUnusable`]; [`HsmError::KeyVanished`] or
/// [`HsmError::WrongPublicKey`] if an earlier look saw it differently; else what the module reported.
pub(crate) fn entry(seat: &Seat, seen: &Seen, key: &KeyId) -> Result<Arc<KeyEntry>, HsmError> {
    let anchor = &seat.anchor;
    if let Some(entry) = anchor.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return Ok(Arc::clone(entry));
    }
    let found = match seat.with(|session| look_up(session, key)) {
        Err(HsmError::NoSuchKey { .. }) if lock(seen).remove(key).is_some() => {
            return Err(HsmError::KeyVanished { key: key.clone() });
        }
        other => other?,
    };
    let before = lock(seen).entry(key.clone()).or_insert_with(|| found.public.clone()).clone();
    same_key(key, &found.public, &before)?;

    let mut keys = anchor.keys.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = keys.get(key) {
        return Ok(Arc::clone(entry));
    }
    let signing = if found.copyable { session_copy(anchor, key, found.stored) } else { found.stored };
    let entry = Arc::new(KeyEntry { stored: found.stored, signing, public: found.public });
    keys.insert(key.clone(), Arc::clone(&entry));
    Ok(entry)
}

/// Signs, says so by `unverified`, and verifies. The signature has the form of X.509.
///
/// # Errors
/// [`HsmError::Faulty`] for a signature that does not verify, [`HsmError::WrongKind`], else as [`entry`].
pub(crate) fn sign(
    seat: &Seat,
    seen: &Seen,
    key: &KeyId,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    unverified: impl FnOnce(),
) -> Result<Vec<u8>, HsmError> {
    let entry = entry(seat, seen, key)?;
    let kind = entry.public.kind();
    let prepared = algorithm::prepare(algorithm, kind, message).ok_or_else(|| HsmError::WrongKind {
        key: key.clone(),
        kind,
        wanted: format!("{algorithm:?}"),
    })?;
    let raw = seat.with(|session| Ok(session.sign(&prepared.mechanism, entry.signing, &prepared.input)?))?;
    unverified();
    let faulty = |detail: &str| HsmError::Faulty { key: key.clone(), detail: detail.to_owned() };
    let signature = algorithm::assemble(kind, raw).ok_or_else(|| faulty("the signature is malformed"))?;
    entry.public.verify(algorithm, message, &signature).map_err(|_| faulty("the signature does not verify"))?;
    Ok(signature)
}

/// Generates a key pair and checks that it is as its role demands.
///
/// # Errors
/// [`HsmError::KeyExists`] if any object carries the label; [`HsmError::WrongAttribute`] if the token made something
/// else (the pair is then destroyed); else what the module reported.
pub(crate) fn generate(seat: &Seat, new: &NewKey) -> Result<PublicKey, HsmError> {
    let _one_at_a_time = lock(&seat.anchor.module.generating);
    seat.with(|session| {
        check_label_is_free(session, &new.key)?;
        let (public, private) = generate_pair(session, new)?;
        check_new_key(session, new, public, private).inspect_err(|error| {
            tracing::error!(key = %new.key, %error, "the token made a key that is not as asked; destroying it");
            destroy(session, &new.key, &[private, public]);
        })
    })
}

/// Refuses a label that any key object carries.
///
/// # Errors
/// [`HsmError::KeyExists`], or that the login is gone, without which private objects are not seen.
pub(crate) fn check_label_is_free(session: &Session, key: &KeyId) -> Result<(), HsmError> {
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        if !labelled(session, class, key)?.is_empty() {
            return Err(HsmError::KeyExists { key: key.clone() });
        }
    }
    check_login(session)
}

/// Destroys objects of a key that may not stay; what cannot be destroyed is logged, since the caller has an error
/// already.
pub(crate) fn destroy(session: &Session, key: &KeyId, objects: &[ObjectHandle]) {
    for &object in objects {
        if let Err(error) = session.destroy_object(object) {
            tracing::error!(%key, %error, "an object could not be destroyed");
        }
    }
}

/// Whether a key is there to sign (`CKA_SIGN`); a token that does not say so is asked to.
///
/// # Errors
/// As [`entry`].
pub(crate) fn signs(seat: &Seat, seen: &Seen, key: &KeyId) -> Result<bool, HsmError> {
    let entry = entry(seat, seen, key)?;
    seat.with(|session| {
        let told = session.get_attributes(entry.stored, &[AttributeType::Sign])?;
        Ok(!matches!(told.as_slice(), [Attribute::Sign(false)]))
    })
}

/// ECDH with `peer`: the x coordinate of the shared point (SEC 1 section 3.3.1), before any key derivation function.
///
/// # Errors
/// [`HsmError::WrongKind`] unless both keys are on the same NIST curve, else as [`entry`].
pub(crate) fn derive(seat: &Seat, seen: &Seen, key: &KeyId, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, HsmError> {
    let entry = entry(seat, seen, key)?;
    let kind = entry.public.kind();
    let (Some(octets), true) = (algorithm::field_octets(kind), peer.kind() == kind) else {
        let wanted = format!("ECDH with {}", peer.kind());
        return Err(HsmError::WrongKind { key: key.clone(), kind, wanted });
    };
    let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), peer.key_bits()));
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::ValueLen(octets.try_into().map_err(HsmError::from)?),
    ];
    seat.with(|session| {
        let shared = session.derive_key(&mechanism, entry.stored, &template)?;
        let value = session.get_attributes(shared, &[AttributeType::Value]);
        session.destroy_object(shared)?;
        match value?.pop() {
            Some(Attribute::Value(secret)) if secret.len() == octets => Ok(Zeroizing::new(secret)),
            _ => Err(HsmError::Faulty { key: key.clone(), detail: "no shared secret of the right length".to_owned() }),
        }
    })
}

/// Labels of every private key on the token, sorted. Labels that are not UTF-8 are not ours and left out.
pub(crate) fn labels(session: &Session) -> Result<Vec<KeyId>, HsmError> {
    let mut labels = Vec::new();
    for object in session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Token(true)])? {
        for attribute in session.get_attributes(object, &[AttributeType::Label])? {
            if let Attribute::Label(label) = attribute
                && let Ok(label) = String::from_utf8(label)
            {
                labels.push(KeyId::new(label));
            }
        }
    }
    labels.sort();
    Ok(labels)
}

/// Refuses another key than the one expected.
///
/// # Errors
/// [`HsmError::WrongPublicKey`].
pub(crate) fn same_key(key: &KeyId, found: &PublicKey, expected: &PublicKey) -> Result<(), HsmError> {
    if found == expected {
        return Ok(());
    }
    Err(HsmError::WrongPublicKey {
        key: key.clone(),
        found: hexadecimal(&found.fingerprint()),
        expected: hexadecimal(&expected.fingerprint()),
    })
}

/// Token objects of a class with this label.
pub(crate) fn labelled(session: &Session, class: ObjectClass, key: &KeyId) -> Result<Vec<ObjectHandle>, HsmError> {
    let label = Attribute::Label(key.as_str().as_bytes().to_vec());
    Ok(session.find_objects(&[Attribute::Class(class), Attribute::Token(true), label])?)
}

struct Found {
    stored: ObjectHandle,
    public: PublicKey,
    copyable: bool,
}

fn look_up(session: &Session, key: &KeyId) -> Result<Found, HsmError> {
    let stored = exactly_one(session, ObjectClass::PRIVATE_KEY, key)?;
    let attributes = KeyAttributes::read(session, stored)?;
    if attributes.always_authenticate == Some(true) {
        let detail = "it asks for its PIN at each use".to_owned();
        return Err(HsmError::KeyUnusable { key: key.clone(), detail });
    }
    let public = spki::read_public(session, exactly_one(session, ObjectClass::PUBLIC_KEY, key)?, key)?;
    Ok(Found { stored, public, copyable: attributes.copyable == Some(true) })
}

/// The one token object of a class with this label.
///
/// # Errors
/// [`HsmError::NoSuchKey`], [`HsmError::KeyAmbiguous`], or that the login is gone.
pub(crate) fn exactly_one(session: &Session, class: ObjectClass, key: &KeyId) -> Result<ObjectHandle, HsmError> {
    let mut objects = labelled(session, class, key)?;
    match (objects.pop(), objects.len()) {
        (Some(object), 0) => Ok(object),
        (Some(_), others) => Err(HsmError::KeyAmbiguous { key: key.clone(), count: others + 1 }),
        (None, _) => {
            // A session whose login is gone sees no private objects at all.
            check_login(session)?;
            Err(HsmError::NoSuchKey { key: key.clone() })
        }
    }
}

/// A copy in the keeper's session, which signs faster on most tokens; the stored key where the token makes none.
fn session_copy(anchor: &Anchor, key: &KeyId, stored: ObjectHandle) -> ObjectHandle {
    let copied = anchor.with(|session| {
        let copy = session.copy_object(stored, &[Attribute::Token(false)])?;
        let attributes = KeyAttributes::read(session, copy)?;
        if attributes.sensitive == Some(true) && attributes.extractable == Some(false) {
            return Ok(Some(copy));
        }
        session.destroy_object(copy)?;
        Ok(None)
    });
    match copied {
        Ok(Some(copy)) => copy,
        Ok(None) => {
            tracing::warn!(%key, "the token's session copy would be readable; signing with the stored key");
            stored
        }
        Err(error) => {
            tracing::debug!(%key, %error, "no session copy; signing with the stored key");
            stored
        }
    }
}

fn generate_pair(session: &Session, new: &NewKey) -> Result<(ObjectHandle, ObjectHandle), HsmError> {
    let NewKey { key, kind, role, backup } = new;
    let (kind, role) = (*kind, *role);
    let (mechanism, spellings) = template::generation(kind);
    let plain = template::private(key, role, *backup);
    let mut privates = Vec::new();
    // CKA_ALLOWED_MECHANISMS is optional in PKCS#11: with it where the token knows it.
    privates.extend(template::allowed_mechanisms(kind, role).map(|allowed| [plain.clone(), vec![allowed]].concat()));
    privates.push(plain);

    let mut refused = None;
    for private in &privates {
        for parameters in spellings {
            let public = template::public(key, kind, role, parameters);
            match session.generate_key_pair(&mechanism, &public, private) {
                Ok(pair) => return Ok(pair),
                Err(error) => {
                    let error = HsmError::from(error);
                    if crate::retry::trouble(&error) > crate::retry::Trouble::None {
                        return Err(error);
                    }
                    tracing::debug!(%key, %error, "template refused");
                    refused.get_or_insert(error);
                }
            }
        }
    }
    Err(refused.expect("at least one template was tried and refused"))
}

fn check_new_key(
    session: &Session,
    new: &NewKey,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<PublicKey, HsmError> {
    let public = spki::read_public(session, public, &new.key)?;
    let attributes = KeyAttributes::read(session, private)?;
    attributes.check_new(&new.key, new.backup)?;
    if new.role == KeyRole::Ca {
        attributes.check_ca(&new.key, public.kind())?;
    }
    if new.backup == BackupMode::Wrap {
        wrapping::check_goes_out(session, private)?;
        wrapping::check_kept(session, private)?;
    }
    Ok(public)
}

/// Octets as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |text, octet| text + &format!("{octet:02x}"))
}
