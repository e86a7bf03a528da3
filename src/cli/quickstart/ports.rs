//! The addresses of an installation: all follow from one number.

use std::net::{Ipv4Addr, SocketAddr};

/// The first port; the others come after it. Ports stand in certificates and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    base: u16,
}

/// A port base that leaves no room for the ports after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("--port-base {0}: take one from 1 to {MAX_BASE}")]
pub(crate) struct BadBase(u16);

impl Ports {
    /// The ports from `base` on.
    ///
    /// # Errors
    /// [`BadBase`] if they do not fit.
    pub(crate) fn new(base: u16) -> Result<Self, BadBase> {
        if (1..=MAX_BASE).contains(&base) { Ok(Self { base }) } else { Err(BadBase(base)) }
    }

    /// The first port.
    pub(crate) const fn base(self) -> u16 {
        self.base
    }

    /// Plain HTTP for the public.
    pub(crate) fn status(self) -> SocketAddr {
        self.loopback(0)
    }

    /// HTTPS.
    pub(crate) fn api(self) -> SocketAddr {
        self.loopback(1)
    }

    /// HTTPS with client certificates.
    pub(crate) fn officers(self) -> SocketAddr {
        self.loopback(2)
    }

    /// HTTPS that asks for cards.
    pub(crate) fn card(self) -> SocketAddr {
        self.loopback(3)
    }

    /// The same with TLS 1.2 only.
    pub(crate) fn card_tls12(self) -> SocketAddr {
        self.loopback(4)
    }

    /// HTTPS for relying services with a certificate.
    pub(crate) fn clients(self) -> SocketAddr {
        self.loopback(5)
    }

    /// Plain HTTP for time stamps.
    pub(crate) fn stamps(self) -> SocketAddr {
        self.loopback(6)
    }

    /// HTTPS of the demo relying service.
    pub(crate) fn service(self) -> SocketAddr {
        self.loopback(9)
    }

    /// Where the public reads what stands in certificates.
    pub(crate) fn status_url(self) -> String {
        format!("http://127.0.0.1:{}", self.base)
    }

    fn loopback(self, offset: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.base + offset).into()
    }
}

/// The port base unless another is asked for.
pub(crate) const DEFAULT_BASE: u16 = 8440;

/// Leaves sixteen ports: later capabilities take theirs after the first three.
const MAX_BASE: u16 = u16::MAX - 15;
