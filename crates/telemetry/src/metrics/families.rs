//! All metrics, sorted by name, each with where its figures come from. The guide's table is compared with it.

use MetricKind::{Counter, Gauge, Histogram};

use super::{
    Metric, MetricKind,
    figures::{
        build_info, count, dropped, files, hooks, last_run, last_status, last_summary, observers,
        restic_exits, runs, scheduler,
    },
    view::{Sample, Value, View},
};

const JOB: &[&str] = &["schedule_id", "job_name", "organization_id"];
const JOB_AND_STATE: &[&str] = &["schedule_id", "job_name", "organization_id", "state"];
const JOB_AND_STATUS: &[&str] = &["schedule_id", "job_name", "organization_id", "status"];

/// Where the figures of a metric come from.
pub(super) type Source = fn(View<'_>) -> Vec<Sample>;

const fn metric(
    name: &'static str,
    kind: MetricKind,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind, labels, help }
}

/// Every metric that zb has, sorted by name.
pub const METRICS: &[Metric] = &{
    let mut metrics = [FAMILIES[0].0; FAMILIES.len()];
    let mut at = 0;
    while at < metrics.len() {
        metrics[at] = FAMILIES[at].0;
        at += 1;
    }
    metrics
};

/// Each metric with its figures.
pub(super) const FAMILIES: &[(Metric, Source)] = &[
    (metric("zb_build_info", Gauge, &["version"], "Always 1; the version of zb is a label."), build_info),
    (
        metric(
            "zb_hook_duration_seconds",
            Histogram,
            &["organization_id", "phase", "outcome"],
            "How long hooks took, attempt by attempt, from the start of the request.",
        ),
        hooks,
    ),
    (
        metric(
            "zb_last_run_added_bytes",
            Gauge,
            JOB,
            "Bytes that the last run added to the repository, before compression.",
        ),
        |view| last_summary(view, |last| Value::Count(last.bytes_added)),
    ),
    (
        metric(
            "zb_last_run_duration_seconds",
            Gauge,
            JOB,
            "How long the last run took, from queued to finished.",
        ),
        |view| last_run(view, |last| Some(Value::millis(last.duration_ms))),
    ),
    (
        metric(
            "zb_last_run_files",
            Gauge,
            JOB_AND_STATE,
            "Files that the last run found new, changed and unmodified.",
        ),
        files,
    ),
    (metric("zb_last_run_finished_timestamp_seconds", Gauge, JOB, "When the last run ended."), |view| {
        last_run(view, |last| Some(Value::time(last.finished)))
    }),
    (
        metric(
            "zb_last_run_pause_seconds",
            Gauge,
            JOB,
            "How long the last run kept the service paused, from the pre hook's answer to the post hook's request.",
        ),
        |view| last_run(view, |last| last.pause_ms.map(Value::millis)),
    ),
    (metric("zb_last_run_read_bytes", Gauge, JOB, "Bytes that the last run read."), |view| {
        last_summary(view, |last| Value::Count(last.total_bytes))
    }),
    (
        metric(
            "zb_last_run_status",
            Gauge,
            JOB_AND_STATUS,
            "1 for the status of the last run, 0 for the others.",
        ),
        last_status,
    ),
    (
        metric(
            "zb_last_snapshot_timestamp_seconds",
            Gauge,
            JOB,
            "When the last run ended that saved a snapshot, whole or not.",
        ),
        |view| view.gauge(|_, job| job.last_snapshot.map(Value::time)),
    ),
    (
        metric(
            "zb_last_success_timestamp_seconds",
            Gauge,
            JOB,
            "When the last run ended with the status success.",
        ),
        |view| view.gauge(|_, job| job.last_success.map(Value::time)),
    ),
    (
        metric(
            "zb_metrics_dropped_total",
            Counter,
            &["kind"],
            "Jobs and unfinished runs of which the metrics have lost sight because there were too many.",
        ),
        dropped,
    ),
    (
        metric(
            "zb_observer_lag_events",
            Gauge,
            &["observer"],
            "How many events an observer has not been told yet.",
        ),
        observers,
    ),
    (
        metric(
            "zb_post_hooks_owed",
            Gauge,
            JOB,
            "Runs whose post hook was owed and did not get through: the service may still be paused.",
        ),
        |view| {
            view.gauge(|schedule, job| {
                let dying = view.metrics.open_runs(schedule).filter(|run| run.is_in_debt());
                Some(count(job.debts.count() + dying.count()))
            })
        },
    ),
    (
        metric(
            "zb_restic_exits_total",
            Counter,
            &["organization_id", "class"],
            "How restic ended its backups, by class of exit.",
        ),
        restic_exits,
    ),
    (metric("zb_retention_failures_total", Counter, JOB, "Runs whose retention failed."), |view| {
        view.counter(|job| job.retention_failures)
    }),
    (
        metric(
            "zb_run_started_timestamp_seconds",
            Gauge,
            JOB,
            "When the oldest run was queued that is not over.",
        ),
        |view| {
            view.gauge(|schedule, _| {
                view.metrics.open_runs(schedule).map(|run| run.began).min().map(Value::time)
            })
        },
    ),
    (
        metric(
            "zb_runs_in_progress",
            Gauge,
            JOB,
            "Runs that are not over; one whose zb died counts until it is settled.",
        ),
        |view| view.gauge(|schedule, _| Some(count(view.metrics.open_runs(schedule).count()))),
    ),
    (
        metric("zb_runs_interrupted_total", Counter, JOB, "Runs whose zb died before they were over."),
        |view| view.counter(|job| job.interrupted),
    ),
    (metric("zb_runs_total", Counter, JOB_AND_STATUS, "Runs that are over, by status."), runs),
    (
        metric(
            "zb_scheduler_lag_seconds",
            Gauge,
            &[],
            "How late the scheduler started what it started last.",
        ),
        scheduler,
    ),
];
