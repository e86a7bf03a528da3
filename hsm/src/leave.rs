//! The end of a process that has a PKCS#11 module loaded.

use std::ffi::c_int;
use std::io::Write;

/// Ends the process at once with `code`, without running what libraries registered for its end.
///
/// A module's destructors would free what its threads still use: a thread that is inside the module, or a
/// connection that goes on until it notices, then turns an orderly end into a segmentation fault.
pub fn leave(code: u8) -> ! {
    // Nobody is left to be told that the output is gone.
    let _ = std::io::stdout().flush();
    _exit(code.into())
}

// SAFETY: the signature is that of POSIX `_exit`, which has no preconditions and does not return.
#[expect(unsafe_code, reason = "the standard library has no exit without exit handlers")]
unsafe extern "C" {
    safe fn _exit(status: c_int) -> !;
}
