//! The paths that a piece of Rust names.

use super::rust::Token;

/// A path that code names: from the root of the package (`crate::…`, `super::…`) or from another crate.
pub(crate) struct Named<'a> {
    pub(crate) line: usize,
    /// Within the package; otherwise the only segment is a crate.
    pub(crate) internal: bool,
    pub(crate) segments: Vec<&'a str>,
}

/// Every path that starts at the package's root, climbs out of a module, or starts with one of `crates`.
///
/// `module` is where the code stands; modules opened within it are followed. A module that the code declares hides the
/// crate of its name.
pub(crate) fn named<'a>(tokens: &[Token<'a>], module: &[&'a str], crates: &[&str]) -> Vec<Named<'a>> {
    let own: Vec<&str> = tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text).collect();
    let mut here = Vec::from(module);
    let mut opened: Vec<usize> = Vec::new();
    let (mut depth, mut found) = (0_usize, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    here.push(tokens[at - 1].text);
                    opened.push(depth);
                }
            }
            "}" => {
                if opened.last() == Some(&depth) {
                    opened.pop();
                    here.pop();
                }
                depth = depth.saturating_sub(1);
            }
            _ if !starts_path(tokens, at) => {}
            "crate" | "sigill" => spread(&tokens[at..], &[], &mut found),
            "super" => {
                let climbs = tokens[at..].iter().step_by(2).take_while(|token| token.text == "super").count();
                let base = &here[..here.len().saturating_sub(climbs)];
                spread(&tokens[at + 2 * (climbs - 1)..], base, &mut found);
            }
            name if crates.contains(&name) && !own.contains(&name) => {
                found.push(Named { line: token.line, internal: false, segments: vec![name] });
            }
            _ => {}
        }
    }
    found
}

/// Whether a path starts here: nothing of a path before it, and `::` (or the end of a `use`) after it.
fn starts_path(tokens: &[Token<'_>], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let before = at.checked_sub(1).map_or("", text);
    let follows = text(at + 1) == "::" || (before == "use" && matches!(text(at + 1), ";" | "as"));
    follows && !matches!(before, "::" | ".")
}

/// Adds the paths of a use tree (or of a plain path): `tokens` starts at its first name, which is not counted.
fn spread<'a>(tokens: &[Token<'a>], base: &[&'a str], found: &mut Vec<Named<'a>>) {
    let mut stack: Vec<Vec<&str>> = Vec::new();
    let mut path = Vec::from(base);
    let mut joined = false;
    let mut emit = |line: usize, path: &[&'a str]| {
        if path.len() > base.len() {
            found.push(Named { line, internal: true, segments: path.to_vec() });
        }
    };
    let Some((first, rest)) = tokens.split_first() else { return };
    let mut last = first.line;
    for token in rest {
        match token.text {
            "::" => joined = true,
            "{" if joined => {
                stack.push(path.clone());
                joined = false;
            }
            "," if !stack.is_empty() => {
                emit(last, &path);
                path = stack.last().cloned().unwrap_or_default();
            }
            "}" if !stack.is_empty() => {
                emit(last, &path);
                path = stack.pop().unwrap_or_default();
                path.truncate(base.len());
            }
            name if joined || !stack.is_empty() => {
                path.push(name);
                joined = false;
            }
            _ => break,
        }
        last = token.line;
    }
    emit(last, &path);
}
