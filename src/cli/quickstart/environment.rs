//! The environment that tokens read their configuration from.
//!
//! `SoftHSM2` looks at `SOFTHSM2_CONF` when it is loaded, and a running program may not change its
//! own environment safely. So the command replaces itself by itself, with the variable set and
//! everything else kept: what a person exports for the module reaches the module.

use anyhow::Context;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The variable that names `SoftHSM2`'s configuration file.
pub(crate) const VARIABLE: &str = "SOFTHSM2_CONF";

/// Returns if the environment has these variables; else starts the same command again with them.
///
/// # Errors
/// If the command cannot be started again.
pub(crate) fn enter(variables: &[(&str, &Path)]) -> anyhow::Result<()> {
    let is_set = |name, path| std::env::var_os(name).is_some_and(|set| Path::new(&set) == path);
    if variables.iter().all(|&(name, path)| is_set(name, path)) {
        return Ok(());
    }
    let program = std::env::current_exe().context("where this program is")?;
    let failed = Command::new(program).args(std::env::args_os().skip(1)).envs(variables.iter().copied()).exec();
    Err(failed).context("starting again with the token's configuration")
}

/// Text of a `SoftHSM2` configuration with its tokens in `tokens`.
pub(crate) fn softhsm_configuration(tokens: &Path) -> String {
    format!(
        "# Tokens of a Sigill quickstart installation.\n\
         directories.tokendir = {}\n\
         objectstore.backend = file\n\
         slots.removable = false\n\
         log.level = ERROR\n",
        tokens.display()
    )
}
