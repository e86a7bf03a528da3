//! What a request makes its change depend on: a key under which it is done once, and the version that the caller saw.
//!
//! Both are held by the commit, in the unit of work that makes the change, so that no crash and no race comes between.
//! No use case can know of them or forget them: they travel beside it, in the task of the request, and
//! [`commit`](super::commit::commit) asks for them.

use super::sealed::SealKey;
use crate::app::App;
use crate::service::ServiceError;
use crate::service::permit::Permit;
use aws_lc_rs::hmac;
use domain::changes::{Changes, Version, Write};
use domain::ports::StoreError;
use domain::request::{Done, KeyRef, RequestKey};
use domain::{Kind, PersonId, TenantId};
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static CONDITIONS: Arc<Conditions>;
}

/// The conditions of one request.
#[derive(Default)]
pub struct Conditions {
    key: Option<Key>,
    seen: Option<Seen>,
    /// Whether what was seen was changed already: once is what the caller asked for.
    changed: AtomicBool,
}

/// Versions of a row, one of which must be the one that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(pub Vec<(String, Version)>);

/// A caller's key, as what follows from it.
pub struct Key {
    id: [u8; 32],
    request: [u8; 32],
    seal: SealKey,
    state: Mutex<KeyState>,
}

#[derive(Default)]
struct KeyState {
    /// Who sent it, and their place among the requests that are being done.
    caller: Option<Place>,
    claimed: Option<RequestKey>,
}

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers that belong to the body.
    pub headers: Vec<(String, String)>,
    /// The body, which is text.
    pub body: String,
}

/// Why a request with a key is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The first one is being done.
    #[error("a request with this key is being done")]
    UnderWay,
    /// The key stands for another request.
    #[error("the key was used for a request with another body")]
    OtherRequest,
    /// The service ended between the deed and its answer.
    #[error("the request was done, its answer was lost; read what became of it")]
    AnswerLost,
}

impl KeyError {
    /// Coarse class for the edge.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::UnderWay | Self::AnswerLost => Kind::Conflict,
            Self::OtherRequest => Kind::Refused,
        }
    }

    /// Stable word for machines.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::UnderWay => "request-under-way",
            Self::OtherRequest => "request-key-reused",
            Self::AnswerLost => "request-answer-lost",
        }
    }
}

impl Key {
    /// The key `text` of a request with `body` to `route`. Nothing that is kept tells key or body: whoever has neither
    /// cannot guess their way from the digests, nor open the answer.
    pub fn new(text: &str, route: &str, body: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
        let derive = |parts: [&[u8]; 3]| -> [u8; 32] {
            let mut context = hmac::Context::with_key(&key);
            for part in parts {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part);
            }
            context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 octets")
        };
        Self {
            id: derive([b"id", route.as_bytes(), b""]),
            request: derive([b"request", route.as_bytes(), body]),
            seal: SealKey::new(&derive([b"seal", route.as_bytes(), body])),
            state: Mutex::default(),
        }
    }

    fn with_state<T>(&self, act: impl FnOnce(&mut KeyState) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Conditions {
    /// Of a request with these headers.
    pub fn new(key: Option<Key>, seen: Option<Seen>) -> Self {
        Self { key, seen, changed: AtomicBool::new(false) }
    }

    /// Does `work`, whose commits these conditions hold for.
    pub async fn hold<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CONDITIONS.scope(self, work).await
    }

    /// The answer of the first time, if the request was done already. Called once the caller may ask for it.
    ///
    /// # Errors
    /// [`ServiceError`] if it is being done, was another request, or its answer was lost.
    pub async fn answered<A>(&self, app: &App, permit: &Permit<A>) -> Result<Option<Answer>, ServiceError> {
        let Some(key) = &self.key else { return Ok(None) };
        let (tenant, person) = (permit.tenant(), permit.person());
        let place = Place::take(app, (tenant.clone(), person.clone(), key.id)).ok_or(KeyError::UnderWay)?;
        key.with_state(|state| state.caller = Some(place));
        let Some(Done { request, answer }) = app.store.done(KeyRef { tenant, person, id: &key.id }).await? else {
            return Ok(None);
        };
        if request != key.request {
            return Err(KeyError::OtherRequest.into());
        }
        let sealed = answer.ok_or(KeyError::AnswerLost)?;
        let text = key.seal.open(NONCE, CONTEXT, &sealed).ok_or(KeyError::AnswerLost)?;
        Ok(Some(serde_json::from_slice(&text).map_err(|_| KeyError::AnswerLost)?))
    }

    /// Whether something was done under the request's key, so that its answer is to be kept.
    pub fn is_done(&self) -> bool {
        self.claimed().is_some()
    }

    /// Keeps the answer of a request that was done.
    ///
    /// # Errors
    /// [`ServiceError`] if the store fails: the deed stands, and whoever asks again is told that its answer was lost.
    pub async fn keep(&self, app: &App, answer: &Answer) -> Result<(), ServiceError> {
        let (Some(key), Some(claimed)) = (&self.key, self.claimed()) else { return Ok(()) };
        let text = serde_json::to_vec(answer).expect("an answer holds numbers and strings");
        // The seal's key is this request's alone, and the first answer stands: it seals once.
        Ok(app.store.keep_answer(claimed, key.seal.seal(NONCE, CONTEXT, &text)).await?)
    }

    fn claimed(&self) -> Option<RequestKey> {
        self.key.as_ref()?.with_state(|state| state.claimed.clone())
    }

    fn attach(&self, changes: Changes, now: UtcTime) -> Result<Changes, StoreError> {
        if let Some(seen) = &self.seen
            && !self.changed.load(Ordering::Relaxed)
        {
            if !seen.is_changed_by(&changes) {
                return Err(StoreError::NotAsSeen);
            }
            self.changed.store(true, Ordering::Relaxed);
        }
        let Some(key) = &self.key else { return Ok(changes) };
        let claim = key.with_state(|state| {
            let Place { of: (tenant, person, id), .. } = state.caller.as_ref()?;
            let (tenant, person) = (tenant.clone(), person.clone());
            let claim = RequestKey { tenant, person, id: *id, request: key.request, at: now };
            state.claimed.is_none().then(|| state.claimed.insert(claim).clone())
        });
        Ok(match claim {
            Some(claim) => changes.write(Write::RequestKey(claim)),
            None => changes,
        })
    }
}

