//! What a token says about a private key, and what a CA key must say.

use pkcs11::mechanism::MechanismType;
use pkcs11::object::{Attribute, AttributeType, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, KeyKind};
use serde::{Deserialize, Serialize};

use crate::HsmError;
use crate::template::BackupMode;

/// Attributes of a private key (PKCS#11 3.1 section 4.9). `None`: the token does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAttributes {
    /// `CKA_LOCAL`: generated on this token.
    pub local: Option<bool>,
    /// `CKA_ALWAYS_SENSITIVE`: `CKA_SENSITIVE` was never false.
    pub always_sensitive: Option<bool>,
    /// `CKA_NEVER_EXTRACTABLE`: `CKA_EXTRACTABLE` was never true.
    pub never_extractable: Option<bool>,
    /// `CKA_SENSITIVE`: cannot be read in plain text.
    pub sensitive: Option<bool>,
    /// `CKA_EXTRACTABLE`: can be wrapped.
    pub extractable: Option<bool>,
    /// `CKA_WRAP_WITH_TRUSTED`: can be wrapped by a trusted wrapping key only.
    pub wrap_with_trusted: Option<bool>,
    /// `CKA_COPYABLE`.
    pub copyable: Option<bool>,
    /// `CKA_MODIFIABLE`.
    pub modifiable: Option<bool>,
    /// `CKA_ALWAYS_AUTHENTICATE`: asks for the PIN at each use.
    pub always_authenticate: Option<bool>,
    /// `CKA_KEY_GEN_MECHANISM` by its PKCS#11 name.
    pub generation_mechanism: Option<String>,
}

