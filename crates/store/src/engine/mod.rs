//! The two engines behind one set of types; the only code that knows which one runs.
//!
//! [`sql`] holds a statement's text for both engines, [`value`] what goes in and comes out,
//! [`connection`] is the writer's, [`pool`] the readers', [`failure`] sorts errors, [`target`]
//! opens and migrates.

mod connection;
mod failure;
mod pool;
pub(crate) mod sql;
mod target;
mod value;

pub(crate) use connection::Connection;
pub(crate) use failure::{Violation, connection_is_lost, violation};
pub(crate) use pool::Pool;
pub(crate) use sql::{Batch, Sql};
pub(crate) use target::Target;
pub(crate) use value::{Columns, Row, Value, keys};
