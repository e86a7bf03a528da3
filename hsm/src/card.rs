//! A card at the desk: what it can do, its PIN and PUK, and what it carries once it is made.
//!
//! A PUK is the PIN of the security officer (`CKU_SO`). PIN and PUK are tried once, as everywhere: a card counts.

use pkcs11::error::RvError;
use pkcs11::mechanism::MechanismType;
use pkcs11::object::{Attribute, AttributeType, ObjectClass};
use pkcs11::session::{Session, UserType};
use pkcs11::slot::Slot;
use pki::{Certificate, KeyId, KeyKind, PublicKey};
use secrecy::SecretString;

use crate::attributes::KeyAttributes;
use crate::config::Module;
use crate::key::{exactly_one, hexadecimal, same_key};
use crate::lock::lock;
use crate::module::{LoadedModule, Pass, PinHistory};
use crate::retry::{Trouble, trouble};
use crate::template::BackupMode;
use crate::token::{self, TokenInfo};
use crate::{HsmError, certificate, probe, spki};

/// A card, by its label and, where two carry one label, its serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardName {
    /// The PKCS#11 module that reaches the reader.
    pub module: Module,
    /// Label of the card.
    pub label: String,
    /// Serial number of the card.
    pub serial: Option<String>,
}

/// What a card says of itself to whoever has no PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStatus {
    /// Label, serial number, model.
    pub info: TokenInfo,
    /// The kinds of keys that it makes and signs with.
    pub kinds: Vec<KeyKind>,
    /// The holder's PIN.
    pub pin: PinState,
    /// The PUK.
    pub puk: PinState,
}

/// What a card tells of a PIN (PKCS#11 3.1 section 3.2, token information flags).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// Nobody has set one.
    Unset,
    /// It is asked for, and nothing is known against it.
    Set,
    /// Somebody got it wrong since it was last right.
    CountLow,
    /// The next wrong one locks it.
    FinalTry,
    /// Only the PUK helps; a locked PUK is the end of the card.
    Locked,
}

/// A key on a card, with what is beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardKey {
    /// The public half, as the card says.
    pub public: PublicKey,
    /// `CKA_ID`, which key and certificate share.
    pub identifier: Vec<u8>,
    /// The certificate beside it, DER.
    pub certificate: Option<Vec<u8>>,
}

impl PinState {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "not set",
            Self::Set => "set",
            Self::CountLow => "set; it was given wrongly",
            Self::FinalTry => "set; one try is left",
            Self::Locked => "locked",
        }
    }

    fn of([set, low, last, locked]: [bool; 4]) -> Self {
        match (locked, last, low, set) {
            (true, ..) => Self::Locked,
            (_, true, ..) => Self::FinalTry,
            (_, _, true, _) => Self::CountLow,
            (.., true) => Self::Set,
            (.., false) => Self::Unset,
        }
    }
}

impl CardName {
    /// What the card says of itself; asks for no PIN.
    ///
    /// # Errors
    /// [`HsmError::TokenNotFound`] or [`HsmError::TokenAmbiguous`], if the module cannot be loaded, else what it
    /// reported.
    pub fn status(&self) -> Result<CardStatus, HsmError> {
        self.reach(|pass, slot, info| {
            let flags = pass.context().get_token_info(slot)?;
            let pin = [
                flags.user_pin_initialized(),
                flags.user_pin_count_low(),
                flags.user_pin_final_try(),
                flags.user_pin_locked(),
            ];
            // The standard has no flag for a PUK that was set: an initialised token has one.
            let puk =
                [flags.token_initialized(), flags.so_pin_count_low(), flags.so_pin_final_try(), flags.so_pin_locked()];
            let kinds = kinds(pass, slot)?;
            Ok(CardStatus { info: info.clone(), kinds, pin: PinState::of(pin), puk: PinState::of(puk) })
        })
    }

    /// Makes a blank card this one, with a PUK and a PIN. The serial number chooses among several blank cards.
    ///
    /// # Errors
    /// As [`init_token`](crate::init_token); [`HsmError::TokenAmbiguous`] if several blank cards fit.
    pub fn initialise(&self, puk: &SecretString, pin: &SecretString) -> Result<TokenInfo, HsmError> {
        token::initialise(&self.module, (&self.label, self.serial.as_deref()), puk, pin)
    }

