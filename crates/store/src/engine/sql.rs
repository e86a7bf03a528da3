//! Statement texts, known when the program is built.

/// One statement, in the words of each engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// A text that both engines understand, with `$1` parameters.
    pub(crate) const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }

    /// Two texts, where the engines really differ.
    pub(crate) const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }
}

/// A statement over a list of rows, which it sees as the table `r`.
///
/// PostgreSQL takes one array for each column and any number of rows in one round trip. SQLite
/// has no arrays: there the rows are spelled out, in chunks of [`CHUNKS`] rows, because handing
/// a statement to its thread costs more than running it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) sqlite: [&'static str; CHUNKS.len()],
    pub(crate) postgres: &'static str,
}

/// How many rows each SQLite text of a [`Batch`] takes, largest first.
pub(crate) const CHUNKS: [usize; 5] = [16, 8, 4, 2, 1];

/// Writes a [`Batch`]: the columns of `r`, numbered from 1 and typed, then what to do with them.
///
/// With two texts the first is SQLite's and the second PostgreSQL's.
macro_rules! batch {
    (($($n:literal $column:ident $type:ident),+ $(,)?), $text:expr) => {
        $crate::engine::sql::batch!(($($n $column $type),+), $text, $text)
    };
    (($n0:literal $column0:ident $type0:ident $(, $n:literal $column:ident $type:ident)* $(,)?), $sqlite:expr, $postgres:expr) => {
        $crate::engine::Batch {
            sqlite: $crate::engine::sql::chunks!(
                (concat!("WITH r (", stringify!($column0) $(, ", ", stringify!($column))*, ") AS (VALUES ")),
                (concat!("(?" $(, $crate::engine::sql::mark!($column))*, ")")),
                (concat!(") ", $sqlite))
            ),
            postgres: concat!(
                "WITH r AS (SELECT ", stringify!($column0) $(, ", ", stringify!($column))*,
                " FROM UNNEST($", $n0, "::", stringify!($type0), "[]" $(, ", $", $n, "::", stringify!($type), "[]")*,
                ") AS u (", stringify!($column0) $(, ", ", stringify!($column))*, ")) ",
                $postgres
            ),
        }
    };
}

/// Writes a [`Batch`] that inserts the columns as they are, then `$more`, such as `ON CONFLICT …`.
macro_rules! insert {
    ($table:literal, ($($n:literal $column:ident $type:ident),+ $(,)?)) => {
        $crate::engine::sql::insert!($table, ($($n $column $type),+), "")
    };
    ($table:literal, ($n0:literal $column0:ident $type0:ident $(, $n:literal $column:ident $type:ident)* $(,)?), $more:literal) => {
        $crate::engine::Batch {
            sqlite: $crate::engine::sql::chunks!(
                (concat!("INSERT INTO ", $table, " (", stringify!($column0) $(, ", ", stringify!($column))*, ") VALUES ")),
                (concat!("(?" $(, $crate::engine::sql::mark!($column))*, ")")),
                (concat!(" ", $more))
            ),
            postgres: concat!(
                "INSERT INTO ", $table, " (", stringify!($column0) $(, ", ", stringify!($column))*,
                ") SELECT ", stringify!($column0) $(, ", ", stringify!($column))*,
                " FROM UNNEST($", $n0, "::", stringify!($type0), "[]" $(, ", $", $n, "::", stringify!($type), "[]")*,
                ") AS u (", stringify!($column0) $(, ", ", stringify!($column))*, ") ",
                $more
            ),
        }
    };
}

/// The mark of one more parameter in a row.
macro_rules! mark {
    ($column:ident) => {
        ", ?"
    };
}

/// One text for each of [`CHUNKS`].
macro_rules! chunks {
    ($head:tt, $row:tt, $tail:tt) => {
        [
            $crate::engine::sql::rows!($head $tail $row; $row $row $row $row $row $row $row $row $row $row $row $row $row $row $row),
            $crate::engine::sql::rows!($head $tail $row; $row $row $row $row $row $row $row),
            $crate::engine::sql::rows!($head $tail $row; $row $row $row),
            $crate::engine::sql::rows!($head $tail $row; $row),
            $crate::engine::sql::rows!($head $tail $row;),
        ]
    };
}

/// The text with exactly these rows.
macro_rules! rows {
    (($head:expr) ($tail:expr) ($first:expr); $(($row:expr))*) => {
        concat!($head, $first, $(", ", $row,)* $tail)
    };
}

pub(crate) use {batch, chunks, insert, mark, rows};
