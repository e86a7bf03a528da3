//! Nothing in the tree names a place on the machine that somebody worked on.

use super::tree::{Finding, Tree};

/// First folders of absolute paths that exist on some desks only.
const FOLDERS: &[&str] = &["work", "root", "farm", "home", "Users"];

/// Third parties' files, as they came.
const AS_THEY_CAME: &[&str] = &["tests/vectors/", "LICENSE", "Cargo.lock"];

/// Absolute paths into somebody's home or work folder.
pub(crate) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let ours = tree.files().filter(|(path, _)| !AS_THEY_CAME.iter().any(|start| path.starts_with(start)));
    let mut findings = Vec::new();
    for (path, text) in ours {
        let bad = text.lines().enumerate().filter(|(_, line)| FOLDERS.iter().any(|folder| names(line, folder)));
        findings.extend(bad.map(|(number, _)| Finding::new(path, number + 1, "names a path of one machine")));
    }
    findings
}

/// Whether `line` has `folder` as the first name of an absolute path; in an address or a longer path it is not first.
fn names(line: &str, folder: &str) -> bool {
    let needle = format!("/{folder}/");
    let inside_a_path = |before: char| before.is_alphanumeric() || "._-}~*".contains(before);
    line.match_indices(&needle).any(|(at, _)| !line[..at].ends_with(inside_a_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        machine_paths(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        for folder in FOLDERS {
            assert_eq!(found("README.md", &format!("see /{folder}/main/x")), 1, "{folder}");
            assert_eq!(found("a.rs", &format!("\"/{folder}/x\"")), 1, "{folder}");
        }
    }

    #[test]
    fn addresses_and_longer_paths_are_left_alone() {
        let folder = FOLDERS[0];
        for before in ["http://localhost", "docs", "{base}", "/usr"] {
            assert_eq!(found("README.md", &format!("{before}/{folder}/x")), 0, "{before}");
        }
        assert_eq!(found("tests/vectors/a.txt", &format!("/{folder}/x")), 0);
    }
}
