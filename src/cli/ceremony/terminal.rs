//! Asks the participants in person. Their codes are not shown while they type.

use crate::ceremony::Error;
use crate::ceremony::desk::Desk;
use crate::ceremony::participant::{Code, Participant};
use crate::ceremony::step::Step;
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Standard input and output.
pub(super) struct Terminal;

impl Desk for Terminal {
    fn say(&mut self, text: &str) -> Result<(), Error> {
        show(text).map_err(Error::Terminal)
    }

    fn ask(&mut self, participant: &Participant, step: Step) -> Result<Option<Code>, Error> {
        let Participant { name, role, .. } = participant;
        let question = format!("{name} ({role}), your code confirms step {step}; nothing if you do not: ");
        ask_code(&question).map_err(Error::Terminal)
    }
}

/// Asks for a code, which is not shown while it is typed; none if the line is empty.
///
/// # Errors
/// If nobody sees the question, or the input is over.
pub(in crate::cli) fn ask_code(question: &str) -> io::Result<Option<Code>> {
    Ok(ask_hidden(question)?.map(|typed| Code::typed(typed.expose_secret())))
}

/// Asks for a secret, which is not shown while it is typed; none if the line is empty.
///
/// # Errors
/// As [`ask_code`].
pub(in crate::cli) fn ask_hidden(question: &str) -> io::Result<Option<SecretString>> {
    show(question)?;
    let _hidden = Hidden::begin();
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    // A line that is longer is no secret.
    let read = std::io::stdin().lock().take(LONGEST_LINE as u64).read_line(&mut line)?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    show("\n")?;
    Ok(Some(line.trim()).filter(|line| !line.is_empty()).map(SecretString::from))
}

fn show(text: &str) -> io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// While it lives, a terminal does not show what is typed.
struct Hidden(bool);

impl Hidden {
    fn begin() -> Self {
        Self(std::io::stdin().is_terminal() && echo("-echo"))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if self.0 && !echo("echo") {
            tracing::warn!("the terminal still hides what is typed: say `stty echo`");
        }
    }
}

fn echo(how: &str) -> bool {
    Command::new("stty").arg(how).stdin(Stdio::inherit()).status().is_ok_and(|status| status.success())
}

const LONGEST_LINE: usize = 256;
