//! What people and systems are told, written with the change that it is about.
//!
//! A notice names nobody: it says what happened to which card or function, and goes to the address of whom it concerns.

use crate::access::words;
use crate::card::CardState;
use crate::changes::{Changes, Version, Write};
use crate::enrolment::AnyEnrolment;
use crate::function::{AnyFunction, COMMON_NAME};
use crate::{NoticeId, PersonId, TenantId};
use aws_lc_rs::digest::{SHA256, digest};
use pki::time::UtcTime;
use std::collections::BTreeMap;

words! {
    /// What a notice is about.
    NoticeKind {
        /// The card was approved and will be made.
        CardApproved = "card-approved",
        /// The card lies ready at the desk.
        CardReady = "card-ready",
        /// The card was handed out.
        CardActivated = "card-activated",
        /// The card was revoked.
        CardRevoked = "card-revoked",
        /// The card's certificates end soon.
        CardExpiring = "card-expiring",
        /// A function got its certificate.
        FunctionIssued = "function-issued",
        /// A function's certificate ends soon.
        FunctionExpiring = "function-expiring",
        /// A function's certificate was revoked.
        FunctionRevoked = "function-revoked",
        /// Whoever answers for a function has left.
        FunctionOrphaned = "function-orphaned",
    }
}

words! {
    /// On which way a notice goes.
    Channel {
        /// By e-mail.
        Mail = "mail",
        /// To the agency's own system, signed.
        Webhook = "webhook",
    }
}

words! {
    /// What became of a notice on its way.
    DeliveryState {
        /// To be delivered, for the first time or again.
        Waiting = "waiting",
        /// Taken by the other side.
        Delivered = "delivered",
        /// Given up; somebody must look.
        Dead = "dead",
    }
}

/// Something that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Follows from what it is about and when: the same fact is told once.
    pub id: NoticeId,
    /// The agency.
    pub tenant: TenantId,
    /// What happened.
    pub kind: NoticeKind,
    /// To what: a card's number or a function's id.
    pub about: String,
    /// To whom.
    pub to: Addressee,
    /// What else it says. No names, no identity numbers.
    pub facts: BTreeMap<String, String>,
    /// When it happened.
    pub at: UtcTime,
}

/// To whom a notice goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressee {
    /// An employee, at the address of the employment.
    Employee(PersonId),
    /// An address that several people read.
    Group(String),
}

/// A notice on one of its ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What is told.
    pub notice: Notice,
    /// On which way.
    pub channel: Channel,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, while it waits.
    pub next_at: UtcTime,
    /// Why the last attempt failed: a word, nothing that the other side wrote.
    pub outcome: Option<String>,
}

/// What an attempt to deliver led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The agency.
    pub tenant: TenantId,
    /// The notice.
    pub id: NoticeId,
    /// The way.
    pub channel: Channel,
    /// The state from now on.
    pub state: DeliveryState,
    /// How often it was tried by now.
    pub attempts: u32,
    /// When it is tried again, if it waits.
    pub next_at: UtcTime,
    /// Why it failed.
    pub outcome: Option<String>,
    /// The version that was read.
    pub seen: Version,
}

/// What ends soon and was not announced so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The agency.
    pub tenant: TenantId,
    /// The card's number, or the function's id.
    pub about: String,
    /// Whom it concerns.
    pub to: Addressee,
    /// Its last second.
    pub not_after: UtcTime,
}

/// How often and when a delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// So many times, then it is given up.
    pub attempts: u32,
    /// The pause after the first failure, in seconds; each further one is twice as long.
    pub first_pause_seconds: u32,
}

impl Notice {
    /// A notice about something at a moment.
    pub fn new(kind: NoticeKind, tenant: &TenantId, about: &str, to: Addressee, at: UtcTime) -> Self {
        let text = format!("{kind}\n{tenant}\n{about}\n{}", at.unix());
        let mut octets = [0; 16];
        octets.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..16]);
        Self {
            id: NoticeId::from_random(octets),
            tenant: tenant.clone(),
            kind,
            about: about.to_owned(),
            to,
            facts: BTreeMap::new(),
            at,
        }
    }

    /// Says something more; no name, no identity number.
    #[must_use]
    pub fn with(mut self, fact: &str, value: impl Into<String>) -> Self {
        self.facts.insert(fact.to_owned(), value.into());
        self
    }
}

