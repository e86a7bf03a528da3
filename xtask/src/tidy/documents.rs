//! Documents that point at something point at something that is there.

use super::tree::{Finding, Tree};

/// The map whose paths are all checked.
const MAP: &str = "ARCHITECTURE.md";

/// Paths in backticks in the map.
///
/// Something is taken for a path if it has the characters of one and ends in `/`, ends like a file, or starts with a
/// name from the root of the checkout. A `*` stands for any name.
pub(crate) fn architecture_paths(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(MAP) else { return vec![Finding::new(MAP, 0, "is missing")] };
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let dead = in_backticks(line).filter(|word| is_path(tree, word) && !exists(tree, word));
        findings.extend(dead.map(|path| Finding::new(MAP, number + 1, format!("no such path: {path}"))));
    }
    findings
}

/// Relative links of every Markdown file.
pub(crate) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending("md") {
        for (number, line) in text.lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
            let dead = targets.filter(|to| !to.is_empty() && !to.contains(':') && !tree.has(&resolved(path, to)));
            findings.extend(dead.map(|to| Finding::new(path, number + 1, format!("dead link: {to}"))));
        }
    }
    findings
}

fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(tree: &Tree, word: &str) -> bool {
    const ENDS: &[&str] =
        &["rs", "toml", "md", "sql", "sh", "ftl", "py", "c", "lock", "html", "css", "js", "mjs", "txt", "json"];
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-*/".contains(c);
    let first = word.split('/').next().unwrap_or_default();
    let named_like_a_file = word.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && ENDS.contains(&end));
    let shaped = word.ends_with('/') || named_like_a_file || (word.contains('/') && tree.has(first));
    !first.is_empty() && word.chars().all(allowed) && shaped
}

fn exists(tree: &Tree, path: &str) -> bool {
    match path.split_once('*') {
        None => tree.has(path),
        Some((before, after)) => tree.files().any(|(file, _)| {
            file.strip_prefix(before)
                .is_some_and(|rest| rest.contains(after.trim_start_matches('*').trim_end_matches('/')))
        }),
    }
}

/// `to`, as seen from the folder of the document at `from`.
fn resolved(from: &str, to: &str) -> String {
    let mut names: Vec<&str> = from.split('/').collect();
    names.pop();
    for name in to.split('/') {
        match name {
            "." => {}
            ".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead_paths(text: &str) -> usize {
        architecture_paths(&Tree::of(&[(MAP, text), ("src/http/ra.rs", ""), ("policies/profiles/root.toml", "")])).len()
    }

    #[test]
    fn dead_paths_are_found() {
        for text in ["`src/http/gone.rs`", "`gone/`", "`gone.toml`", "`src/gone`", "`policies/*/gone.toml`"] {
            assert_eq!(dead_paths(text), 1, "{text}");
        }
    }

    #[test]
    fn living_paths_and_other_code_are_left_alone() {
        for text in [
            "`src/http/ra.rs`",
            "`src/`",
            "`policies/profiles/*.toml`",
            "`/ra/v1`",
            "`cargo xtask`",
            "`src/<port>.rs`",
            "`application/json`",
            "src/gone.rs",
            "`a::b`",
            "`1.5`",
        ] {
            assert_eq!(dead_paths(text), 0, "{text}");
        }
    }

    #[test]
    fn the_map_itself_must_exist() {
        assert_eq!(architecture_paths(&Tree::default()).len(), 1);
    }

    #[test]
    fn dead_links_are_found_from_the_document_s_own_folder() {
        let text = "[a](0002-b.md) [c](../../README.md#top) [d](https://example.se) [e](#here) [f](gone.md)";
        let tree = Tree::of(&[("docs/adr/0001-a.md", text), ("docs/adr/0002-b.md", ""), ("README.md", "")]);
        assert_eq!(links(&tree), [Finding::new("docs/adr/0001-a.md", 1, "dead link: gone.md")]);
    }
}
