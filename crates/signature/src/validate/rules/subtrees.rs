//! Name constraints (RFC 5280 clause 4.2.1.10), where OpenSSL is milder.

use super::super::budget::{MAX_COMPARISONS, MAX_SUBTREES};
use super::super::candidate::Candidate;
use super::super::verdict::Verdict;
use super::names;
use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};

pub(super) fn check(path: &[&Candidate]) -> Result<(), Verdict> {
    let mut comparisons = 0usize;
    for (depth, candidate) in path.iter().enumerate() {
        let Some(constraints) = constraints(candidate, depth)? else { continue };
        if !candidate.parsed.is_ca() {
            return Err(Verdict::breaks("name constraints stand in a certificate that is no CA's"));
        }
        let subtrees = subtrees(constraints).count();
        let below: usize = path[..depth].iter().map(|below| names::of(below).map_or(0, <[_]>::len)).sum();
        comparisons = comparisons.saturating_add(subtrees.saturating_mul(below));
        if subtrees > MAX_SUBTREES || comparisons > MAX_COMPARISONS {
            return Err(Verdict::breaks("the name constraints ask for more comparisons than the limit"));
        }
        if subtrees_of_hosts(constraints).any(|host| !host.is_empty() && !names::is_host(host)) {
            return Err(Verdict::breaks(format!("certificate {depth} of the chain constrains a malformed dNSName")));
        }
        for below in &path[..depth] {
            wildcards(constraints, below)?;
        }
    }
    Ok(())
}

/// The extension, which must be critical.
fn constraints<'a>(candidate: &'a Candidate, depth: usize) -> Result<Option<&'a NameConstraints<'a>>, Verdict> {
    let mut found = None;
    for extension in candidate.parsed.extensions() {
        let ParsedExtension::NameConstraints(constraints) = extension.parsed_extension() else { continue };
        if !extension.critical {
            return Err(Verdict::breaks(format!("the name constraints of certificate {depth} are not critical")));
        }
        found = Some(constraints);
    }
    Ok(found)
}

/// A wildcard whose names may lie in an excluded subtree is excluded: what it will be taken for is not known here.
fn wildcards(constraints: &NameConstraints, below: &Candidate) -> Result<(), Verdict> {
    let excluded = || constraints.excluded_subtrees.iter().flatten();
    for name in names::of(below)? {
        let GeneralName::DNSName(name) = name else { continue };
        let Some(parent) = name.strip_prefix("*.") else { continue };
        let met = excluded().any(|subtree| match &subtree.base {
            GeneralName::DNSName(host) => is_within(host, parent) || is_within(parent, host),
            _ => false,
        });
        if met {
            return Err(Verdict::breaks("a wildcard covers an excluded name"));
        }
    }
    Ok(())
}

/// Whether `name` is `host` or below it.
fn is_within(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    host.is_empty() || name == host || name.strip_suffix(&host).is_some_and(|rest| rest.ends_with('.'))
}

fn subtrees<'a>(constraints: &'a NameConstraints<'a>) -> impl Iterator<Item = &'a GeneralName<'a>> {
    let all = constraints.permitted_subtrees.iter().chain(&constraints.excluded_subtrees);
    all.flatten().map(|subtree| &subtree.base)
}

fn subtrees_of_hosts<'a>(constraints: &'a NameConstraints<'a>) -> impl Iterator<Item = &'a str> {
    subtrees(constraints).filter_map(|base| match base {
        GeneralName::DNSName(host) => Some(*host),
        _ => None,
    })
}
