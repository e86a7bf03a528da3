//! `cargo xtask bench NAME`: the figures of `docs/benchmarks.md`.

use crate::packages::{self, BENCH, BUILD, RUN};
use crate::postgres::Postgres;
use crate::shell::{self, cargo, step};
use crate::venv;
use anyhow::{Context, Result};
use std::process::{Command, ExitCode};

/// A benchmark: a release example, and what it measures beside us.
struct Bench {
    name: &'static str,
    package: &'static str,
    example: &'static str,
    /// What is lent to it through the environment.
    lend: fn(&mut Command) -> Result<Option<Postgres>>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "hsm", package: "hsm", example: "bench_hsm", lend: |_| Ok(None) },
    Bench { name: "issue", package: "sigill", example: "bench_issue", lend: lend_database_and_peer },
    Bench { name: "profile", package: "pki", example: "bench_profile", lend: |_| Ok(None) },
    Bench { name: "ocsp", package: "sigill", example: "bench_ocsp", lend: |_| Ok(None) },
];

/// Runs the named benchmark; further arguments go to it.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let names = || BENCHES.iter().map(|bench| bench.name).collect::<Vec<_>>().join(", ");
    let (name, rest) = arguments.split_first().with_context(|| format!("which benchmark? {}", names()))?;
    let bench = BENCHES.iter().find(|bench| bench.name == name);
    let bench = bench.with_context(|| format!("no benchmark named {name}; there are {}", names()))?;
    step("system packages", || packages::ensure(&[BUILD, RUN, BENCH]))?;
    let mut program = cargo(&["run", "--release", "--package", bench.package, "--example", bench.example, "--"])?;
    let postgres = (bench.lend)(&mut program)?;
    step(&format!("bench {name}"), || shell::run(program.args(rest)))?;
    drop(postgres);
    Ok(ExitCode::SUCCESS)
}

/// Issuance is measured on the program as it runs, commits to both engines and is compared with another certificate
/// service.
fn lend_database_and_peer(program: &mut Command) -> Result<Option<Postgres>> {
    step("build", || shell::run(&mut cargo(&["build", "--release", "--package", "sigill", "--bin", "sigill"])?))?;
    let peer = step("OpenBao", || venv::ensure(&venv::OPENBAO))?;
    let postgres = step("PostgreSQL", Postgres::start)?;
    program.env("SIGILL_BENCH_VENV", peer).env("SIGILL_BENCH_POSTGRES", postgres.url());
    Ok(Some(postgres))
}
