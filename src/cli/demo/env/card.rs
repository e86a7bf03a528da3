//! For `card.sh`: a blank card, and a command that issues to it.

use super::super::Demo;
use super::super::shell;
use super::Environment;
use crate::cli::quickstart::{environment, tokens};
use hsm::PinSource;
use secrecy::ExposeSecret;

/// The driver's environment.
///
/// # Errors
/// If the spare card's PIN cannot be read.
pub(super) fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let module = demo.manifest.people[0].card()?;
    let program = std::env::current_exe()?;
    let pin = PinSource::File(demo.layout.pin(tokens::SPARE)).read()?;
    let mut environment = Environment::default();
    let issue = format!("{} demo issue --data {}", shell::path(&program), shell::path(demo.layout.data()));
    environment.set("ISSUE", &issue);
    // A request may name nobody but the enrolled person, who is drawn when it comes: so it names nobody.
    environment.set("SUBJECT", "/");
    environment.set("LOGIN_URL", &format!("{}/self/v1/me", demo.manifest.officer_url));
    environment.path("CA_FILE", &demo.manifest.tls_ca);
    environment.set("TOKEN", tokens::SPARE);
    environment.set("PIN", pin.expose_secret());
    environment.path("MODULE", &module.module);
    environment.path(environment::VARIABLE, &module.config);
    Ok(environment)
}
