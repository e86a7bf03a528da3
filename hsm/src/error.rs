//! What can go wrong with a token, with the C function and its return value kept.

use std::fmt;
use std::path::PathBuf;

use pkcs11::error::RvError;
use pki::{KeyId, KeyKind, Kind, SignError};

/// Why a token did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HsmError {
    /// None of the places holds a PKCS#11 module.
    #[error("no PKCS#11 module at {}", .looked.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    ModuleNotFound {
        /// Every place that was looked at.
        looked: Vec<PathBuf>,
    },

    /// The shared library is there, but is not a usable PKCS#11 module.
    #[error("PKCS#11 module {} cannot be loaded: {detail}", .path.display())]
    Load {
        /// The shared library.
        path: PathBuf,
        /// The loader's words.
        detail: String,
    },

    /// A setting that cannot work.
    #[error("{what} is {found}, at least {least} is needed")]
    Setting {
        /// Name of the setting.
        what: &'static str,
        /// Its value.
        found: usize,
        /// The least value that works.
        least: usize,
    },

    /// The operating system gave no thread.
    #[error("no thread for the pool")]
    Thread(#[source] std::io::Error),

    /// A PKCS#11 function failed.
    #[error("{function} returned {rv}")]
    Call {
        /// The C function, for example `C_Sign`.
        function: String,
        /// What it returned.
        rv: ReturnValue,
    },

    /// The binding could not make the call or read its answer.
    #[error("PKCS#11 binding: {detail}")]
    Binding {
        /// The binding's words.
        detail: String,
    },

    /// No slot holds the token.
    #[error("no token with label {label:?}{}; present: {seen:?}", .serial.as_ref().map(|s| format!(" and serial {s:?}")).unwrap_or_default())]
    TokenNotFound {
        /// Wanted label.
        label: String,
        /// Wanted serial number, if one was given.
        serial: Option<String>,
        /// Labels of the tokens that are present.
        seen: Vec<String>,
    },

    /// More than one token fits; the configuration must name the serial number.
    #[error("{count} tokens with label {label:?}: name the serial number")]
    TokenAmbiguous {
        /// Wanted label.
        label: String,
        /// How many carry it.
        count: usize,
    },

    /// A token of this label exists already.
    #[error("a token with label {label:?} exists already")]
    TokenExists {
        /// The label.
        label: String,
    },

    /// The PIN could not be read from where it should be.
    #[error("PIN from {place}: {detail}")]
    PinUnreadable {
        /// File, variable or credential.
        place: String,
        /// Why not; never any content.
        detail: String,
    },

    /// The token refused the PIN. It is not tried again in this process.
    #[error("PIN refused for token {token:?} ({detail}); it is not tried again")]
    PinRefused {
        /// Label of the token.
        token: String,
        /// Return value or reason.
        detail: String,
    },

    /// No private key carries this label.
    #[error("no key {key} on the token")]
    NoSuchKey {
        /// The label.
        key: KeyId,
    },

    /// A key that was there is gone: the token lost its content, or is not the same any more.
    #[error("key {key} was on the token and is gone")]
    KeyVanished {
        /// The label.
        key: KeyId,
    },

    /// The label is taken.
    #[error("key {key} exists already")]
    KeyExists {
        /// The label.
        key: KeyId,
    },

    /// Exactly one key may carry a label; the token holds several.
    #[error("{count} objects with label {key}, exactly one is allowed")]
    KeyAmbiguous {
        /// The label.
        key: KeyId,
        /// How many carry it.
        count: usize,
    },

    /// A key that this service cannot use.
    #[error("key {key} cannot be used: {detail}")]
    KeyUnusable {
        /// The label.
        key: KeyId,
        /// Why not.
        detail: String,
    },

    /// The key cannot make this kind of signature or agreement.
    #[error("key {key} is {kind:?}, which does not fit {wanted}")]
    WrongKind {
        /// The label.
        key: KeyId,
        /// What the key is.
        kind: KeyKind,
        /// What was asked of it.
        wanted: String,
    },

    /// An attribute of the key is not what its role demands.
    #[error("key {key}: {attribute} is {found}, must be {wanted}")]
    WrongAttribute {
        /// The label.
        key: KeyId,
        /// PKCS#11 name, for example `CKA_LOCAL`.
        attribute: &'static str,
        /// What the token says.
        found: String,
        /// What it must say.
        wanted: String,
    },

    /// A key that may leave its token under a wrapping key, and nothing proves where it was born and has been.
    #[error("key {key} may be wrapped, and no verified transcript names its public key {fingerprint}")]
    NoTranscript {
        /// The label.
        key: KeyId,
        /// SHA-256 of its public key, hexadecimal.
        fingerprint: String,
    },

    /// The token does not keep keys to trusted wrapping keys; backup mode `clone` is left.
    #[error("the token does not keep keys to trusted wrapping keys ({detail}): use backup mode clone")]
    NoTrustedWrapping {
        /// What it did.
        detail: String,
    },

    /// The token's public key is not the one that was expected, for example the certificate's.
    #[error("key {key}: public key on the token is {found}, expected {expected}")]
    WrongPublicKey {
        /// The label.
        key: KeyId,
        /// SHA-256 of the token's key, hexadecimal.
        found: String,
        /// SHA-256 of the expected key, hexadecimal.
        expected: String,
    },

    /// A certificate that was to be stored beside a key cannot be read.
    #[error("certificate for key {key} cannot be read")]
    Certificate {
        /// The label.
        key: KeyId,
        /// Why not.
        source: pki::CertificateError,
    },

    /// The token is away, or being recovered.
    #[error("token unavailable: {why}")]
    Unavailable {
        /// What is known about it.
        why: String,
    },

    /// The module was initialised anew since the session was opened; nothing was done.
    #[error("the PKCS#11 module was restarted meanwhile")]
    Stale,

    /// The queue is full.
    #[error("too many calls are waiting for the token")]
    Busy,

    /// The deadline passed. If the call was running, its effect may still happen.
    #[error("the token did not answer in time")]
    Timeout,

    /// The token answered, but wrongly: the signature does not verify. Raise an alarm.
    #[error("key {key}: {detail}")]
    Faulty {
        /// The label.
        key: KeyId,
        /// What was wrong.
        detail: String,
    },
}

