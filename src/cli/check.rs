//! `sigill check`: says whether a configuration can be used, and what it means.

use crate::app::Policies;
use crate::config::timestamps::{ClockSource, PATH, TimestampsConfig};
use crate::config::{Config, Mode};
use anyhow::Context;
use std::fmt::Write;
use std::path::Path;

/// Prints what [`check`] found.
///
/// # Errors
/// As [`check`].
pub fn run(path: &Path) -> anyhow::Result<()> {
    super::quickstart::report::say(&check(path)?)
}

/// Checks `path` and everything it names, without starting anything.
///
/// # Errors
/// The first thing that is wrong, with the file and the key.
pub fn check(path: &Path) -> anyhow::Result<String> {
    let config = Config::load(path)?;
    let (_, policies) = Policies::read(&config.policies)?;
    config.hsm.module.locate()?;
    config.hsm.pin.read().context("[hsm] pin")?;

    let mode = match config.mode {
        Mode::Demo => "demo: test numbers, test CAs, virtual cards; not for real people",
        Mode::Production => "production",
    };
    let mut said = format!("{} is usable\n  mode      {mode}\n", path.display());
    let listen = &config.listen;
    writeln!(said, "  database  {}", config.database.split('@').next_back().unwrap_or_default())?;
    writeln!(said, "  status    http://{}  (OCSP, CRL, issuer certificates)", listen.status)?;
    writeln!(said, "  api       https://{}", listen.api)?;
    writeln!(said, "  officers  https://{}  (client certificates)", listen.officers)?;
    writeln!(said, "  token     {} in {}", config.hsm.token_label, config.hsm.module.locate()?.display())?;
    for issuer in &config.issuers {
        writeln!(said, "  issuer    {} ({}), CRL at {}", issuer.name, issuer.kind.as_str(), issuer.crl_url)?;
    }
    let resolver = config.functions.resolver.map_or_else(
        || "none: names of functions are shown by registers only".to_owned(),
        |resolver| format!("{resolver}  (challenges of functions' names)"),
    );
    writeln!(said, "  resolver  {resolver}")?;
    let stamps = config.timestamps.as_ref().map_or_else(|| "none".to_owned(), stamps);
    writeln!(said, "  stamps    {stamps}")?;
    for notice in notices(&config) {
        writeln!(said, "  notices   {notice}")?;
    }
    writeln!(said, "  policies  {}", policies.digest)?;
    writeln!(
        said,
        "  profiles  {}",
        policies.profiles.iter().map(pki::profile::Profile::name).collect::<Vec<_>>().join(", ")
    )?;
    Ok(said)
}

/// Where time stamps are given, and who vouches for the clock.
fn stamps(config: &TimestampsConfig) -> String {
    let clock = match &config.clock {
        ClockSource::Assumed => "assumed to be right".to_owned(),
        ClockSource::Chrony { program, .. } => format!("measured by {}", program.display()),
    };
    format!("http://{}{}  (the clock is {clock})", config.listen, PATH)
}

/// Who is told on which way.
fn notices(config: &Config) -> Vec<String> {
    let Some(notices) = &config.notices else { return vec!["nobody is told anything".to_owned()] };
    let mail =
        notices.mail.iter().map(|mail| format!("by mail through {}:{}, from {}", mail.host, mail.port, mail.from));
    let webhooks = notices.webhooks.iter().map(|webhook| format!("of {} to {}", webhook.agency, webhook.url));
    mail.chain(webhooks).collect()
}
