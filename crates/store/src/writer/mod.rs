//! The write side: one task with one connection.
//!
//! [`queue`] is what callers see; [`task`] takes what is queued and keeps the connection alive;
//! [`group`] turns it into one transaction and answers; [`plan`] sorts the writes of many units of
//! work into one [`statement`] for each kind of row.

mod group;
mod plan;
mod queue;
mod statement;
mod task;

pub(crate) use queue::Queue;
pub(crate) use statement::{Idle, Refusal, Statement};
pub(crate) use task::Writer;
