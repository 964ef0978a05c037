//! The values of a job file as JSON: every member, in the order of `api.md` §3.

use serde_json::{Map, Value, json};
use toml::{Table, Value as Toml};

use super::keys;
use crate::config::durations::parse_duration;

/// A job, its secrets as they are in `job`.
pub(super) fn job(job: &Table) -> Value {
    let mut members = table("", job);
    if let Some(Value::Object(repository)) = members.get_mut("repository") {
        repository.shift_insert(0, "repositoryId".to_owned(), Value::Null);
    }
    Value::Object(members)
}

fn table(name: &str, table: &Table) -> Map<String, Value> {
    let keys = keys::of(name).unwrap_or_default().into_iter();
    keys.map(|key| (keys::member(key).into_owned(), member(key, table.get(key)))).collect()
}

fn member(key: &str, value: Option<&Toml>) -> Value {
    match value {
        // Both hooks are told of, also where there is none.
        None if key == "webhooks" => Value::Object(table(key, &Table::new())),
        None => keys::default(key),
        Some(Toml::Table(inner)) if keys::is_table(key) => Value::Object(table(key, inner)),
        Some(value) if keys::is_span(key) => milliseconds(value),
        // Text areas and other readers want lines, not line ends.
        Some(Toml::String(text)) if key == "headers" => json!(text.trim_end_matches('\n')),
        Some(value) => json!(value),
    }
}

fn milliseconds(value: &Toml) -> Value {
    let seconds = match value {
        Toml::Integer(seconds) => u64::try_from(*seconds).ok(),
        Toml::String(text) => parse_duration(text).ok().map(|span| span.as_secs()),
        _ => None,
    };
    json!(seconds.map(|seconds| seconds.saturating_mul(1000)))
}