impl HsmError {
    /// Coarse class for the edge and for metrics.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoSuchKey { .. } => Kind::NotFound,
            Self::KeyExists { .. } | Self::TokenExists { .. } => Kind::Conflict,
            Self::WrongKind { .. } | Self::Setting { .. } | Self::Certificate { .. } => Kind::Invalid,
            Self::KeyAmbiguous { .. }
            | Self::KeyUnusable { .. }
            | Self::WrongAttribute { .. }
            | Self::NoTranscript { .. }
            | Self::NoTrustedWrapping { .. }
            | Self::WrongPublicKey { .. } => Kind::Refused,
            Self::Busy
            | Self::Timeout
            | Self::Unavailable { .. }
            | Self::Stale
            | Self::KeyVanished { .. }
            | Self::TokenNotFound { .. } => Kind::Busy,
            _ => Kind::Internal,
        }
    }

    /// Short stable word for metrics: the return value's name, or the kind of trouble.
    pub fn label(&self) -> String {
        match self {
            Self::Call { rv, .. } => rv.to_string(),
            Self::Unavailable { .. } | Self::Stale => "unavailable".to_owned(),
            Self::Busy => "busy".to_owned(),
            Self::Timeout => "timeout".to_owned(),
            Self::Faulty { .. } => "faulty".to_owned(),
            Self::NoSuchKey { .. } => "no_such_key".to_owned(),
            _ => "refused".to_owned(),
        }
    }
}

impl From<pkcs11::error::Error> for HsmError {
    fn from(error: pkcs11::error::Error) -> Self {
        match error {
            pkcs11::error::Error::Pkcs11(rv, function) => {
                Self::Call { function: format!("C_{function:?}"), rv: ReturnValue(rv) }
            }
            other => Self::Binding { detail: other.to_string() },
        }
    }
}

impl From<HsmError> for SignError {
    fn from(error: HsmError) -> Self {
        match error {
            HsmError::NoSuchKey { key } => Self::NoSuchKey { key },
            HsmError::Busy => Self::Busy,
            HsmError::Timeout => Self::Timeout,
            HsmError::Faulty { .. } => Self::Faulty { detail: error.to_string() },
            HsmError::Call { rv, .. } if rv.is_refusal() => Self::Refused { detail: error.to_string() },
            HsmError::KeyAmbiguous { .. } | HsmError::KeyUnusable { .. } | HsmError::WrongKind { .. } => {
                Self::Refused { detail: error.to_string() }
            }
            other => Self::Unavailable { detail: other.to_string() },
        }
    }
}

/// A `CK_RV` other than `CKR_OK`. Displays as its PKCS#11 name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnValue(pub(crate) RvError);

impl ReturnValue {
    /// The token works, but will not do this with this key.
    fn is_refusal(self) -> bool {
        matches!(
            self.0,
            RvError::KeyFunctionNotPermitted
                | RvError::KeyTypeInconsistent
                | RvError::KeySizeRange
                | RvError::MechanismInvalid
                | RvError::MechanismParamInvalid
                | RvError::DataLenRange
                | RvError::DataInvalid
                | RvError::ActionProhibited
                | RvError::FunctionRejected
        )
    }
}

impl fmt::Display for ReturnValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let RvError::VendorDefined(code) | RvError::UnknownErrorCode(code) = self.0 {
            return write!(f, "{code:#x}");
        }
        f.write_str("CKR")?;
        for letter in format!("{:?}", self.0).chars() {
            if letter.is_ascii_uppercase() {
                f.write_str("_")?;
            }
            write!(f, "{}", letter.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_values_carry_their_standard_names() {
        for (rv, name) in [
            (RvError::DeviceError, "CKR_DEVICE_ERROR"),
            (RvError::SessionHandleInvalid, "CKR_SESSION_HANDLE_INVALID"),
            (RvError::UserNotLoggedIn, "CKR_USER_NOT_LOGGED_IN"),
            (RvError::VendorDefined(0x8000_0001), "0x80000001"),
        ] {
            assert_eq!(ReturnValue(rv).to_string(), name);
        }
    }

    #[test]
    fn function_and_return_value_are_kept() {
        let error: HsmError =
            pkcs11::error::Error::Pkcs11(RvError::DeviceError, pkcs11::context::Function::SignInit).into();
        assert_eq!(error.to_string(), "C_SignInit returned CKR_DEVICE_ERROR");
    }
}
