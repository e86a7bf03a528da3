//! `sigill card`: what a desk does with a card in its reader, whatever PKCS#11 module reaches it.
//!
//! Keys are born on the card and sign their own requests; what comes back is written beside them, and everything is read
//! back and compared. The service never sees the card, and this command never the service: the desk sends the requests,
//! and signs for them, with whatever it works with.

mod pin;
pub(crate) mod request;
mod secret;
mod show;

use crate::cli::quickstart::files;
use crate::cli::quickstart::people::{AUTHENTICATION, SIGNATURE};
use crate::cli::quickstart::report::say;
use crate::cli::quickstart::tokens;
use anyhow::{Context, bail, ensure};
use hsm::{CardName, HsmError, KeyRole, Module, Pool};
use pki::certificate::Certificate;
use pki::key::{KeyId, KeyKind};
use request::CardSigner;
use secret::{Source, check_new};
use std::path::{Path, PathBuf};

/// `sigill card …`.
#[derive(Debug, clap::Args)]
pub struct CardArguments {
    #[command(subcommand)]
    command: CardCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CardCommand {
    /// Set PIN and PUK of a blank card, and have it make its two keys
    Init(InitArguments),
    /// Have each key sign a certificate request
    Csr(CsrArguments),
    /// Write certificates onto the card, and read everything back
    Import(ImportArguments),
    /// Change the PIN, set a new one with the PUK, or change the PUK
    Pin(pin::PinArguments),
    /// Say what the card is, and with its PIN what it carries
    Show(show::ShowArguments),
}

/// Which card. PIN and PUK never stand on the command line, where others read them.
#[derive(Debug, clap::Args)]
struct Which {
    /// Label of the card
    #[arg(long)]
    token: String,
    /// Serial number of the card, where several carry the label or several are blank
    #[arg(long)]
    serial: Option<String>,
    /// PKCS#11 module that reaches the card: a path, or `auto` for SoftHSM2
    #[arg(long, default_value = "auto")]
    module: String,
}

#[derive(Debug, clap::Args)]
struct InitArguments {
    #[command(flatten)]
    which: Which,
    /// The holder's PIN: `ask`, `file:PATH` or `env:NAME`
    #[arg(long, default_value = "ask")]
    pin: Source,
    /// The PUK, likewise
    #[arg(long, default_value = "ask")]
    puk: Source,
    /// Kind of the keys: `ec-p256`, `ec-p384`, `rsa-2048`, `rsa-3072` or `rsa-4096`; the best that the card can if none is named
    #[arg(long)]
    keys: Option<String>,
}

#[derive(Debug, clap::Args)]
struct CsrArguments {
    #[command(flatten)]
    which: Which,
    /// The holder's PIN: `ask`, `file:PATH` or `env:NAME`
    #[arg(long, default_value = "ask")]
    pin: Source,
    /// Folder for authentication.csr and signature.csr
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, clap::Args)]
struct ImportArguments {
    #[command(flatten)]
    which: Which,
    /// The holder's PIN: `ask`, `file:PATH` or `env:NAME`
    #[arg(long, default_value = "ask")]
    pin: Source,
    /// Certificate of the authentication key, PEM
    #[arg(long)]
    authentication: PathBuf,
    /// Certificate of the signature key, PEM
    #[arg(long)]
    signature: PathBuf,
}

/// Runs a command of `sigill card`.
///
/// # Errors
/// What the card did not do, or what it carries that does not fit.
pub fn run(arguments: &CardArguments) -> anyhow::Result<()> {
    match &arguments.command {
        CardCommand::Init(of) => initialise(of),
        CardCommand::Csr(of) => write_requests(of),
        CardCommand::Import(of) => import(of),
        CardCommand::Pin(of) => pin::run(of),
        CardCommand::Show(of) => show::run(of),
    }
}

impl Which {
    fn card(&self) -> CardName {
        CardName { module: Module::from(self.module.clone()), label: self.token.clone(), serial: self.serial.clone() }
    }

    fn open(&self, pin: &Source) -> anyhow::Result<Pool> {
        let pin = pin.read(&format!("PIN of {}", self.token))?;
        Ok(tokens::open_card(&self.card(), pin)?)
    }
}

