//! Every test runs, and every approved output is read by one.

use super::rust::{code, tokens};
use super::tree::{Finding, Tree};

/// Tests marked to be left out.
pub(crate) fn none_ignored(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending("rs") {
        let code = code(text);
        let marks = tokens(&code);
        let marked =
            marks.windows(3).filter(|three| three[0].text == "#" && three[1].text == "[" && three[2].text == "ignore");
        findings
            .extend(marked.map(|mark| Finding::new(path, mark[0].line, "an ignored test: nothing is skipped here")));
    }
    findings
}

/// Files in a `golden` folder that no Rust source names, in full or by the stem that a table of cases holds.
pub(crate) fn goldens_used(tree: &Tree) -> Vec<Finding> {
    let goldens = tree.files().filter_map(|(path, _)| Some((path, path.split_once("golden/")?.1)));
    let goldens = goldens.filter(|(path, _)| !matches!(path.rsplit('.').next(), Some("rs" | "md")));
    let unused = goldens.filter(|(_, name)| !tree.ending("rs").any(|(_, text)| names(text, name)));
    unused.map(|(path, _)| Finding::new(path, 0, "no test reads this golden file")).collect()
}

fn names(source: &str, golden: &str) -> bool {
    let file = golden.rsplit('/').next().unwrap_or(golden);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    source.contains(golden) || source.contains(&format!("\"{file}\"")) || source.contains(&format!("\"{stem}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_test_is_found_and_the_word_in_a_comment_is_not() {
        let tree = Tree::of(&[("a.rs", "// #[ignore]\n#[test]\n#[ignore = \"slow\"]\nfn f() {}")]);
        assert_eq!(none_ignored(&tree), [Finding::new("a.rs", 3, "an ignored test: nothing is skipped here")]);
    }

    #[test]
    fn a_golden_file_that_no_source_names_is_found() {
        let tree = Tree::of(&[
            ("tests/golden/pki/used.txt", ""),
            ("tests/golden/pki/case.txt", ""),
            ("tests/golden/pki/left-over.txt", ""),
            ("crates/pki/src/tests.rs", "golden(\"pki/used.txt\"); for case in [\"case\"] {}"),
        ]);
        assert_eq!(
            goldens_used(&tree),
            [Finding::new("tests/golden/pki/left-over.txt", 0, "no test reads this golden file")]
        );
    }
}
