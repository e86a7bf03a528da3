//! Which return codes are transient, what helps against them, and how long to wait in between.

use std::time::Duration;

use pkcs11::error::RvError;

use crate::HsmError;

/// What a failed call says about the session, the module or the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// The call was refused for its own sake; session and module are well.
    None,
    /// Object handles went stale: look the keys up again, in a new session.
    Handle,
    /// The session or its login is lost: open a new one.
    Session,
    /// The device or the module is in trouble: open a new session; if the trouble outlives it, restart the module.
    Device,
    /// The PIN was refused: never again.
    Pin,
}

/// Classifies a failure (PKCS#11 3.1 section 5.1).
pub(crate) fn trouble(error: &HsmError) -> Trouble {
    match error {
        HsmError::Stale => Trouble::Session,
        HsmError::KeyVanished { .. } => Trouble::Device,
        HsmError::Call { rv, .. } => trouble_of(rv.0),
        _ => Trouble::None,
    }
}

fn trouble_of(rv: RvError) -> Trouble {
    match rv {
        RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid => Trouble::Handle,
        RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::UserNotLoggedIn
        | RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::SlotIdInvalid
        | RvError::OperationActive
        | RvError::OperationNotInitialized => Trouble::Session,
        RvError::DeviceError
        | RvError::GeneralError
        | RvError::FunctionFailed
        | RvError::HostMemory
        | RvError::DeviceMemory
        | RvError::TokenNotRecognized
        | RvError::CryptokiNotInitialized
        | RvError::LibraryLoadFailed => Trouble::Device,
        RvError::PinIncorrect
        | RvError::PinInvalid
        | RvError::PinLenRange
        | RvError::PinExpired
        | RvError::PinLocked
        | RvError::UserPinNotInitialized => Trouble::Pin,
        _ => Trouble::None,
    }
}

/// Whether the token surely did nothing, so that the call may be made once more.
///
/// A failing `C_Sign` may have signed, and the signing may have been counted; only an unknown session handle proves
/// that it did not.
pub(crate) fn surely_nothing_happened(error: &HsmError) -> bool {
    match error {
        HsmError::Stale => true,
        HsmError::Call { function, rv } => {
            !COMMITTING.contains(&function.as_str()) || rv.0 == RvError::SessionHandleInvalid
        }
        _ => false,
    }
}

/// Waiting time before the next attempt to recover.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure: none at first, then doubling up to [`LONGEST_WAIT`].
    pub(crate) fn next(&mut self) -> Duration {
        let wait = match self.failures {
            0 => Duration::ZERO,
            n => SHORTEST_WAIT.saturating_mul(1 << (n - 1).min(16)).min(LONGEST_WAIT),
        };
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Something worked: the next failure starts afresh.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Functions that change something or make a signature.
const COMMITTING: [&str; 7] =
    ["C_Sign", "C_SignFinal", "C_GenerateKeyPair", "C_CreateObject", "C_DestroyObject", "C_DeriveKey", "C_UnwrapKey"];

const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// The longest pause of the background recovery: a token that is back is in use this long after.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReturnValue;

    fn call(function: &str, rv: RvError) -> HsmError {
        HsmError::Call { function: function.to_owned(), rv: ReturnValue(rv) }
    }

    #[test]
    fn a_lost_answer_is_never_asked_for_again() {
        assert!(!surely_nothing_happened(&call("C_Sign", RvError::DeviceError)));
        assert!(!surely_nothing_happened(&call("C_Sign", RvError::UserNotLoggedIn)));
        assert!(surely_nothing_happened(&call("C_Sign", RvError::SessionHandleInvalid)));
        assert!(surely_nothing_happened(&call("C_SignInit", RvError::DeviceError)));
    }

    #[test]
    fn codes_are_sorted_by_what_helps() {
        for (rv, expected) in [
            (RvError::DeviceError, Trouble::Device),
            (RvError::GeneralError, Trouble::Device),
            (RvError::DeviceRemoved, Trouble::Session),
            (RvError::SessionHandleInvalid, Trouble::Session),
            (RvError::UserNotLoggedIn, Trouble::Session),
            (RvError::TokenNotPresent, Trouble::Session),
            (RvError::PinIncorrect, Trouble::Pin),
            (RvError::KeyHandleInvalid, Trouble::Handle),
            (RvError::MechanismInvalid, Trouble::None),
        ] {
            assert_eq!(trouble(&call("C_Sign", rv)), expected, "{rv:?}");
        }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_start_afresh() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..9).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [0, 50, 100, 200, 400, 800, 1600, 2000, 2000]);
        backoff.reset();
        assert_eq!(backoff.next(), Duration::ZERO);
    }
}
