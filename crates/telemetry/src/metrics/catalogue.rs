//! What a metric is.

/// One metric: what it is called, what its figures are, what they mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// As Prometheus has it: with its unit, and `_total` on a counter.
    pub name: &'static str,
    /// What its figures are.
    pub kind: MetricKind,
    /// The names of its labels, in their order.
    pub labels: &'static [&'static str],
    /// What it means, in a sentence.
    pub help: &'static str,
}

/// What the figures of a metric are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "zb has no summaries and will have none: they cannot be added up"
)]
pub enum MetricKind {
    /// Only grows, until it begins anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations by size, each of which only grows.
    Histogram,
}

impl MetricKind {
    /// The word of the text format's `# TYPE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Metric {
    /// The name without what Prometheus adds to it, and the unit (UCUM; empty for a plain number): a Prometheus that
    /// gets the metric by OTLP puts its own name together again from the two.
    pub(super) fn otlp_name_and_unit(&self) -> (String, &'static str) {
        let name = self.name.strip_suffix("_total").unwrap_or(self.name);
        let (name, unit) = match (name.strip_suffix("_seconds"), name.strip_suffix("_bytes")) {
            (Some(name), _) => (name, "s"),
            (_, Some(name)) => (name, "By"),
            (None, None) => (name, ""),
        };
        (name.replacen("zb_", "zb.", 1), unit)
    }
}
