//! The collector reads what was exported, and answers as it is told.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics, metric::Data},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message;
use zb_tests::{Collector, Reply};

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Sends an export by hand; the answer's first line.
fn export(collector: &Collector, path: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(collector.endpoint().trim_start_matches("http://")).unwrap();
    write!(stream, "POST {path} HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[test]
fn reads_spans_with_their_places_and_words() {
    let span = |name: &str, id: u8, parent: &[u8]| Span {
        name: name.to_owned(),
        trace_id: vec![0xab; 16],
        span_id: vec![id; 8],
        parent_span_id: parent.to_vec(),
        kind: 3,
        start_time_unix_nano: 5,
        end_time_unix_nano: 9,
        status: Some(Status { code: 2, message: "no".to_owned() }),
        attributes: vec![attribute("bytes", any_value::Value::IntValue(7))],
        ..Span::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name", any_value::Value::StringValue("zb".to_owned()))],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "runs".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans: vec![span("root", 1, &[]), span("child", 2, &[1; 8])],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    let collector = Collector::start();
    collector.answers_traces([Reply::status(503)]);
    let body = request.encode_to_vec();
    assert!(export(&collector, "/v1/traces", &body).contains("503"));
    assert!(export(&collector, "/v1/traces", &body).contains("200"));
    let spans = collector.spans();
    assert_eq!(spans.len(), 4, "what was refused has arrived too");
    assert_eq!(spans[..2], spans[2..]);
    let (root, child) = (&spans[0], &spans[1]);
    assert_eq!((root.name.as_str(), child.name.as_str()), ("root", "child"));
    assert_eq!((root.parent.as_deref(), child.parent.as_deref()), (None, Some("0101010101010101")));
    assert_eq!(
        (child.trace.len(), child.id.as_str(), child.start, child.end),
        (32, "0202020202020202", 5, 9)
    );
    assert_eq!(
        (child.kind.as_str(), child.status.0.as_str(), child.status.1.as_str()),
        ("CLIENT", "ERROR", "no")
    );
    assert_eq!((&child.attributes["bytes"], &child.resource["service.name"]), (&7.into(), &"zb".into()));
    assert_eq!(child.scope, "runs");
}

#[test]
fn reads_the_numbers_of_metrics() {
    let at = HistogramDataPoint { count: 3, sum: Some(1.5), ..HistogramDataPoint::default() };
    let histogram = Histogram { data_points: vec![at], ..Histogram::default() };
    let metric = Metric {
        name: "zb.hook.duration".to_owned(),
        unit: "s".to_owned(),
        data: Some(Data::Histogram(histogram)),
        ..Metric::default()
    };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() }],
    };
    let collector = Collector::start();
    export(&collector, "/v1/metrics", &request.encode_to_vec());
    let points = collector.points();
    assert_eq!(points.len(), 1);
    assert_eq!(
        (points[0].metric.as_str(), points[0].unit.as_str(), points[0].kind),
        ("zb.hook.duration", "s", "histogram")
    );
    assert_eq!((points[0].count, points[0].value), (Some(3), 1.5));
}
