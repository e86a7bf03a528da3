//! One SQLite in the program: the store's.
//!
//! Only one crate of a build may link SQLite. The embedded token asks for an older binding than the store, whose SQLite
//! has corrections that a journal of revocations must not lose; the functions are the same.

#![no_std]

pub use newer::*;