impl Seen {
    /// Whether the rows of the named kind that are changed are at a version that was seen, and there are any.
    fn is_changed_by(&self, changes: &Changes) -> bool {
        let kinds: HashSet<&str> = self.0.iter().map(|(kind, _)| kind.as_str()).collect();
        let mut versions = changes.writes().iter().filter_map(Write::replaces).filter(|(kind, _)| kinds.contains(kind));
        let is_seen = |(kind, version): (&str, Version)| self.0.iter().any(|seen| seen.0 == kind && seen.1 == version);
        versions.next().is_some_and(is_seen) && versions.all(is_seen)
    }
}

/// The conditions that a unit of work was given.
pub(super) struct Attached(Option<Arc<Conditions>>);

/// Adds what the request's conditions ask for to the first unit of work that changes something.
///
/// # Errors
/// [`StoreError::NotAsSeen`] if another version is changed than the caller saw.
pub(super) fn attach(changes: Changes, now: UtcTime) -> Result<(Changes, Attached), StoreError> {
    match CONDITIONS.try_with(Arc::clone) {
        Ok(conditions) if !changes.writes().is_empty() => {
            Ok((conditions.attach(changes, now)?, Attached(Some(conditions))))
        }
        _ => Ok((changes, Attached(None))),
    }
}

impl Attached {
    /// Takes note of what became of the unit of work. One that may stand counts as done.
    pub(super) fn settle<T>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        let Some(conditions) = self.0 else { return outcome };
        match outcome {
            Ok(_) | Err(StoreError::Unavailable(_)) => outcome,
            Err(error) => {
                conditions.changed.store(false, Ordering::Relaxed);
                if let Some(key) = &conditions.key {
                    key.with_state(|state| state.claimed = None);
                }
                let overtaken = matches!(error, StoreError::Stale { .. }) && conditions.seen.is_some();
                Err(if overtaken { StoreError::NotAsSeen } else { error })
            }
        }
    }
}

/// Takes the conditions of the request along into a task of its own.
pub(super) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let conditions = CONDITIONS.try_with(Arc::clone).unwrap_or_default();
    CONDITIONS.scope(conditions, work)
}

/// Forgets keys and answers that are older than the policy keeps them.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn forget(app: &App) -> Result<(), ServiceError> {
    let rule = app.policies.get().retention.rule(domain::retention::RecordKind::RequestKey);
    // What is kept for ever is never forgotten.
    let Some(days) = rule.whole_days() else { return Ok(()) };
    Ok(app.store.forget_requests(app.clock.now().plus_days(-days)).await?)
}

/// The requests with keys that are being done.
#[derive(Debug, Default)]
pub struct UnderWay(Mutex<HashSet<RequestId>>);

type RequestId = (TenantId, PersonId, [u8; 32]);

/// A place among them, given back when dropped.
struct Place {
    app: App,
    of: RequestId,
}

impl Place {
    /// None while somebody else has it.
    fn take(app: &App, of: RequestId) -> Option<Self> {
        let mut taken = app.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(of.clone()).then(|| Self { app: App::clone(app), of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.of);
    }
}

/// A seal's key is used for one answer only, so it needs no nonce of its own.
const NONCE: [u8; 12] = [0; 12];
const CONTEXT: &[u8] = b"sigill request answer";

#[cfg(test)]
mod tests;
