//! Certificates, CRLs and OCSP answers: profiles, encoding, lints. No IO, no clock, no randomness.
