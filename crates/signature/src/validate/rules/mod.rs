//! What OpenSSL lets pass and RFC 5280 or prudence does not.

mod names;
mod subtrees;
mod usage;

use super::candidate::Candidate;
use super::request::Request;
use super::verdict::{Indication, SubIndication, Verdict};

/// Judges a chain, the certificate first and the anchor last.
///
/// # Errors
/// The [`Verdict`] on the first rule that is broken.
pub(super) fn check(request: &Request, path: &[&Candidate]) -> Result<(), Verdict> {
    for (depth, candidate) in path.iter().enumerate() {
        in_time(candidate, request.at, depth)?;
        serial(candidate, depth)?;
        names::check(candidate, depth)?;
    }
    usage::check(request.purpose, path)?;
    subtrees::check(path)
}

/// RFC 5280 clause 4.1.2.5: from notBefore through notAfter, both included.
fn in_time(candidate: &Candidate, at: i64, depth: usize) -> Result<(), Verdict> {
    let validity = &candidate.parsed.tbs_certificate.validity;
    let outside = |what| {
        let reason = format!("certificate {depth} of the chain {what}");
        Verdict::failed(Indication::Indeterminate, SubIndication::OutOfBoundsNotRevoked, reason)
    };
    if at < validity.not_before.timestamp() {
        return Err(outside("is not yet valid"));
    }
    if at > validity.not_after.timestamp() {
        return Err(outside("is no longer valid"));
    }
    Ok(())
}

/// RFC 5280 clause 4.1.2.2: not zero, at most 20 octets. Negative ones are borne: the clause asks it of users.
fn serial(candidate: &Candidate, depth: usize) -> Result<(), Verdict> {
    let octets = candidate.parsed.tbs_certificate.raw_serial();
    if octets.iter().all(|octet| *octet == 0) {
        return Err(Verdict::breaks(format!("certificate {depth} of the chain has the serial number zero")));
    }
    // A leading zero octet is the sign, and not counted.
    let length = if octets[0] == 0 { octets.len() - 1 } else { octets.len() };
    if length > MAX_SERIAL_OCTETS {
        return Err(Verdict::breaks(format!("certificate {depth} of the chain has too long a serial number")));
    }
    Ok(())
}

const MAX_SERIAL_OCTETS: usize = 20;
