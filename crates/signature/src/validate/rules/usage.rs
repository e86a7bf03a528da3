//! Whether the key may be used for what it is to be used for (RFC 5280 clauses 4.2.1.3 and 4.2.1.12).

use super::super::candidate::Candidate;
use super::super::request::Purpose;
use super::super::verdict::{Indication, SubIndication, Verdict};
use x509_parser::extensions::ExtendedKeyUsage;

/// Extended key usage holds for every certificate below the anchor, key usage for the first.
pub(super) fn check(purpose: Purpose, path: &[&Candidate]) -> Result<(), Verdict> {
    if purpose == Purpose::Any {
        return Ok(());
    }
    let (_, below) = path.split_last().expect("a path has a certificate");
    for (depth, candidate) in below.iter().enumerate() {
        let extended = candidate.parsed.extended_key_usage();
        let extended = extended.map_err(|_| Verdict::breaks("an extended key usage cannot be read"))?;
        if extended.is_some_and(|extended| !names_purpose(extended.value, purpose)) {
            return Err(unfit(&format!("the extended key usage of certificate {depth} does not allow it")));
        }
    }
    may_sign_handshake(path[0], purpose)
}

fn names_purpose(extended: &ExtendedKeyUsage, purpose: Purpose) -> bool {
    extended.any
        || match purpose {
            Purpose::Server => extended.server_auth,
            Purpose::Client => extended.client_auth,
            Purpose::Any => true,
        }
}

/// A CA in the place of a subscriber has the key usage of a CA; RFC 5280 clause 6 does not look at it.
fn may_sign_handshake(candidate: &Candidate, purpose: Purpose) -> Result<(), Verdict> {
    let usage = candidate.parsed.key_usage().map_err(|_| Verdict::breaks("a key usage cannot be read"))?;
    let Some(usage) = usage.filter(|_| !candidate.parsed.is_ca()) else { return Ok(()) };
    let usage = usage.value;
    let server = purpose == Purpose::Server && (usage.key_encipherment() || usage.key_agreement());
    if usage.digital_signature() || server {
        return Ok(());
    }
    Err(unfit("the key usage of the certificate does not allow it"))
}

fn unfit(reason: &str) -> Verdict {
    Verdict::failed(Indication::Indeterminate, SubIndication::ChainConstraintsFailure, reason)
}
