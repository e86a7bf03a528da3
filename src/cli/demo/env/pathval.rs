//! For `pathval.py`: where certificates are validated, and which cases are known to deviate.

use super::super::Demo;
use super::Environment;
use crate::cli::quickstart::files;
use anyhow::Context;

/// The driver's environment.
///
/// # Errors
/// If the list of deviations cannot be written.
pub(super) fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let caller = demo.manifest.people.first().context("the installation has no people")?;
    let expected = demo.layout.data().join("path-validation.expect");
    files::public(&expected, EXPECTED)?;
    let mut environment = Environment::default();
    environment.set("BACKEND", "http");
    environment.set("VALIDATE_URL", &format!("{}/validate/v1/certificate", demo.manifest.officer_url));
    environment.path("CA_FILE", &demo.manifest.tls_ca);
    environment.path("CERT", &caller.certificate);
    environment.path("KEY", &caller.key);
    environment.path("EXPECT", &expected);
    Ok(environment)
}

/// The cases that deviate, each argued in `docs/divergences.md`.
const EXPECTED: &str = include_str!("../../../../tests/vectors/path-validation.expect");
