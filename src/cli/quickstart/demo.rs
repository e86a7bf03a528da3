//! The ceremony of the demo: `policies/ceremony/demo.toml` with the installation's port, and its people's answers.

use super::ports::{DEFAULT_BASE, Ports};
use crate::ceremony::Error;
use crate::ceremony::desk::Answers;
use crate::ceremony::script::Script;

/// The ceremony's file as published.
pub(crate) const PUBLISHED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));
const ANSWERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.answers.toml"));

/// The ceremony's file for an installation on these ports.
pub(crate) fn script(ports: Ports) -> String {
    let published = Ports::new(DEFAULT_BASE).expect("the first port leaves room for the others").status_url();
    PUBLISHED.replace(&published, &ports.status_url())
}

/// What the demo's people say to its file, whichever ports are in it: they do not exist, and agree to everything.
///
/// # Errors
/// If the answers in the program are none, which a test excludes.
pub(crate) fn answers(text: &str) -> Result<Answers, Error> {
    let (published, own) = (Script::digest(PUBLISHED).to_string(), Script::digest(text));
    let answers = ANSWERS.replace(&published, &own.to_string());
    Answers::read(&answers, (CEREMONY, own), unheard)
}

/// Nobody is in the room.
fn unheard(_: &str) {}

/// Name of the demo's ceremony.
const CEREMONY: &str = "demo";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::digest::Digest;

    const PRODUCTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/production.toml"));
    const PRODUCTION_ANSWERS: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/production.answers.toml"));

    fn digest_of(text: &str) -> Digest {
        Script::digest(text)
    }

    #[test]
    fn published_answers_belong_to_the_published_files() {
        Answers::read(ANSWERS, (CEREMONY, digest_of(PUBLISHED)), unheard).unwrap();
        Answers::read(PRODUCTION_ANSWERS, ("production-v1", digest_of(PRODUCTION)), unheard).unwrap();
    }

    #[test]
    fn the_port_stands_in_the_file() {
        let text = script(Ports::new(9000).unwrap());
        assert_eq!(Script::from_toml(&text).unwrap().status_url, "http://127.0.0.1:9000");
        answers(&text).unwrap();
    }
}
