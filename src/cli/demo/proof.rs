//! The identity document that every demo applicant shows.

use serde_json::{Value, json};

/// What the officer writes down: a passport, seen in person.
pub(crate) fn passport() -> Value {
    json!({
        "document": "passport",
        "number": "TEST0001",
        "expires": "2031-05-01",
        "method": "in-person",
        "place": "Testkontoret",
    })
}
