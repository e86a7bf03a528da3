//! The headers that a request's change can depend on.

use serde_json::{Value, json};

/// Acts on one thing that was read before: they take `If-Match`.
const CONDITIONAL: [&str; 8] = [
    "identifyApplicant",
    "approveEnrolment",
    "activateCard",
    "revokeCard",
    "revokeOwnCard",
    "decidePackage",
    "endPackage",
    "clearBulkRevocation",
];

/// Reads whose answer has an entity tag.
const TAGGED: [&str; 3] = ["readEnrolment", "readCard", "readBulkRevocation"];

/// Whether an operation takes `If-Match`.
pub(super) fn is_conditional(operation: &Value) -> bool {
    is_one_of(operation, &CONDITIONAL)
}

fn is_one_of(operation: &Value, names: &[&str]) -> bool {
    operation["operationId"].as_str().is_some_and(|id| names.contains(&id))
}

/// Describes the headers of an operation.
pub(super) fn add(operation: &mut Value, method: &str) {
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    // A key is a caller's own, and there nobody knows who calls.
    if method == "post" && !super::is_public(operation) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The caller's word for this request. Sent again with the same body by the same caller, the \
                request is not done again: its first answer is given, with `Idempotent-Replayed: true`.",
            "schema": {"type": "string", "minLength": 16, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]{16,64}$"},
            "example": "3f1c0d2e-6a5b-4c7d-8e9f-0a1b2c3d4e5f",
        }));
    }
    if is_conditional(operation) {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The entity tag of what is changed, as it was read; if it has changed since, nothing is done.",
            "schema": {"type": "string"},
            "example": "\"enrolment-2\"",
        }));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if is_one_of(operation, &TAGGED) {
        operation["responses"]["200"]["headers"]["ETag"] = json!({
            "description": "The version that was read, for `If-Match`.", "schema": {"type": "string"},
        });
    }
}
