//! The text that Prometheus reads, version 0.0.4 (prometheus.io, "Exposition formats", "Text-based format").

use std::fmt::{self, Write};

use super::{
    Metric, Metrics, Scrape,
    families::FAMILIES,
    histogram::{BOUNDS_MS, Histogram},
    view::{Sample, Value, View},
};

impl Metrics {
    /// What `/metrics` answers, as `text/plain; version=0.0.4`, and what the textfile holds. Sorted; a metric without
    /// figures is left out.
    #[must_use]
    pub fn to_prometheus(&self, scrape: &Scrape<'_>) -> String {
        let view = View { metrics: self, scrape };
        let mut text = String::new();
        for (metric, source) in FAMILIES {
            let mut samples = source(view);
            samples.sort_by(|a, b| a.labels.cmp(&b.labels));
            // A String takes whatever is written to it.
            let _ = family(&mut text, metric, &samples);
        }
        text
    }
}

fn family(text: &mut String, metric: &Metric, samples: &[Sample]) -> fmt::Result {
    if samples.is_empty() {
        return Ok(());
    }
    writeln!(text, "# HELP {} {}", metric.name, metric.help)?;
    writeln!(text, "# TYPE {} {}", metric.name, metric.kind.as_str())?;
    for sample in samples {
        let labels = Labels { names: metric.labels, values: &sample.labels, le: None };
        match sample.value {
            Value::Count(count) => writeln!(text, "{}{labels} {count}", metric.name)?,
            Value::Millis(ms) => writeln!(text, "{}{labels} {}", metric.name, seconds(ms))?,
            Value::Durations(durations) => histogram(text, metric.name, labels, &durations)?,
        }
    }
    Ok(())
}

fn histogram(text: &mut String, name: &str, labels: Labels<'_>, durations: &Histogram) -> fmt::Result {
    let bounds = BOUNDS_MS.iter().map(|bound| seconds_of(*bound).to_string()).chain(["+Inf".to_owned()]);
    let mut up_to = 0_u64;
    for (bound, count) in bounds.zip(durations.buckets) {
        up_to = up_to.saturating_add(count);
        writeln!(text, "{name}_bucket{} {up_to}", Labels { le: Some(&bound), ..labels })?;
    }
    writeln!(text, "{name}_sum{labels} {}", seconds_of(durations.sum_ms))?;
    writeln!(text, "{name}_count{labels} {}", durations.count())
}

/// Seconds, with what is lost of a time that no float can hold.
#[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years of milliseconds")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

pub(super) fn seconds_of(ms: u64) -> f64 {
    seconds(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// `{name="value",…}`; nothing without labels.
#[derive(Clone, Copy)]
struct Labels<'a> {
    names: &'a [&'a str],
    values: &'a [String],
    /// The upper bound of a bucket.
    le: Option<&'a str>,
}

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.names.iter().copied().zip(self.values.iter().map(String::as_str));
        for (place, (name, value)) in own.chain(self.le.map(|le| ("le", le))).enumerate() {
            write!(f, "{}{name}=\"{}\"", if place == 0 { '{' } else { ',' }, Escaped(value))?;
        }
        if self.names.is_empty() && self.le.is_none() { Ok(()) } else { f.write_char('}') }
    }
}

/// A label's value: backslash, quote and line feed are escaped, and nothing else.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            c => f.write_char(c),
        })
    }
}
