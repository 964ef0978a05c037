//! The OpenAPI document against what the server really answers: every answer of every test is looked at.

use std::sync::LazyLock;

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value};
use zb_server::openapi;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi(""));

/// That an answer is one of those that the document has for its route. What is no route is a problem.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, status: StatusCode, headers: &HeaderMap, text: &str) {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let media_type = header("content-type").split(';').next().unwrap();
    let what = || format!("{method} {path} {status} {media_type} {text}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(header(name), value, "{}", what());
    }
    assert!(!headers.contains_key("server") && headers.contains_key("cache-control"), "{}", what());
    if method == Method::HEAD {
        return assert_eq!(text, "", "{}", what());
    }
    let operation = operation(method, path);
    // A page says more of itself in its own tests.
    let is_page = operation.is_none() && !path.starts_with("/api/");
    if is_page && media_type != "application/problem+json" {
        return;
    }
    if media_type == "application/problem+json" || operation.is_none() {
        let schema = &DOCUMENT["components"]["schemas"]["Problem"];
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(matches(schema, &value, ""), Ok(()), "{}", what());
        return;
    }
    let answer = &operation.unwrap()["responses"][status.as_str()];
    assert!(answer.is_object(), "the document has no such status: {}", what());
    let Some(schema) = answer["content"].get(media_type) else {
        assert!(
            answer.get("content").is_none() && text.is_empty(),
            "the document has no such type: {}",
            what()
        );
        return;
    };
    if media_type == "application/json" && !text.is_empty() {
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(matches(&schema["schema"], &value, ""), Ok(()), "{}", what());
    }
}

/// The path of the document that a path is, with its operations.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let is_same = |(template, part): (&str, &str)| template.starts_with('{') || template == part;
    let mut found = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(template, _)| {
        template.split('/').count() == path.split('/').count()
            && template.split('/').zip(path.split('/')).all(is_same)
    });
    found.find_map(|(_, item)| item.get(method.as_str().to_ascii_lowercase()))
}

/// JSON Schema, as far as zb uses it. It is strict: a member that the schema does not have is wrong.
fn matches(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        return matches(&DOCUMENT["components"]["schemas"][name], value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let faults: Vec<String> = any.iter().filter_map(|schema| matches(schema, value, at).err()).collect();
        return if faults.len() < any.len() { Ok(()) } else { Err(faults[0].clone()) };
    }
    let is_right = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        None => true,
        Some(other) => return Err(format!("{at}: the type {other} is not known here")),
    };
    if !is_right {
        return Err(format!("{at}: {value} is no {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Err(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    if schema["format"] == "date-time" && !value.as_str().unwrap().ends_with('Z') {
        return Err(format!("{at}: {value} is no time in UTC"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(n, item)| matches(&schema["items"], item, &format!("{at}/{n}"))),
        Value::Object(members) => object(schema, members, at),
        _ => Ok(()),
    }
}

fn object(schema: &Value, members: &Map<String, Value>, at: &str) -> Result<(), String> {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    for name in required {
        if !members.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in members {
        let schema = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        let at = format!("{at}/{name}");
        match schema {
            Some(Value::Bool(true)) => {}
            Some(schema) => matches(schema, value, &at)?,
            None => return Err(format!("{at}: the document has no such member")),
        }
    }
    Ok(())
}
