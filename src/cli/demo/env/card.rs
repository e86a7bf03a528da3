//! For `card.sh`: a blank card, and a command that issues to it.

use super::super::Demo;
use super::super::shell;
use super::Environment;
use crate::cli::quickstart::{environment, tokens};
use crate::config::Config;
use crate::config::login::CARD_CHECK;
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
    let login = Config::load(&demo.layout.config())?.login;
    // Installations from before card logins have the officers' listener only.
    let origin = login.map_or_else(
        || format!("{}/self/v1/me", demo.manifest.officer_url),
        |login| format!("{}{}", login.card.url, CARD_CHECK),
    );
    environment.set("LOGIN_URL", &origin);
    environment.path("CA_FILE", &demo.manifest.tls_ca);
    environment.set("TOKEN", tokens::SPARE);
    environment.set("PIN", pin.expose_secret());
    environment.path("MODULE", &module.module);
    environment.path(environment::VARIABLE, &module.config);
    Ok(environment)
}
