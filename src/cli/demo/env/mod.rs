//! `sigill demo env`: what the drivers in `tests/clients` need to know of this installation.

mod axe;
mod card;
mod lint;
mod ocsp;
mod oidc;
mod pathval;
mod saml;

use super::Demo;
use super::shell;
use std::io::Write;
use std::path::Path;

/// A driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Driver {
    /// `ocsp.sh`
    Ocsp,
    /// `lint_all.sh`
    Lint,
    /// `card.sh`
    Card,
    /// `oidc_client.mjs`
    Oidc,
    /// `pathval.py`
    Pathval,
    /// `saml_sp.py`
    Saml,
    /// `axe.mjs`
    Axe,
}

/// Lines for a shell to evaluate.
#[derive(Debug, Default)]
pub(crate) struct Environment(String);

impl Environment {
    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.extend(["export ", name, "=", &shell::quoted(value), "\n"]);
    }

    /// Sets a variable to a path.
    pub(crate) fn path(&mut self, name: &str, value: &Path) {
        self.set(name, &value.to_string_lossy());
    }
}

/// Makes what the driver needs and prints its environment.
///
/// # Errors
/// If the service refuses what must be made first.
pub(crate) async fn run(demo: &Demo, driver: Driver) -> anyhow::Result<()> {
    let environment = match driver {
        Driver::Ocsp => ocsp::environment(demo).await?,
        Driver::Lint => lint::environment(demo).await?,
        Driver::Card => card::environment(demo)?,
        Driver::Oidc => oidc::environment(demo).await?,
        Driver::Pathval => pathval::environment(demo)?,
        Driver::Saml => saml::environment(demo).await?,
        Driver::Axe => axe::environment(demo)?,
    };
    Ok(std::io::stdout().write_all(environment.0.as_bytes())?)
}
