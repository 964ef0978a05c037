//! A trace on a screen: names as a tree, durations one below the other, when it was as a bar.

use std::cmp::Reverse;

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, status::StatusCode},
};

/// Characters of the bar.
const BAR: u64 = 24;

/// Whether the screen has colours.
#[derive(Clone, Copy)]
pub(crate) enum Paint {
    Colours,
    Plain,
}

impl Paint {
    fn on(self, colour: u8, text: &str) -> String {
        match self {
            Self::Colours => format!("\x1b[{colour}m{text}\x1b[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// A line of the tree: what stands before the name, and the span.
struct Line<'a> {
    before: String,
    span: &'a Span,
}

/// Prints the spans of one trace.
pub(crate) fn print(spans: &[Span], paint: Paint) {
    let mut lines = Vec::new();
    let mut roots: Vec<_> = spans.iter().filter(|span| parent(spans, span).is_none()).collect();
    roots.sort_by_key(|span| when(span));
    for root in roots {
        lines.push(Line { before: String::new(), span: root });
        descend(spans, root, "", &mut lines);
    }
    let Some(first) = lines.first() else { return };
    let width = lines.iter().map(Line::width).max().unwrap_or_default();
    let from = spans.iter().map(|span| span.start_time_unix_nano).min().unwrap_or_default();
    let to = spans.iter().map(|span| span.end_time_unix_nano).max().unwrap_or_default();
    println!("\n{}", paint.on(2, &format!("trace {}", hex(&first.span.trace_id))));
    for line in &lines {
        line.print(width, (from, to), paint);
    }
}

fn parent<'a>(spans: &'a [Span], span: &Span) -> Option<&'a Span> {
    spans.iter().find(|other| other.span_id == span.parent_span_id)
}

/// By start; of two that begin together, the longer one first.
fn when(span: &Span) -> (u64, Reverse<u64>) {
    (span.start_time_unix_nano, Reverse(span.end_time_unix_nano))
}

fn descend<'a>(spans: &'a [Span], above: &Span, indent: &str, lines: &mut Vec<Line<'a>>) {
    let mut below: Vec<_> = spans.iter().filter(|span| span.parent_span_id == above.span_id).collect();
    below.sort_by_key(|span| when(span));
    let last = below.len().saturating_sub(1);
    for (at, span) in below.into_iter().enumerate() {
        let (branch, deeper) = if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        lines.push(Line { before: format!("{indent}{branch}"), span });
        descend(spans, span, &format!("{indent}{deeper}"), lines);
    }
}

impl Line<'_> {
    fn width(&self) -> usize {
        self.before.chars().count() + self.span.name.chars().count()
    }

    fn print(&self, width: usize, (from, to): (u64, u64), paint: Paint) {
        let span = self.span;
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        let gap = " ".repeat(width - self.width());
        let bar = bar(start - from, end.saturating_sub(from), to - from);
        let status = span.status.clone().unwrap_or_default();
        let (mark, words) = match status.code() {
            StatusCode::Error => (paint.on(31, "error"), status.message),
            _ => (paint.on(32, "ok   "), String::new()),
        };
        let facts: Vec<_> = facts(span).into_iter().chain((!words.is_empty()).then_some(words)).collect();
        let facts = facts.join(", ");
        let lasted = length(end.saturating_sub(start));
        let left = format!("{}{}{gap} {lasted:>9}", self.before, span.name);
        let line = format!("{left}  {}  {mark}  {facts}", paint.on(36, &bar));
        println!("{}", line.trim_end());
        for event in &span.events {
            let after = length(event.time_unix_nano.saturating_sub(from));
            let about: Vec<_> = event.attributes.iter().map(text).collect();
            println!("{:width$} {after:>9}  {} ({})", "", event.name, about.join(", "));
        }
    }
}

/// Where between 0 and `all` it was.
fn bar(start: u64, end: u64, all: u64) -> String {
    let place = |time: u64| usize::try_from(time.saturating_mul(BAR) / all.max(1)).unwrap_or_default();
    let (width, start) = (place(all), place(start));
    let start = start.min(width.saturating_sub(1));
    let length = place(end).saturating_sub(start).max(1);
    format!("{:<24}", format!("{}{}", "·".repeat(start), "━".repeat(length)))
}

/// A duration in nanoseconds, in a unit that suits it.
fn length(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds / 1_000_000;
    match milliseconds {
        0 => format!("{} µs", nanoseconds / 1_000),
        1..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{:02} s", milliseconds / 1_000, milliseconds % 1_000 / 10),
        _ => format!("{} min {:02} s", milliseconds / 60_000, milliseconds / 1_000 % 60),
    }
}

/// The attributes that one would look for first.
fn facts(span: &Span) -> Vec<String> {
    span.attributes.iter().filter_map(|it| fact(&it.key, &text(it))).collect()
}

fn fact(key: &str, value: &str) -> Option<String> {
    let number = || value.parse().unwrap_or_default();
    Some(match key {
        "zb.job.name" | "zb.trigger" | "zb.status" => value.to_owned(),
        "server.address" => format!("to {value}"),
        "http.response.status_code" => format!("HTTP {value}"),
        "process.exit.code" => format!("exit {value}"),
        "zb.snapshot.id" => format!("snapshot {value:.8}"),
        "zb.files.total" => format!("{value} files"),
        "zb.bytes.total" => size(number()),
        "zb.pause_ms" => format!("paused for {}", length(number().saturating_mul(1_000_000))),
        "zb.snapshots.kept" => format!("{value} kept"),
        "zb.snapshots.removed" => format!("{value} removed"),
        _ => return None,
    })
}

/// Bytes, in a unit that suits them.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    match bytes.checked_ilog(1024).unwrap_or_default() as usize {
        0 => format!("{bytes} B"),
        power => {
            let power = power.min(units.len());
            let tenths = u128::from(bytes) * 10 / 1024_u128.pow(power as u32);
            format!("{}.{} {}", tenths / 10, tenths % 10, units[power - 1])
        }
    }
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(bool)) => bool.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
