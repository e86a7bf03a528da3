//! Return codes, delays, lost answers and wrong signatures, by the shim in `tests/clients/p11fault.c`.

use super::trial::Trial;
use crate::support::{Installation, wait};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What the module does, by the shim's rules.
const TROUBLES: &[(&str, &str)] = &[
    ("device error", "C_Sign rv 0x30"),
    ("device removed", "C_Sign rv 0x32\nC_OpenSession rv 0xE0\nC_GetSessionInfo rv 0xB3"),
    ("session lost", "C_SignInit rv 0xB3\nC_OpenSession rv 0x30"),
    ("login lost", "C_SignInit rv 0x101\nC_Login rv 0x30"),
    ("everything fails", "* rv 0x05"),
    ("answer lost", "C_Sign after 0x30"),
    ("wrong signatures", "C_Sign corrupt 0"),
    ("no answer in time", "C_Sign delay 7000"),
];

/// Every trouble that a module can give, lasting for a while, and gone again.
#[tokio::test(flavor = "multi_thread")]
async fn hsm_in_every_trouble_is_survived_in_the_same_processes() {
    let mut installation = Installation::start("hsm-shim");
    installation.stop();
    let shim = compile(installation.folder());
    let rules = installation.folder().join("faults");
    std::fs::write(&rules, "").unwrap();
    super::load_module(&installation, &shim);
    installation.set_environment(&[("P11FAULT_CTL", rules.to_str().unwrap())]);
    installation.run();

    let mut trial = Trial::begin(installation, TROUBLES.len()).await;
    for (name, rule) in TROUBLES {
        let take = async || {
            set(&rules, rule);
            // So that signatures under way are over, and the pools have noticed.
            wait(Duration::from_millis(300)).await;
        };
        let give = async || set(&rules, "");
        trial.trouble(name, take, give).await;
    }
    trial.end().await;
}

/// Replaces the rules as a whole: the shim reads them before every call.
pub fn set(rules: &Path, text: &str) {
    let fresh = rules.with_extension("new");
    std::fs::write(&fresh, format!("{text}\n")).unwrap();
    std::fs::rename(fresh, rules).unwrap();
}

/// The shim, built.
pub fn compile(folder: &Path) -> std::path::PathBuf {
    compile_library(folder, "p11fault")
}

/// A library of `tests/clients`, built from its C.
pub fn compile_library(folder: &Path, name: &str) -> std::path::PathBuf {
    let source = format!("{}/tests/clients/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let shim = folder.join(format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O2", "-I/usr/include/p11-kit-1", "-o"]).arg(&shim).arg(source);
    let output = compiler.args(["-ldl", "-lpthread"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shim
}
