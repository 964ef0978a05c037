//! A job of the book: as much of it as is asked for again and again.

use std::sync::Arc;

use hook_core::JobKey;
use jiff::{Timestamp, tz::TimeZone};
use job_store::RunGlance;
use scheduler::{Period, Retries, Timing};

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
    pub(super) timing: Option<Timing>,
    /// The name of its file in the jobs directory; absent for one that people made.
    pub(crate) file: Option<String>,
}

impl Entry {
    pub(super) fn new(job: &Job, revision: u32, file: Option<String>) -> Self {
        Self {
            key: job.key(),
            name: job.name.clone(),
            revision,
            timing: timing(job).filter(|_| job.enabled),
            file,
        }
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

fn timing(job: &Job) -> Option<Timing> {
    let zone = job.timezone.clone().unwrap_or_else(TimeZone::system);
    job.schedule.clone().map(|schedule| Timing { schedule, zone, missed: job.missed })
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

/// An entry, and what was found out about it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) entry: Arc<Entry>,
    /// Its next start after the moment when it was asked for last.
    next: Option<Timestamp>,
    /// The place of its newest run in the journal.
    newest: Option<i64>,
    /// The first period after that run.
    period: Option<Period>,
}

impl Slot {
    pub(super) fn new(entry: Entry, newest: Option<&RunGlance>, now: Timestamp) -> Self {
        let mut slot = Self { next: entry.next(now), newest: None, period: None, entry: Arc::new(entry) };
        newest.into_iter().for_each(|run| slot.ran(run));
        slot
    }

    /// There is this run of it.
    pub(super) fn ran(&mut self, run: &RunGlance) {
        if self.newest < Some(run.place) {
            self.newest = Some(run.place);
            let timing = self.entry.timing.as_ref();
            self.period = timing.and_then(|timing| timing.schedule.first_period(run.queued_at, &timing.zone));
        }
    }

    /// Since when it should have started, if it is overdue.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<Timestamp> {
        self.period.filter(|period| now >= period.overdue_at()).map(|period| period.due)
    }

    /// Its next start after `now`, which is not before what was asked for last.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.next.is_some_and(|next| next <= now) {
            self.next = self.entry.next(now);
        }
        self.next
    }

    /// The clock was put back.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        self.next = self.entry.next(now);
    }
}
