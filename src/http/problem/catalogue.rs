//! The titles of problems in both languages: `problems.toml`, which `docs/problems.md` is made from.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A title in each language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Titles {
    pub(super) sv: String,
    pub(super) en: String,
}

/// The titles of the problem with this code.
pub(super) fn titles(code: &str) -> &'static Titles {
    CATALOGUE.get(code).unwrap_or_else(|| {
        // `cargo xtask tidy` refuses a code that is not in the file.
        tracing::error!(code, "a problem has no title");
        CATALOGUE.get("internal").expect("a test reads the catalogue")
    })
}

static CATALOGUE: LazyLock<BTreeMap<String, Titles>> =
    LazyLock::new(|| toml::from_str(include_str!("../problems.toml")).expect("a test reads the catalogue"));

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// The document for clients is the catalogue.
    #[test]
    fn the_document_lists_the_catalogue() {
        let mut rows = String::new();
        for (code, Titles { sv, en }) in &*CATALOGUE {
            assert!(!sv.is_empty() && !en.is_empty(), "{code}");
            writeln!(rows, "| `{code}` | {sv} | {en} |").unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/problems.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (head, _) = document.split_once(FIRST_ROW).expect("the document has the table's head");
        let wanted = format!("{head}{FIRST_ROW}{rows}");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &wanted).unwrap();
        }
        assert!(document == wanted || std::env::var_os("UPDATE_GOLDEN").is_some(), "UPDATE_GOLDEN=1 makes it anew");
    }

    const FIRST_ROW: &str = "|---|---|---|\n";
}
