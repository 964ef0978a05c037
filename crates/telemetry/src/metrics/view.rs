//! What is shown of the state, and to whom.

use std::time::Duration;

use hook_core::{OrganizationId, ScheduleId};
use jiff::Timestamp;

use super::{Metrics, histogram::Histogram, job::Job, organization::Organization};

/// What the state does not know and whoever shows it does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scrape<'a> {
    /// Of zb.
    pub version: &'a str,
    /// By observer, how many events it is behind.
    pub observers: Vec<(String, u64)>,
    /// How late the scheduler started what it started last; nothing where no scheduler runs.
    pub scheduler_lag: Option<Duration>,
    /// Shows this organization's figures and nothing of others: what concerns all of zb is left out, but for the
    /// version.
    pub organization: Option<&'a OrganizationId>,
}

impl<'a> Scrape<'a> {
    /// Everything that the state knows.
    #[must_use]
    pub fn new(version: &'a str) -> Self {
        Self { version, observers: Vec::new(), scheduler_lag: None, organization: None }
    }
}

/// A figure with its labels' values, in the order of the labels' names.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Sample {
    pub(super) labels: Vec<String>,
    pub(super) value: Value,
    /// Since when it is counted; for a gauge nothing.
    pub(super) since: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value {
    Count(u64),
    /// Seconds, given in milliseconds.
    Millis(i64),
    Durations(Histogram),
}

impl Value {
    pub(super) fn millis(ms: u64) -> Self {
        Self::Millis(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    pub(super) fn time(at: Timestamp) -> Self {
        Self::Millis(at.as_millisecond())
    }
}

/// The state and what is known beside it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) metrics: &'a Metrics,
    pub(super) scrape: &'a Scrape<'a>,
}

impl<'a> View<'a> {
    pub(super) fn jobs(self) -> impl Iterator<Item = (&'a ScheduleId, &'a Job)> {
        self.metrics.jobs.iter().filter(move |(_, job)| self.shows(&job.organization))
    }

    pub(super) fn organizations(self) -> impl Iterator<Item = (&'a OrganizationId, &'a Organization)> {
        self.metrics.organizations.iter().filter(move |(organization, _)| self.shows(organization))
    }

    /// Whether what concerns all of zb is shown.
    pub(super) fn is_whole(self) -> bool {
        self.scrape.organization.is_none()
    }

    fn shows(self, organization: &OrganizationId) -> bool {
        self.scrape.organization.is_none_or(|only| only == organization)
    }

    /// A gauge of each job that has it.
    pub(super) fn gauge(self, value: impl Fn(&ScheduleId, &Job) -> Option<Value>) -> Vec<Sample> {
        let sample = |(schedule, job)| {
            let value = value(schedule, job)?;
            Some(Sample { labels: labels(schedule, job), value, since: None })
        };
        self.jobs().filter_map(sample).collect()
    }

    /// A counter of each job.
    pub(super) fn counter(self, count: impl Fn(&Job) -> u64) -> Vec<Sample> {
        let sample = |(schedule, job): (&ScheduleId, &Job)| Sample {
            labels: labels(schedule, job),
            value: Value::Count(count(job)),
            since: Some(job.since),
        };
        self.jobs().map(sample).collect()
    }
}

/// What every figure of a job is told apart by.
pub(super) fn labels(schedule: &ScheduleId, job: &Job) -> Vec<String> {
    vec![schedule.to_string(), job.name.clone(), job.organization.to_string()]
}

impl Sample {
    pub(super) fn gauge(labels: Vec<String>, value: Value) -> Self {
        Self { labels, value, since: None }
    }

    /// With one more label.
    pub(super) fn and(mut self, label: &str) -> Self {
        self.labels.push(label.to_owned());
        self
    }
}
