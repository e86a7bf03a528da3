//! For `axe.mjs`: the pages that stand by themselves, and a person whose card is good.

use super::super::Demo;
use super::Environment;
use crate::config::Config;
use anyhow::Context;

/// The driver's environment.
///
/// # Errors
/// If the installation has no card logins.
pub(super) fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let config = Config::load(&demo.layout.config())?;
    let login = config.login.context("this installation has no [login]: it was made before there were card logins")?;
    let people = &demo.manifest.people;
    let person = people.iter().find(|person| person.roles.is_empty()).or(people.first());
    let person = person.context("the installation has no people")?;
    let mut environment = Environment::default();
    environment.set("BASE_URL", &login.card.url);
    environment.set("PATHS", PATHS);
    environment.set("STATUS", "200,410");
    environment.set("SCHEMES", "light,dark");
    environment.path("CERT", &person.certificate);
    environment.path("KEY", &person.key);
    // The demo's root is nobody's.
    environment.set("INSECURE", "1");
    Ok(environment)
}

/// The last one is a login that is over, with status 410.
const PATHS: &str = "/card/check,/card/logins,/status,/oidc/errors,/card/login?login=over";
