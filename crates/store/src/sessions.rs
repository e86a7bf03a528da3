//! Sessions, and what was handed out in logins.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::certificate::CertificateRef;
use domain::ports::{Conflict, Logins, StoreError};
use domain::session::{SecretDigest, Session, SessionState, Ticket, TicketKind, TicketState};
use domain::{PersonId, TenantId};
use pki::time::UtcTime;

#[async_trait]
impl Logins for Database {
    async fn ticket(&self, kind: TicketKind, digest: &SecretDigest) -> Result<Option<TicketState>, StoreError> {
        let values = vec![kind.as_str().into(), digest.0.as_slice().into()];
        self.pool.fetch_optional(TICKET, values).await?.as_ref().map(ticket).transpose()
    }

    async fn session(&self, id: &SecretDigest) -> Result<Option<SessionState>, StoreError> {
        self.pool.fetch_optional(ONE, vec![id.0.as_slice().into()]).await?.as_ref().map(session).transpose()
    }

    async fn session_named(&self, sid: &str) -> Result<Option<SessionState>, StoreError> {
        self.pool.fetch_optional(NAMED, vec![sid.into()]).await?.as_ref().map(session).transpose()
    }

    async fn sessions_of(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        now: UtcTime,
        limit: u32,
    ) -> Result<Vec<SessionState>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(person), now.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(OF_PERSON, values).await?.iter().map(session).collect()
    }

    async fn bereft_sessions(&self, now: UtcTime, limit: u32) -> Result<Vec<SessionState>, StoreError> {
        let values = vec![now.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(BEREFT, values).await?.iter().map(session).collect()
    }
}

fn ticket(row: &Row) -> Result<TicketState, StoreError> {
    let mut columns = Columns::of(row, "ticket");
    let ticket = Ticket {
        kind: columns.parse()?,
        digest: SecretDigest(columns.bytes()?),
        client_id: columns.take()?,
        session: match columns.take::<Option<Vec<u8>>>()? {
            Some(bytes) => Some(SecretDigest(bytes.try_into().map_err(|_| columns.corrupt())?)),
            None => None,
        },
        body: columns.take()?,
        at: columns.time()?,
        expires_at: columns.time()?,
    };
    Ok(TicketState { ticket, spent_at: columns.time_or_null()? })
}

fn session(row: &Row) -> Result<SessionState, StoreError> {
    let mut columns = Columns::of(row, "session");
    let session = Session {
        id: SecretDigest(columns.bytes()?),
        sid: columns.take()?,
        tenant: columns.parse()?,
        person: columns.parse()?,
        card: columns.parse_or_null()?,
        certificate: CertificateRef { issuer: columns.take()?, serial: columns.parse()? },
        client_id: columns.take()?,
        body: columns.take()?,
        at: columns.time()?,
        expires_at: columns.time()?,
    };
    let ended_at = columns.time_or_null()?;
    let revoked = columns.take::<Option<i64>>()?.is_some();
    Ok(SessionState { session, ended_at, revoked, card: columns.parse_or_null()? })
}

/// The row of a new session.
pub(crate) fn new_row(session: &Session) -> Vec<Value> {
    vec![
        session.id.0.as_slice().into(),
        session.sid.as_str().into(),
        Value::text(&session.tenant),
        Value::text(&session.person),
        Value::text_or_null(session.card.as_ref()),
        session.certificate.issuer.as_str().into(),
        Value::text(&session.certificate.serial),
        session.client_id.as_str().into(),
        session.body.as_str().into(),
        session.at.into(),
        session.expires_at.into(),
    ]
}

