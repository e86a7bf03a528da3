//! What every store promises, proven on both engines by the same functions.
//!
//! [`cases`] lists them; [`world`] makes the people and things they work with; [`database`] gives
//! each test a database of its own.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

mod agencies;
mod audit;
mod cases;
mod certificates;
mod concurrency;
#[path = "../custody/mod.rs"]
mod custody;
mod database;
mod enrolments;
mod functions;
mod keys;
mod logins;
mod people;
mod policies;
mod registry;
mod requests;
mod reserves;
mod sealed;
mod status;
mod tables;
mod world;
