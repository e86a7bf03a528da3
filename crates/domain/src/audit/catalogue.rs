//! Every kind of event that the service records: what an auditor may expect to find.

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `object.verb`.
    pub name: &'static str,
    /// What it is about.
    pub area: &'static str,
    /// What happened.
    pub meaning: &'static str,
}

const fn kind(area: &'static str, name: &'static str, meaning: &'static str) -> Kind {
    Kind { name, area, meaning }
}

/// Every kind, by area. `docs/audit.md` shows the same.
pub const CATALOGUE: &[Kind] = &[
    kind("service", "policies.loaded", "Policies came into force."),
    kind("service", "tenant.registered", "An organisation was registered."),
    kind("service", "agreement.filed", "An agreement with an agency was put on file."),
    kind("service", "phase.proposed", "A step of an agency or one of its services was proposed."),
    kind("service", "phase.accepted", "A step was accepted."),
    kind("service", "phase.refused", "A step was refused."),
    kind("service", "emergency.announced", "Custodians announced other officers."),
    kind("service", "emergency.cancelled", "An announced emergency was stopped."),
    kind("service", "emergency.in-force", "Officers of an emergency took office."),
    kind("access", "access.denied", "Somebody known lacked the right."),
    kind("access", "act.refused", "An act was refused, with the word for it."),
    kind("access", "package.ordered", "A package was ordered for somebody."),
    kind("access", "package.approved", "A package was given."),
    kind("access", "package.refused", "An ordered package was refused."),
    kind("access", "package.ended", "A package was taken back."),
    kind("access", "training.recorded", "A training was recorded."),
    kind("access", "list.exported", "Somebody took a whole list away."),
    kind("registration", "person.registered", "A ceremony registered a person."),
    kind("registration", "employment.reported", "A personnel system reported an employment that begins."),
    kind(
        "registration",
        "employment.not-taken",
        "What a personnel system reported is not recorded: it waits for somebody.",
    ),
    kind("registration", "employment.address-set", "It was said where an employee is reached."),
    kind("registration", "employment.end-set", "It was said when an employment ends."),
    kind("registration", "employment.ended", "An employment ended."),
    kind("registration", "person.rechecked", "The person register was heard of somebody who is known; what differed."),
    kind("registration", "person.protection-set", "Somebody's data is protected, or no longer."),
    kind("registration", "work.waits", "Something waits for a person at an agency, and why."),
    kind("registration", "work.closed", "What waited is done."),
    kind("registration", "enrolment.submitted", "A card was applied for."),
    kind("registration", "enrolment.identified", "The applicant was identified."),
    kind(
        "registration",
        "enrolment.identified-again",
        "A second administrator identified the holder of a reserve card.",
    ),
    kind("registration", "enrolment.approval-signed", "An approver signed."),
    kind("registration", "enrolment.approved", "The application was approved."),
    kind("registration", "function.requested", "A function's certificate was asked for."),
    kind("registration", "function.ordered", "It was ordered, with what shows control over its names."),
    kind("registration", "function.approval-signed", "An approver signed the order."),
    kind("registration", "function.approved", "The order was approved."),
    kind("registration", "function.handed-over", "Somebody else answers for a function."),
    kind("registration", "relying-service.proposed", "The registration of a relying service was proposed."),
    kind("registration", "relying-service.approved", "It was approved."),
    kind("CA keys", "ceremony.opened", "A key ceremony began."),
    kind("CA keys", "ceremony.closed", "A key ceremony ended."),
    kind("CA keys", "key.generated", "A ceremony made a key."),
    kind("CA keys", "key.moved", "A CA's key went on in its life."),
    kind("CA keys", "anchor.added", "A root is trusted."),
    kind("CA keys", "token-key.made", "A key for identity tokens was made."),
    kind("certificates", "certificate.requested", "Serials were reserved."),
    kind("certificates", "certificate.issued", "Certificates were issued."),
    kind("certificates", "certificate.abandoned", "A serial without a certificate was revoked."),
    kind("cards", "card.received", "The holder signed for the card."),
    kind("cards", "reserve-card.stocked", "Reserve cards were put in stock."),
    kind("cards", "reserve-card.extension-submitted", "The extension of a reserve card was applied for."),
    kind("cards", "reserve-card.refused", "Somebody asked for a reserve card's certificates and got none."),
    kind("cards", "card.activated", "The card was handed out."),
    kind("revocation", "card.revoked", "A card was revoked."),
    kind("revocation", "person.revoked", "Everything that a person had was revoked."),
    kind("revocation", "revocation-code.renewed", "A holder was given a new revocation code."),
    kind("revocation", "revocation-code.refused", "A revocation code was wrong, or its card revoked before."),
    kind("revocation", "certificate.revoked", "One certificate was revoked."),
    kind("revocation", "function.revoked", "A function's certificate was revoked."),
    kind("revocation", "bulk-revocation.tried", "It was tried what revoking many cards would do."),
    kind("revocation", "bulk-revocation.requested", "Many revocations were asked for as one act."),
    kind("revocation", "bulk-revocation.cleared", "A second person cleared it."),
    kind("revocation", "bulk-revocation.skipped", "A card of it was revoked before, or is unknown."),
    kind("revocation", "bulk-revocation.finished", "Every card of it has its outcome."),
    kind("revocation", "crl.published", "A CRL was published."),
    kind("login", "login.completed", "A login was completed; which attributes were released."),
    kind("login", "login.declined", "The holder said no."),
    kind("login", "login.refused", "A card was refused."),
    kind("login", "login.repeated", "An earlier login was used again."),
    kind("login", "login.code-replayed", "A code came twice, and its session ended."),
    kind("login", "session.ended", "A session ended."),
    kind("look-ups", "person.looked-up", "Somebody looked for a person, for a purpose."),
    kind("look-ups", "decisions.read", "The decisions about a person were read, for a purpose."),
    kind("look-ups", "protected.handled", "Somebody saw or handled people whose data is protected."),
    kind("the record", "agency.read", "An auditor read what an agency does."),
    kind("the record", "audit.read", "Somebody read the log, or an agency's part."),
    kind("the record", "audit.sealed", "The end of the log was signed."),
    kind("the record", "erasure.asked", "Somebody asked for the erasure of what stands of a person beside the log."),
    kind("the record", "erasure.done", "It was erased, by somebody else."),
    kind("the record", "evidence.exported", "The evidence of a card was exported."),
    kind("time stamps", "timestamp.issued", "A time stamp was to be signed; its serial number and the digest."),
    kind("time stamps", "timestamp.unit-made", "A time-stamping unit got its key and certificate."),
    kind("time stamps", "timestamp.clock-found", "The clock is good enough to stamp by."),
    kind("time stamps", "timestamp.clock-lost", "The clock is not good enough; nothing is stamped."),
    kind("notices", "notice.reminder", "Somebody is reminded of what ends soon."),
    kind("notices", "notice.delivered", "A notice was taken."),
    kind("notices", "notice.delayed", "A notice was not taken, and is tried again."),
    kind("notices", "notice.given-up", "A notice was given up."),
    kind("notices", "notice.retried", "Somebody has one delivered again."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn checkout() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// What stands between `Event::new(` and the next quotation mark is nothing but space.
    fn recorded_at_once(text: &str) -> Vec<String> {
        let after = text.split("Event::new(").skip(1).map(str::trim_start).filter_map(|rest| rest.strip_prefix('"'));
        after.filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())).collect()
    }

    #[test]
    fn the_program_names_every_kind_and_no_other() {
        let mut sources = Vec::new();
        texts(&checkout().join("src"), &mut sources);
        let known: BTreeSet<_> = CATALOGUE.iter().map(|kind| kind.name.to_owned()).collect();
        assert_eq!(known.len(), CATALOGUE.len(), "each once");
        let is_named = |name: &str| sources.iter().any(|text| text.contains(&format!("\"{name}\"")));
        let never: Vec<_> = known.iter().filter(|name| !is_named(name)).collect();
        assert!(never.is_empty(), "nothing records {never:?}");
        let recorded: BTreeSet<_> = sources.iter().flat_map(|text| recorded_at_once(text)).collect();
        let unlisted: Vec<_> = recorded.difference(&known).collect();
        assert!(unlisted.is_empty(), "not in the catalogue: {unlisted:?}");
    }

    /// The program's sources, without their tests.
    fn texts(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
            }
        }
    }

    #[test]
    fn the_document_shows_the_catalogue() {
        let row = |kind: &Kind| format!("| {} | `{}` | {} |\n", kind.area, kind.name, kind.meaning);
        let table: String = CATALOGUE.iter().map(row).collect();
        let document = std::fs::read_to_string(checkout().join("docs/audit.md")).unwrap();
        assert!(document.contains(&table), "docs/audit.md must hold this table:\n{table}");
    }
}
