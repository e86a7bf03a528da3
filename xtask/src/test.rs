//! `cargo xtask test`: everything that must hold, in one run; the same on a desk and in CI.

use crate::packages::{self, BUILD, EMBEDDED, RUN, TEST};
use crate::postgres::Postgres;
use crate::shell::{self, cargo, step};
use crate::tally::Tally;
use crate::{node, tidy, venv};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

/// What the tests find in their environment. The cluster lives as long as this.
pub(crate) struct Environment {
    postgres: Postgres,
    venv: OsString,
    schemathesis: OsString,
    node: OsString,
    saml: OsString,
    pyhanko: OsString,
}

impl Environment {
    /// Installs and starts what the tests need.
    pub(crate) fn prepare() -> Result<Self> {
        step("system packages", || packages::ensure(&[BUILD, RUN, TEST, EMBEDDED]))?;
        let venv = step("pkilint", || venv::ensure(&venv::PKILINT))?;
        let schemathesis = step("schemathesis", || venv::ensure(&venv::SCHEMATHESIS))?;
        let node = step("JavaScript programs", node::ensure)?;
        let saml = step("pysaml2", || venv::ensure(&venv::PYSAML2))?;
        let pyhanko = step("pyHanko", || venv::ensure(&venv::PYHANKO))?;
        let postgres = step("PostgreSQL", Postgres::start)?;
        Ok(Self {
            postgres,
            venv: venv.into(),
            schemathesis: schemathesis.into(),
            node: node.into(),
            saml: saml.into(),
            pyhanko: pyhanko.into(),
        })
    }

    /// Lets `command` see the environment.
    pub(crate) fn lend<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("SIGILL_TEST_POSTGRES", self.postgres.url())
            .env("SIGILL_TEST_VENV", &self.venv)
            .env("SIGILL_TEST_SCHEMATHESIS", &self.schemathesis)
            .env("SIGILL_TEST_NODE", &self.node)
            .env("SIGILL_TEST_SAML", &self.saml)
            .env("SIGILL_TEST_PYHANKO", &self.pyhanko)
    }
}

/// Runs the checks and the tests; with a filter only the tests whose name contains it.
///
/// A failing step does not hide the next one: all are run, the failed ones are named at the end, and the last line is
/// `N passed, N failed`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let filter: &[String] = match arguments {
        [] | [_] => arguments,
        _ => bail!("at most one filter"),
    };
    let environment = Environment::prepare()?;
    let mut failed = if filter.is_empty() { checks() } else { Vec::new() };
    let mut tally = Tally::default();
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"])?;
    environment.lend(tests.args(filter));
    let outcome = step("tests", || counted(&mut tests, &mut tally));
    failed.extend(outcome.err().map(|error| format!("tests: {error:#}")));
    if filter.is_empty() {
        failed.extend(embedded(&environment, &mut tally)?);
    }
    drop(environment);
    println!();
    for step in &failed {
        println!("FAILED {step}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same conformance on the token that is linked in, and a service on nothing else. With the selection of packages of the
/// other tests, little is built anew. Gives back what failed, with reasons.
fn embedded(environment: &Environment, tally: &mut Tally) -> Result<Vec<String>> {
    let selection = ["test", "--no-fail-fast", "--workspace", "--features", "sigill/embedded-token"];
    let runs: [(&str, &[&str]); 2] = [
        ("conformance of the embedded token", &["--test", "conformance"]),
        ("embedded token", &["--test", "it", "embedded"]),
    ];
    let mut failed = Vec::new();
    for (name, tests) in runs {
        let mut command = cargo(&[&selection[..], tests].concat())?;
        environment.lend(&mut command);
        let mut own = Tally::default();
        let outcome = step(name, || counted(&mut command, &mut own));
        tally.passed += own.passed;
        tally.failed += own.failed;
        failed.extend(outcome.err().map(|error| format!("{name}: {error:#}")));
    }
    Ok(failed)
}

/// A check by name.
type Check = (&'static str, fn() -> Result<()>);

/// Runs every check before the tests and gives back those that failed, each with its reason.
fn checks() -> Vec<String> {
    let steps: [Check; 5] = [
        ("fmt", || shell::run(&mut cargo(&["fmt", "--all", "--check"])?)),
        ("clippy", || shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)),
        ("doc", || shell::run(cargo(&["doc", "--workspace", "--no-deps"])?.env("RUSTDOCFLAGS", "-D warnings"))),
        ("tidy", tidy::check),
        ("build", || shell::run(&mut cargo(&["build", "--workspace", "--all-targets"])?)),
    ];
    let outcomes = steps.into_iter().map(|(name, check)| (name, step(name, check)));
    outcomes.filter_map(|(name, outcome)| Some(format!("{name}: {:#}", outcome.err()?))).collect()
}

/// Runs tests, passes their output on line by line, and adds their counts to `tally`.
///
/// # Errors
/// If the command fails, or if [`Tally::verdict`] refuses what was counted.
pub(crate) fn counted(tests: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut running = tests.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let mut lines = BufReader::new(running.stdout.take().context("the tests' output is a pipe")?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        tally.add_line(text.trim_end());
        line.clear();
    }
    let status = running.wait()?;
    tally.verdict()?;
    if !status.success() {
        bail!("the test command ended with {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(script: &str) -> (Result<()>, Tally) {
        let mut tally = Tally::default();
        let outcome = counted(Command::new("sh").args(["-c", script]), &mut tally);
        (outcome, tally)
    }

    #[test]
    fn counts_pass_through_and_a_bad_status_is_a_failure() {
        let (good, tally) = outcome("echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured'");
        assert!(good.is_ok());
        assert_eq!(tally.passed, 2);
        assert!(outcome("echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 101").0.is_err());
        assert!(outcome("echo 'running 0 tests'").0.is_err());
    }
}
