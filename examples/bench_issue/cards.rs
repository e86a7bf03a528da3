//! The officers' virtual cards, in a process of their own: SoftHSM2 finds tokens by its environment.

use crate::sigill::{Installation, program};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Signs statements with the cards of demo people.
pub(crate) struct Cards {
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Cards {
    /// The cards of an installation.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub(crate) fn of(installation: &Installation) -> Result<Self> {
        let mut process = Command::new(program()?)
            .args(["demo", "cards", "--data"])
            .arg(&installation.data)
            .env_remove("SOFTHSM2_CONF")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let questions = process.stdin.take().context("its input is a pipe")?;
        let answers = process.stdout.take().context("its output is a pipe")?;
        Ok(Self { questions, answers: BufReader::new(answers).lines(), _process: process })
    }

    /// A statement of `person`, an entry of the manifest, about the operation with this hash.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) async fn statement(&mut self, person: &Value, act: &str, operation_hash: &str) -> Result<String> {
        let token = &person["card"]["token_label"];
        let question = json!({"token": token, "act": act, "operation_hash": operation_hash});
        self.questions.write_all(format!("{question}\n").as_bytes()).await?;
        let answer = self.answers.next_line().await?.context("the cards are gone")?;
        let answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["statement"].as_str().with_context(|| answer.to_string())?.to_owned())
    }
}
