//! Logins: sessions, and the secrets that are handed out on the way and afterwards.
//!
//! No secret is kept, only its SHA-256. A session lives as long as its card: whoever asks for one learns what the journal
//! says of the card now, so a revocation ends it in the same moment.

pub mod decision;
pub mod pace;

use crate::card::CardState;
use crate::certificate::CertificateRef;
use crate::{CardNumber, PersonId, TenantId};
use aws_lc_rs::digest::{SHA256, digest};
use pki::time::UtcTime;

/// SHA-256 of a secret that somebody else keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretDigest(pub [u8; 32]);

impl SecretDigest {
    /// The digest of a secret.
    pub fn of(secret: &str) -> Self {
        Self(digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }
}

/// A login at one relying service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Digest of the browser's secret.
    pub id: SecretDigest,
    /// The session's name towards the relying service.
    pub sid: String,
    /// The agency.
    pub tenant: TenantId,
    /// Who logged in.
    pub person: PersonId,
    /// With which card; none for a demo person's software key.
    pub card: Option<CardNumber>,
    /// With which certificate.
    pub certificate: CertificateRef,
    /// At which relying service.
    pub client_id: String,
    /// What was agreed, for the relying service's protocol.
    pub body: String,
    /// When.
    pub at: UtcTime,
    /// Its last second.
    pub expires_at: UtcTime,
}

/// A session as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// The session.
    pub session: Session,
    /// When it was ended, if it was.
    pub ended_at: Option<UtcTime>,
    /// Whether its certificate is revoked.
    pub revoked: bool,
    /// The state of its card.
    pub card: Option<CardState>,
}

impl SessionState {
    /// Whether it is worth anything `now`. What is not known counts against it.
    pub fn is_alive(&self, now: UtcTime) -> bool {
        let card = self.session.card.is_none() || self.card == Some(CardState::Active);
        self.ended_at.is_none() && !self.revoked && card && self.session.at <= now && now < self.session.expires_at
    }
}

/// What a secret is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketKind {
    /// A pushed request, for one use.
    Request,
    /// A login under way, named to the card's origin.
    Login,
    /// What a card proved, for the decision of its holder.
    Proof,
    /// A code, for one use.
    Code,
    /// An access token, until it is revoked.
    Access,
    /// A refresh token, for one use.
    Refresh,
    /// An assertion of a relying service, which must not come again.
    Assertion,
}

impl TicketKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Request, Self::Login, Self::Proof, Self::Code, Self::Access, Self::Refresh, Self::Assertion];

    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Login => "login",
            Self::Proof => "proof",
            Self::Code => "code",
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Assertion => "assertion",
        }
    }
}

impl std::str::FromStr for TicketKind {
    type Err = crate::id::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(crate::id::InvalidId { what: "ticket kind" })
    }
}

/// Something that whoever holds the secret may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What for.
    pub kind: TicketKind,
    /// Digest of the secret.
    pub digest: SecretDigest,
    /// The relying service.
    pub client_id: String,
    /// The session that it dies with.
    pub session: Option<SecretDigest>,
    /// What was agreed, for the protocol.
    pub body: String,
    /// When it was given.
    pub at: UtcTime,
    /// Its last second.
    pub expires_at: UtcTime,
}

/// A ticket as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketState {
    /// The ticket.
    pub ticket: Ticket,
    /// When it was used up, if it was.
    pub spent_at: Option<UtcTime>,
}

impl TicketState {
    /// Whether it may be used `now`.
    pub fn is_good(&self, now: UtcTime) -> bool {
        self.spent_at.is_none() && now < self.ticket.expires_at
    }
}

/// A write about logins. Those that an auditor must see stand in a unit of work with their event; the steps between are
/// kept by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginWrite {
    /// A new session. Conflict if its secret is known.
    Session(Session),
    /// A session ends. Stale if it has ended.
    EndSession {
        /// Which.
        id: SecretDigest,
        /// When.
        at: UtcTime,
    },
    /// A new ticket. Conflict if its secret is known: an assertion that comes again is refused so.
    Ticket(Ticket),
    /// A ticket is used up. Stale if it was: of two who use it at once, one is refused.
    Spend {
        /// What it was for.
        kind: TicketKind,
        /// Which.
        digest: SecretDigest,
        /// When.
        at: UtcTime,
    },
    /// Tickets and sessions that ended before then are erased.
    Forget {
        /// When.
        before: UtcTime,
    },
}
