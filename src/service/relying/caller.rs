//! Which relying service calls, and that nothing it shows is used twice.

use crate::app::{App, IssuerKind};
use crate::service::login::{LoginError, parts};
use domain::ports::{Conflict, StoreError};
use domain::session::{LoginWrite, SecretDigest, Ticket, TicketKind};
use federation::oidc::authentication::{Clock, Presented, Remember, certificate_thumbprint, claimed, prove};
use federation::oidc::client::Client;
use federation::oidc::dpop::{Proof, Request, verify};
use federation::oidc::token::Held;
use federation::oidc::{Code, OidcError, Parameters};
use pki::certificate::Certificate;
use std::sync::Arc;

/// A relying service that proved who it is.
pub struct Caller {
    /// Its registration.
    pub client: Arc<Client>,
    /// The proof that it sent along.
    pub proof: Option<Proof>,
    /// SHA-256 of the certificate of its connection.
    certificate: Option<String>,
    /// What is to be kept so that nothing is used again.
    remember: Vec<Remember>,
}

impl Caller {
    /// What tokens can be bound to.
    pub(super) fn held(&self) -> Held {
        Held { jkt: self.proof.as_ref().map(|proof| proof.jkt.clone()), certificate: self.certificate.clone() }
    }
}

/// What came with a request beside its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The certificate of the connection.
    pub certificate: Option<&'a [u8]>,
    /// The DPoP header.
    pub proof: Option<&'a str>,
    /// The HTTP method.
    pub method: &'a str,
    /// Path of the endpoint.
    pub path: &'a str,
}

/// Who sent `parameters` to the endpoint at `path`.
///
/// # Errors
/// `invalid_client`.
pub async fn caller(app: &App, parameters: &Parameters, shown: Shown<'_>) -> Result<Caller, LoginError> {
    let client = super::client(app, &claimed(parameters)?).await?;
    let certificate = shown.certificate.and_then(|der| Certificate::parse(der).ok());
    let trusted = match &certificate {
        Some(certificate) => is_trusted(app, certificate).await?,
        None => false,
    };
    let presented = certificate.as_ref().map(|certificate| Presented { certificate, trusted });
    let provider = parts(app)?.provider();
    let address = provider.endpoint(shown.path);
    let proven = prove(&client, parameters, presented.as_ref(), (&provider, &address), Clock(app.clock.now()))?;
    let proof = shown_proof(app, &shown, None)?;
    let remember = proven.remember.into_iter().chain(proof.iter().map(|proof| proof.remember.clone())).collect();
    let certificate = certificate.as_ref().map(certificate_thumbprint);
    Ok(Caller { client, proof, certificate, remember })
}

/// Remembers what the caller showed, alone, for requests that write nothing else.
///
/// # Errors
/// `invalid_client` if it was used before.
pub async fn remember(app: &App, caller: &Caller) -> Result<(), LoginError> {
    keep_once(app, caller, Vec::new()).await
}

/// Writes, and remembers in the same step what the caller showed.
///
/// # Errors
/// [`StoreError::Stale`] as the store says it; `invalid_client` or `invalid_dpop_proof` for what was shown before.
pub(super) async fn keep_once(app: &App, caller: &Caller, writes: Vec<LoginWrite>) -> Result<(), LoginError> {
    let all: Vec<_> = remembered(app, &caller.client.id, &caller.remember).chain(writes).collect();
    if all.is_empty() {
        return Ok(());
    }
    match app.store.keep_login(all).await {
        Err(StoreError::Conflict(Conflict::Exists("ticket"))) => Err(replayed(app, caller).await?.into()),
        other => Ok(other?),
    }
}

/// Remembers a proof that came without its client's own.
///
/// # Errors
/// `invalid_dpop_proof` if it was shown before.
pub(super) async fn remember_proof(app: &App, client_id: &str, proof: Proof) -> Result<(), LoginError> {
    let once = remembered(app, client_id, &[proof.remember]).collect();
    match app.store.keep_login(once).await {
        Err(StoreError::Conflict(Conflict::Exists("ticket"))) => Err(PROOF_REPLAYED.into()),
        other => Ok(other?),
    }
}

/// Which of the two was shown before: the proof (RFC 9449 section 11.1), or else the assertion.
async fn replayed(app: &App, caller: &Caller) -> Result<OidcError, LoginError> {
    if let Some(proof) = &caller.proof {
        let digest = SecretDigest::of(&proof.remember.id);
        if app.store.ticket(TicketKind::Assertion, &digest).await?.is_some() {
            return Ok(PROOF_REPLAYED);
        }
    }
    Ok(OidcError::new(Code::InvalidClient, "the client assertion was used before"))
}

/// Whether a CA of ours issued it to somebody, and it is good now.
async fn is_trusted(app: &App, certificate: &Certificate) -> Result<bool, LoginError> {
    let issued = app.issuers.iter().filter(|ca| ca.kind != IssuerKind::Root);
    let signed = issued.into_iter().any(|ca| certificate.verify_issued_by(&ca.issuer.certificate).is_ok());
    if !signed || !certificate.valid_at(app.clock.now()) {
        return Ok(false);
    }
    let record = app.store.certificate_by_fingerprint(&certificate.fingerprint()).await?;
    Ok(record.is_some_and(|record| record.revocation.is_none()))
}

/// The proof in the header of a request, at whichever of our origins it came to.
pub(super) fn shown_proof(
    app: &App,
    shown: &Shown<'_>,
    access_token: Option<&str>,
) -> Result<Option<Proof>, LoginError> {
    let Some(header) = shown.proof else { return Ok(None) };
    let provider = parts(app)?.provider();
    let at = |origin: &str| {
        let address = format!("{origin}{}", shown.path);
        let request = Request { method: shown.method, address: &address, access_token };
        verify(header, request, Clock(app.clock.now()))
    };
    let proof = match (at(&provider.issuer), &provider.mtls) {
        (Err(_), Some(origin)) => at(origin)?,
        (other, _) => other?,
    };
    Ok(Some(proof))
}

fn remembered<'a>(app: &App, client_id: &'a str, all: &'a [Remember]) -> impl Iterator<Item = LoginWrite> + use<'a> {
    let now = app.clock.now();
    let ticket = move |Remember { id, until }: &Remember| Ticket {
        kind: TicketKind::Assertion,
        digest: SecretDigest::of(id),
        client_id: client_id.to_owned(),
        session: None,
        body: String::new(),
        at: now,
        expires_at: *until,
    };
    all.iter().map(move |one| LoginWrite::Ticket(ticket(one)))
}

const PROOF_REPLAYED: OidcError = OidcError::new(Code::InvalidDpopProof, "the DPoP proof was used before");