    /// Puts `new` in the place of the holder's PIN.
    ///
    /// # Errors
    /// [`HsmError::PinRefused`] if the card refuses either; it is not tried again.
    pub fn change_pin(&self, old: &SecretString, new: &SecretString) -> Result<(), HsmError> {
        self.reach(|pass, slot, info| {
            let _one_at_a_time = lock(&pass.module().logging_in);
            let session = pass.context().open_rw_session(slot)?;
            tried(pass, info, (&info.serial, old), || session.set_pin(old, new))?;
            pass.module().remember_pin(&info.serial, old, false);
            pass.module().remember_pin(&info.serial, new, true);
            Ok(())
        })
    }

    /// Gives the holder a new PIN, with the PUK: whatever the old one was, and however often it was given wrongly.
    ///
    /// # Errors
    /// [`HsmError::PinRefused`] if the card refuses the PUK or the PIN; it is not tried again.
    pub fn unblock(&self, puk: &SecretString, pin: &SecretString) -> Result<(), HsmError> {
        self.as_officer(puk, |pass, info, session| {
            session.init_pin(pin).map_err(|error| refusal(info, error.into()))?;
            pass.module().forget_pins(&info.serial);
            Ok(())
        })
    }

    /// Puts `new` in the place of the PUK.
    ///
    /// # Errors
    /// [`HsmError::PinRefused`] if the card refuses either; it is not tried again.
    pub fn change_puk(&self, old: &SecretString, new: &SecretString) -> Result<(), HsmError> {
        self.as_officer(old, |pass, info, session| {
            session.set_pin(old, new).map_err(|error| refusal(info, error.into()))?;
            pass.module().remember_pin(&officer(info), old, false);
            Ok(())
        })
    }

