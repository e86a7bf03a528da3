//! The problems that an operation can answer with.

use crate::http::problem::{PROBLEM, Problem};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The answers that many operations share, by name: status, an example's code, and when they come.
const SHARED: [(&str, StatusCode, &str, &str); 11] = [
    ("NotUnderstood", StatusCode::BAD_REQUEST, "invalid", "The request is not understood."),
    ("Unknown", StatusCode::UNAUTHORIZED, "certificate-needed", "No certificate, or none that counts."),
    ("NotAllowed", StatusCode::FORBIDDEN, "denied", "The caller may not do this."),
    ("NotFound", StatusCode::NOT_FOUND, "not-found", "It does not exist, or not for this caller."),
    ("NotNow", StatusCode::CONFLICT, "wrong-stage", "Not possible in this state."),
    ("Changed", StatusCode::PRECONDITION_FAILED, "not-as-seen", "It is not as `If-Match` says that it was seen."),
    ("TooLarge", StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large."),
    ("Refused", StatusCode::UNPROCESSABLE_ENTITY, "lint", "A rule refuses it."),
    ("TooMany", StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "It was tried too often."),
    ("Failed", StatusCode::INTERNAL_SERVER_ERROR, "internal", "A fault of the service."),
    ("Away", StatusCode::SERVICE_UNAVAILABLE, "busy", "Not possible now; try again."),
];

/// Puts the shared answers among the components.
pub(super) fn describe(api: &mut Value) {
    for (name, status, code, description) in SHARED {
        let mut headers = json!({"Content-Language": header("`sv` or `en`: the language of the title.")});
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers["Retry-After"] = header("Seconds until it is worth trying again.");
        }
        api["components"]["responses"][name] = json!({
            "description": description,
            "headers": headers,
            "content": {PROBLEM: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": Problem::edge(status, code, "what was wrong this time"),
            }},
        });
    }
}

fn header(description: &str) -> Value {
    json!({"description": description, "schema": {"type": "string"}})
}

/// Says which problems an operation can answer with, in the place of one word for all.
pub(super) fn add(operation: &mut Value, method: &str, path: &str) {
    let conditional = super::conditions::is_conditional(operation);
    let public = super::is_public(operation);
    let has_body = operation.get("requestBody").is_some();
    let has_parameters = operation["parameters"].as_array().is_some_and(|parameters| !parameters.is_empty());
    let changes = method != "get";
    let comes = |status: StatusCode| match status {
        StatusCode::BAD_REQUEST => has_body || has_parameters,
        StatusCode::NOT_FOUND => has_body || path.contains('{'),
        StatusCode::PAYLOAD_TOO_LARGE => has_body,
        StatusCode::PRECONDITION_FAILED => conditional,
        StatusCode::TOO_MANY_REQUESTS => public,
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => changes,
        _ => true,
    };
    let answers = operation["responses"].as_object_mut().into_iter();
    for answers in answers {
        answers.remove("default");
        for (name, status, ..) in SHARED.into_iter().filter(|(_, status, ..)| comes(*status)) {
            let answer = json!({"$ref": format!("#/components/responses/{name}")});
            answers.entry(status.as_str()).or_insert(answer);
        }
    }
}
