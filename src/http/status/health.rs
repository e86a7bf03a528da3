//! `GET /health`: whether status is served, and how the parts behind it are.

use super::behind::{Behind, Parts};
use crate::board::{Board, Standing};
use bytes::Bytes;
use pki::time::UtcTime;
use serde::Serialize;
use tokio::sync::Mutex;

/// How long one look is shown again, in seconds: asking often must not load the parts behind.
const SHOWN_SECONDS: i64 = 2;

/// The last look, and when it was taken.
#[derive(Debug, Default)]
pub(super) struct HealthPage {
    /// Held while looking, so that many askers cause one look.
    last: Mutex<Option<(UtcTime, bool, Bytes)>>,
}

/// The page. `degraded` is said with HTTP 200 as long as status is served.
#[derive(Serialize)]
struct View<'a> {
    status: &'static str,
    #[serde(flatten)]
    parts: Parts,
    published: Vec<IssuerView<'a>>,
}

#[derive(Serialize)]
struct IssuerView<'a> {
    issuer: &'a str,
    certificates: usize,
    waiting: usize,
    crl: Option<CrlView>,
}

#[derive(Serialize)]
struct CrlView {
    number: u64,
    next_update: UtcTime,
    current: bool,
}

impl HealthPage {
    /// Whether every CA has a current CRL, and the page as JSON.
    pub(super) async fn get(&self, board: &Board, behind: &dyn Behind, now: UtcTime) -> (bool, Bytes) {
        let mut last = self.last.lock().await;
        if let Some((at, served, json)) = &*last
            && (0..SHOWN_SECONDS).contains(&(now.unix() - at.unix()))
        {
            return (*served, json.clone());
        }
        let (served, json) = render(&board.standing(now), behind.parts().await, now);
        *last = Some((now, served, json.clone()));
        (served, json)
    }
}

fn render(standing: &[Standing], parts: Parts, now: UtcTime) -> (bool, Bytes) {
    let published: Vec<_> = standing.iter().map(|standing| view(standing, now)).collect();
    let is_served = |(standing, issuer): (&Standing, &IssuerView<'_>)| {
        standing.waits || issuer.crl.as_ref().is_some_and(|crl| crl.current)
    };
    let served = standing.iter().zip(&published).all(is_served);
    let status = match (served, parts.all_up()) {
        (true, true) => "ok",
        (true, false) => "degraded",
        (false, _) => "unavailable",
    };
    let json = serde_json::to_vec(&View { status, parts, published }).expect("words, numbers and times are JSON");
    (served, json.into())
}

fn view(standing: &Standing, now: UtcTime) -> IssuerView<'_> {
    IssuerView {
        issuer: &standing.issuer,
        certificates: standing.certificates,
        waiting: standing.waiting,
        crl: standing.crl.map(|(number, next_update)| CrlView { number, next_update, current: now <= next_update }),
    }
}
