//! The officers' virtual cards, in one process of their own: SoftHSM2 finds tokens by its environment, and several
//! processes that log in to one token at the same moment disturb each other.

use crate::sigill::{Installation, program};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

/// Signs statements with the cards of demo people.
pub(crate) struct Cards {
    line: Mutex<Line>,
    _process: Child,
}

/// One question at a time.
struct Line {
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
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
        let line = Mutex::new(Line { questions, answers: BufReader::new(answers).lines() });
        Ok(Self { line, _process: process })
    }

    /// A statement of `person`, an entry of the manifest, about the operation with this hash.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) async fn statement(&self, person: &Value, act: &str, operation_hash: &str) -> Result<String> {
        let token = &person["card"]["token_label"];
        let question = json!({"token": token, "act": act, "operation_hash": operation_hash});
        let mut line = self.line.lock().await;
        line.questions.write_all(format!("{question}\n").as_bytes()).await?;
        let answer = line.answers.next_line().await?.context("the cards are gone")?;
        drop(line);
        let answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["statement"].as_str().with_context(|| answer.to_string())?.to_owned())
    }
}
