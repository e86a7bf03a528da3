//! Backup mode `wrap`: private keys that leave their token under a trusted wrapping key only.
//!
//! Only the token's security officer makes a key that the token trusts to wrap others; a user who could would be able to
//! take out every key. Tokens that keep one of the two attributes without obeying it exist, so a new key is not
//! believed: a wrapping key that nobody trusts is tried on it first.

use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, ObjectClass, ObjectHandle};
use pkcs11::session::{Session, UserType};
use pki::{KeyId, KeyKind, PublicKey};
use secrecy::SecretString;

use crate::config::Module;
use crate::key::{self, Seen};
use crate::module::LoadedModule;
use crate::retry::{Trouble, trouble};
use crate::template::{self, BackupMode, KeyRole};
use crate::token::{Seat, find};
use crate::{HsmError, probe, spki};

/// A private key under a wrapping key, with the public key that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The public half, which whoever brings the key back holds it to.
    pub public: PublicKey,
    /// The PKCS#8 private key under AES key wrap with padding (RFC 5649).
    pub content: Vec<u8>,
}

/// Makes a trusted wrapping key, AES-256, as the token's security officer. Nobody may be logged in to the token.
///
/// # Errors
/// [`HsmError::NoTrustedWrapping`] if the token has no such keys, [`HsmError::KeyExists`] if the label is taken, else
/// what the module reported, such as a refused PIN.
pub fn make_wrapping_key(module: &Module, token: &str, so_pin: &SecretString, key: &KeyId) -> Result<(), HsmError> {
    let module = LoadedModule::load(module)?;
    let generation = module.start()?;
    let pass = module.enter(generation)?;
    let (slot, _) = find(&pass, token, None)?;
    let session = pass.context().open_rw_session(slot)?;
    session.login(UserType::So, Some(so_pin))?;
    let made = generate_trusted(&session, key);
    session.logout()?;
    made
}

/// Takes a key out under a wrapping key.
///
/// # Errors
/// As [`Pool::wrap_key`](crate::Pool::wrap_key).
pub(crate) fn wrap(seat: &Seat, seen: &Seen, key: &KeyId, wrapping: &KeyId) -> Result<WrappedKey, HsmError> {
    let entry = key::entry(seat, seen, key)?;
    seat.with(|session| {
        let wrapping = key::exactly_one(session, ObjectClass::SECRET_KEY, wrapping)?;
        let content = session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, entry.stored)?;
        Ok(WrappedKey { public: entry.public.clone(), content })
    })
}

/// Brings a key back from under a wrapping key, and its public key with it.
///
/// # Errors
/// As [`Pool::unwrap_key`](crate::Pool::unwrap_key).
pub(crate) fn unwrap(
    seat: &Seat,
    (key, role): (&KeyId, KeyRole),
    wrapped: &WrappedKey,
    wrapping: &KeyId,
) -> Result<(), HsmError> {
    let _one_at_a_time = crate::lock::lock(&seat.anchor.module.generating);
    seat.with(|session| {
        key::check_label_is_free(session, key)?;
        let wrapping = key::exactly_one(session, ObjectClass::SECRET_KEY, wrapping)?;
        let private = session.unwrap_key(
            &Mechanism::AesKeyWrapPad,
            wrapping,
            &wrapped.content,
            &unwrapped(key, role, wrapped.public.kind()),
        )?;
        let proven = probe::prove(session, key, private, &wrapped.public)
            .and_then(|()| check_kept(session, private))
            .and_then(|()| store_public(session, key, role, &wrapped.public));
        proven.inspect_err(|error| {
            tracing::error!(%key, %error, "the unwrapped key does not prove itself; destroying it");
            key::destroy(session, key, &[private]);
        })
    })
}

/// Template of a key that comes back. `SoftHSM2` unwraps no key that cannot be modified; what matters cannot be modified
/// on any key: `CKA_SENSITIVE` and `CKA_WRAP_WITH_TRUSTED` only ever become true.
fn unwrapped(key: &KeyId, role: KeyRole, kind: KeyKind) -> Vec<Attribute> {
    let mut template = template::private(key, role, BackupMode::Wrap);
    template.retain(|attribute| !matches!(attribute, Attribute::Modifiable(_)));
    template.extend([Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::KeyType(spki::key_type(kind))]);
    template
}

