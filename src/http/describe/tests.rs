use super::*;
use serde_json::json;

/// A text that nobody gave an example for reads badly in the description: give the field one, or its name a word.
#[test]
fn every_body_has_an_example_and_every_text_in_it_a_meaning() {
    let mut api = crate::http::openapi();
    let mut told = Vec::new();
    for (path, method, operation) in operations(&mut api) {
        let answers = operation["responses"].as_object().unwrap().iter();
        let contents =
            answers.filter_map(|(_, answer)| answer.get("content")).chain(operation.pointer("/requestBody/content"));
        for body in contents.flat_map(|content| content.as_object().unwrap().values()) {
            let example = body.get("example").unwrap_or_else(|| panic!("{method} {path}: no example"));
            if example == &json!({}) || example.to_string().contains(&format!("\"{}\"", words::ANY)) {
                told.push(format!("{method} {path}: {example}"));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn every_reference_leads_somewhere() {
    let api = crate::http::openapi();
    let text = api.to_string();
    for name in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(api.pointer(&format!("/{name}")).is_some(), "{name}");
    }
}

#[test]
fn every_operation_says_what_it_refuses() {
    let mut api = crate::http::openapi();
    for (path, method, operation) in operations(&mut api) {
        let answers = operation["responses"].as_object().unwrap();
        assert!(!answers.contains_key("default"), "{method} {path}");
        assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
        for status in ["401", "403", "503"] {
            assert!(answers.contains_key(status), "{method} {path} {status}");
        }
    }
}

#[test]
fn a_schema_that_holds_itself_has_an_example() {
    let api = json!({"components": {"schemas": {"Chain": {
        "type": "object", "properties": {"next": {"type": "array", "items": {"$ref": "#/components/schemas/Chain"}}},
    }}}});
    let mut operation = json!({"responses": {"200": {"content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Chain"},
    }}}}});
    Examples::of(&api).add(&mut operation);
    assert!(operation.pointer("/responses/200/content/application~1json/example/next").is_some());
}
