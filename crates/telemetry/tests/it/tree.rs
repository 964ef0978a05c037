//! A trace as a text: what a person would look at.

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::Event, status::StatusCode},
};

use crate::histories::nanos;

/// Each span with its start and end in milliseconds after the run was queued, its error, and its events.
pub(crate) fn tree(spans: &[Span]) -> String {
    let mut text = String::new();
    let is_child = |span: &&Span| spans.iter().any(|parent| parent.span_id == span.parent_span_id);
    for span in spans {
        let indent = if is_child(&span) { "  " } else { "" };
        let (from, to) = (ms(span.start_time_unix_nano), ms(span.end_time_unix_nano));
        text += &format!("{indent}{} {from}..{to}{}\n", span.name, problem(span));
        for Event { name, time_unix_nano, .. } in &span.events {
            text += &format!("{indent}  * {name} {}\n", ms(*time_unix_nano));
        }
    }
    text
}

fn ms(nanoseconds: u64) -> u64 {
    (nanoseconds - nanos(0)) / 1_000_000
}

fn problem(span: &Span) -> String {
    let status = span.status.clone().unwrap_or_default();
    match status.code() {
        StatusCode::Error => format!(" ! {}", status.message),
        _ => String::new(),
    }
}

/// The span of a name, the nth of them (from 1).
pub(crate) fn find<'a>(spans: &'a [Span], name: &str, nth: usize) -> &'a Span {
    spans.iter().filter(|span| span.name == name).nth(nth - 1).unwrap()
}

/// Attributes as `name=value`, in their order.
pub(crate) fn attributes(of: &[KeyValue]) -> Vec<String> {
    let value = |it: &KeyValue| match it.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        Value::BoolValue(bool) => bool.to_string(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?} is not used"),
    };
    of.iter().map(|it| format!("{}={}", it.key, value(it))).collect()
}
