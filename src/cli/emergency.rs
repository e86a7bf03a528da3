//! `sigill emergency`: officers when too few are left to approve anything, and how to stop that.

use super::card::CardArguments;
use super::custodians::{code, code_file};
use super::quickstart::report::say;
use crate::ceremony::files;
use crate::signer::config::SignerConfig;
use crate::signer::digest::Digest;
use crate::signer::emergency::{APPOINTMENT_TYPE, Appointment, EmergencyRequest, EmergencyStatus};
use crate::signer::frame::{head, length};
use crate::signer::protocol::{Answer, MAX_JSON_BYTES, Request};
use anyhow::{Context, bail};
use domain::evidence::Signed;
use domain::operation::{Act, Operation};
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};
use serde_json::json;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// `sigill emergency …`.
#[derive(Debug, clap::Args)]
pub(super) struct EmergencyArguments {
    /// The signer's configuration file; the signer runs
    #[arg(long, default_value = "signer.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: EmergencyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EmergencyCommand {
    /// Say whether other officers are about to take office
    Status,
    /// Appoint other officers, with the codes of enough custodians; they take office after the delay
    Announce(AnnounceArguments),
    /// Stop it, with a security officer's card
    Cancel(CardArguments),
}

#[derive(Debug, clap::Args)]
struct AnnounceArguments {
    /// The new list, in the form of officers.json
    #[arg(long)]
    officers: PathBuf,
    /// Name of the ceremony
    #[arg(long)]
    ceremony: String,
    /// A custodian who appoints; their code is asked for
    #[arg(long = "custodian")]
    custodians: Vec<String>,
    /// CUSTODIAN=FILE with that custodian's code
    #[arg(long = "code", value_parser = code_file)]
    codes: Vec<(String, PathBuf)>,
}

/// Runs a command of `sigill emergency`.
///
/// # Errors
/// Why the signer refuses, or that it is away.
pub(super) fn run(arguments: &EmergencyArguments) -> anyhow::Result<()> {
    let signer = Signer { socket: SignerConfig::load(&arguments.config)?.socket };
    say(&told(match &arguments.command {
        EmergencyCommand::Status => signer.status()?,
        EmergencyCommand::Announce(of) => announce(&signer, of)?,
        EmergencyCommand::Cancel(card) => cancel(&signer, card)?,
    }))
}

fn announce(signer: &Signer, of: &AnnounceArguments) -> anyhow::Result<EmergencyStatus> {
    let officers = files::read_text(&of.officers)?;
    let (list, number) = (Digest::of(officers.as_bytes()), signer.status()?.announced + 1);
    let asked = of.custodians.iter().map(|custodian| (custodian, None));
    let given = of.codes.iter().map(|(custodian, file)| (custodian, Some(file.as_path())));
    let mut appointments = Vec::new();
    for (custodian, file) in asked.chain(given) {
        let (ceremony, custodian) = (of.ceremony.clone(), custodian.clone());
        let voice = code("appoints other officers", &custodian, file)?.voice();
        let key = KeyId::new(custodian.as_str());
        let payload = serde_json::to_vec(&Appointment { ceremony, custodian, officers: list, number })?;
        let header = json!({"typ": APPOINTMENT_TYPE});
        appointments.push(sign_compact(header, &payload, &key, SignatureAlgorithm::Ed25519, &voice)?);
    }
    signer.act(&Request::AnnounceEmergency(EmergencyRequest { officers, appointments }))
}

fn cancel(signer: &Signer, card: &CardArguments) -> anyhow::Result<EmergencyStatus> {
    let pending = signer.status()?.pending.context("no emergency is announced")?;
    let operation = Operation::CancelEmergency(pending.cancellation());
    let statements = vec![card.open()?.state(Act::Approve, operation.hash())?];
    let operation = String::from_utf8(operation.to_bytes())?;
    signer.act(&Request::CancelEmergency(Signed { operation, statements }))
}

fn told(status: EmergencyStatus) -> String {
    match status.pending {
        None => "no emergency is announced\n".to_owned(),
        Some(pending) => format!(
            "EMERGENCY: other officers are announced since {}\n  list (SHA-256)  {}\n  in office at the first start of \
             the signer after {}, unless a security officer cancels it\n",
            pending.announced, pending.officers, pending.effective
        ),
    }
}

/// A signer on this host.
struct Signer {
    socket: PathBuf,
}

impl Signer {
    fn status(&self) -> anyhow::Result<EmergencyStatus> {
        match self.ask(&Request::Hello)? {
            Answer::Hello(status) => Ok(status.emergency),
            _ => bail!("the signer answered something else"),
        }
    }

    fn act(&self, request: &Request) -> anyhow::Result<EmergencyStatus> {
        match self.ask(request)? {
            Answer::Emergency(status) => Ok(status),
            Answer::Refused(refusal) => bail!("the signer refused: {refusal}"),
            _ => bail!("the signer answered something else"),
        }
    }

    fn ask(&self, request: &Request) -> anyhow::Result<Answer> {
        let away = || format!("no signer answers at {}", self.socket.display());
        let mut stream = UnixStream::connect(&self.socket).with_context(away)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&head(request, &[])?)?;
        let mut octets = [0; 4];
        stream.read_exact(&mut octets).with_context(away)?;
        let mut json = vec![0; length(octets, MAX_JSON_BYTES)?];
        stream.read_exact(&mut json).with_context(away)?;
        Ok(serde_json::from_slice(&json)?)
    }
}

/// How long the signer may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
