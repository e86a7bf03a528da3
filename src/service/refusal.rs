//! What somebody was refused stands in the audit log before they are answered.
//!
//! A thing of another agency is answered like one that does not exist, at the same cost: both are looked for and both
//! are recorded. The record alone knows the difference.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, Permits};
use domain::access::Action;
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::ports::Thing;
use domain::{Kind, TenantId};

/// What an act was about.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    /// Something that a request named.
    Thing(Thing<'a>),
    /// Something with no key of an agency's: the word for it.
    Other(&'a str),
}

/// Who tries what.
#[derive(Debug, Clone)]
pub struct Attempt {
    actor: Actor,
    tenant: TenantId,
    action: Action,
}

impl Attempt {
    /// The act that a permit was given for.
    pub fn of<A: Permits>(permit: &Permit<A>) -> Self {
        Self { actor: permit.actor(), tenant: permit.tenant().clone(), action: A::ACTION }
    }

    /// Passes an outcome on; a refusal is recorded first.
    ///
    /// # Errors
    /// The outcome's; if the refusal cannot be recorded, why not.
    pub async fn noted<T>(
        self,
        app: &App,
        about: About<'_>,
        outcome: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        if let Err(error) = &outcome {
            self.note(app, about, error).await?;
        }
        outcome
    }

    /// Records a refusal. What was asked wrongly, or failed, is none.
    ///
    /// # Errors
    /// [`ServiceError`] if it cannot be recorded.
    pub async fn note(&self, app: &App, about: About<'_>, error: &ServiceError) -> Result<(), ServiceError> {
        if !matches!(error.kind(), Kind::Denied | Kind::NotFound | Kind::Conflict | Kind::Refused) {
            return Ok(());
        }
        let mut event = Event::new("act.refused", self.actor.clone(), about.name(), app.clock.now())
            .in_tenant(&self.tenant)
            .with("action", self.action)
            .with("code", error.code());
        if let (Kind::NotFound, About::Thing(thing)) = (error.kind(), about) {
            event = event.with("elsewhere", app.store.exists(thing).await?);
        }
        commit(app, Changes::recording(event)).await?;
        Ok(())
    }
}

impl About<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Thing(Thing::Enrolment(id)) => id.as_str(),
            Self::Thing(Thing::Card(number)) => number.as_str(),
            Self::Thing(Thing::Person(id)) => id.as_str(),
            Self::Thing(Thing::Assignment(id)) => id.as_str(),
            Self::Thing(Thing::Function(id)) => id.as_str(),
            Self::Other(word) => word,
        }
    }
}
