//! The way to the signer process: a few connections, a deadline on every question.
//!
//! Each connection carries one question at a time and is thrown away when an answer does not
//! come: a late answer must never be taken for that to the next question.

use crate::signer::frame::{FrameError, head, length};
use crate::signer::protocol::{
    Answer, CardAnswer, CrlRequest, FunctionRequest, IssueRequest, MAX_JSON_BYTES, Request, SignedCertificate,
    StandingRequest, Status,
};
use domain::evidence::{FunctionEvidence, Signed};
use pki::Kind;
use pki::issue::SubjectFacts;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

pub use crate::signer::error::Code;
pub use crate::signer::protocol::{CardToSign, CertificateToSign, KeyStatus, Refusal};

/// Asks the signer process. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub struct SignerLink {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    deadline: Duration,
    places: Semaphore,
    /// Connections that wait for their next question.
    idle: Mutex<Vec<UnixStream>>,
}

/// Why the signer did not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It said no.
    #[error("the signer refused: {}: {}", .0.code.as_str(), .0.detail)]
    Refused(Refusal),
    /// It cannot be reached; it was not asked.
    #[error("the signer process is away")]
    Away(#[source] std::io::Error),
    /// The connection ended before the answer; it may have signed.
    #[error("the signer process went away while it was asked")]
    Lost(#[source] FrameError),
    /// No answer in time; it may have signed.
    #[error("the signer process did not answer in time")]
    Timeout,
    /// The question does not fit into a message.
    #[error("the question is too long")]
    TooLong(#[source] FrameError),
    /// An answer to something else.
    #[error("the signer answered with {0}")]
    Protocol(&'static str),
}

impl LinkError {
    /// Coarse class for the edge and for retries.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Refused(refusal) => refusal.code.kind(),
            Self::Away(_) | Self::Lost(_) | Self::Timeout => Kind::Busy,
            Self::TooLong(_) | Self::Protocol(_) => Kind::Internal,
        }
    }

    /// Stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code.as_str(),
            Self::Away(_) => "signer-away",
            Self::Lost(_) => "signer-lost",
            Self::Timeout => "signer-timeout",
            Self::TooLong(_) | Self::Protocol(_) => "internal",
        }
    }
}

impl SignerLink {
    /// A link to the signer behind `socket`, with at most `connections`; no answer takes longer than `deadline`, or
    /// for a tray of cards than one for every ten of them.
    pub fn new(socket: PathBuf, connections: usize, deadline: Duration) -> Self {
        let (places, idle) = (Semaphore::new(connections), Mutex::default());
        Self { shared: Arc::new(Shared { socket, deadline, places, idle }) }
    }

    /// How the signer is.
    ///
    /// # Errors
    /// [`LinkError`] if it is away.
    pub async fn hello(&self) -> Result<Status, LinkError> {
        match self.ask(&Request::Hello, &[]).await? {
            (Answer::Hello(status), _) => Ok(status),
            _ => Err(LinkError::Protocol("another kind of answer")),
        }
    }

    /// Whether the signer and its token can sign now, as far as they know.
    ///
    /// # Errors
    /// [`LinkError`] as a request to sign would get it; nothing was asked to be signed.
    pub async fn ready(&self) -> Result<(), LinkError> {
        match self.hello().await?.token_problem {
            None => Ok(()),
            Some(detail) => Err(LinkError::Refused(Refusal { code: Code::TokenUnavailable, detail })),
        }
    }

    /// Has the policies read again; the digest of those in force.
    ///
    /// # Errors
    /// [`LinkError`] if they are not approved, or the signer is away.
    pub async fn reload_policies(&self) -> Result<String, LinkError> {
        match self.ask(&Request::ReloadPolicies, &[]).await? {
            (Answer::Policies(bundle), _) => Ok(bundle.to_string()),
            _ => Err(LinkError::Protocol("another kind of answer")),
        }
    }

