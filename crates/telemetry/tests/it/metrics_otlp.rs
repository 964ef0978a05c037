//! The OTLP request beside the Prometheus text: the same figures under the names that Prometheus would make of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{
        AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint, metric::Data, number_data_point,
    },
};
use proptest::prelude::*;
use prost::Message;
use telemetry::{
    Resource, Sent, Signal, Transport,
    metrics::{Metrics, push},
};

use crate::{
    metrics_history::{History, history, small_history},
    metrics_text::full_scrape,
    prometheus_text::{Labels, parse},
};

const NOW: &str = "2026-01-02T00:00:00Z";

type Series = BTreeMap<(String, Labels), f64>;

fn request(metrics: &Metrics) -> ExportMetricsServiceRequest {
    metrics.to_otlp(&full_scrape(), &Resource::zb("0.1.0", Some("host")), NOW.parse().unwrap())
}

fn metrics_of(request: &ExportMetricsServiceRequest) -> &[Metric] {
    let [all] = request.resource_metrics.as_slice() else { panic!("{request:?}") };
    let [scope] = all.scope_metrics.as_slice() else { panic!("{request:?}") };
    &scope.metrics
}

/// The series that a Prometheus makes of a request ("Prometheus and OpenMetrics Compatibility" of OpenTelemetry):
/// dots become `_`, the unit and `_total` are added.
fn as_prometheus(metrics: &[Metric]) -> Series {
    let mut series = Series::new();
    for metric in metrics {
        let unit = match metric.unit.as_str() {
            "" => "",
            "s" => "_seconds",
            "By" => "_bytes",
            other => panic!("{other}"),
        };
        let name = format!("{}{unit}", metric.name.replace('.', "_"));
        match metric.data.as_ref().unwrap() {
            Data::Gauge(gauge) => numbers(&mut series, &name, &gauge.data_points, false),
            Data::Sum(sum) => {
                assert!(sum.is_monotonic);
                assert_eq!(sum.aggregation_temporality, AggregationTemporality::Cumulative as i32);
                numbers(&mut series, &format!("{name}_total"), &sum.data_points, true);
            }
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, AggregationTemporality::Cumulative as i32);
                histogram.data_points.iter().for_each(|point| durations(&mut series, &name, point));
            }
            other => panic!("{other:?}"),
        }
    }
    series
}

fn numbers(series: &mut Series, name: &str, points: &[NumberDataPoint], counts: bool) {
    for point in points {
        check_times(point.start_time_unix_nano, point.time_unix_nano, counts);
        let value = match point.value.unwrap() {
            number_data_point::Value::AsInt(value) => value as f64,
            number_data_point::Value::AsDouble(value) => value,
        };
        assert!(series.insert((name.to_owned(), labels(&point.attributes)), value).is_none());
    }
}

fn durations(series: &mut Series, name: &str, point: &HistogramDataPoint) {
    check_times(point.start_time_unix_nano, point.time_unix_nano, true);
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    let labels = labels(&point.attributes);
    let bounds = point.explicit_bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    let mut up_to = 0;
    for (bound, count) in bounds.zip(&point.bucket_counts) {
        up_to += count;
        let mut labels = labels.clone();
        labels.insert("le".to_owned(), bound);
        series.insert((format!("{name}_bucket"), labels), up_to as f64);
    }
    series.insert((format!("{name}_sum"), labels.clone()), point.sum.unwrap());
    series.insert((format!("{name}_count"), labels), point.count as f64);
}

fn check_times(start: u64, time: u64, counts: bool) {
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(i128::from(time), now.as_nanosecond());
    assert_eq!(counts, start != 0, "a counter has a start, a gauge has none");
    assert!(start <= time);
}

fn labels(attributes: &[KeyValue]) -> Labels {
    let text = |attribute: &KeyValue| match attribute.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => (attribute.key.clone(), text),
        other => panic!("{other:?}"),
    };
    let labels: Labels = attributes.iter().map(text).collect();
    assert_eq!(labels.len(), attributes.len());
    labels
}

fn of_the_text(metrics: &Metrics) -> Series {
    let families = parse(&metrics.to_prometheus(&full_scrape()));
    let samples = families.into_iter().flat_map(|family| family.samples);
    // What OTLP cannot hold is the greatest that it can.
    samples.map(|(name, labels, value)| ((name, labels), value.min(i64::MAX as f64))).collect()
}

proptest! {
    #[test]
    fn the_same_figures(history in history()) {
        let metrics = history.folded();
        let sent = request(&metrics).encode_to_vec();
        let read = ExportMetricsServiceRequest::decode(sent.as_slice()).unwrap();
        prop_assert_eq!(as_prometheus(metrics_of(&read)), of_the_text(&metrics));
    }
}

#[test]
fn every_metric_once_with_its_description() {
    let request = request(&small_history().folded());
    let metrics = metrics_of(&request);
    assert_eq!(metrics.iter().map(|metric| &metric.name).collect::<BTreeSet<_>>().len(), metrics.len());
    assert!(metrics.iter().all(|metric| !metric.description.is_empty()));
    let resource = request.resource_metrics[0].resource.clone().unwrap();
    assert_eq!(labels(&resource.attributes).get("service.name").map(String::as_str), Some("zb"));
    let scope = request.resource_metrics[0].scope_metrics[0].scope.clone().unwrap();
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("zb", "0.1.0"));
}

/// A series begins with its job, so that one that was dropped and came back is a new one.
#[test]
fn counters_begin_with_their_job() {
    let request = request(&small_history().folded());
    let runs = metrics_of(&request).iter().find(|metric| metric.name == "zb.runs").unwrap();
    let Some(Data::Sum(sum)) = &runs.data else { panic!("{runs:?}") };
    let starts: BTreeMap<_, _> = sum
        .data_points
        .iter()
        .map(|point| (labels(&point.attributes)["schedule_id"].clone(), point.start_time_unix_nano))
        .collect();
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_nanosecond() as u64;
    assert_eq!(starts["sched_postgres"], at("2026-01-01T00:00:01Z"));
    assert_eq!(starts["sched_media"], at("2026-01-01T00:00:12Z"));
}

/// Remembers what it is given.
struct Recorder(Mutex<Vec<(Signal, Vec<u8>)>>, Sent);

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, signal: Signal, request: Vec<u8>) -> Sent {
        self.0.lock().unwrap().push((signal, request));
        self.1.clone()
    }
}

#[tokio::test]
async fn they_are_sent_once_whatever_comes_of_it() {
    let later = Sent::Later { after: None, why: "nobody is there".to_owned() };
    for answer in [Sent::Taken, Sent::Refused("no".to_owned()), later] {
        let metrics = History::default().folded();
        let recorder = Recorder(Mutex::default(), answer.clone());
        let resource = Resource::zb("0.1.0", Some("host"));
        let sent = push(&recorder, &metrics, &full_scrape(), &resource, NOW.parse().unwrap()).await;
        assert_eq!(sent, answer);
        assert_eq!(*recorder.0.lock().unwrap(), [(Signal::Metrics, request(&metrics).encode_to_vec())]);
    }
}
