//! Arrows between the modules of `src/`.

use super::rust::{Token, code, tokens};
use super::tree::{Finding, Tree};

/// A module of `src/`, the modules it may name (a submodule stands as `module::submodule`), and the workspace's crates
/// it may name. A row for a submodule takes the place of its module's row.
struct Row {
    module: &'static str,
    modules: &'static [&'static str],
    crates: &'static [&'static str],
}

const ANY: &[&str] =
    &["app", "board", "ceremony", "cli", "clock", "config", "http", "jobs", "portal", "service", "signer", "telemetry"];
const CRATES: &[&str] = &["pki", "domain", "store", "hsm"];
const JOINED: &[&str] = &["app", "board", "clock", "config", "telemetry"];
const DOORS: &[&str] = &["service", "app", "board", "clock", "config", "telemetry"];

/// `http`, `portal`, `jobs` and `cli` use `service`, `service` uses the ports; never sideways, never up. `app` binds
/// the parts, and so do the commands that start a service.
const ROWS: &[Row] = &[
    Row { module: "main", modules: &["cli"], crates: &[] },
    Row { module: "app", modules: ANY, crates: CRATES },
    Row { module: "board", modules: &[], crates: &["pki", "domain"] },
    Row { module: "clock", modules: &[], crates: &["pki"] },
    Row { module: "config", modules: &["telemetry"], crates: &["pki", "domain", "hsm"] },
    Row { module: "telemetry", modules: &["config"], crates: &[] },
    Row { module: "ceremony", modules: &["signer", "clock", "config", "telemetry"], crates: CRATES },
    Row { module: "cli::serve", modules: ANY, crates: CRATES },
    Row { module: "cli::quickstart", modules: ANY, crates: CRATES },
    Row {
        module: "cli",
        modules: &["service", "app", "ceremony", "clock", "config", "signer", "telemetry"],
        crates: CRATES,
    },
    Row { module: "http", modules: DOORS, crates: &["pki", "domain"] },
    Row {
        module: "portal",
        modules: &["service", "app", "clock", "config", "telemetry", "http::permit", "http::problem"],
        crates: &["pki", "domain"],
    },
    Row { module: "jobs", modules: DOORS, crates: &["pki", "domain"] },
    Row { module: "service", modules: JOINED, crates: CRATES },
    Row { module: "signer", modules: &["clock", "config", "telemetry"], crates: &["pki", "domain", "hsm"] },
];

/// A path that code names: from the root of the package (`crate::…`, `super::…`) or from another crate.
struct Named<'a> {
    line: usize,
    internal: bool,
    segments: Vec<&'a str>,
}

/// Uses that the table does not list, and modules without a row.
pub(crate) fn arrows(tree: &Tree) -> Vec<Finding> {
    let sources = tree.ending("rs").filter(|(path, _)| path.starts_with("src/") && *path != "src/lib.rs");
    sources.flat_map(|(path, text)| file_arrows(path, text)).collect()
}

fn file_arrows(path: &str, text: &str) -> Vec<Finding> {
    let module = module_path(path);
    let Some(row) = row_of(&module) else {
        return vec![Finding::new(path, 0, "this module has no row in the table of module arrows")];
    };
    let code = code(text);
    let tokens = tokens(&code);
    let refused = named(&tokens, &module).into_iter().filter(|named| !allowed(row, &module, named));
    refused
        .map(|named| {
            Finding::new(path, named.line, format!("{} may not use {}", row.module, named.segments.join("::")))
        })
        .collect()
}

fn row_of(module: &[&str]) -> Option<&'static Row> {
    let exact =
        |length: usize| ROWS.iter().find(|row| module.get(..length).is_some_and(|part| part.join("::") == row.module));
    exact(2).or_else(|| exact(1))
}

fn allowed(row: &Row, own: &[&str], named: &Named<'_>) -> bool {
    let Some(&first) = named.segments.first() else { return true };
    if !named.internal {
        return row.crates.contains(&first);
    }
    let known = ROWS.iter().any(|row| row.module == first);
    let pair = named.segments.get(..2).map(|pair| pair.join("::"));
    let listed = row.modules.contains(&first) || pair.is_some_and(|pair| row.modules.contains(&pair.as_str()));
    !known || own.first() == Some(&first) || listed
}

/// `src/http/ra/mod.rs` and `src/http/ra.rs` are both `http::ra`.
fn module_path(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    inside.split('/').collect()
}

/// Every path that starts at the package's root, climbs out of a module, or starts with a crate of the workspace.
fn named<'a>(tokens: &[Token<'a>], module: &[&'a str]) -> Vec<Named<'a>> {
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
            name if CRATES.contains(&name) && !own.contains(&name) => {
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

#[cfg(test)]
mod tests;
