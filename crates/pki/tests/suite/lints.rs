//! The register of rules as people read it.

use std::fmt::Write as _;

/// `docs/lints.md` says what is checked: `UPDATE_GOLDEN=1` writes it anew after a change to the rules.
#[test]
fn the_document_lists_every_rule() {
    let rules = pki::lint::register();
    let mut text = format!("{HEAD}\n{} rules.\n", rules.len());
    let mut scopes: Vec<_> = rules.iter().map(|rule| rule.scope.as_str()).collect();
    let mut seen = Vec::new();
    scopes.retain(|scope| {
        !seen.contains(scope) && {
            seen.push(*scope);
            true
        }
    });
    for scope in scopes {
        write!(text, "\n## For {scope}\n\n| Rule | Clause | Demand |\n|---|---|---|\n").unwrap();
        for rule in rules.iter().filter(|rule| rule.scope.as_str() == scope) {
            writeln!(text, "| `{}` | {} | {} |", rule.name, rule.source, rule.demands).unwrap();
        }
    }
    text.push_str("\n## Rules that a profile may waive\n\n");
    for rule in rules.iter().filter(|rule| pki::lint::may_be_waived(rule.name)) {
        writeln!(text, "- `{}`", rule.name).unwrap();
    }
    testkit::golden("../../docs/lints.md", &text);
}

const HEAD: &str = "# Lints

What is checked on the octets before they are signed. A finding refuses the signature; certificates are checked again
when they come back from the signer, and one that fails then is revoked. A profile can waive a rule by its name, with a
reason, from a day on and for a year at the longest (`[lints]` in `policies/profiles`); of the rules below only those at the
end, and none about what was signed, CRLs or OCSP answers.

Each rule has samples that break it and a test of its name in `crates/pki/src/lint/tests`; the mutation check there
shows that the test fails if the rule is taken out. This file is written by the tests (`UPDATE_GOLDEN=1`).
";
