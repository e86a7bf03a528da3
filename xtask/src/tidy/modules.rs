//! Arrows between the modules of `src/`.

use super::named::{Named, named};
use super::rust::{code, tokens};
use super::tree::{Finding, Tree};

/// A module of `src/`, the modules it may name (a submodule stands as `module::submodule`), and the workspace's crates
/// it may name. A row for a submodule takes the place of its module's row.
struct Row {
    module: &'static str,
    modules: &'static [&'static str],
    crates: &'static [&'static str],
}

const ANY: &[&str] = &[
    "app",
    "board",
    "ceremony",
    "cli",
    "clock",
    "config",
    "crash",
    "custody",
    "http",
    "jobs",
    "lock",
    "pace",
    "policies",
    "portal",
    "register",
    "server_identity",
    "service",
    "shutdown",
    "signer",
    "telemetry",
    "timekeeping",
];
const CRATES: &[&str] = &["pki", "domain", "store", "hsm", "federation", "signature"];
const JOINED: &[&str] =
    &["app", "board", "clock", "config", "pace", "policies", "server_identity", "telemetry", "timekeeping"];
const DOORS: &[&str] =
    &["service", "app", "board", "clock", "config", "pace", "server_identity", "shutdown", "telemetry"];

/// `http`, `portal`, `jobs` and `cli` use `service`, `service` uses the ports; never sideways, never up. `app` binds
/// the parts, and so do the commands that start a service.
const ROWS: &[Row] = &[
    Row { module: "main", modules: &["cli"], crates: &[] },
    Row { module: "app", modules: ANY, crates: CRATES },
    Row { module: "board", modules: &[], crates: &["pki", "domain"] },
    Row { module: "clock", modules: &[], crates: &["pki"] },
    Row { module: "config", modules: &["telemetry"], crates: &["pki", "domain", "hsm", "federation"] },
    Row { module: "crash", modules: &[], crates: &[] },
    Row { module: "custody", modules: &["clock"], crates: &["pki", "hsm", "store"] },
    Row { module: "lock", modules: &[], crates: &[] },
    Row { module: "register", modules: &["config"], crates: &["pki", "domain"] },
    Row { module: "pace", modules: &[], crates: &["domain"] },
    Row { module: "policies", modules: &[], crates: &["pki", "domain"] },
    Row { module: "server_identity", modules: &[], crates: &[] },
    Row { module: "shutdown", modules: &[], crates: &[] },
    Row { module: "telemetry", modules: &["config"], crates: &[] },
    Row { module: "timekeeping", modules: &["clock", "config"], crates: &["pki", "signature"] },
    // What officers' certificates say is decided in one place, for the ceremony too.
    Row {
        module: "ceremony",
        modules: &["service", "signer", "clock", "config", "policies", "telemetry"],
        crates: CRATES,
    },
    Row { module: "cli::serve", modules: ANY, crates: CRATES },
    Row { module: "cli::quickstart", modules: ANY, crates: CRATES },
    Row {
        module: "cli",
        modules: &[
            "service",
            "app",
            "ceremony",
            "clock",
            "config",
            "crash",
            "custody",
            "policies",
            "shutdown",
            "signer",
            "telemetry",
        ],
        crates: CRATES,
    },
    Row { module: "http::relying", modules: DOORS, crates: &["pki", "domain", "federation"] },
    Row { module: "http::validation", modules: DOORS, crates: &["pki", "domain", "signature"] },
    Row { module: "http::stamp", modules: DOORS, crates: &["signature"] },
    Row { module: "http", modules: DOORS, crates: &["pki", "domain"] },
    Row {
        module: "portal",
        modules: &["service", "app", "clock", "config", "telemetry", "http::permit", "http::problem"],
        crates: &["pki", "domain"],
    },
    Row { module: "jobs", modules: DOORS, crates: &["pki", "domain"] },
    Row { module: "service", modules: JOINED, crates: CRATES },
    // The link is tested where there is a signer to talk to.
    Row {
        module: "signer::tests",
        modules: &["app", "clock", "config", "policies", "telemetry"],
        crates: &["pki", "domain", "hsm"],
    },
    Row {
        module: "signer",
        modules: &["clock", "config", "crash", "lock", "policies", "telemetry"],
        crates: &["pki", "domain", "hsm"],
    },
];

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
    let refused = named(&tokens, &module, CRATES).into_iter().filter(|named| !allowed(row, &module, named));
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

#[cfg(test)]
mod tests;
