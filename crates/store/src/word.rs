//! Words of enumerations and small documents in TEXT columns.

use domain::ports::StoreError;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

use crate::engine::{Columns, Value};

/// The serde name of an enumeration's value.
pub(crate) fn word<T: Serialize>(value: &T) -> Value {
    let name = serde_json::to_value(value).expect("a variant without fields is a string");
    Value::Text(name.as_str().map(str::to_owned))
}

/// The value of an enumeration from its serde name.
pub(crate) fn from_name<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(deserializer).ok()
}

/// The value of an enumeration from the next column.
pub(crate) fn from_word<T: for<'de> Deserialize<'de>>(columns: &mut Columns<'_>) -> Result<T, StoreError> {
    columns.word_or_null()?.ok_or(columns.corrupt())
}

/// A map or list as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Value {
    Value::Text(Some(text(value)))
}

/// A map or list as the text of JSON.
pub(crate) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("maps here have strings as keys")
}

/// A document as JSON, if there is one.
pub(crate) fn json_or_null<T: Serialize>(value: Option<&T>) -> Value {
    value.map_or(Value::Text(None), json)
}

/// A document from the next column, if there is one.
pub(crate) fn from_json_or_null<T: DeserializeOwned>(columns: &mut Columns<'_>) -> Result<Option<T>, StoreError> {
    let text: Option<String> = columns.take()?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| columns.corrupt())).transpose()
}

/// A map or list from the next column.
pub(crate) fn from_json<T: DeserializeOwned>(columns: &mut Columns<'_>) -> Result<T, StoreError> {
    let text: String = columns.take()?;
    serde_json::from_str(&text).map_err(|_| columns.corrupt())
}
