//! What is asked.

use super::budget::{MAX_CERTIFICATE_OCTETS, MAX_CERTIFICATES, MAX_CRLS, MAX_OID, MAX_PEER_OCTETS, MAX_POLICIES};
use std::net::IpAddr;

/// A certificate to validate, and under what. Certificates and CRLs are DER.
#[derive(Debug, Clone)]
pub struct Request {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// Certificates that may lie between it and an anchor, in any order.
    pub intermediates: Vec<Vec<u8>>,
    /// Certificates that are trusted, self-signed or not.
    pub trust_anchors: Vec<Vec<u8>>,
    /// CRLs, complete, delta or indirect.
    pub crls: Vec<Vec<u8>>,
    /// For which moment, in seconds since 1970.
    pub at: i64,
    /// For which use.
    pub purpose: Purpose,
    /// Whom the certificate must name, if anyone.
    pub peer: Option<Peer>,
    /// Most intermediate certificates that are not self-issued (RFC 5280 clause 6.1.1), if limited.
    pub max_depth: Option<u32>,
    /// Inputs about policies; without them policies decide nothing.
    pub policies: Option<Policies>,
    /// How revocation is looked up.
    pub revocation: Revocation,
}

/// What the key is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// TLS server.
    Server,
    /// TLS client.
    Client,
    /// Not asked.
    Any,
}

/// Whom a certificate must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A host name (RFC 9525), never with a wildcard.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A mail address (RFC 822 name).
    Mail(String),
}

/// Inputs of RFC 5280 clause 6.1.1 (c) to (f).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// Acceptable policies as OIDs in dotted notation; anyPolicy, 2.5.29.32.0, accepts all.
    pub initial_set: Vec<String>,
    /// A valid policy must remain.
    pub explicit: bool,
    /// No mapping between policies.
    pub inhibit_mapping: bool,
    /// anyPolicy in a certificate matches nothing.
    pub inhibit_any: bool,
}

/// How revocation is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// In the CRLs of the request; each certificate below the anchor needs one.
    Crl,
    /// Not here.
    None,
}

/// Something in a request that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct MalformedInput {
    /// Which part of the request.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Request {
    pub(super) fn check_size(&self) -> Result<(), MalformedInput> {
        let certificates = 1 + self.intermediates.len() + self.trust_anchors.len();
        if certificates > MAX_CERTIFICATES {
            return Err(MalformedInput { what: "request", why: "too many certificates" });
        }
        if self.crls.len() > MAX_CRLS {
            return Err(MalformedInput { what: "request", why: "too many CRLs" });
        }
        let all = self.intermediates.iter().chain(&self.trust_anchors).chain([&self.certificate]);
        if all.into_iter().any(|der| der.len() > MAX_CERTIFICATE_OCTETS) {
            return Err(MalformedInput { what: "certificate", why: "too long" });
        }
        let initial_set = self.policies.as_ref().map_or(&[][..], |policies| &policies.initial_set);
        if initial_set.len() > MAX_POLICIES || initial_set.iter().any(|oid| oid.len() > MAX_OID) {
            return Err(MalformedInput { what: "policy", why: "too many, or too long an OID" });
        }
        match &self.peer {
            Some(Peer::Dns(name) | Peer::Mail(name)) if name.len() > MAX_PEER_OCTETS => {
                Err(MalformedInput { what: "peer", why: "too long" })
            }
            _ => Ok(()),
        }
    }
}
