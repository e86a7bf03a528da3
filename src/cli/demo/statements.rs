//! `sigill demo statements`: the virtual cards as a service to another program, line by line.
//!
//! A question is `{"token": LABEL, "act": "approve", "operation_hash": HEX}`, the answer
//! `{"statement": JWS}` or `{"error": TEXT}`. Cards stay open between questions.

use super::Demo;
use super::officers::card;
use crate::cli::card::Card;
use crate::cli::quickstart::manifest::PersonEntry;
use anyhow::Context;
use domain::operation::{Act, OperationHash};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, Write};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    token: String,
    act: Act,
    operation_hash: OperationHash,
}

/// Answers until standard input ends.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn run(demo: &Demo) -> anyhow::Result<()> {
    let mut open = HashMap::new();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = match answer(demo, &mut open, &line?) {
            Ok(statement) => json!({ "statement": statement }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(demo: &Demo, open: &mut HashMap<String, Card>, line: &str) -> anyhow::Result<String> {
    let question: Question = serde_json::from_str(line).context("not a question")?;
    if !open.contains_key(&question.token) {
        let people = &demo.manifest.people;
        let has_card =
            |person: &&PersonEntry| person.card.as_ref().is_some_and(|card| card.token_label == question.token);
        let entry = people.iter().find(has_card);
        let card = card(entry.context("nobody has this card")?)?;
        open.insert(question.token.clone(), card);
    }
    open[&question.token].state(question.act, question.operation_hash)
}
