//! Digests of fixed size.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

/// SHA-256.
pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    digest(&SHA256, octets).as_ref().try_into().expect("SHA-256 has 32 octets")
}

/// SHA-1, which names keys and issuers in key identifiers and OCSP; never for signatures.
pub(crate) fn sha1(octets: &[u8]) -> [u8; 20] {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().try_into().expect("SHA-1 has 20 octets")
}
