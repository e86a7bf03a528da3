//! `sigill tenant`: agencies of a running service, and how they are led through the phases.

use super::connection::{Connection, wait};
use super::quickstart::report::say;
use crate::ceremony::files;
use anyhow::{Context, anyhow};
use domain::id::hex;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// `sigill tenant …`.
#[derive(Debug, clap::Args)]
pub(crate) struct TenantArguments {
    #[command(subcommand)]
    command: TenantCommand,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Subcommand)]
enum TenantCommand {
    /// List the agencies
    List,
    /// Show where an agency and its services stand, and how they came there
    Show {
        /// Its id
        id: String,
    },
    /// Register an organisation that wants to be connected
    Register {
        /// Its id from now on
        id: String,
        /// Legal name, as it is to stand in certificates
        #[arg(long)]
        name: String,
        /// Organisation number, ten digits
        #[arg(long)]
        organisation_number: String,
        /// state-agency, region, municipality or other
        #[arg(long, default_value = "state-agency")]
        kind: String,
    },
    /// Put a signed agreement on file
    Agreement {
        /// The agency's id
        id: String,
        /// Registry number
        #[arg(long)]
        reference: String,
        /// The document: its SHA-256 goes on file, the document does not
        #[arg(long)]
        document: PathBuf,
        /// Who signed for the agency: an office, not a person's name
        #[arg(long)]
        signatory: String,
        /// First second in force, such as 2026-01-01T00:00:00Z
        #[arg(long)]
        from: String,
        /// Last second in force [default: until further notice]
        #[arg(long)]
        until: Option<String>,
    },
    /// Propose that an agency or one of its services enters a phase
    Propose {
        /// The agency's id
        id: String,
        /// agency, certificates, login or signing
        #[arg(long)]
        scope: String,
        /// initiera, planera, paketera, köra or avslut
        #[arg(long)]
        phase: String,
        /// What is shown for it: CRITERION=REFERENCE
        #[arg(long = "shown", value_parser = criterion)]
        shown: Vec<(String, String)>,
    },
    /// Decide a step that somebody else proposed
    Decide {
        /// The agency's id
        id: String,
        /// The step's id
        step: String,
        /// accepted or refused
        #[arg(long)]
        verdict: String,
        /// The decision's own grounds
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
///
/// # Errors
/// What the service refuses, in its words; and if it does not answer.
pub(crate) fn run(of: &TenantArguments) -> anyhow::Result<()> {
    let text = match &of.command {
        TenantCommand::List => list(&of.connection)?,
        TenantCommand::Show { id } => show(&get(of, &format!("{TENANTS}/{id}/onboarding"))?)?,
        TenantCommand::Register { id, name, organisation_number, kind } => {
            let body = json!({"id": id, "name": name, "organisation_number": organisation_number, "kind": kind});
            show(&post(of, TENANTS, &body)?)?
        }
        TenantCommand::Agreement { id, reference, document, signatory, from, until } => {
            let sha256 = hex(&domain::certificate::fingerprint(&files::read(document)?));
            let mut body = json!({"reference": reference, "sha256": sha256, "signatory": signatory, "from": from});
            if let Some(until) = until {
                body["until"] = json!(until);
            }
            show(&post(of, &format!("{TENANTS}/{id}/agreements"), &body)?)?
        }
        TenantCommand::Propose { id, scope, phase, shown } => {
            let shown: Map<String, Value> = shown.iter().cloned().map(|(key, value)| (key, value.into())).collect();
            let body = json!({"scope": scope, "phase": phase, "shown": shown});
            show(&post(of, &format!("{TENANTS}/{id}/steps"), &body)?)?
        }
        TenantCommand::Decide { id, step, verdict, reason } => {
            let body = json!({"verdict": verdict, "reason": reason});
            show(&post(of, &format!("{TENANTS}/{id}/steps/{step}/decision"), &body)?)?
        }
    };
    say(&text)
}

fn get(of: &TenantArguments, path: &str) -> anyhow::Result<Value> {
    let api = of.connection.open()?;
    wait(async { api.get(path).await })
}

fn post(of: &TenantArguments, path: &str, body: &Value) -> anyhow::Result<Value> {
    let api = of.connection.open()?;
    wait(async { api.post(path, body).await })
}

/// A line for each agency, page by page.
fn list(connection: &Connection) -> anyhow::Result<String> {
    let (mut text, mut cursor) = (String::new(), String::new());
    let api = connection.open()?;
    loop {
        let page = wait(async { api.get(&format!("{TENANTS}?limit=200{cursor}")).await })?;
        for tenant in page["items"].as_array().context("a list of agencies")? {
            let value = |name: &str| tenant[name].as_str().unwrap_or_default();
            writeln!(text, "{}  {}  {}  {}", value("id"), value("organisation_number"), value("kind"), value("name"))?;
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(text),
        }
    }
}

/// Where an agency stands: its phases, agreements and steps.
fn show(tenant: &Value) -> anyhow::Result<String> {
    let value = |of: &Value, name: &str| of[name].as_str().unwrap_or("–").to_owned();
    let mut text =
        format!("{}  {}  {}\n", value(tenant, "id"), value(tenant, "organisation_number"), value(tenant, "name"));
    for (scope, phase) in tenant["phases"].as_object().context("phases")? {
        writeln!(text, "    {scope}: {}", phase.as_str().unwrap_or("no phase yet"))?;
    }
    for agreement in tenant["agreements"].as_array().context("agreements")? {
        let (reference, from, until) =
            (value(agreement, "reference"), value(agreement, "from"), value(agreement, "until"));
        writeln!(text, "    agreement {reference}: {from} to {until}")?;
    }
    for step in tenant["steps"].as_array().context("steps")? {
        let verdict = step["verdict"].as_str().unwrap_or("waits for a decision");
        writeln!(
            text,
            "    step {}: {} into {}, {verdict}",
            value(step, "id"),
            value(step, "scope"),
            value(step, "phase")
        )?;
    }
    Ok(text)
}

fn criterion(text: &str) -> anyhow::Result<(String, String)> {
    let (criterion, reference) = text.split_once('=').ok_or_else(|| anyhow!("CRITERION=REFERENCE"))?;
    Ok((criterion.to_owned(), reference.to_owned()))
}

const TENANTS: &str = "/admin/v1/tenants";
