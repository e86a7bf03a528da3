//! The list of rules, and what the command prints.

use super::tree::{Finding, Tree};
use super::{bans, crates, documents, leaks, modules, problems, size, tests_all_run, translations};
use crate::shell::{root, step};
use anyhow::{Result, ensure};
use std::process::ExitCode;

/// A house rule.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    crates::arrows,
    crates::lints_inherited,
    modules::arrows,
    size::files,
    size::functions,
    documents::architecture_paths,
    documents::links,
    translations::same_keys,
    problems::catalogued,
    leaks::machine_paths,
    bans::present,
    tests_all_run::none_ignored,
    tests_all_run::goldens_used,
];

/// The command.
pub(crate) fn run() -> Result<ExitCode> {
    step("tidy", check)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints every finding.
///
/// # Errors
/// If there is one.
pub(crate) fn check() -> Result<()> {
    let tree = Tree::load(&root()?)?;
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    Ok(())
}
