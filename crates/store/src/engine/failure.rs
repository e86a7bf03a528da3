//! What an error of an engine means.

use sqlx::error::ErrorKind;

/// A rule of the tables that a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A key exists.
    Unique,
    /// A row that is referred to does not exist.
    Reference,
    /// The four-eyes rule.
    FourEyes,
}

/// The rule that was broken, if that is what `error` says.
pub(crate) fn violation(error: &sqlx::Error) -> Option<Violation> {
    let error = error.as_database_error()?;
    match error.kind() {
        ErrorKind::UniqueViolation => Some(Violation::Unique),
        ErrorKind::ForeignKeyViolation => Some(Violation::Reference),
        // SQLite names the constraint, or the trigger's text, in the message only.
        _ if error.constraint().unwrap_or_else(|| error.message()).contains(FOUR_EYES) => Some(Violation::FourEyes),
        _ => None,
    }
}

/// Whether the connection is of no more use.
pub(crate) fn connection_is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| LOST_CLASSES.iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// How constraints and triggers that hold the four-eyes rule are named.
const FOUR_EYES: &str = "four_eyes";
/// SQLSTATE classes after which PostgreSQL closes the connection: 08 connection exception,
/// 57P operator intervention. SQLite's codes are decimal numbers and begin with neither.
const LOST_CLASSES: [&str; 2] = ["08", "57P"];
