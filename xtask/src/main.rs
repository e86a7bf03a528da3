//! Developers' commands, called as `cargo xtask COMMAND`.
//!
//! Nothing here ships. It builds with the toolchain and `cc` alone, so that the first command on a fresh machine can
//! install the rest.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod audit;
mod bench;
mod node;
mod packages;
mod postgres;
mod quickstart;
mod shell;
mod soak;
mod tally;
mod test;
mod tidy;
mod venv;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  quickstart [ARGS]     install what is missing, build in release mode, start a demo service
  test [FILTER]         install and start what the tests need, then every check and every test;
                        with FILTER only the tests whose name contains it
  tidy                  house rules that the compiler does not know
  bench NAME [ARGS]     measure: hsm, issue, ocsp
  audit                 licences, sources and bans of the dependencies (cargo-deny)
  soak NAME [ROUNDS]    long fault and fuzz runs: crash, powerloss, fuzz (ROUNDS: seconds per target)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let outcome = match command.as_str() {
        "quickstart" => quickstart::run(rest),
        "test" => test::run(rest),
        "tidy" => tidy::run(),
        "bench" => bench::run(rest),
        "audit" => audit::run(),
        "soak" => soak::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(anyhow::anyhow!("no command named {other}\n\n{USAGE}")),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
