//! Is this certificate good for this use, now, under this trust?
//!
//! Our own search finds chains (`path`), OpenSSL judges each by RFC 5280 clause 6 (`engine`), and our own rules add what
//! it lets pass (`rules`). All three spend one [`Budget`], so that no input costs more than it says.

mod budget;
mod candidate;
mod engine;
mod path;
mod request;
mod rules;
mod verdict;

pub use budget::{Budget, Exhausted, Limits};
pub use request::{MalformedInput, Peer, Policies, Purpose, Request, Revocation};
pub use verdict::{Indication, SubIndication, Validated, Verdict};

use candidate::Candidate;
use engine::Engine;

/// Validates the certificate of `request`.
///
/// The first chain that is good decides. If none is, the verdict names what was wrong with the chain that came furthest.
///
/// # Errors
/// [`MalformedInput`] for something that is no certificate, CRL or name.
pub fn certificate(request: &Request, budget: &mut Budget) -> Result<Verdict, MalformedInput> {
    let candidates = Candidate::read_all(request)?;
    let engine = Engine::new(request, &candidates)?;
    let mut worst: Option<Verdict> = None;
    let mut paths = path::Paths::new(&candidates, request);
    loop {
        match paths.next(budget) {
            Ok(Some(path)) => match judge(request, &engine, &path) {
                Ok(validated) => return Ok(Verdict::Passed(validated)),
                Err(verdict) => keep_worst(&mut worst, verdict),
            },
            Ok(None) => break,
            Err(exhausted) => return Ok(Verdict::exhausted(exhausted)),
        }
    }
    Ok(worst.unwrap_or_else(Verdict::no_chain))
}

fn judge(request: &Request, engine: &Engine, path: &[&Candidate]) -> Result<Validated, Verdict> {
    rules::check(request, path)?;
    engine.verify(path)
}

/// A chain that reached a trust anchor and failed says more than one that did worse.
fn keep_worst(worst: &mut Option<Verdict>, verdict: Verdict) {
    if worst.as_ref().is_none_or(|kept| verdict.severity() > kept.severity()) {
        *worst = Some(verdict);
    }
}
