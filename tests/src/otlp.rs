//! An OpenTelemetry collector: takes what zb exports over OTLP/HTTP, decodes the protobuf and keeps it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{self as metrics, metric::Data, number_data_point},
    trace::v1 as trace,
};
use prost::Message;
use serde_json::Value;

use crate::{HookReceiver, Reply, Request};

const TRACES: &str = "/v1/traces";
const METRICS: &str = "/v1/metrics";

/// A collector on a free port of the loopback interface. It takes everything unless it is told otherwise.
#[derive(Debug)]
pub struct Collector(HookReceiver);

/// Attributes by name, values as JSON.
pub type Attributes = BTreeMap<String, Value>;

/// One span as it arrived.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// The trace's id, in hexadecimal digits.
    pub trace: String,
    /// Its id, likewise.
    pub id: String,
    /// The span that it is a part of.
    pub parent: Option<String>,
    /// `Internal`, `Client` and their kin.
    pub kind: String,
    /// Nanoseconds since 1970 UTC.
    pub start: u64,
    /// Likewise.
    pub end: u64,
    /// `Unset`, `Ok` or `Error`, and the words to it.
    pub status: (String, String),
    /// What is said of it.
    pub attributes: Attributes,
    /// What happened in it.
    pub events: Vec<(String, Attributes)>,
    /// Who speaks.
    pub resource: Attributes,
    /// Which part of it.
    pub scope: String,
}

/// One number of one metric as it arrived.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// The metric's name.
    pub metric: String,
    /// Its unit, as UCUM has it.
    pub unit: String,
    /// `gauge`, `sum` or `histogram`.
    pub kind: &'static str,
    /// What it is the number of.
    pub attributes: Attributes,
    /// The number; of a histogram its sum.
    pub value: f64,
    /// Of a histogram, how many were counted.
    pub count: Option<u64>,
}

impl Collector {
    /// Starts to listen.
    #[must_use]
    pub fn start() -> Self {
        Self(HookReceiver::start())
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.0.origin()
    }

    /// Scripts the answers to traces: used up in their order, then 200.
    pub fn answers_traces(&self, replies: impl IntoIterator<Item = Reply>) {
        self.0.answers(TRACES, replies);
    }

    /// Every request as it came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests()
    }

    /// The requests with traces.
    #[must_use]
    pub fn trace_requests(&self) -> Vec<Request> {
        self.0.requests_to(TRACES)
    }

    /// Every span that arrived, in the order of arrival, repeats too.
    ///
    /// # Panics
    /// Where a body is no OTLP.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let bodies = self.trace_requests().into_iter().map(|request| {
            ExportTraceServiceRequest::decode(request.body.as_slice())
                .expect("the body is an export of traces")
        });
        bodies.flat_map(spans).collect()
    }

    /// Every number that arrived, in the order of arrival.
    ///
    /// # Panics
    /// Where a body is no OTLP.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let bodies = self.0.requests_to(METRICS).into_iter().map(|request| {
            ExportMetricsServiceRequest::decode(request.body.as_slice())
                .expect("the body is an export of metrics")
        });
        bodies.flat_map(points).collect()
    }
}

/// The id of a run's trace: the UUID in the run's id, which is base32 by Crockford (TypeID specification).
///
/// # Panics
/// Where the text is no run's id.
#[must_use]
pub fn trace_of(job: &str) -> String {
    let alphabet = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digits = job.trim_start_matches("job_").bytes();
    let digits = digits.map(|digit| alphabet.iter().position(|&known| known == digit).expect("a digit"));
    format!("{:032x}", digits.fold(0_u128, |uuid, digit| uuid << 5 | digit as u128))
}

fn spans(export: ExportTraceServiceRequest) -> Vec<Span> {
    let mut found = Vec::new();
    for group in export.resource_spans {
        let resource = attributes(group.resource.map(|resource| resource.attributes).unwrap_or_default());
        for part in group.scope_spans {
            let scope = part.scope.map(|scope| scope.name).unwrap_or_default();
            found.extend(part.spans.into_iter().map(|span| read_span(span, &resource, &scope)));
        }
    }
    found
}

fn read_span(span: trace::Span, resource: &Attributes, scope: &str) -> Span {
    let kind = span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_owned();
    let status = span.status.unwrap_or_default();
    let word = status.code().as_str_name().trim_start_matches("STATUS_CODE_").to_owned();
    Span {
        name: span.name,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id)),
        kind,
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        status: (word, status.message),
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(|event| (event.name, attributes(event.attributes))).collect(),
        resource: resource.clone(),
        scope: scope.to_owned(),
    }
}

fn points(export: ExportMetricsServiceRequest) -> Vec<Point> {
    let scopes = export.resource_metrics.into_iter().flat_map(|group| group.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).flat_map(of_metric).collect()
}

fn of_metric(metric: metrics::Metric) -> Vec<Point> {
    let point = |kind, of, value, count| Point {
        metric: metric.name.clone(),
        unit: metric.unit.clone(),
        kind,
        attributes: attributes(of),
        value,
        count,
    };
    match metric.data {
        Some(Data::Gauge(gauge)) => gauge
            .data_points
            .into_iter()
            .map(|at| point("gauge", at.attributes, number(at.value), None))
            .collect(),
        Some(Data::Sum(sum)) => sum
            .data_points
            .into_iter()
            .map(|at| point("sum", at.attributes, number(at.value), None))
            .collect(),
        Some(Data::Histogram(histogram)) => histogram
            .data_points
            .into_iter()
            .map(|at| point("histogram", at.attributes, at.sum.unwrap_or_default(), Some(at.count)))
            .collect(),
        other => panic!("zb exports no {other:?}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no number of a test is that large")]
fn number(value: Option<number_data_point::Value>) -> f64 {
    match value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => panic!("a point without a number"),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    let count = pairs.len();
    let read: Attributes = pairs.into_iter().map(|pair| (pair.key, json(pair.value))).collect();
    assert_eq!(read.len(), count, "an attribute stands twice: {read:?}");
    read
}

fn json(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(flag)) => flag.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::ArrayValue(array)) => {
            array.values.into_iter().map(|value| json(Some(value))).collect()
        }
        other => panic!("zb says no attribute of the kind {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
