//! What `sigill key` asks a running service.

use crate::cli::connection::{Connection, wait};
use anyhow::Context;
use domain::evidence::Signed;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct AffectedArguments {
    /// Name of the CA
    name: String,
    /// A JSON object a line, in place of CSV
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct Key {
    issuer: String,
    state: String,
    days_left: i64,
    not_after: String,
    life: Vec<Stage>,
    #[serde(default)]
    compromised: Option<String>,
}

#[derive(Deserialize)]
struct Stage {
    state: String,
    since: String,
}

/// A line for each CA key.
pub(super) fn list(connection: &Connection) -> anyhow::Result<String> {
    let api = connection.open()?;
    let keys = wait(async { api.get("/admin/v1/keys").await })?;
    render(serde_json::from_value(keys)?)
}

/// Has an act done; the keys as they are then.
pub(super) fn execute(act: &Signed, connection: &Connection) -> anyhow::Result<String> {
    let api = connection.open()?;
    let body = json!({"operation": act.operation, "statements": act.statements});
    let keys = wait(async { api.post("/admin/v1/keys/acts", &body).await })?;
    Ok(format!("done\n{}", render(serde_json::from_value(keys)?)?))
}

/// Every certificate of a CA, a line each.
pub(super) fn affected(of: &AffectedArguments) -> anyhow::Result<String> {
    let api = of.connection.open()?;
    let mut text = if of.json { String::new() } else { format!("{}\n", COLUMNS.join(",")) };
    let mut cursor = String::new();
    loop {
        let path = format!("/admin/v1/keys/{}/affected?limit={PAGE}{cursor}", of.name);
        let page = wait(async { api.get(&path).await })?;
        for certificate in page["items"].as_array().context("a list of certificates")? {
            if of.json {
                writeln!(text, "{certificate}")?;
            } else {
                let value = |column| certificate[column].as_str().unwrap_or_default().to_owned();
                writeln!(text, "{}", COLUMNS.map(value).join(","))?;
            }
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(text),
        }
    }
}

fn render(keys: Vec<Key>) -> anyhow::Result<String> {
    let mut text = String::new();
    for key in keys {
        let Key { issuer, state, days_left, not_after, life, compromised } = key;
        write!(text, "{issuer}  {state}  {days_left} days left (until {not_after})")?;
        if let Some(since) = compromised {
            write!(text, "  COMPROMISED since {since}")?;
        }
        writeln!(text)?;
        for Stage { state, since } in life {
            writeln!(text, "    {state} since {since}")?;
        }
    }
    Ok(text)
}

/// None of these holds a comma or a quote: ids, words, numbers and times.
const COLUMNS: [&str; 8] = ["serial", "purpose", "tenant", "person", "card", "service", "not_after", "revoked_at"];
const PAGE: usize = 200;
