//! Where the figures of each metric come from.

use std::time::Duration;

use hook_core::event::BackupSummary;

use super::{
    job::{LastRun, STATUSES},
    organization::outcome_word,
    view::{Sample, Value, View, labels},
};

pub(super) fn count(count: usize) -> Value {
    Value::Count(u64::try_from(count).unwrap_or(u64::MAX))
}

pub(super) fn build_info(view: View<'_>) -> Vec<Sample> {
    vec![Sample::gauge(vec![view.scrape.version.to_owned()], Value::Count(1))]
}

pub(super) fn last_run(view: View<'_>, value: impl Fn(&LastRun) -> Option<Value>) -> Vec<Sample> {
    view.gauge(|_, job| value(job.last.as_ref()?))
}

pub(super) fn last_summary(view: View<'_>, value: impl Fn(&BackupSummary) -> Value) -> Vec<Sample> {
    last_run(view, |last| last.summary.as_ref().map(&value))
}

pub(super) fn files(view: View<'_>) -> Vec<Sample> {
    let states =
        |(new, changed, unmodified)| [("changed", changed), ("new", new), ("unmodified", unmodified)];
    let jobs = view.jobs().filter_map(|(schedule, job)| {
        let summary = job.last.as_ref()?.summary?;
        let states = states((summary.files_new, summary.files_changed, summary.files_unmodified));
        Some(
            states.map(|(state, files)| Sample::gauge(labels(schedule, job), Value::Count(files)).and(state)),
        )
    });
    jobs.flatten().collect()
}

pub(super) fn last_status(view: View<'_>) -> Vec<Sample> {
    let jobs = view.jobs().filter_map(|(schedule, job)| {
        let last = job.last.as_ref()?.status;
        let one = |status| Value::Count(u64::from(status == last));
        Some(STATUSES.map(|status| Sample::gauge(labels(schedule, job), one(status)).and(status.as_str())))
    });
    jobs.flatten().collect()
}

pub(super) fn runs(view: View<'_>) -> Vec<Sample> {
    let by_status = |status| {
        let samples = view.counter(move |job| job.runs.of(status));
        samples.into_iter().map(move |sample| sample.and(status.as_str()))
    };
    STATUSES.into_iter().flat_map(by_status).collect()
}

pub(super) fn hooks(view: View<'_>) -> Vec<Sample> {
    let organizations = view.organizations().flat_map(|(id, organization)| {
        organization.hooks.iter().map(move |hook| Sample {
            labels: vec![id.to_string(), hook.phase.to_string(), outcome_word(hook.outcome).to_owned()],
            value: Value::Durations(hook.durations),
            since: Some(organization.since),
        })
    });
    organizations.collect()
}

pub(super) fn restic_exits(view: View<'_>) -> Vec<Sample> {
    let organizations = view.organizations().flat_map(|(id, organization)| {
        organization.restic.iter().map(move |(class, count)| Sample {
            labels: vec![id.to_string(), class.as_str().to_owned()],
            value: Value::Count(*count),
            since: Some(organization.since),
        })
    });
    organizations.collect()
}

pub(super) fn dropped(view: View<'_>) -> Vec<Sample> {
    let kinds = [("job", view.metrics.dropped_jobs), ("run", view.metrics.dropped_runs)];
    // Before the first event there is nothing to count.
    let Some(since) = view.metrics.since.filter(|_| view.is_whole()) else { return Vec::new() };
    let sample = |(kind, count): (&str, u64)| Sample {
        labels: vec![kind.to_owned()],
        value: Value::Count(count),
        since: Some(since),
    };
    kinds.map(sample).into()
}

pub(super) fn observers(view: View<'_>) -> Vec<Sample> {
    let observers = view.scrape.observers.iter().filter(|_| view.is_whole());
    observers.map(|(name, behind)| Sample::gauge(vec![name.clone()], Value::Count(*behind))).collect()
}

pub(super) fn scheduler(view: View<'_>) -> Vec<Sample> {
    let millis = |lag: Duration| Value::millis(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
    let lag = view.scrape.scheduler_lag.filter(|_| view.is_whole());
    lag.map(|lag| Sample::gauge(Vec::new(), millis(lag))).into_iter().collect()
}