impl KeyAttributes {
    pub(crate) fn read(session: &Session, key: ObjectHandle) -> Result<Self, HsmError> {
        let wanted = [
            AttributeType::Local,
            AttributeType::AlwaysSensitive,
            AttributeType::NeverExtractable,
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::WrapWithTrusted,
            AttributeType::Copyable,
            AttributeType::Modifiable,
            AttributeType::AlwaysAuthenticate,
        ];
        let mut read = Self { generation_mechanism: generation_mechanism(session, key)?, ..Self::default() };
        for attribute in session.get_attributes(key, &wanted)? {
            match attribute {
                Attribute::Local(value) => read.local = Some(value),
                Attribute::AlwaysSensitive(value) => read.always_sensitive = Some(value),
                Attribute::NeverExtractable(value) => read.never_extractable = Some(value),
                Attribute::Sensitive(value) => read.sensitive = Some(value),
                Attribute::Extractable(value) => read.extractable = Some(value),
                Attribute::WrapWithTrusted(value) => read.wrap_with_trusted = Some(value),
                Attribute::Copyable(value) => read.copyable = Some(value),
                Attribute::Modifiable(value) => read.modifiable = Some(value),
                Attribute::AlwaysAuthenticate(value) => read.always_authenticate = Some(value),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The backup mode that the key was generated with, as far as its attributes tell.
    pub fn backup(&self) -> BackupMode {
        if self.wrap_with_trusted == Some(true) { BackupMode::Wrap } else { BackupMode::Clone }
    }

    /// Whether the key was born on this token in this mode and can leave it in no other way; what every key of ours
    /// must say when it is new.
    ///
    /// # Errors
    /// [`HsmError::WrongAttribute`] naming the first attribute that is not as it must be. An attribute that the token
    /// does not tell is wrong.
    pub(crate) fn check_new(&self, key: &KeyId, backup: BackupMode) -> Result<(), HsmError> {
        demand(key, "CKA_LOCAL", self.local, true)?;
        demand(key, "CKA_ALWAYS_SENSITIVE", self.always_sensitive, true)?;
        match backup {
            BackupMode::Clone => self.check_staying(key),
            BackupMode::Wrap => self.check_wrapping(key),
        }
    }

    /// What a CA key must say beyond [`check_new`](Self::check_new), whenever it is used. One that may be wrapped may
    /// have been, and then says nothing of its birth: what proves that is not on the token.
    ///
    /// # Errors
    /// [`HsmError::WrongAttribute`], as there.
    pub(crate) fn check_ca(&self, key: &KeyId, kind: KeyKind) -> Result<(), HsmError> {
        if self.backup() == BackupMode::Wrap {
            self.check_wrapping(key)?;
            return demand(key, "CKA_COPYABLE", self.copyable, false);
        }
        self.check_new(key, BackupMode::Clone)?;
        demand(key, "CKA_COPYABLE", self.copyable, false)?;
        demand(key, "CKA_MODIFIABLE", self.modifiable, false)?;
        let wanted = generation(kind).to_string();
        let found = self.generation_mechanism.clone().unwrap_or_else(|| UNTOLD.to_owned());
        if found == wanted {
            return Ok(());
        }
        Err(HsmError::WrongAttribute { key: key.clone(), attribute: "CKA_KEY_GEN_MECHANISM", found, wanted })
    }

    fn check_staying(&self, key: &KeyId) -> Result<(), HsmError> {
        demand(key, "CKA_SENSITIVE", self.sensitive, true)?;
        demand(key, "CKA_EXTRACTABLE", self.extractable, false)?;
        demand(key, "CKA_NEVER_EXTRACTABLE", self.never_extractable, true)
    }

    fn check_wrapping(&self, key: &KeyId) -> Result<(), HsmError> {
        demand(key, "CKA_SENSITIVE", self.sensitive, true)?;
        demand(key, "CKA_WRAP_WITH_TRUSTED", self.wrap_with_trusted, true)
    }
}

/// `CKA_KEY_GEN_MECHANISM`. A key that came from outside says `CK_UNAVAILABLE_INFORMATION`, which is no mechanism.
fn generation_mechanism(session: &Session, key: ObjectHandle) -> Result<Option<String>, HsmError> {
    match session.get_attributes(key, &[AttributeType::KeyGenMechanism]) {
        Ok(attributes) => Ok(attributes.into_iter().find_map(|attribute| match attribute {
            Attribute::KeyGenMechanism(value) => Some(value.to_string()),
            _ => None,
        })),
        Err(pkcs11::error::Error::NotSupported) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The mechanism that generates keys of this kind.
fn generation(kind: KeyKind) -> MechanismType {
    match kind {
        KeyKind::EcP256 | KeyKind::EcP384 => MechanismType::ECC_KEY_PAIR_GEN,
        KeyKind::Ed25519 => MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => MechanismType::RSA_PKCS_KEY_PAIR_GEN,
    }
}

fn demand(key: &KeyId, attribute: &'static str, found: Option<bool>, wanted: bool) -> Result<(), HsmError> {
    if found == Some(wanted) {
        return Ok(());
    }
    let found = found.map_or_else(|| UNTOLD.to_owned(), |value| value.to_string());
    Err(HsmError::WrongAttribute { key: key.clone(), attribute, found, wanted: wanted.to_string() })
}

const UNTOLD: &str = "not told";

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> KeyAttributes {
        KeyAttributes {
            local: Some(true),
            always_sensitive: Some(true),
            never_extractable: Some(true),
            sensitive: Some(true),
            extractable: Some(false),
            wrap_with_trusted: Some(false),
            copyable: Some(false),
            modifiable: Some(false),
            always_authenticate: Some(false),
            generation_mechanism: Some("CKM_EC_KEY_PAIR_GEN".to_owned()),
        }
    }

    /// As it comes back from under a wrapping key.
    #[test]
    fn wrapped_key_is_held_to_what_it_can_still_say() {
        let key = KeyId::new("ca");
        let restored = KeyAttributes {
            local: Some(false),
            always_sensitive: Some(false),
            never_extractable: Some(false),
            extractable: Some(true),
            wrap_with_trusted: Some(true),
            modifiable: Some(true),
            generation_mechanism: None,
            ..good()
        };
        assert!(restored.check_ca(&key, KeyKind::EcP384).is_ok());
        assert!(restored.check_new(&key, BackupMode::Wrap).is_err());
        let wrong = [
            ("CKA_SENSITIVE", KeyAttributes { sensitive: Some(false), ..restored.clone() }),
            ("CKA_COPYABLE", KeyAttributes { copyable: Some(true), ..restored.clone() }),
            ("CKA_LOCAL", KeyAttributes { wrap_with_trusted: Some(false), ..restored.clone() }),
        ];
        for (name, attributes) in wrong {
            let refused = attributes.check_ca(&key, KeyKind::EcP384).unwrap_err();
            assert!(matches!(refused, HsmError::WrongAttribute { attribute, .. } if attribute == name), "{refused}");
        }
    }

    #[test]
    fn each_attribute_of_a_ca_key_is_demanded() {
        let key = KeyId::new("ca");
        assert!(good().check_ca(&key, KeyKind::EcP384).is_ok());
        let wrong = [
            ("CKA_LOCAL", KeyAttributes { local: Some(false), ..good() }),
            ("CKA_LOCAL", KeyAttributes { local: None, ..good() }),
            ("CKA_SENSITIVE", KeyAttributes { sensitive: Some(false), ..good() }),
            ("CKA_ALWAYS_SENSITIVE", KeyAttributes { always_sensitive: Some(false), ..good() }),
            ("CKA_EXTRACTABLE", KeyAttributes { extractable: Some(true), ..good() }),
            ("CKA_NEVER_EXTRACTABLE", KeyAttributes { never_extractable: Some(false), ..good() }),
            ("CKA_COPYABLE", KeyAttributes { copyable: Some(true), ..good() }),
            ("CKA_MODIFIABLE", KeyAttributes { modifiable: Some(true), ..good() }),
            ("CKA_KEY_GEN_MECHANISM", KeyAttributes { generation_mechanism: None, ..good() }),
        ];
        for (name, attributes) in wrong {
            let refused = attributes.check_ca(&key, KeyKind::EcP384).unwrap_err();
            assert!(matches!(refused, HsmError::WrongAttribute { attribute, .. } if attribute == name), "{refused}");
        }
    }
}
