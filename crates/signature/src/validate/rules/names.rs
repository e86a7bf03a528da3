//! The form of subject alternative names (RFC 5280 clause 4.2.1.6).

use super::super::budget::MAX_NAMES;
use super::super::candidate::Candidate;
use super::super::verdict::Verdict;
use x509_parser::extensions::GeneralName;

pub(super) fn check(candidate: &Candidate, depth: usize) -> Result<(), Verdict> {
    let names = of(candidate)?;
    if names.len() > MAX_NAMES {
        return Err(Verdict::breaks(format!("certificate {depth} of the chain has too many names")));
    }
    let malformed =
        |what: &str| Err(Verdict::breaks(format!("certificate {depth} of the chain has a malformed {what}")));
    for name in names {
        match name {
            GeneralName::DNSName(name) if !is_host(name.strip_prefix("*.").unwrap_or(name)) => {
                return malformed("dNSName");
            }
            GeneralName::RFC822Name(address) if !is_mail(address) => return malformed("rfc822Name"),
            _ => {}
        }
    }
    Ok(())
}

/// The subject alternative names of a certificate.
///
/// # Errors
/// The [`Verdict`] if the extension cannot be read or stands there twice.
pub(super) fn of<'a>(candidate: &'a Candidate) -> Result<&'a [GeneralName<'a>], Verdict> {
    let extension = candidate.parsed.subject_alternative_name();
    let extension = extension.map_err(|_| Verdict::breaks("a subject alternative name cannot be read"))?;
    Ok(extension.map_or(&[], |extension| &extension.value.general_names))
}

/// Preferred name syntax (RFC 1034 clause 3.5, RFC 1123 clause 2.1).
pub(super) fn is_host(name: &str) -> bool {
    name.len() <= MAX_HOST && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let fits = !label.is_empty() && label.len() <= MAX_LABEL;
    let edges = !label.starts_with('-') && !label.ends_with('-');
    fits && edges && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// One `@`, with something before it and a host after it (RFC 5321 clause 4.1.2, without quoting).
pub(super) fn is_mail(address: &str) -> bool {
    let Some((local, host)) = address.split_once('@') else { return false };
    !local.is_empty() && local.bytes().all(|octet| octet.is_ascii_graphic()) && is_host(host)
}

const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;
