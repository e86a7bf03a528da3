//! The `sigill` command.

use clap::Parser;
use sigill::cli::{self, Arguments};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The alternate form names every cause.
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("sigill: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}
