//! A strict reader of the text format 0.0.4 (prometheus.io, "Exposition formats"): what is not exactly right is a
//! failed test. It is written from the specification and knows nothing of the writer.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) kind: String,
    /// The name of the series, its labels, its value.
    pub(crate) samples: Vec<(String, Labels, f64)>,
}

/// Reads a whole text. Beyond the format it asks what Prometheus' naming rules ask: base units, `_total` on counters
/// alone; and what zb promises: sorted, HELP and TYPE for each.
pub(crate) fn parse(text: &str) -> Vec<Family> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let mut families: Vec<Family> = Vec::new();
    let mut lines = text.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        let (name, help) = comment(line, "HELP");
        let (of, kind) = comment(lines.next().unwrap_or_default(), "TYPE");
        assert_eq!(name, of, "HELP and TYPE are of one metric");
        let mut samples = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            samples.push(sample(line));
        }
        let family = Family { name: name.to_owned(), help: help.to_owned(), kind: kind.to_owned(), samples };
        check(&family);
        families.push(family);
    }
    let names: Vec<_> = families.iter().map(|family| &family.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "sorted, and none twice: {names:?}");
    families
}

/// The only series of this name with at least these labels.
pub(crate) fn value(families: &[Family], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let all = families.iter().flat_map(|family| &family.samples);
    let mut found = all.filter(|(series, of, _)| {
        series == name && labels.iter().all(|(label, value)| of.get(*label).is_some_and(|is| is == value))
    });
    let first = found.next().map(|(_, _, value)| *value);
    assert!(found.next().is_none(), "{name} {labels:?} is more than one series");
    first
}

fn comment<'a>(line: &'a str, word: &str) -> (&'a str, &'a str) {
    let rest = line.strip_prefix(&format!("# {word} ")).unwrap_or_else(|| panic!("no {word}: {line:?}"));
    rest.split_once(' ').unwrap_or_else(|| panic!("nothing after the name: {line:?}"))
}

fn check(family: &Family) {
    let Family { name, help, kind, samples } = family;
    assert!(is_metric_name(name), "{name:?}");
    assert!(help.ends_with('.') && !help.contains('\\'), "{help:?}");
    assert!(!samples.is_empty(), "{name} has no series");
    assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
    for unit in ["_ms", "milliseconds", "_minutes", "_kb", "_kib", "_mb", "kilobytes", "percent"] {
        assert!(!name.contains(unit), "{name}: seconds and bytes are the base units");
    }
    let mut series = BTreeSet::new();
    for (sample, labels, value) in samples {
        assert!(series.insert((sample, labels)), "{sample} {labels:?} is there twice");
        assert!(kind == "gauge" || *value >= 0.0, "{sample} {labels:?} {value}");
        if kind != "histogram" {
            assert_eq!(sample, name);
            assert!(!labels.contains_key("le"));
        }
    }
    match kind.as_str() {
        "histogram" => check_histogram(family),
        "counter" | "gauge" => {}
        _ => panic!("{name}: {kind:?} is no type"),
    }
}

/// One histogram: its bounds with what is up to them.
#[derive(Default)]
struct Durations {
    buckets: Vec<(f64, f64)>,
    sum: Option<f64>,
    count: Option<f64>,
}

/// Buckets grow with their bounds up to the count, which is that of `+Inf`; sum and count are there.
fn check_histogram(family: &Family) {
    let mut by_labels: BTreeMap<Labels, Durations> = BTreeMap::new();
    for (series, labels, value) in &family.samples {
        let mut labels = labels.clone();
        let bound = labels.remove("le");
        let durations = by_labels.entry(labels).or_default();
        match (series.strip_prefix(&family.name), bound) {
            (Some("_bucket"), Some(bound)) => durations.buckets.push((number(&bound), *value)),
            (Some("_sum"), None) => durations.sum = Some(*value),
            (Some("_count"), None) => durations.count = Some(*value),
            other => panic!("{series}: {other:?}"),
        }
    }
    for (labels, Durations { buckets, sum, count }) in by_labels {
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{labels:?}: {buckets:?}");
        assert!(sum.is_some(), "{labels:?} has no sum");
        assert_eq!(buckets.last().copied(), Some((f64::INFINITY, count.unwrap())), "{labels:?}");
    }
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line:?}"));
    let (name, rest) = line.split_at(end);
    assert!(is_metric_name(name), "{line:?}");
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest),
        None => (Labels::new(), rest),
    };
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no value: {line:?}"));
    assert!(!value.contains(' '), "zb writes no times: {line:?}");
    (name.to_owned(), labels, number(value))
}

/// Reads `name="value",…}` and gives back what follows.
fn labels(text: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {rest:?}"));
        assert!(is_label_name(name), "{name:?}");
        let (value, after) = quoted(after);
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there twice");
        if let Some(after) = after.strip_prefix('}') {
            return (labels, after);
        }
        rest = after.strip_prefix(',').unwrap_or_else(|| panic!("neither , nor }}: {after:?}"));
    }
}

/// Reads up to the closing quote.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next() {
                Some((_, '\\')) => '\\',
                Some((_, '"')) => '"',
                Some((_, 'n')) => '\n',
                other => panic!("no such escape: {other:?}"),
            }),
            c => value.push(c),
        }
    }
    panic!("the value does not end: {text:?}")
}

/// As Go reads a float; Rust's words for it are taken as far as they are the same.
fn number(text: &str) -> f64 {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    assert!(plain || text == "+Inf", "{text:?}");
    text.parse().unwrap()
}

fn is_metric_name(name: &str) -> bool {
    is_name(name, |c| c == '_' || c == ':')
}

fn is_label_name(name: &str) -> bool {
    is_name(name, |c| c == '_') && !name.starts_with("__")
}

fn is_name(name: &str, also: impl Fn(char) -> bool) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || also(c))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || also(c))
}
