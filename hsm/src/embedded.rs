//! A PKCS#11 token without a library: Kryoptic, linked in by the feature `embedded-token`.
//!
//! For demos and tests on machines where no token software can be installed. One process writes a token; its files are
//! readable by others unless their folder is not.

use std::fmt::Write as _;
use std::path::Path;

use pkcs11::context::Pkcs11;

/// Text of the embedded token's configuration: `slots` tokens, each a file in `folder`, which must exist and be its
/// user's alone.
pub fn embedded_configuration(folder: &Path, slots: u32) -> String {
    let mut text = String::from("# Tokens that are linked into the program: a file for each slot.\n");
    for slot in 1..=slots {
        let file = toml::Value::from(folder.join(format!("slot-{slot}.sql")).to_string_lossy().as_ref());
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[[slots]]\nslot = {slot}\ndbtype = \"sqlite\"\ndbargs = {file}\n");
    }
    text
}

/// Whether there is an embedded token.
///
/// # Errors
/// That the program was built without it.
pub(crate) fn check() -> Result<(), String> {
    if cfg!(feature = "embedded-token") {
        return Ok(());
    }
    Err("this program was built without the feature embedded-token".to_owned())
}

/// The functions of the embedded token.
///
/// # Errors
/// As [`check`], or that the linker did not export its entry point.
pub(crate) fn load() -> Result<Pkcs11, String> {
    check()?;
    // A use, so that the linker keeps what is found by its name only.
    #[cfg(feature = "embedded-token")]
    std::hint::black_box(entry::C_GetFunctionList as *const ());
    Pkcs11::new_from_self().map_err(|error| error.to_string())
}

#[cfg(feature = "embedded-token")]
mod entry {
    use kryoptic_lib::fns::general::fn_get_function_list;
    use kryoptic_lib::pkcs11::{CK_FUNCTION_LIST_PTR_PTR, CK_RV};

    /// Where the binding finds every other function (PKCS#11 3.1 section 5.4.4). The only name that the program
    /// exports: a library loaded later would take any other of it for its own.
    #[expect(unsafe_code, reason = "the binding finds it by its standard name")]
    #[unsafe(no_mangle)]
    pub(super) extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
        fn_get_function_list(list)
    }
}
