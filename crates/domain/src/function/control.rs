//! Whether every name in an order was shown to be the agency's. Service and signer ask the same questions apart.

use super::FunctionPolicy;
use crate::Kind;
use crate::operation::{ControlEvidence, ControlProof, IssueFunction};
use crate::subject::{ORGANISATION_NAME, ORGANISATION_NUMBER};
use pki::issue::SubjectFacts;
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// Why an order is not to be approved as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlFault {
    /// A profile that nobody orders.
    #[error("profile {0} cannot be ordered")]
    Profile(String),
    /// A fact that has no place in such a certificate.
    #[error("{0} has no place in the certificate of a function")]
    Fact(String),
    /// A host name that is none, or stands for many.
    #[error("not the name of one host, in lower case: {0}")]
    HostName(String),
    /// An identifier that another organisation gave.
    #[error("the identifier does not begin with the agency's organisation number")]
    Identifier,
    /// Nothing shows that a name is the agency's.
    #[error("nothing shows that {0} is the agency's")]
    NotShown(String),
    /// It was shown too long ago, or later than now.
    #[error("what shows that {0} is the agency's is too old")]
    Stale(String),
    /// Something was shown for a name that is not in the order, or twice.
    #[error("{0} is shown but not ordered, or shown twice")]
    Superfluous(String),
    /// No address for notices.
    #[error("not an address for notices")]
    Contact,
}

impl ControlFault {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NotShown(_) | Self::Stale(_) | Self::Superfluous(_) => Kind::Refused,
            _ => Kind::Invalid,
        }
    }

    /// Stable word for machines; part of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Profile(_) => "profile-not-ordered",
            Self::Fact(_) => "fact-out-of-place",
            Self::HostName(_) => "host-name",
            Self::Identifier => "identifier-of-another",
            Self::NotShown(_) => "control-not-shown",
            Self::Stale(_) => "control-stale",
            Self::Superfluous(_) => "control-superfluous",
            Self::Contact => "contact-address",
        }
    }
}

impl FunctionPolicy {
    /// Whether such a certificate can be asked for at all.
    ///
    /// # Errors
    /// [`ControlFault`], the first thing found wrong.
    pub fn accept_wish(&self, profile: &str, subject: &SubjectFacts, contact: &str) -> Result<(), ControlFault> {
        if !self.profiles.contains(profile) {
            return Err(ControlFault::Profile(profile.to_owned()));
        }
        if let Some(fact) = subject.values.keys().find(|fact| !FACTS.contains(&fact.as_str())) {
            return Err(ControlFault::Fact(fact.clone()));
        }
        if !subject.ip_addresses.is_empty() {
            return Err(ControlFault::Fact("an address of a host".to_owned()));
        }
        if let Some(name) = subject.dns_names.iter().find(|name| !is_host_name(name)) {
            return Err(ControlFault::HostName(name.clone()));
        }
        let own = subject.get(ORGANISATION_NUMBER).map(|number| format!("SE{number}-"));
        if subject.get(HSA_ID).is_some_and(|id| !own.is_some_and(|own| id.starts_with(&own))) {
            return Err(ControlFault::Identifier);
        }
        if is_address(contact) { Ok(()) } else { Err(ControlFault::Contact) }
    }

    /// Whether everything in an order was shown, lately enough at `now`, and nothing else.
    ///
    /// # Errors
    /// [`ControlFault`], the first thing found wrong.
    pub fn accept_order(&self, order: &IssueFunction, now: UtcTime) -> Result<(), ControlFault> {
        self.accept_wish(&order.certificate.profile, &order.subject, &order.contact)?;
        let mut wanted = names(&order.subject);
        let oldest = now.plus_days(-i64::from(self.control_days));
        for proof in &order.control {
            if !wanted.remove(&proof.name) {
                return Err(ControlFault::Superfluous(proof.name.clone()));
            }
            if proof.at < oldest || proof.at > now.plus_seconds(crate::evidence::CLOCK_SKEW_SECONDS) {
                return Err(ControlFault::Stale(proof.name.clone()));
            }
            let shows = match &proof.evidence {
                ControlEvidence::Dns { record } => order.subject.dns_names.contains(&proof.name) && !record.is_empty(),
                ControlEvidence::Register { register, reference } => !register.is_empty() && !reference.is_empty(),
            };
            if !shows {
                return Err(ControlFault::NotShown(proof.name.clone()));
            }
        }
        wanted.pop_first().map_or(Ok(()), |name| Err(ControlFault::NotShown(name)))
    }
}

/// The names of a subject that must be shown to be the agency's.
pub(super) fn names(subject: &SubjectFacts) -> BTreeSet<String> {
    let single = [COMMON_NAME, URI].iter().filter_map(|fact| subject.get(fact)).map(str::to_owned);
    subject.dns_names.iter().cloned().chain(single).collect()
}

impl super::Wish {
    /// The names that must be shown to be the agency's.
    pub fn names(&self) -> BTreeSet<String> {
        names(&self.subject)
    }

    /// The proof that a zone holds this order's challenge.
    pub fn shown_by_dns(&self, name: &str, at: UtcTime) -> ControlProof {
        ControlProof { name: name.to_owned(), evidence: ControlEvidence::Dns { record: self.challenge.clone() }, at }
    }
}

/// One host in lower case, as certificates carry it (A-labels); no wildcard, which would stand for hosts unseen.
fn is_host_name(name: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(fits)
}

/// The form of an address (RFC 5321), as far as it must be known here: whether it exists shows when a notice is sent.
pub fn is_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&b));
    let dotted = |part: &str| plain(part) && !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    text.len() <= 254
        && text
            .rsplit_once('@')
            .is_some_and(|(local, host)| dotted(local) && local.len() <= 64 && is_host_name(&host.to_ascii_lowercase()))
}

/// What the certificate of a function may say.
const FACTS: [&str; 5] = [ORGANISATION_NAME, ORGANISATION_NUMBER, COMMON_NAME, HSA_ID, URI];
/// Name of the function.
pub const COMMON_NAME: &str = "common_name";
/// Identifier of the function, as HSA has it.
pub const HSA_ID: &str = "function.hsa_id";
/// Address of the function.
pub const URI: &str = "function.uri";
