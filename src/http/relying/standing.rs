//! What works now, for everybody: words only, nothing of what is behind them.

use super::pages::{self, page};
use super::reader::Reader;
use crate::app::App;
use crate::service::publish::{Conditions, conditions};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::minute;
use pki::time::UtcTime;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The last look, shown again for a moment: asking often must not load the parts behind.
#[derive(Debug, Default)]
pub(super) struct Look(Mutex<Option<(UtcTime, Works)>>);

/// What people can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a row of the page")]
struct Works {
    logins: bool,
    revocations: bool,
    cards: bool,
    answers: bool,
    lists: bool,
}

/// `GET /status`
pub(super) async fn show(State(app): State<App>, Extension(look): Extension<Arc<Look>>, reader: Reader) -> Response {
    let (at, works) = look.take(&app).await;
    let row = |name, works| (name, if works { "state-works" } else { "state-away" });
    let rows = vec![
        row("status-logins", works.logins),
        row("status-revocations", works.revocations),
        row("status-cards", works.cards),
        row("status-answers", works.answers),
        row("status-lists", works.lists),
    ];
    let all = rows.iter().all(|(_, state)| *state == "state-works");
    let summary = if all { "status-all" } else { "status-some" };
    page(StatusCode::OK, &pages::Status { frame: reader.frame(), summary, at: minute(at), rows }, "")
}

impl Look {
    async fn take(&self, app: &App) -> (UtcTime, Works) {
        let now = app.clock.now();
        let mut last = self.0.lock().await;
        if let Some((at, works)) = *last
            && (0..SHOWN_SECONDS).contains(&(now.unix() - at.unix()))
        {
            return (at, works);
        }
        let works = works(app, &conditions(app).await, now);
        *last = Some((now, works));
        (now, works)
    }
}

fn works(app: &App, behind: &Conditions, now: UtcTime) -> Works {
    // A token that was not tried yet has failed nobody.
    let token = behind.hsm.unwrap_or(true);
    let standing = app.board.standing(now);
    Works {
        logins: behind.database && token,
        revocations: behind.database,
        cards: behind.database && behind.signer,
        // What is published goes on being answered; the rest needs the token.
        answers: token || standing.iter().all(|ca| ca.waiting == 0),
        lists: standing.iter().all(|ca| ca.waits || ca.crl.is_some_and(|(_, next_update)| now <= next_update)),
    }
}

/// How long one look is shown again, in seconds.
const SHOWN_SECONDS: i64 = 2;
