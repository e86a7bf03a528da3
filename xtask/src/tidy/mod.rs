//! `cargo xtask tidy`: house rules that neither the compiler nor clippy knows.
//!
//! Each rule is a function from the source tree to findings, so that its tests hand it a small bad tree.
//!
//! | rule | refuses |
//! |---|---|
//! | [`crates`] | a dependency against the arrows between crates; lints that are not inherited |
//! | [`modules`] | a use against the arrows between the modules of `src/` |
//! | [`size`] | files and functions that no one can hold in the head |
//! | [`documents`] | dead paths in `ARCHITECTURE.md`, dead links in any document |
//! | [`translations`] | a text that exists in one language only |
//! | [`problems`] | a problem's code without a title in both languages |
//! | [`leaks`] | paths of the machine that somebody worked on |
//! | [`bans`] | a ban that went missing from `clippy.toml` |
//! | [`tests_all_run`] | ignored tests, and golden files that no test reads |

mod bans;
mod crates;
mod documents;
mod leaks;
mod modules;
mod named;
mod problems;
mod run;
mod rust;
mod size;
mod tests_all_run;
mod translations;
mod tree;

pub(crate) use run::{check, run};
