//! JSON Schema (2020-12), as far as the OpenAPI document needs it.

use serde_json::{Map, Value, json};

/// A schema with a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// As in `#/components/schemas/<name>`.
    pub(crate) name: &'static str,
    pub(crate) schema: fn() -> Value,
}

impl Shape {
    pub(crate) const fn new(name: &'static str, schema: fn() -> Value) -> Self {
        Self { name, schema }
    }

    /// A reference to it.
    pub(crate) fn reference(&self) -> Value {
        json!({"$ref": format!("#/components/schemas/{}", self.name)})
    }
}

/// An object of which every member is there: what zb answers.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "required": required, "properties": properties(members)})
}

/// An object of which some members may be left out: what zb is asked.
pub(crate) fn request<const N: usize>(required: &[&str], members: [(&str, Value); N]) -> Value {
    json!({"type": "object", "required": required, "properties": properties(members)})
}

fn properties<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect::<Map<_, _>>())
}

pub(crate) fn text() -> Value {
    json!({"type": "string"})
}

/// RFC 3339, UTC.
pub(crate) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub(crate) fn integer() -> Value {
    json!({"type": "integer"})
}

pub(crate) fn number() -> Value {
    json!({"type": "number"})
}

pub(crate) fn boolean() -> Value {
    json!({"type": "boolean"})
}

/// One of these words, and perhaps of later ones.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({"type": "string", "enum": words.into_iter().collect::<Vec<_>>()})
}

pub(crate) fn array(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An object whose keys are somebody's own.
pub(crate) fn map(values: Value) -> Value {
    json!({"type": "object", "additionalProperties": values})
}

/// It, or `null`.
pub(crate) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}
