//! A run's trace: a pure function of its history, so that it is the same however often and whenever it is built.

mod act;
mod problems;
mod root;
mod spans;

pub use spans::{RunSpan, run_spans};

use hook_core::JobId;
use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::{Span, SpanFlags, Status, span::SpanKind, status::StatusCode},
};

use crate::attribute::{AttributeValue, attribute};

/// The root span of a run, below which zb's own spans can be hung.
pub(crate) const ROOT: &str = "backup.run";

/// The most characters of a text that a span shows.
const MOST_WORDS: usize = 256;

/// A span of a run, which begins and ends at `at` until it is ended. The root has no parent.
fn begin(job: &JobId, name: &str, nth: u32, kind: SpanKind, at: Timestamp) -> Span {
    let root = hook_core::span_id(job, ROOT, 1);
    let id = hook_core::span_id(job, name, nth);
    Span {
        trace_id: hook_core::trace_id(job).to_vec(),
        span_id: id.to_vec(),
        parent_span_id: if id == root { Vec::new() } else { root.to_vec() },
        // Sampled, as the hooks were told; and the parent is of this process, whichever it was.
        flags: 1 | SpanFlags::ContextHasIsRemoteMask as u32,
        name: name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: nanoseconds(at),
        end_time_unix_nano: nanoseconds(at),
        ..Span::default()
    }
}

/// Ends a span; never before it began, whatever the wall clock did.
fn end(span: &mut Span, at: Timestamp) {
    span.end_time_unix_nano = nanoseconds(at).max(span.start_time_unix_nano);
}

fn set(span: &mut Span, key: &str, value: impl AttributeValue) {
    span.attributes.push(attribute(key, value));
}

fn set_some(attributes: &mut Vec<KeyValue>, key: &str, value: Option<impl AttributeValue>) {
    attributes.extend(value.map(|value| attribute(key, value)));
}

/// An error, with its kind (`error.type`: one of few words) and a short text.
fn fail(span: &mut Span, kind: &str, words: &str) {
    set(span, "error.type", kind);
    span.status = Some(Status { code: StatusCode::Error.into(), message: short(words) });
}

/// One line of at most [`MOST_WORDS`] characters.
fn short(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(MOST_WORDS) {
        None => line,
        Some((cut, _)) => format!("{}…", &line[..cut]),
    }
}

/// Nanoseconds since 1970, UTC; 0 for what was before.
fn nanoseconds(at: Timestamp) -> u64 {
    at.as_nanosecond().try_into().unwrap_or_default()
}