    /// Has done what security officers approved with a key or a root; how every key is then.
    ///
    /// # Errors
    /// [`LinkError`] if it is not approved, cannot follow, or the signer is away.
    pub async fn key_act(&self, approval: Signed) -> Result<Vec<KeyStatus>, LinkError> {
        match self.ask(&Request::KeyAct(approval), &[]).await? {
            (Answer::Keys(keys), _) => Ok(keys),
            _ => Err(LinkError::Protocol("another kind of answer")),
        }
    }

    /// Has the certificates of a tray of cards signed; what became of each card, in the order asked for.
    /// The octets are whatever the signer gave. A big tray may take several deadlines: a slow token signs one after
    /// the other, and a tray given up halfway costs the serials and the delivery of every card in it.
    ///
    /// # Errors
    /// [`LinkError`] if the whole tray failed; after [`Lost`](LinkError::Lost) and
    /// [`Timeout`](LinkError::Timeout) certificates may exist.
    pub async fn issue(
        &self,
        issuer: &str,
        delivery: Signed,
        cards: Vec<CardToSign>,
    ) -> Result<Vec<Result<Vec<Vec<u8>>, LinkError>>, LinkError> {
        let serials = |card: &CardToSign| card.certificates.iter().map(|wanted| wanted.serial).collect::<Vec<_>>();
        let wanted: Vec<_> = cards.iter().map(serials).collect();
        let deadlines = u32::try_from(cards.len().div_ceil(CARDS_IN_A_DEADLINE)).unwrap_or(u32::MAX);
        let request = Request::Issue(IssueRequest { issuer: issuer.to_owned(), delivery, cards });
        let patience = self.shared.deadline.saturating_mul(deadlines);
        let (Answer::Cards(answers), _) = self.ask_within(patience, &request, &[]).await? else {
            return Err(LinkError::Protocol("another kind of answer"));
        };
        if answers.len() != wanted.len() {
            return Err(LinkError::Protocol("another number of cards"));
        }
        let card = |(answer, serials): (CardAnswer, Vec<_>)| match answer {
            CardAnswer::Signed(signed) => certificates(signed, &serials),
            CardAnswer::Refused(refusal) => Err(LinkError::Refused(refusal)),
        };
        Ok(answers.into_iter().zip(wanted).map(card).collect())
    }

    /// Has a certificate signed that a standing approval covers, valid from the first to the last of `validity`.
    ///
    /// # Errors
    /// [`LinkError`] as for [`issue`](Self::issue).
    #[expect(clippy::too_many_arguments, reason = "the parts of one certificate, each of its own type")]
    pub async fn issue_standing(
        &self,
        issuer: &str,
        profile: &str,
        subject: SubjectFacts,
        spki: &[u8],
        serial: SerialNumber,
        validity: (UtcTime, UtcTime),
        tbs: &[u8],
    ) -> Result<Vec<u8>, LinkError> {
        let (not_before, not_after) = validity;
        let request = Request::IssueStanding(StandingRequest {
            issuer: issuer.to_owned(),
            profile: profile.to_owned(),
            subject,
            spki: spki.to_vec(),
            serial,
            not_before,
            not_after,
            tbs: tbs.to_vec(),
        });
        let (Answer::Issued(signed), _) = self.ask(&request, &[]).await? else {
            return Err(LinkError::Protocol("another kind of answer"));
        };
        certificates(vec![signed], &[serial])?.pop().ok_or(LinkError::Protocol("no certificate"))
    }

    /// Has the certificate of a function signed that officers ordered and approved.
    ///
    /// # Errors
    /// [`LinkError`] as for [`issue`](Self::issue).
    pub async fn issue_function(
        &self,
        issuer: &str,
        evidence: FunctionEvidence,
        certificate: CertificateToSign,
    ) -> Result<Vec<u8>, LinkError> {
        let serial = certificate.serial;
        let request = Request::IssueFunction(FunctionRequest { issuer: issuer.to_owned(), evidence, certificate });
        let (Answer::Issued(signed), _) = self.ask(&request, &[]).await? else {
            return Err(LinkError::Protocol("another kind of answer"));
        };
        certificates(vec![signed], &[serial])?.pop().ok_or(LinkError::Protocol("no certificate"))
    }

