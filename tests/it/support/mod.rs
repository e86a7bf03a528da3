//! A whole installation as a test sees it: the real program, real tokens, an outside client.

pub mod ceremony;
pub mod chromium;
pub mod client;
pub mod installation;
pub mod invariants;
pub mod judge;
pub mod load;
pub mod mailbox;
pub mod oracle;
pub mod postgres;
pub mod random;
pub mod receiver;
pub mod records;
pub mod relying;
pub mod story;
mod time;
pub mod watch;
pub mod zone;

pub use installation::Installation;
pub use time::{Stopwatch, in_seconds, wait};

/// What a run found, for whoever reads its output: seeds, counts, times.
#[expect(clippy::print_stdout, reason = "the figures of a passing run are wanted too")]
pub fn report(text: &str) {
    println!("{text}");
}