/// A card that its maker initialised keeps its PIN and PUK. One that has a certificate is somebody's.
fn initialise(of: &InitArguments) -> anyhow::Result<()> {
    let card = of.which.card();
    let pin = match card.status() {
        Ok(_) => of.pin.read("PIN of the card")?,
        Err(HsmError::TokenNotFound { .. }) => {
            let (pin, puk) = (of.pin.read_new("the card's PIN")?, of.puk.read_new("the card's PUK")?);
            check_new("the PIN", &pin, secret::LEAST_PIN)?;
            check_new("the PUK", &puk, secret::LEAST_PUK)?;
            card.initialise(&puk, &pin)?;
            pin
        }
        Err(other) => return Err(other.into()),
    };
    let kind = choose(of.keys.as_deref(), &card.status()?.kinds)?;
    let token = tokens::open_card(&card, pin)?;
    for label in KEYS {
        let key = KeyId::new(label);
        ensure!(token.certificate(&key)?.is_none(), "the card carries a certificate: it is somebody's");
        match token.generate(&key, kind, KeyRole::Card) {
            // An interrupted run made it.
            Ok(_) | Err(HsmError::KeyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    distinct(&token)?;
    show::report(&card, Some(&token))
}

/// The first kind of [`PREFERRED`] that the card can, or the one that was asked for.
fn choose(wanted: Option<&str>, kinds: &[KeyKind]) -> anyhow::Result<KeyKind> {
    let able = || kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let found = match wanted {
        Some(word) => kinds.iter().find(|kind| kind.as_str() == word),
        None => PREFERRED.iter().find(|kind| kinds.contains(kind)),
    };
    found.copied().with_context(|| format!("the card makes no such keys; it can make: {}", able()))
}

/// Authentication and signature never share a key.
fn distinct(token: &Pool) -> anyhow::Result<()> {
    let [one, other] = KEYS.map(|label| token.card_key(&KeyId::new(label)));
    ensure!(one?.public != other?.public, "the card gave one key two labels");
    Ok(())
}

fn write_requests(of: &CsrArguments) -> anyhow::Result<()> {
    let token = of.which.open(&of.pin)?;
    distinct(&token)?;
    files::public_folder(&of.out)?;
    for label in KEYS {
        let signer = CardSigner::new(&token, &KeyId::new(label))?;
        let path = of.out.join(format!("{label}.csr"));
        files::public(&path, signer.request()?)?;
        say(&format!("{label} {} {}\n", show::fingerprint(signer.public()), path.display()))?;
    }
    Ok(())
}

fn import(of: &ImportArguments) -> anyhow::Result<()> {
    let token = of.which.open(&of.pin)?;
    let authentication = read(&of.authentication)?;
    let signature = read(&of.signature)?;
    ensure!(authentication.digital_signature(), "{} is not for authentication", of.authentication.display());
    ensure!(signature.non_repudiation(), "{} is not for signatures", of.signature.display());
    let pairs = [(AUTHENTICATION, &authentication), (SIGNATURE, &signature)].map(|(l, c)| (KeyId::new(l), c));
    // Both are checked before either is written.
    for (key, certificate) in &pairs {
        if token.card_key(key)?.public != *certificate.public_key() {
            bail!("the certificate for {key} is for another key than the card's");
        }
    }
    for (key, certificate) in &pairs {
        let der = certificate.der().as_bytes();
        token.import_certificate(key, der)?;
        let found = token.card_key(key)?.certificate;
        ensure!(
            found.as_deref() == Some(der),
            "the card does not give back the certificate for {key} as it was written"
        );
    }
    show::report(&of.which.card(), Some(&token))
}

fn read(path: &Path) -> anyhow::Result<Certificate> {
    Certificate::from_pem(&files::read_text(path)?).with_context(|| format!("{}", path.display()))
}

/// The keys of a card.
const KEYS: [&str; 2] = [AUTHENTICATION, SIGNATURE];
/// What the shipped profiles of people accept, the best first.
const PREFERRED: [KeyKind; 3] = [KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_makes_the_best_keys_that_it_can() {
        let all = [KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::EcP384, KeyKind::EcP256];
        assert_eq!(choose(None, &all).unwrap(), KeyKind::EcP256);
        assert_eq!(choose(None, &all[..3]).unwrap(), KeyKind::EcP384);
        assert_eq!(choose(None, &all[..2]).unwrap(), KeyKind::Rsa3072);
        assert!(choose(None, &all[..1]).is_err(), "no profile takes RSA of 2048 bits");
        assert_eq!(choose(Some("rsa-2048"), &all).unwrap(), KeyKind::Rsa2048);
        assert!(choose(Some("rsa-4096"), &all).is_err());
    }
}
