//! A job of the book: as much of it as is asked for again and again.

use std::sync::Arc;

use hook_core::JobKey;
use jiff::{Timestamp, tz::TimeZone};
use scheduler::{Retries, Timing};

use crate::config::Job;

/// A job, and where it is from. The rest of it is read when it is needed: a service has many jobs, and runs few at once.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Whose it is, and its id.
    pub(crate) key: JobKey,
    /// What people call it.
    pub(crate) name: String,
    /// Of its definition.
    pub(super) revision: u32,
    /// When it is due, if it is scheduled.
    pub(super) timing: Option<Arc<Timing>>,
    /// The name of its file in the jobs directory; absent for one that people made.
    pub(crate) file: Option<String>,
}

impl Entry {
    /// Of a job as the scheduler knows it: what both know is there once.
    pub(super) fn new(job: &scheduler::Job, name: String, revision: u32, file: Option<String>) -> Self {
        let timing = job.timing.clone().filter(|_| job.enabled);
        Self { key: job.id.clone(), name, revision, timing, file }
    }

    /// The job as notifications know it.
    pub(crate) fn told(&self) -> notifier::Job {
        notifier::Job {
            schedule_id: self.key.schedule.clone(),
            organization_id: self.key.organization.clone(),
            name: self.name.clone(),
        }
    }

    /// Its first due time after `now`.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.timing.as_ref().and_then(|timing| timing.schedule.next(now, &timing.zone))
    }
}

fn timing(job: &Job) -> Option<Arc<Timing>> {
    let zone = job.timezone.clone().unwrap_or_else(TimeZone::system);
    job.schedule.clone().map(|schedule| Timing { schedule, zone, missed: job.missed }.into())
}

/// The job as the scheduler knows it; its last run is still to be told.
pub(super) fn scheduled(job: &Job) -> scheduler::Job {
    scheduler::Job {
        id: job.key(),
        repository: job.repository.url.expose().to_owned(),
        enabled: job.enabled,
        timing: timing(job),
        retries: Retries { most: job.retries, delay: job.retry_delay },
        last: None,
    }
}
