//! Approved outputs as text under `tests/golden`.

use std::fs;
use std::path::{Path, PathBuf};

/// Compares `text` with the approved file `tests/golden/{name}`.
///
/// With `UPDATE_GOLDEN=1` in the environment the file is written instead, to
/// be reviewed in the diff.
///
/// # Panics
/// If the file is absent or differs; the message shows the first line that does.
pub fn golden(name: &str, text: &str) {
    let path = directory().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        write(&path, text);
        return;
    }
    let approved =
        fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}; UPDATE_GOLDEN=1 writes it", path.display()));
    if approved != text {
        let (line, was, is) = first_difference(&approved, text);
        panic!("{name}, line {line}\n  approved: {was}\n  now:      {is}\nUPDATE_GOLDEN=1 rewrites it");
    }
}

/// Names of the files under `tests/golden/{folder}`, sorted, so that a test can refuse unused ones.
///
/// # Panics
/// If the folder cannot be read.
pub fn golden_files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(directory().join(folder)).expect("the folder of approved files is there");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a golden file stands in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).expect("the golden file can be written");
}

fn first_difference<'a>(approved: &'a str, text: &'a str) -> (usize, &'a str, &'a str) {
    let mut was = approved.lines();
    let mut is = text.lines();
    for line in 1.. {
        match (was.next(), is.next()) {
            (None, None) => return (line, "(same lines, other line ends)", ""),
            (a, b) if a == b => {}
            (a, b) => return (line, a.unwrap_or("(end)"), b.unwrap_or("(end)")),
        }
    }
    unreachable!("texts are finite")
}
