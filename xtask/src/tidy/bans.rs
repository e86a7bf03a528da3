//! `clippy.toml` still bans what makes a decision unrepeatable.

use super::tree::{Finding, Tree};

const FILE: &str = "clippy.toml";

/// Clocks, randomness and waiting; an adapter says `#[expect]` with its reason.
const BANS: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "jiff::Timestamp::now",
    "std::thread::sleep",
    "tokio::time::sleep",
    "getrandom::fill",
    "aws_lc_rs::rand::fill",
];

/// Every ban stands in the configuration.
pub(crate) fn present(tree: &Tree) -> Vec<Finding> {
    let text = tree.text(FILE).unwrap_or_default();
    let lines = || text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let gone = BANS.iter().filter(|ban| !lines().any(|line| line.contains(&format!("path = \"{ban}\""))));
    gone.map(|ban| Finding::new(FILE, 0, format!("no longer bans {ban}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_that_is_gone_or_commented_out_is_found() {
        let rows: String = BANS[1..].iter().fold(String::new(), |rows, ban| rows + "{ path = \"" + ban + "\" },\n");
        let commented = format!("{rows}# {{ path = \"{}\" }},\n", BANS[0]);
        for text in [&rows, &commented] {
            let expected = Finding::new(FILE, 0, format!("no longer bans {}", BANS[0]));
            assert_eq!(present(&Tree::of(&[(FILE, text)])), [expected]);
        }
        assert_eq!(present(&Tree::default()).len(), BANS.len());
    }
}
