//! An example for every body, made from its schema: what a field says of itself, or the word for fields of its name.

use super::words;
use serde_json::{Map, Value, json};

/// Makes examples.
pub(super) struct Examples {
    schemas: Value,
}

impl Examples {
    /// With the schemas of `api`.
    pub(super) fn of(api: &Value) -> Self {
        Self { schemas: api["components"]["schemas"].clone() }
    }

    /// Gives each body of an operation an example, unless it has one.
    pub(super) fn add(&self, operation: &mut Value) {
        let answers = operation["responses"].as_object_mut().into_iter().flatten();
        let answers = answers.filter_map(|(_, answer)| answer.get_mut("content"));
        for content in answers {
            self.fill(content);
        }
        if let Some(content) = operation.pointer_mut("/requestBody/content") {
            self.fill(content);
        }
    }

    fn fill(&self, content: &mut Value) {
        let bodies = content.as_object_mut().into_iter().flatten().map(|(_, body)| body);
        for body in bodies.filter(|body| body.get("example").is_none()) {
            body["example"] = self.of_schema(&body["schema"], Place::default());
        }
    }

    fn of_schema(&self, schema: &Value, place: Place<'_>) -> Value {
        if let Some(example) = schema.get("example").or_else(|| schema.pointer("/examples/0")) {
            return example.clone();
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
            return self.of_schema(&self.schemas[name], Place { schema: name, ..place.deeper() });
        }
        if let Some(word) = schema.pointer("/enum/0") {
            return word.clone();
        }
        let alternatives = ["oneOf", "anyOf"].into_iter().find_map(|of| schema[of].as_array());
        if let Some(one) = alternatives.and_then(|all| all.iter().find(|one| one["type"] != json!("null"))) {
            return self.of_schema(one, place);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let parts = parts.iter().map(|part| self.of_schema(part, place));
            return Value::Object(parts.filter_map(|part| part.as_object().cloned()).flatten().collect());
        }
        self.of_type(schema, place)
    }

    fn of_type(&self, schema: &Value, place: Place<'_>) -> Value {
        let is = |name: &str| {
            let kind = &schema["type"];
            kind == name || kind.as_array().is_some_and(|kinds| kinds.contains(&json!(name)))
        };
        if is("array") {
            // What holds itself ends somewhere.
            let items = if place.depth > DEEPEST { Vec::new() } else { vec![self.of_schema(&schema["items"], place)] };
            json!(items)
        } else if is("object") {
            self.of_object(schema, place)
        } else if is("integer") || is("number") {
            schema.get("minimum").filter(|least| **least != json!(0)).cloned().unwrap_or(json!(1))
        } else if is("boolean") {
            json!(true)
        } else {
            json!(words::word(place.schema, place.field).unwrap_or(words::ANY))
        }
    }

    fn of_object(&self, schema: &Value, place: Place<'_>) -> Value {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let mut object: Map<String, Value> = fields
            .map(|(field, schema)| (field.clone(), self.of_schema(schema, Place { field, ..place.deeper() })))
            .collect();
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            let key = words::key(place.schema, place.field);
            object.insert(key.to_owned(), self.of_schema(values, place));
        }
        Value::Object(object)
    }
}

/// Where a value stands.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    schema: &'a str,
    field: &'a str,
    depth: usize,
}

impl Place<'_> {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// Deeper than any body of ours, unless a schema holds itself.
const DEEPEST: usize = 12;
