//! Fixed clock, seeded randomness, throw-away tokens and golden text for tests.
