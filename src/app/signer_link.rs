//! The way to the signer process: a few connections, a deadline on every question.
//!
//! Each connection carries one question at a time and is thrown away when an answer does not
//! come: a late answer must never be taken for that to the next question.

use crate::signer::frame::{FrameError, head, length};
use crate::signer::journal::Head;
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
    /// The end of the signer's journal, as far as it was ever seen.
    journal: Mutex<Seen>,
}

/// How far a signer's journal was seen to go. It never goes back: whoever puts an older one in its place uses approvals
/// again.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    end: Option<Head>,
    went_back: bool,
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
    /// Its journal ends before an end that it had; nothing was asked to be signed.
    #[error("the signer's journal went back: it was replaced by an older one")]
    WentBack,
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
            Self::Away(_) | Self::Lost(_) | Self::Timeout | Self::WentBack => Kind::Busy,
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
            Self::WentBack => "signer-went-back",
            Self::TooLong(_) | Self::Protocol(_) => "internal",
        }
    }
}

impl SignerLink {
    /// A link to the signer behind `socket`, with at most `connections`; no answer takes longer than `deadline`, or
    /// for a tray of cards than one for every ten of them.
    pub fn new(socket: PathBuf, connections: usize, deadline: Duration) -> Self {
        let (places, idle, journal) = (Semaphore::new(connections), Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { socket, deadline, places, idle, journal }) }
    }

    /// How the signer is. A signer whose journal went back is not believed any more, until this process starts anew:
    /// somebody must find out why. Its CRLs are taken all the same, so that revocations go on being published.
    ///
    /// # Errors
    /// [`LinkError`] if it is away, or its journal ends before an end that it had when it was asked.
    pub async fn hello(&self) -> Result<Status, LinkError> {
        let before = *self.shared.journal();
        match self.ask(&Request::Hello, &[]).await? {
            (Answer::Hello(status), _) => self.shared.follow(before, status.journal).map(|()| status),
            _ => Err(LinkError::Protocol("another kind of answer")),
        }
    }

    /// Believes the signer no more: the database knows of something that its journal does not.
    pub fn distrust(&self) {
        self.shared.journal().went_back = true;
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
    fn journal(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Two values that are set one at a time, each whole.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the end of the journal, unless it is before the one that was known when it was asked for.
    fn follow(&self, before: Seen, found: Head) -> Result<(), LinkError> {
        let goes_on = |end: Head| end.records < found.records || end == found;
        let mut seen = self.journal();
        if seen.went_back || !before.end.is_none_or(goes_on) {
            if !seen.went_back {
                tracing::error!(before = ?before.end, ?found, "THE SIGNER'S JOURNAL WENT BACK: it issues nothing more");
            }
            seen.went_back = true;
            return Err(LinkError::WentBack);
        }
        if seen.end.is_none_or(|end| end.records < found.records) {
            seen.end = Some(found);
        }
        Ok(())
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::digest::Digest;

    fn end(records: u64, text: &str) -> Head {
        Head { records, hash: Digest::of(text.as_bytes()) }
    }

    fn link() -> SignerLink {
        SignerLink::new(PathBuf::from("nowhere"), 1, Duration::ZERO)
    }

    /// Whoever puts an older journal back could use approvals again.
    #[test]
    fn a_journal_that_goes_back_is_believed_no_more() {
        let link = link();
        let says = |before: Seen, head: Head| link.shared.follow(before, head).is_ok();
        assert!(says(Seen::default(), end(5, "five")));
        let five = *link.shared.journal();
        assert!(says(five, end(5, "five")) && says(five, end(9, "nine")));
        assert!(says(five, end(7, "seven")), "asked before the nine, and heard after it");
        let nine = *link.shared.journal();
        assert_eq!(nine.end, Some(end(9, "nine")));
        assert!(!says(nine, end(8, "eight")));
        assert!(!says(nine, end(10, "ten")), "until this process starts anew");
    }

    #[test]
    fn another_journal_of_the_same_length_is_none_of_ours() {
        let link = link();
        link.shared.follow(Seen::default(), end(5, "five")).unwrap();
        let five = *link.shared.journal();
        let other = link.shared.follow(five, end(5, "another"));
        assert!(matches!(other, Err(LinkError::WentBack)));
    }

    #[test]
    fn a_signer_that_is_behind_the_database_is_believed_no_more() {
        let link = link();
        link.distrust();
        assert!(matches!(link.shared.follow(Seen::default(), end(5, "five")), Err(LinkError::WentBack)));
    }
}
