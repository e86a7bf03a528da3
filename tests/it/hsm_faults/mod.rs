//! The HSM is taken away and given back under load, of the service and of the signer at once.

mod prober;
mod server;
pub mod shim;
mod trial;

use crate::support::Installation;

/// Lets service and signer load another PKCS#11 module from the next start on.
pub fn load_module(installation: &Installation, module: &std::path::Path) {
    load_modules(installation, module, &["sigill.toml", "signer/signer.toml"]);
}

/// Lets the signer alone load another module.
pub fn load_signer_module(installation: &Installation, module: &std::path::Path) {
    load_modules(installation, module, &["signer/signer.toml"]);
}

fn load_modules(installation: &Installation, module: &std::path::Path, files: &[&str]) {
    for file in files {
        let path = installation.data().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = text.replace("module = \"auto\"", &format!("module = \"{}\"", module.display()));
        assert_ne!(text, changed, "{file}");
        std::fs::write(path, changed).unwrap();
    }
}
