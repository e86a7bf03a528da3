//! `sigill card pin`: the holder's PIN, and the PUK that sets it anew.

use super::Which;
use super::secret::{LEAST_PIN, LEAST_PUK, Source, check_new};
use crate::cli::quickstart::report::say;
use crate::cli::quickstart::tokens;

/// `sigill card pin …`.
#[derive(Debug, clap::Args)]
pub(super) struct PinArguments {
    #[command(subcommand)]
    command: PinCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PinCommand {
    /// Put a new PIN in the place of the old one
    Change {
        #[command(flatten)]
        which: Which,
        /// The PIN as it is: `ask`, `file:PATH` or `env:NAME`
        #[arg(long, default_value = "ask")]
        pin: Source,
        /// The new PIN, likewise
        #[arg(long, default_value = "ask")]
        new: Source,
    },
    /// Set a new PIN with the PUK, also when the old one is locked
    Unblock {
        #[command(flatten)]
        which: Which,
        /// The PUK: `ask`, `file:PATH` or `env:NAME`
        #[arg(long, default_value = "ask")]
        puk: Source,
        /// The new PIN, likewise
        #[arg(long, default_value = "ask")]
        new: Source,
    },
    /// Put a new PUK in the place of the old one
    Puk {
        #[command(flatten)]
        which: Which,
        /// The PUK as it is: `ask`, `file:PATH` or `env:NAME`
        #[arg(long, default_value = "ask")]
        puk: Source,
        /// The new PUK, likewise
        #[arg(long, default_value = "ask")]
        new: Source,
    },
}

/// Runs a command. A new PIN is proved by opening the card with it.
///
/// # Errors
/// If the card refuses. It counts: nothing is tried twice.
pub(super) fn run(of: &PinArguments) -> anyhow::Result<()> {
    match &of.command {
        PinCommand::Change { which, pin, new } => {
            let (old, new) = (pin.read("PIN")?, new.read_new("PIN")?);
            check_new("the PIN", &new, LEAST_PIN)?;
            which.card().change_pin(&old, &new)?;
            drop(tokens::open_card(&which.card(), new)?);
        }
        PinCommand::Unblock { which, puk, new } => {
            let (puk, new) = (puk.read("PUK")?, new.read_new("PIN")?);
            check_new("the PIN", &new, LEAST_PIN)?;
            which.card().unblock(&puk, &new)?;
            drop(tokens::open_card(&which.card(), new)?);
        }
        PinCommand::Puk { which, puk, new } => {
            let (old, new) = (puk.read("PUK")?, new.read_new("PUK")?);
            check_new("the PUK", &new, LEAST_PUK)?;
            which.card().change_puk(&old, &new)?;
        }
    }
    say("done\n")
}
