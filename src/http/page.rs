//! Lists: so many rows, and a cursor to where they go on.

use crate::app::App;
use crate::http::problem::Problem;
use crate::service::{Permit, ServiceError};
use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// In the list's order, which does not change.
    pub items: Vec<T>,
    /// Where the list goes on: the `cursor` of the next request. Missing on the last page. It is good for this caller, this
    /// list and these filters only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "kQm2v0rJ7fXw4nB8cT1yZ6uE3pL9sA5dH0gK")]
    pub next: Option<String>,
}

/// What a request asks of a list.
pub struct Listing<'a> {
    app: &'a App,
    scope: String,
    after: Option<String>,
    limit: u32,
}

impl<'a> Listing<'a> {
    /// The list that `of` names with its filters, as `cursor` and `limit` of the request say.
    ///
    /// # Errors
    /// [`Problem`] for a limit out of range, or a cursor that was not given to this caller for this list.
    pub fn new<A>(
        app: &'a App,
        permit: &Permit<A>,
        of: &str,
        (cursor, limit): (Option<&str>, Option<u32>),
    ) -> Result<Self, Problem> {
        let limit = rows_of(limit)?;
        let scope = format!("{} {} {of}", permit.tenant(), permit.person());
        let stale = || Problem::edge(StatusCode::BAD_REQUEST, "cursor", "not a cursor of this list; begin again");
        let after = cursor.map(|cursor| app.cursors.read(&scope, cursor).ok_or_else(stale)).transpose()?;
        Ok(Self { app, scope, after, limit })
    }

    /// The key that the page begins after.
    ///
    /// # Errors
    /// [`Problem`] if the key is of another kind, which the cursor's scope rules out.
    pub fn after<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let other = |_| Problem::edge(StatusCode::BAD_REQUEST, "cursor", "not a cursor of this list; begin again");
        self.after.as_deref().map(str::parse).transpose().map_err(other)
    }

    /// How many rows to read: the page and one, which says that there are more.
    pub const fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// The page, of the rows that were read; `key` is what they are in order of.
    pub fn page<R, V>(self, mut rows: Vec<R>, key: impl Fn(&R) -> String, view: impl Fn(R) -> V) -> Json<Page<V>> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let last = rows.last().filter(|_| more).map(key);
        let next = last.map(|last| self.app.cursors.write(&*self.app.entropy, &self.scope, &last));
        Json(Page { items: rows.into_iter().map(view).collect(), next })
    }
}

/// The rows of a page, as a request asks for them.
///
/// # Errors
/// [`Problem`] for a number out of range.
pub fn rows_of(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    let problem = format!("1 to {MOST}");
    Err(ServiceError::Invalid { field: "limit", problem }.into())
}

/// Rows of a page if the request does not say.
const USUAL: u32 = 50;
/// Most rows of a page.
const MOST: u32 = 200;
