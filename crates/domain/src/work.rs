//! What waits for a person: orders that the rules do not decide, and news of people who have cards.

use crate::register::Reason;
use crate::{PersonId, TenantId, WorkId};
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// Something that waits at an agency, or waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// Its key.
    pub id: WorkId,
    /// The agency.
    pub tenant: TenantId,
    /// The person that it is about, if the agency knows them.
    pub person: Option<PersonId>,
    /// Whom and what, in words that are sealed.
    pub about: About,
    /// Why it waits.
    pub reasons: Vec<Reason>,
    /// Since when.
    pub since: UtcTime,
    /// Who asked for it, where somebody else must decide.
    pub asked_by: Option<PersonId>,
    /// How it ended; none while it waits.
    pub closing: Option<Closing>,
}

/// Whom a piece of work is about.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The number that was given.
    pub identity_number: String,
    /// The name that was given or is known.
    pub name: String,
    /// Whether the person's data is protected.
    pub protected: bool,
    /// On which grounds it was asked for.
    #[serde(default)]
    pub grounds: String,
}

/// Says nothing of the person.
impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("About").field("protected", &self.protected).finish_non_exhaustive()
    }
}

/// How a piece of work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Who did it.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
    /// What was done, in the officer's own words.
    pub reason: String,
}

/// The work is done already, or is about whoever wants to close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// Somebody was faster.
    #[error("this work is done already")]
    Done,
    /// Whoever asked for it does not decide it.
    #[error("whoever asked for it does not decide it")]
    SamePerson,
    /// Nobody decides about themselves.
    #[error("nobody closes work about themselves")]
    OnSelf,
}

impl WorkItem {
    /// Ends it.
    ///
    /// # Errors
    /// [`NotClosed`].
    pub fn close(self, closing: Closing) -> Result<Self, NotClosed> {
        if self.person.as_ref() == Some(&closing.by) {
            return Err(NotClosed::OnSelf);
        }
        if self.asked_by.as_ref() == Some(&closing.by) {
            return Err(NotClosed::SamePerson);
        }
        match self.closing {
            Some(_) => Err(NotClosed::Done),
            None => Ok(Self { closing: Some(closing), ..self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_closed_once_and_not_by_whom_it_is_about() {
        let item = WorkItem {
            id: "w1".parse().unwrap(),
            tenant: "a".parse().unwrap(),
            person: Some("olle".parse().unwrap()),
            about: About::default(),
            reasons: vec![Reason::NewName],
            since: UtcTime::from_unix(1),
            asked_by: Some("eva".parse().unwrap()),
            closing: None,
        };
        let by = |who: &str| Closing { by: who.parse().unwrap(), at: UtcTime::from_unix(2), reason: "new card".into() };
        assert_eq!(item.clone().close(by("olle")), Err(NotClosed::OnSelf));
        assert_eq!(item.clone().close(by("eva")), Err(NotClosed::SamePerson));
        let closed = item.close(by("anna")).unwrap();
        assert_eq!(closed.close(by("bo")), Err(NotClosed::Done));
    }
}