    /// Has a TBSCertList signed and gives the CRL, both in DER.
    ///
    /// # Errors
    /// [`LinkError`]; the number may be used then.
    pub async fn crl(&self, issuer: &str, tbs: Vec<u8>) -> Result<Vec<u8>, LinkError> {
        let request = Request::Crl(CrlRequest { issuer: issuer.to_owned() });
        match self.ask(&request, &tbs).await? {
            (Answer::Crl, crl) => Ok(crl),
            _ => Err(LinkError::Protocol("another kind of answer")),
        }
    }

    async fn ask(&self, request: &Request, blob: &[u8]) -> Result<(Answer, Vec<u8>), LinkError> {
        self.ask_within(self.shared.deadline, request, blob).await
    }

    async fn ask_within(
        &self,
        patience: Duration,
        request: &Request,
        blob: &[u8],
    ) -> Result<(Answer, Vec<u8>), LinkError> {
        let head = head(request, blob).map_err(LinkError::TooLong)?;
        let answer = tokio::time::timeout(patience, self.exchange(&head, blob));
        match answer.await.unwrap_or(Err(LinkError::Timeout))? {
            (Answer::Refused(refusal), _) => Err(LinkError::Refused(refusal)),
            other => Ok(other),
        }
    }

    /// Asks on an idle connection or a new one. An idle one may have ended unseen; the signer then
    /// is asked again, which can do no harm: it refuses a serial or a number that it has seen.
    async fn exchange(&self, head: &[u8], blob: &[u8]) -> Result<(Answer, Vec<u8>), LinkError> {
        let _place = self.shared.places.acquire().await.map_err(|_| LinkError::Protocol("no place"))?;
        if let Some(idle) = self.shared.take_idle() {
            match self.shared.converse(idle, head, blob).await {
                Err(FrameError::Io(error)) => tracing::debug!(%error, "an idle connection to the signer had ended"),
                other => return other.map_err(LinkError::Lost),
            }
        }
        let fresh = UnixStream::connect(&self.shared.socket).await.map_err(LinkError::Away)?;
        self.shared.converse(fresh, head, blob).await.map_err(LinkError::Lost)
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<UnixStream>> {
        // A list of connections is whole at every moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last that has not ended meanwhile.
    fn take_idle(&self) -> Option<UnixStream> {
        let mut idle = self.idle();
        while let Some(stream) = idle.pop() {
            let quiet = stream.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            if quiet {
                return Some(stream);
            }
        }
        None
    }

    /// One question and its answer. The connection is kept only if all of the answer was read.
    async fn converse(
        &self,
        mut stream: UnixStream,
        head: &[u8],
        blob: &[u8],
    ) -> Result<(Answer, Vec<u8>), FrameError> {
        stream.write_all(head).await?;
        stream.write_all(blob).await?;
        let json = read_frame(&mut stream, MAX_JSON_BYTES).await?;
        let answer: Answer = serde_json::from_slice(&json)?;
        let blob = read_frame(&mut stream, answer.max_blob_bytes()).await?;
        self.idle().push(stream);
        Ok((answer, blob))
    }
}

/// The certificates that were asked for, in that order, and no others.
fn certificates(signed: Vec<SignedCertificate>, serials: &[SerialNumber]) -> Result<Vec<Vec<u8>>, LinkError> {
    if !signed.iter().map(|one| &one.serial).eq(serials) {
        return Err(LinkError::Protocol("other certificates"));
    }
    Ok(signed.into_iter().map(|one| one.certificate).collect())
}

async fn read_frame(stream: &mut UnixStream, limit: usize) -> Result<Vec<u8>, FrameError> {
    let mut announced = [0; 4];
    stream.read_exact(&mut announced).await?;
    let mut octets = vec![0; length(announced, limit)?];
    stream.read_exact(&mut octets).await?;
    Ok(octets)
}

/// So many cards are signed within one deadline.
const CARDS_IN_A_DEADLINE: usize = 10;