/// The row of a new ticket.
pub(crate) fn ticket_row(ticket: &Ticket) -> Vec<Value> {
    vec![
        ticket.kind.as_str().into(),
        ticket.digest.0.as_slice().into(),
        ticket.client_id.as_str().into(),
        Value::Blob(ticket.session.map(|session| session.0.to_vec())),
        ticket.body.as_str().into(),
        ticket.at.into(),
        ticket.expires_at.into(),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "session",
    batch: insert!(
        "login_session",
        (
            1 id bytea, 2 sid text, 3 tenant text, 4 person text, 5 card text, 6 issuer text, 7 serial text,
            8 client_id text, 9 body text, 10 at bigint, 11 expires_at bigint
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists("session")),
    refers_to: "employment or certificate",
    idle: None,
};

pub(crate) static NEW_TICKET: Statement = Statement {
    point: "ticket",
    batch: insert!(
        "login_ticket",
        (
            1 kind text, 2 digest bytea, 3 client_id text, 4 session bytea, 5 body text, 6 at bigint,
            7 expires_at bigint
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists("ticket")),
    refers_to: "session",
    idle: None,
};

/// Of several who use one ticket at once, one is first.
pub(crate) static SPEND: Statement = Statement {
    point: "ticket-spent",
    batch: batch!(
        (1 kind text, 2 digest bytea, 3 at bigint),
        "UPDATE login_ticket SET spent_at = r.at FROM r \
         WHERE login_ticket.kind = r.kind AND login_ticket.digest = r.digest AND login_ticket.spent_at IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists("ticket")),
    refers_to: "ticket",
    idle: Some(Idle::Versioned {
        what: "ticket",
        probe: Sql::both("SELECT 1 FROM login_ticket WHERE kind = $1 AND digest = $2"),
    }),
};

pub(crate) static END: Statement = Statement {
    point: "session-ended",
    batch: batch!(
        (1 id bytea, 2 at bigint),
        "UPDATE login_session SET ended_at = r.at FROM r \
         WHERE login_session.id = r.id AND login_session.ended_at IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists("session")),
    refers_to: "session",
    idle: Some(Idle::Always(Refusal::Stale("session"))),
};

pub(crate) static FORGET_TICKETS: Statement = Statement {
    point: "tickets-forgotten",
    batch: batch!((1 before bigint), "DELETE FROM login_ticket WHERE expires_at < (SELECT max(before) FROM r)"),
    exists: Refusal::Conflict(Conflict::Exists("ticket")),
    refers_to: "ticket",
    idle: None,
};

pub(crate) static FORGET: Statement = Statement {
    point: "sessions-forgotten",
    batch: batch!((1 before bigint), "DELETE FROM login_session WHERE expires_at < (SELECT max(before) FROM r)"),
    exists: Refusal::Conflict(Conflict::Exists("session")),
    refers_to: "session",
    idle: None,
};

const TICKET: Sql = Sql::both(
    "SELECT kind, digest, client_id, session, body, at, expires_at, spent_at FROM login_ticket \
     WHERE kind = $1 AND digest = $2",
);

/// Sessions with what the journal says now; the columns stand in the order in which [`session`] reads them.
macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT s.id, s.sid, s.tenant, s.person, s.card, s.issuer, s.serial, s.client_id, s.body, s.at, \
             s.expires_at, s.ended_at, v.at, k.state FROM login_session s \
             LEFT JOIN revocation v ON v.issuer = s.issuer AND v.serial = s.serial \
             LEFT JOIN card k ON k.tenant = s.tenant AND k.number = s.card WHERE ",
            $rest
        ))
    };
}

const ONE: Sql = select!("s.id = $1");
const NAMED: Sql = select!("s.sid = $1");
const OF_PERSON: Sql = select!(
    "s.tenant = $1 AND s.person = $2 AND s.expires_at > $3 AND s.ended_at IS NULL ORDER BY s.at DESC, s.sid LIMIT $4"
);
const BEREFT: Sql = select!(
    "s.ended_at IS NULL AND s.expires_at > $1 AND (v.at IS NOT NULL OR k.state = 'revoked') ORDER BY s.expires_at \
     LIMIT $2"
);
