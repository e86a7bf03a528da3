//! The steps of signing at which a test may end the signer.

/// Every point, in the order in which certificates and then a CRL pass them.
pub const POINTS: &[&str] =
    &["write", "written", "durable", "first-signed", "signed", "noted", "crl-serials", "crl-recorded", "crl-signed"];
