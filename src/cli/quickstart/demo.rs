//! The ceremony of the demo: `policies/ceremony/demo.toml` with the installation's port, and its people's answers.

use super::ports::{DEFAULT_BASE, Ports};
use crate::ceremony::Error;
use crate::ceremony::desk::Answers;
use crate::ceremony::script::Script;
use hsm::Module;

/// The ceremony's file as published.
pub(crate) const PUBLISHED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));
const ANSWERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.answers.toml"));

/// The ceremony's file for an installation on these ports, with tokens of this module.
pub(crate) fn script(ports: Ports, module: &Module) -> String {
    let published = Ports::new(DEFAULT_BASE).expect("the first port leaves room for the others").status_url();
    let module = toml::Value::from(String::from(module.clone()));
    PUBLISHED.replace(&published, &ports.status_url()).replace(MODULE, &format!("module = {module}"))
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

/// How the published file names its module.
const MODULE: &str = "module = \"auto\"";
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
    fn port_and_module_stand_in_the_file() {
        let text = script(Ports::new(9000).unwrap(), &Module::Embedded);
        let script = Script::from_toml(&text).unwrap();
        assert_eq!((script.status_url.as_str(), &script.tokens.module), ("http://127.0.0.1:9000", &Module::Embedded));
        answers(&text).unwrap();
    }
}
