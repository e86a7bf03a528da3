//! How participants are asked: in person, or by an answers file in tests and demos.

use super::error::Error;
use super::participant::{Code, Participant};
use super::step::Step;
use crate::signer::digest::Digest;
use serde::Deserialize;

/// Who asks the participants.
pub trait Desk {
    /// Shows something to everybody in the room.
    ///
    /// # Errors
    /// [`Error::Terminal`] if nobody sees it.
    fn say(&mut self, text: &str) -> Result<(), Error>;

    /// Asks a participant to confirm the step that was shown; none if they do not.
    ///
    /// # Errors
    /// [`Error::Terminal`] if nobody answers.
    fn ask(&mut self, participant: &Participant, step: Step) -> Result<Option<Code>, Error>;
}

/// Answers given beforehand. Whoever has the file has every code in it, so it is for tests and demos only.
#[derive(Debug, Clone)]
pub struct Answers {
    answers: Vec<Answer>,
    said: fn(&str),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ceremony: String,
    script: Digest,
    #[serde(rename = "answer")]
    answers: Vec<Answer>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    participant: String,
    code: String,
    /// The steps that they confirm; all of them if none is named.
    #[serde(default)]
    steps: Vec<Step>,
}

impl Answers {
    /// Reads an answers file. What is shown goes to `said`.
    ///
    /// # Errors
    /// [`Error::Answers`] for another form or a participant twice, [`Error::OtherScript`] if it was made for another
    /// ceremony or file.
    pub fn read(text: &str, (ceremony, script): (&str, Digest), said: fn(&str)) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| Error::Answers(error.to_string()))?;
        if file.ceremony != ceremony || file.script != script {
            return Err(Error::OtherScript {
                what: "the answers file",
                found: format!("{} {}", file.ceremony, file.script),
                wanted: format!("{ceremony} {script}"),
            });
        }
        for (at, one) in file.answers.iter().enumerate() {
            if file.answers[..at].iter().any(|other| other.participant == one.participant || other.code == one.code) {
                return Err(Error::Answers(format!("{} answers twice", one.participant)));
            }
        }
        Ok(Self { answers: file.answers, said })
    }
}

impl Desk for Answers {
    fn say(&mut self, text: &str) -> Result<(), Error> {
        (self.said)(text);
        Ok(())
    }

    fn ask(&mut self, participant: &Participant, step: Step) -> Result<Option<Code>, Error> {
        let answer = self.answers.iter().find(|one| one.participant == participant.id);
        let confirms = answer.filter(|one| one.steps.is_empty() || one.steps.contains(&step));
        Ok(confirms.map(|one| Code::typed(&one.code)))
    }
}