    /// Logs in with the PUK, works, and logs out.
    fn as_officer<T>(
        &self,
        puk: &SecretString,
        work: impl FnOnce(&Pass<'_>, &TokenInfo, &Session) -> Result<T, HsmError>,
    ) -> Result<T, HsmError> {
        self.reach(|pass, slot, info| {
            let _one_at_a_time = lock(&pass.module().logging_in);
            let session = pass.context().open_rw_session(slot)?;
            tried(pass, info, (&officer(info), puk), || session.login(UserType::So, Some(puk)))?;
            let done = work(pass, info, &session);
            session.logout()?;
            done
        })
    }

    fn reach<T>(&self, work: impl FnOnce(&Pass<'_>, Slot, &TokenInfo) -> Result<T, HsmError>) -> Result<T, HsmError> {
        let module = LoadedModule::load(&self.module)?;
        let pass = module.enter(module.start()?)?;
        let (slot, info) = token::find(&pass, &self.label, self.serial.as_deref())?;
        work(&pass, slot, &info)
    }
}

/// Under which name PUKs are remembered that a card refused.
fn officer(info: &TokenInfo) -> String {
    format!("{} PUK", info.serial)
}

/// Tries a PIN or PUK, unless the card refused it before.
fn tried(
    pass: &Pass<'_>,
    info: &TokenInfo,
    (whose, secret): (&str, &SecretString),
    work: impl FnOnce() -> Result<(), pkcs11::error::Error>,
) -> Result<(), HsmError> {
    if matches!(pass.module().pin_history(whose, secret), PinHistory::Refused) {
        return Err(HsmError::PinRefused { token: info.label.clone(), detail: "as before".to_owned() });
    }
    work().map_err(|error| {
        let error = HsmError::from(error);
        // Other words may be about the new PIN, such as its length.
        if matches!(&error, HsmError::Call { rv, .. } if matches!(rv.0, RvError::PinIncorrect | RvError::PinLocked)) {
            pass.module().remember_pin(whose, secret, false);
        }
        refusal(info, error)
    })
}

fn refusal(info: &TokenInfo, error: HsmError) -> HsmError {
    match trouble(&error) {
        Trouble::Pin => HsmError::PinRefused { token: info.label.clone(), detail: error.to_string() },
        _ => error,
    }
}

/// The kinds of keys that a card generates and signs with, by the mechanisms and sizes that it names.
fn kinds(pass: &Pass<'_>, slot: Slot) -> Result<Vec<KeyKind>, HsmError> {
    let context = pass.context();
    let known = context.get_mechanism_list(slot)?;
    let mut kinds = Vec::new();
    for (generation, signing, sizes) in BY_MECHANISM {
        if known.contains(generation) && known.contains(signing) {
            let range = context.get_mechanism_info(slot, *generation)?;
            let fits = |bits: &usize| (range.min_key_size()..=range.max_key_size()).contains(bits);
            kinds.extend(sizes.iter().filter(|(_, bits)| fits(bits)).map(|(kind, _)| *kind));
        }
    }
    Ok(kinds)
}

/// Reads back what a card carries under a label, and holds each part to the others: the private key was born there and
/// cannot leave, the public key is its own, and both share their `CKA_ID` with the certificate, which is for this key.
///
/// # Errors
/// [`HsmError::WrongAttribute`], [`HsmError::WrongPublicKey`] or [`HsmError::Faulty`] for what does not fit, else what
/// the module reported.
pub(crate) fn read_back(session: &Session, key: &KeyId) -> Result<CardKey, HsmError> {
    let private = exactly_one(session, ObjectClass::PRIVATE_KEY, key)?;
    let stored_public = exactly_one(session, ObjectClass::PUBLIC_KEY, key)?;
    KeyAttributes::read(session, private)?.check_new(key, BackupMode::Clone)?;
    let public = spki::read_public(session, stored_public, key)?;
    probe::prove(session, key, private, &public)?;
    let mut beside = vec![private, stored_public];
    let found = certificate::read(session, key)?;
    if let Some(der) = &found {
        let parsed = Certificate::parse(der).map_err(|source| HsmError::Certificate { key: key.clone(), source })?;
        same_key(key, &public, parsed.public_key())?;
        beside.push(exactly_one(session, ObjectClass::CERTIFICATE, key)?);
    }
    let mut identifiers = Vec::new();
    for object in beside {
        let id = session.get_attributes(object, &[AttributeType::Id])?.pop();
        identifiers.push(id.and_then(|id| if let Attribute::Id(octets) = id { Some(octets) } else { None }));
    }
    let identifier = identifiers.first().cloned().flatten().unwrap_or_default();
    let other = identifiers.iter().find(|id| id.as_ref() != Some(&identifier));
    if let Some(other) = other {
        let found = other.as_ref().map_or_else(|| "not told".to_owned(), |octets| hexadecimal(octets));
        let wanted = hexadecimal(&identifier);
        return Err(HsmError::WrongAttribute { key: key.clone(), attribute: "CKA_ID", found, wanted });
    }
    Ok(CardKey { public, identifier, certificate: found })
}

/// How keys are made, what they sign with, and which sizes in bits become which kind.
type Ability = (MechanismType, MechanismType, &'static [(KeyKind, usize)]);

const BY_MECHANISM: &[Ability] = &[
    (MechanismType::ECC_KEY_PAIR_GEN, MechanismType::ECDSA, &[(KeyKind::EcP256, 256), (KeyKind::EcP384, 384)]),
    (
        MechanismType::RSA_PKCS_KEY_PAIR_GEN,
        MechanismType::RSA_PKCS,
        &[(KeyKind::Rsa2048, 2048), (KeyKind::Rsa3072, 3072), (KeyKind::Rsa4096, 4096)],
    ),
];

#[cfg(test)]
mod tests {
    use super::PinState;

    #[test]
    fn the_worst_that_a_card_tells_of_a_pin_counts() {
        for (flags, state) in [
            ([false, false, false, false], PinState::Unset),
            ([true, false, false, false], PinState::Set),
            ([true, true, false, false], PinState::CountLow),
            ([true, true, true, false], PinState::FinalTry),
            ([true, true, true, true], PinState::Locked),
        ] {
            assert_eq!(PinState::of(flags), state);
        }
    }
}
