//! What the description says of every operation alike: its problems, and an example of what is sent and answered.
//!
//! A route says in one place what is its own. The rest follows from its method and parameters here, so that no route can
//! forget it.

mod answers;
mod conditions;
mod examples;
mod words;

use examples::Examples;
use serde_json::Value;

/// The description with what holds for every operation.
pub(super) fn complete(api: &utoipa::openapi::OpenApi) -> Value {
    let mut api = serde_json::to_value(api).expect("a description has string keys only");
    let examples = Examples::of(&api);
    answers::describe(&mut api);
    for (path, method, operation) in operations(&mut api) {
        conditions::add(operation, &method);
        answers::add(operation, &method, &path);
        examples.add(operation);
    }
    api
}

/// Whether an operation asks for no certificate.
fn is_public(operation: &Value) -> bool {
    operation["security"] == serde_json::json!([{}])
}

/// Every operation with its path and method.
fn operations(api: &mut Value) -> impl Iterator<Item = (String, String, &mut Value)> {
    let paths = api["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object_mut().into_iter().flatten();
        methods
            .filter(|(method, _)| METHODS.contains(&method.as_str()))
            .map(move |(method, operation)| (path.clone(), method.clone(), operation))
    })
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[cfg(test)]
mod tests;
