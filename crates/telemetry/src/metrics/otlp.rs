//! The same figures as an OTLP request (OpenTelemetry Protocol 1.x, `ExportMetricsServiceRequest`).

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{InstrumentationScope, KeyValue},
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric as OtlpMetric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
};

use super::{
    Metric, MetricKind, Metrics, Scrape,
    families::FAMILIES,
    histogram::{self, BOUNDS_MS},
    prometheus::{seconds, seconds_of},
    view::{Sample, Value, View},
};
use crate::{Resource, attribute::attribute};

const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

impl Metrics {
    /// What a collector is sent: the figures of [`Metrics::to_prometheus`], as of `now` (UTC). Counters and histograms
    /// are cumulative, from the first event of their job or organization; a gauge is what it is now.
    ///
    /// `zb_runs_total` is called `zb.runs` here, and `zb_last_run_duration_seconds` `zb.last_run_duration` with the
    /// unit `s`: a Prometheus that gets them makes the same names of it.
    #[must_use]
    pub fn to_otlp(
        &self,
        scrape: &Scrape<'_>,
        resource: &Resource,
        now: Timestamp,
    ) -> ExportMetricsServiceRequest {
        let view = View { metrics: self, scrape };
        let now = nanoseconds(now);
        let metrics = FAMILIES
            .iter()
            .map(|(metric, source)| (metric, source(view)))
            .filter(|(_, samples)| !samples.is_empty())
            .map(|(metric, samples)| otlp_metric(metric, &samples, now))
            .collect();
        let scope = InstrumentationScope {
            name: "zb".to_owned(),
            version: scrape.version.to_owned(),
            ..InstrumentationScope::default()
        };
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }];
        let all = ResourceMetrics {
            resource: Some(resource.to_proto()),
            scope_metrics,
            ..ResourceMetrics::default()
        };
        ExportMetricsServiceRequest { resource_metrics: vec![all] }
    }
}

fn otlp_metric(metric: &Metric, samples: &[Sample], now: u64) -> OtlpMetric {
    let (name, unit) = metric.otlp_name_and_unit();
    let numbers = || samples.iter().filter_map(|sample| number(metric, sample, now)).collect();
    let data = match metric.kind {
        MetricKind::Gauge => Data::Gauge(Gauge { data_points: numbers() }),
        MetricKind::Counter => {
            Data::Sum(Sum { data_points: numbers(), aggregation_temporality: CUMULATIVE, is_monotonic: true })
        }
        MetricKind::Histogram => Data::Histogram(Histogram {
            data_points: samples.iter().filter_map(|sample| durations(metric, sample, now)).collect(),
            aggregation_temporality: CUMULATIVE,
        }),
    };
    OtlpMetric {
        name,
        description: metric.help.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..OtlpMetric::default()
    }
}

fn number(metric: &Metric, sample: &Sample, now: u64) -> Option<NumberDataPoint> {
    let value = match sample.value {
        Value::Count(count) => number_data_point::Value::AsInt(i64::try_from(count).unwrap_or(i64::MAX)),
        Value::Millis(ms) => number_data_point::Value::AsDouble(seconds(ms)),
        Value::Durations(_) => return None,
    };
    Some(NumberDataPoint {
        attributes: attributes(metric, sample),
        start_time_unix_nano: sample.since.map_or(0, nanoseconds),
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn durations(metric: &Metric, sample: &Sample, now: u64) -> Option<HistogramDataPoint> {
    let Value::Durations(histogram::Histogram { buckets, sum_ms }) = &sample.value else { return None };
    Some(HistogramDataPoint {
        attributes: attributes(metric, sample),
        start_time_unix_nano: sample.since.map_or(0, nanoseconds),
        time_unix_nano: now,
        count: buckets.iter().sum(),
        sum: Some(seconds_of(*sum_ms)),
        bucket_counts: buckets.to_vec(),
        explicit_bounds: BOUNDS_MS.map(seconds_of).to_vec(),
        ..HistogramDataPoint::default()
    })
}

fn attributes(metric: &Metric, sample: &Sample) -> Vec<KeyValue> {
    let pairs = metric.labels.iter().zip(&sample.labels);
    pairs.map(|(name, value)| attribute(name, value.as_str())).collect()
}

/// Nanoseconds since 1970 UTC; 0, which is "unknown", for a time that has none.
fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or_default()
}
