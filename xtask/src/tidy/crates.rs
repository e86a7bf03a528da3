//! Arrows between crates, and the workspace's lints.
//!
//! Cargo refuses a circle; it does not refuse `domain` reaching for the store.

use super::tree::{Finding, Tree};

/// A workspace package, the folder it stands in, and the workspace packages it may build on.
struct Row {
    name: &'static str,
    folder: &'static str,
    may_use: &'static [&'static str],
}

/// The table of `ARCHITECTURE.md`. A new crate gets a row here before it gets a dependency.
const ROWS: &[Row] = &[
    Row { name: "pki", folder: "crates/pki/", may_use: &[] },
    Row { name: "domain", folder: "crates/domain/", may_use: &["pki"] },
    Row { name: "store", folder: "crates/store/", may_use: &["domain", "pki"] },
    Row { name: "hsm", folder: "hsm/", may_use: &["pki"] },
    Row { name: "federation", folder: "crates/federation/", may_use: &["pki"] },
    Row { name: "ossl", folder: "crates/ossl/", may_use: &[] },
    Row { name: "signature", folder: "crates/signature/", may_use: &["pki", "ossl"] },
    Row { name: "libsqlite3-sys", folder: "hsm/sqlite/", may_use: &[] },
    Row { name: "sigill", folder: "", may_use: &["pki", "domain", "store", "hsm", "federation", "signature"] },
    Row { name: "testkit", folder: "crates/testkit/", may_use: &["pki", "domain", "store", "hsm", "sigill"] },
    Row { name: "xtask", folder: "xtask/", may_use: &[] },
    Row {
        name: "sigill-fuzz",
        folder: "fuzz/",
        may_use: &["pki", "domain", "store", "hsm", "federation", "signature", "sigill", "testkit"],
    },
];

/// Crates that call C have lints of their own, since only they may say `unsafe`.
const OWN_LINTS: &[&str] = &["hsm/", "crates/ossl/", "fuzz/"];

/// Dependencies that ship (not those of tests) follow the table.
pub(crate) fn arrows(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in manifests(tree) {
        let folder = path.trim_end_matches("Cargo.toml");
        let Some(row) = ROWS.iter().find(|row| row.folder == folder) else {
            findings.push(Finding::new(path, 0, "this package has no row in the table of crate arrows"));
            continue;
        };
        for (line, name) in shipped_dependencies(text) {
            if ROWS.iter().any(|other| other.name == name) && !row.may_use.contains(&name) {
                findings.push(Finding::new(path, line, format!("{} may not use {name}", row.name)));
            }
        }
    }
    findings
}

/// Every package takes the workspace's lints; those that call C state their own.
pub(crate) fn lints_inherited(tree: &Tree) -> Vec<Finding> {
    let outside = manifests(tree).filter(|(path, _)| !OWN_LINTS.contains(&path.trim_end_matches("Cargo.toml")));
    let lax = outside.filter(|(_, text)| !text.replace(' ', "").contains("[lints]\nworkspace=true"));
    lax.map(|(path, _)| Finding::new(path, 0, "must have `[lints]` with `workspace = true`")).collect()
}

fn manifests(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter(|(path, _)| path.rsplit('/').next() == Some("Cargo.toml"))
}

/// Line and name of each entry in the tables of normal and build dependencies, with or without a target.
fn shipped_dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = is_shipped(header);
            let single = header.rsplit_once('.').filter(|(table, _)| is_shipped(table));
            found.extend(single.map(|(_, name)| (number + 1, name.trim_matches('"'))));
        } else if inside && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.extend((!name.is_empty()).then_some((number + 1, name.trim_matches('"'))));
        }
    }
    found
}

fn is_shipped(table: &str) -> bool {
    let table = if table.starts_with("target.") { table.rsplit('.').next().unwrap_or(table) } else { table };
    matches!(table, "dependencies" | "build-dependencies")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str, manifest: &str) -> usize {
        arrows(&Tree::of(&[(path, manifest)])).len()
    }

    #[test]
    fn reversed_arrows_are_refused_however_they_are_written() {
        for manifest in [
            "[dependencies]\nstore.workspace = true\n",
            "[dependencies]\nstore = { path = \"../store\" }\n",
            "[dependencies.store]\npath = \"../store\"\n",
            "[build-dependencies]\n\"store\" = \"1\"\n",
            "[target.'cfg(unix)'.dependencies]\nstore.workspace = true\n",
            "[dependencies]\ntestkit.workspace = true\n",
        ] {
            assert_eq!(refused("crates/domain/Cargo.toml", manifest), 1, "{manifest}");
        }
    }

    #[test]
    fn arrows_of_the_table_and_of_tests_are_allowed() {
        let manifest = "[dependencies]\n# why\npki.workspace = true\nserde = \"1\"\n[dev-dependencies]\ntestkit.workspace = true\n";
        assert_eq!(refused("crates/domain/Cargo.toml", manifest), 0);
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert_eq!(refused("crates/common/Cargo.toml", "[package]"), 1);
    }

    #[test]
    fn lints_must_be_inherited_outside_hsm() {
        let lax = Tree::of(&[("crates/pki/Cargo.toml", "[package]\n"), ("hsm/Cargo.toml", "[package]\n")]);
        assert_eq!(lints_inherited(&lax).len(), 1);
        let good = Tree::of(&[("crates/pki/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n")]);
        assert!(lints_inherited(&good).is_empty());
    }
}
