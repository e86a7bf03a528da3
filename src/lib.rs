//! Sigill: e-identity and certificate service for the public sector.