impl Delivery {
    /// What follows from an attempt at `now`. A failure that cannot pass, or one too many, ends it.
    pub fn attempted(
        &self,
        result: Result<(), (&'static str, bool)>,
        patience: Patience,
        (now, seen): (UtcTime, Version),
    ) -> Attempted {
        let attempts = self.attempts + 1;
        let (state, outcome) = match result {
            Ok(()) => (DeliveryState::Delivered, None),
            Err((why, passes)) if passes && attempts < patience.attempts => (DeliveryState::Waiting, Some(why)),
            Err((why, _)) => (DeliveryState::Dead, Some(why)),
        };
        let doublings = self.attempts.min(MOST_DOUBLINGS);
        let pause = i64::from(patience.first_pause_seconds) << doublings;
        Attempted {
            tenant: self.notice.tenant.clone(),
            id: self.notice.id.clone(),
            channel: self.channel,
            state,
            attempts,
            next_at: now.plus_seconds(pause.min(LONGEST_PAUSE_SECONDS)),
            outcome: outcome.map(str::to_owned),
            seen,
        }
    }
}

/// What follows from a unit of work for those whom it concerns.
pub fn follow(changes: &Changes) -> Vec<Notice> {
    let Some(at) = changes.events().first().map(|event| event.at) else { return Vec::new() };
    let issues = changes.writes().iter().any(|write| matches!(write, Write::Certificate { .. }));
    let reason = changes.writes().iter().find_map(|write| match write {
        Write::Revocation(revocation) => Some(revocation.reason.as_str()),
        _ => None,
    });
    let told = |write: &Write| match write {
        Write::Enrolment { new, .. } => of_enrolment(new, at),
        Write::Card { new, .. } if new.state == CardState::Revoked => {
            let to = Addressee::Employee(new.holder.clone());
            let notice = Notice::new(NoticeKind::CardRevoked, &new.tenant, new.number.as_str(), to, at);
            Some(notice.with("reason", reason.unwrap_or("unspecified")))
        }
        Write::Function { new: new @ AnyFunction::Issued(_), .. } if issues => {
            Some(of_function(NoticeKind::FunctionIssued, new, at))
        }
        _ => None,
    };
    changes.writes().iter().filter_map(told).collect()
}

fn of_enrolment(enrolment: &AnyEnrolment, at: UtcTime) -> Option<Notice> {
    let kind = match enrolment {
        AnyEnrolment::Approved(_) => NoticeKind::CardApproved,
        AnyEnrolment::Issued(_) => NoticeKind::CardReady,
        AnyEnrolment::Activated(_) => NoticeKind::CardActivated,
        AnyEnrolment::Submitted(_) | AnyEnrolment::Identified(_) => return None,
    };
    let bare = enrolment.bare();
    Some(Notice::new(kind, &bare.tenant, bare.card.as_str(), Addressee::Employee(bare.applicant), at))
}

/// A notice to those who answer for a function.
pub fn of_function(kind: NoticeKind, function: &AnyFunction, at: UtcTime) -> Notice {
    let (wish, keeper) = (function.wish(), function.keeper());
    let to = Addressee::Group(keeper.contact.clone());
    let notice = Notice::new(kind, &wish.tenant, wish.id.as_str(), to, at);
    let notice = notice.with("name", wish.subject.get(COMMON_NAME).unwrap_or_default());
    match function.issued() {
        Some(issued) => notice.with("not_after", issued.not_after.to_string()),
        None => notice,
    }
}

/// After so many the pause is at its longest, whatever it began with.
const MOST_DOUBLINGS: u32 = 20;
/// A day.
const LONGEST_PAUSE_SECONDS: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(attempts: u32) -> Delivery {
        let to = Addressee::Group("drift@a.example.se".into());
        let notice = Notice::new(NoticeKind::FunctionIssued, &"a".parse().unwrap(), "f1", to, UtcTime::from_unix(7));
        let (channel, state) = (Channel::Mail, DeliveryState::Waiting);
        Delivery { notice, channel, state, attempts, next_at: UtcTime::from_unix(7), outcome: None }
    }

    #[test]
    fn pauses_double_until_it_is_given_up() {
        let patience = Patience { attempts: 4, first_pause_seconds: 60 };
        let now = UtcTime::from_unix(1_000);
        let after = |attempts, result| {
            let attempted = delivery(attempts).attempted(result, patience, (now, Version(1)));
            (attempted.state, attempted.next_at.unix() - now.unix())
        };
        assert_eq!(after(0, Err(("away", true))), (DeliveryState::Waiting, 60));
        assert_eq!(after(2, Err(("away", true))), (DeliveryState::Waiting, 240));
        assert_eq!(after(3, Err(("away", true))).0, DeliveryState::Dead);
        assert_eq!(after(0, Err(("refused", false))).0, DeliveryState::Dead);
        assert_eq!(after(3, Ok(())).0, DeliveryState::Delivered);
        let long = Patience { attempts: 100, first_pause_seconds: 3_600 };
        assert_eq!(delivery(60).attempted(Err(("away", true)), long, (now, Version(1))).next_at.unix(), 87_400);
    }

    #[test]
    fn the_same_fact_has_one_id() {
        assert_eq!(delivery(0).notice.id, delivery(1).notice.id);
        let other = Notice::new(
            NoticeKind::FunctionExpiring,
            &"a".parse().unwrap(),
            "f1",
            Addressee::Group("drift@a.example.se".into()),
            UtcTime::from_unix(7),
        );
        assert_ne!(other.id, delivery(0).notice.id);
    }
}
