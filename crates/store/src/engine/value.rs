//! What goes into a statement and what comes out of it.

use crate::seal::{Keys, Place};
use crate::word::from_name;
use domain::TenantId;
use domain::ports::StoreError;
use pki::time::UtcTime;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use std::str::FromStr;

/// One parameter. A missing value keeps its type: PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Blob(Option<Vec<u8>>),
    /// Text or octets that are sealed before they are written, for the column and row they stand in.
    Sealed {
        column: &'static str,
        row: String,
        part: String,
        clear: Box<Value>,
    },
    /// An identity number that only its keyed digest is written of.
    Digest(String),
    /// The id of the key of that digest.
    DigestKey,
}

impl Value {
    /// A personal text.
    pub(crate) fn sealed(place: Place<'_>, text: &str) -> Self {
        Self::sealed_or_null(place, Some(text))
    }

    /// A personal text that may be missing.
    pub(crate) fn sealed_or_null(place: Place<'_>, text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Text(None) };
        Self::closing(place, text.into())
    }

    /// Personal octets.
    pub(crate) fn sealed_octets(place: Place<'_>, octets: &[u8]) -> Self {
        Self::closing(place, octets.into())
    }

    fn closing(Place { column, row, part }: Place<'_>, clear: Self) -> Self {
        Self::Sealed { column, row: row.to_owned(), part: part.to_owned(), clear: Box::new(clear) }
    }

    /// The text form of something.
    pub(crate) fn text(value: &impl ToString) -> Self {
        Self::Text(Some(value.to_string()))
    }

    /// The text form of something that may be missing.
    pub(crate) fn text_or_null<T: ToString + ?Sized>(value: Option<&T>) -> Self {
        Self::Text(value.map(T::to_string))
    }

    /// A time that may be missing.
    pub(crate) fn time_or_null(value: Option<UtcTime>) -> Self {
        Self::Int(value.map(UtcTime::unix))
    }
}

/// The keys of an agency's rows, for a batch that looks them up.
pub(crate) fn keys<'a, T: ToString + 'a>(tenant: &TenantId, ids: impl IntoIterator<Item = &'a T>) -> Vec<Vec<Value>> {
    ids.into_iter().map(|id| vec![Value::text(tenant), Value::text(id)]).collect()
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<UtcTime> for Value {
    fn from(value: UtcTime) -> Self {
        Self::Int(Some(value.unix()))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(Some(value.to_vec()))
    }
}

/// A row of either engine.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type that both engines can give.
pub(crate) trait Column:
    for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> sqlx::Decode<'r, Sqlite>
        + sqlx::Type<Sqlite>
        + for<'r> sqlx::Decode<'r, Postgres>
        + sqlx::Type<Postgres>
{
}

/// Reads the columns of a row from left to right, as they stand in the statement.
pub(crate) struct Columns<'a> {
    row: &'a Row,
    what: &'static str,
    next: usize,
    keys: Option<&'a Keys>,
}

impl<'a> Columns<'a> {
    /// Begins at the first column; `what` names the kind of row in errors.
    pub(crate) const fn of(row: &'a Row, what: &'static str) -> Self {
        Self { row, what, next: 0, keys: None }
    }

    /// As [`of`](Self::of), for a row with personal data in it.
    pub(crate) const fn opening(row: &'a Row, what: &'static str, keys: &'a Keys) -> Self {
        Self { row, what, next: 0, keys: Some(keys) }
    }

    /// The next column, a sealed text.
    pub(crate) fn opened(&mut self, place: Place<'_>) -> Result<String, StoreError> {
        self.opened_or_null(place)?.ok_or(self.corrupt())
    }

    /// The next column, a sealed text that may be missing.
    pub(crate) fn opened_or_null(&mut self, place: Place<'_>) -> Result<Option<String>, StoreError> {
        let Some(sealed) = self.take::<Option<String>>()? else { return Ok(None) };
        let keys = self.keys.ok_or(self.corrupt())?.get()?;
        keys.open_text(place, &sealed).map(Some).ok_or(self.corrupt())
    }

    /// The next column, sealed octets that may be missing.
    pub(crate) fn opened_octets(&mut self, place: Place<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sealed) = self.take::<Option<Vec<u8>>>()? else { return Ok(None) };
        let keys = self.keys.ok_or(self.corrupt())?.get()?;
        keys.open(place, &sealed).map(Some).ok_or(self.corrupt())
    }

    /// The next column as it is stored.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        use sqlx::Row as _;
        let index = self.next;
        self.next += 1;
        let value = match self.row {
            Row::Sqlite(row) => row.try_get(index),
            Row::Postgres(row) => row.try_get(index),
        };
        value.map_err(|error| {
            tracing::error!(what = self.what, column = index, %error, "a stored row cannot be read");
            self.corrupt()
        })
    }

    /// The next column, read from its text form.
    pub(crate) fn parse<T: FromStr>(&mut self) -> Result<T, StoreError> {
        self.take::<String>()?.parse().map_err(|_| self.corrupt())
    }

    /// The next column, read from its text form if there is one.
    pub(crate) fn parse_or_null<T: FromStr>(&mut self) -> Result<Option<T>, StoreError> {
        self.take::<Option<String>>()?.map(|text| text.parse().map_err(|_| self.corrupt())).transpose()
    }

    /// The next column, a word of an enumeration, if there is one.
    pub(crate) fn word_or_null<T: for<'de> serde::Deserialize<'de>>(&mut self) -> Result<Option<T>, StoreError> {
        self.take::<Option<String>>()?.map(|text| from_name(&text).ok_or(self.corrupt())).transpose()
    }

    /// The next column as a time.
    pub(crate) fn time(&mut self) -> Result<UtcTime, StoreError> {
        self.take().map(UtcTime::from_unix)
    }

    /// The next column as a time, if there is one.
    pub(crate) fn time_or_null(&mut self) -> Result<Option<UtcTime>, StoreError> {
        Ok(self.take::<Option<i64>>()?.map(UtcTime::from_unix))
    }

    /// The next column as bytes of a fixed number.
    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.take::<Vec<u8>>()?.try_into().map_err(|_| self.corrupt())
    }

    /// The next column as a number that is never negative and fits `T`.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        self.take::<i64>()?.try_into().map_err(|_| self.corrupt())
    }

    /// The error that says this row cannot be read.
    pub(crate) const fn corrupt(&self) -> StoreError {
        StoreError::Corrupt { what: self.what }
    }
}
