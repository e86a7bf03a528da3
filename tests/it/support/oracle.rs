//! The officers' virtual cards, in a process of their own: tokens are found by the environment.

use super::Installation;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// Signs statements with the cards of demo people, and makes new cards.
pub struct Oracle {
    process: Child,
    line: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Oracle {
    /// The cards of an installation.
    pub fn new(installation: &Installation) -> Self {
        let mut process = Command::new(installation.program())
            .args(["demo", "statements", "--data"])
            .arg(installation.data())
            .env_remove("SOFTHSM2_CONF")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = Mutex::new((process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap())));
        Self { process, line }
    }

    /// A statement of `person` (an entry of the manifest) about an operation's hash.
    pub fn statement(&self, person: &Value, act: &str, operation_hash: &str) -> String {
        let token = &person["card"]["token_label"];
        let answer = self.ask(&json!({"token": token, "act": act, "operation_hash": operation_hash}));
        answer["statement"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn ask(&self, question: &Value) -> Value {
        let mut line = self.line.lock().unwrap();
        writeln!(line.0, "{question}").unwrap();
        line.0.flush().unwrap();
        let mut answer = String::new();
        line.1.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends when its input does; a test that is over does not wait for it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
