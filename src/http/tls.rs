//! TLS listeners. The client certificate is asked for; TLS checks only that the peer holds its key.
//! Whether it is worth anything is decided in HTTP, from our own journal.

use crate::server_identity::{ServerIdentity, provider};
use crate::shutdown::Shutdown;
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ServerConfig;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// The client certificate of a connection, in the request's extensions.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub Arc<[u8]>);

/// Where a connection comes from, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// Who is asked for a certificate.
#[derive(Debug, Clone)]
pub enum Clients {
    /// Nobody.
    Anonymous,
    /// Everybody, with the names of the CAs as a hint; none is demanded.
    Asked(Vec<DistinguishedName>),
}

/// The TLS settings of a listener: TLS 1.3 and 1.2, no resumption across identities.
///
/// # Errors
/// If the crypto provider lacks a protocol version, which it does not.
pub fn server_config(identity: Arc<ServerIdentity>, clients: Clients) -> Result<Arc<ServerConfig>, rustls::Error> {
    settings(identity, clients, &[&rustls::version::TLS13, &rustls::version::TLS12])
}

/// The same with TLS 1.2 only: for cards that sign RSA with PKCS#1 v1.5, which TLS 1.3 does not take (RFC 8446 section
/// 4.2.3).
///
/// # Errors
/// As [`server_config`].
pub fn tls12_config(identity: Arc<ServerIdentity>, clients: Clients) -> Result<Arc<ServerConfig>, rustls::Error> {
    settings(identity, clients, &[&rustls::version::TLS12])
}

fn settings(
    identity: Arc<ServerIdentity>,
    clients: Clients,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions)?;
    let asks = matches!(clients, Clients::Asked(_));
    let builder = match clients {
        Clients::Anonymous => builder.with_no_client_auth(),
        Clients::Asked(hints) => {
            builder.with_client_cert_verifier(Arc::new(Possession { hints, provider: provider() }))
        }
    };
    let mut config = builder.with_cert_resolver(identity);
    if asks {
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Serves `router` on `listener`, at most `connections` at once, until `shutdown` is notified; open requests are
/// finished.
pub async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    router: Router,
    connections: usize,
    shutdown: Shutdown,
) {
    let acceptor = TlsAcceptor::from(config);
    let room = Arc::new(Semaphore::new(connections));
    loop {
        let next = tokio::select! {
            next = accept(&listener, &room) => next,
            () = shutdown.requested() => return,
        };
        match next {
            Ok((stream, peer, place)) => {
                let (acceptor, router, shutdown) = (acceptor.clone(), router.clone(), shutdown.clone());
                tokio::spawn(async move {
                    connection((stream, peer), acceptor, router, shutdown).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                if tokio::time::timeout(ACCEPT_PAUSE, shutdown.requested()).await.is_ok() {
                    return;
                }
            }
        }
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, PeerAddress, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, PeerAddress(peer.ip()), place))
}

async fn connection(
    (stream, peer): (TcpStream, PeerAddress),
    acceptor: TlsAcceptor,
    router: Router,
    shutdown: Shutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let handshake = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream));
    let tls = match handshake.await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => return tracing::debug!("TLS handshake took too long"),
    };
    let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = certificate.map(|leaf| PeerCertificate(Arc::from(leaf.as_ref())));
    let lifetime = if certificate.is_some() { LONGEST_CONNECTION } else { LONGEST_ANONYMOUS };
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        if let Some(certificate) = &certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        router.clone().oneshot(request)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that has said all it wants may close its side before it has the answer.
        .half_close(true)
        .header_read_timeout(HEADER_LIMIT)
        .serve_connection(TokioIo::new(tls), service);
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = tokio::time::timeout(lifetime, served.as_mut()) => ended.ok(),
        () = shutdown.requested() => None,
    };
    let ended = if let Some(ended) = ended {
        Ok(ended)
    } else {
        // The request under way is finished, if whoever asked takes the answer.
        served.as_mut().graceful_shutdown();
        tokio::time::timeout(LAST_REQUEST, served).await
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
        Err(_) => tracing::debug!("a connection was cut: its request or answer was not taken in time"),
    }
}

/// Accepts every client certificate whose key the client proves to hold.
#[derive(Debug)]
struct Possession {
    hints: Vec<DistinguishedName>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Possession {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Pause after the system refused a connection: out of file handles, it would refuse the next at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longest TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait for a request's head.
const HEADER_LIMIT: Duration = Duration::from_secs(20);
/// Longest life of a connection with a client certificate: a body or a reader of one byte at a time ends here.
const LONGEST_CONNECTION: Duration = Duration::from_mins(10);
/// The same without one: nothing that nobody may ask takes long.
const LONGEST_ANONYMOUS: Duration = Duration::from_mins(1);
/// How long a request may still take when its connection must end: longer than the signer's deadline.
const LAST_REQUEST: Duration = Duration::from_secs(15);