/// Whether a new key can be backed up at all: some tokens wrap only some kinds of keys.
///
/// # Errors
/// [`HsmError::NoTrustedWrapping`] if the token has no trusted wrapping key or it does not take this key out, else what
/// the module reported.
pub(crate) fn check_goes_out(session: &Session, private: ObjectHandle) -> Result<(), HsmError> {
    let trusted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Token(true),
        Attribute::Trusted(true),
        Attribute::Wrap(true),
    ];
    let Some(&wrapping) = session.find_objects(&trusted)?.first() else {
        return Err(not_kept("it has no trusted wrapping key".to_owned()));
    };
    session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, private).map(drop).map_err(refusal)
}

/// Whether the token keeps `private` to trusted wrapping keys: one that is not trusted must not take it out.
///
/// # Errors
/// [`HsmError::NoTrustedWrapping`], else what the module reported.
pub(crate) fn check_kept(session: &Session, private: ObjectHandle) -> Result<(), HsmError> {
    let untrusted = session.generate_key(&Mechanism::AesKeyGen, &secret_key(false))?;
    let outcome = session.wrap_key(&Mechanism::AesKeyWrapPad, untrusted, private);
    session.destroy_object(untrusted)?;
    match outcome.map_err(refusal) {
        Ok(_) => Err(not_kept("a wrapping key that nobody trusts took a key out".to_owned())),
        Err(HsmError::NoTrustedWrapping { .. }) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

fn generate_trusted(session: &Session, key: &KeyId) -> Result<(), HsmError> {
    if !key::labelled(session, ObjectClass::SECRET_KEY, key)?.is_empty() {
        return Err(HsmError::KeyExists { key: key.clone() });
    }
    let mut template = secret_key(true);
    template.extend([
        Attribute::Trusted(true),
        Attribute::Label(key.as_str().as_bytes().to_vec()),
        Attribute::Id(template::identifier(key)),
        Attribute::Modifiable(false),
    ]);
    session
        .generate_key(&Mechanism::AesKeyGen, &template)
        .map_err(HsmError::from)
        .map(drop)
        .map_err(|error| if trouble(&error) == Trouble::None { not_kept(error.to_string()) } else { error })
}

/// An AES-256 key that wraps and unwraps. Not private: the security officer sees no private objects.
fn secret_key(stored: bool) -> Vec<Attribute> {
    vec![
        Attribute::Token(stored),
        Attribute::Private(false),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::ValueLen(AES_256_OCTETS.into()),
        Attribute::Wrap(true),
        Attribute::Unwrap(true),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
    ]
}

/// Stores the public key object, with the first spelling of its curve that the token takes.
fn store_public(session: &Session, key: &KeyId, role: KeyRole, public: &PublicKey) -> Result<(), HsmError> {
    let (_, spellings) = template::generation(public.kind());
    let mut refused = None;
    for parameters in spellings {
        let unusable =
            || HsmError::KeyUnusable { key: key.clone(), detail: "its public key has no PKCS#11 form".into() };
        let mut template = template::public_usage(key, role);
        template.push(Attribute::Class(ObjectClass::PUBLIC_KEY));
        template.extend(spki::describe(public, parameters).ok_or_else(unusable)?);
        match session.create_object(&template) {
            Ok(_) => return Ok(()),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.expect("every kind of key has a spelling, which was refused").into())
}

/// What the token will not do, told from a token in trouble.
fn refusal(error: pkcs11::error::Error) -> HsmError {
    let error = HsmError::from(error);
    if trouble(&error) == Trouble::None { not_kept(error.to_string()) } else { error }
}

fn not_kept(detail: String) -> HsmError {
    HsmError::NoTrustedWrapping { detail }
}

const AES_256_OCTETS: u64 = 32;
