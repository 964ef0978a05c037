//! The jobs that the service knows: those of the store, into which the files of the jobs directory are taken at the start
//! and when they change.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use hook_core::JobKey;
use jiff::{Timestamp, tz::TimeZone};
use job_store::{RunFilter, Store};
use scheduler::{Ended, Retries, Timing};
use zb_server::FileProblem;

use super::files::{self, Files};
use crate::{
    config::{Definition, Job},
    report::Failure,
};

/// A job, and where it is from.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The job itself.
    pub(crate) job: Job,
    /// The name of its file in the jobs directory; absent for one that people made.
    pub(crate) file: Option<String>,
}

/// All jobs.
#[derive(Debug)]
pub(crate) struct Book {
    store: Arc<Store>,
    files: Option<Files>,
    timeout: Duration,
    pages: RwLock<Pages>,
    /// One reads at a time.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Pages {
    entries: BTreeMap<JobKey, Arc<Entry>>,
    stored: Option<(i64, i64, i64)>,
}

impl Book {
    /// Nothing is read yet. `timeout` is the deadline of a hook that has none of its own.
    #[must_use]
    pub(crate) fn new(store: Arc<Store>, files: Option<Files>, timeout: Duration) -> Self {
        Self { store, files, timeout, pages: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    /// A job by its key.
    #[must_use]
    pub(crate) fn get(&self, of: &JobKey) -> Option<Arc<Entry>> {
        self.read().entries.get(of).cloned()
    }

    /// Every job.
    #[must_use]
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.read().entries.values().cloned().collect()
    }

    /// What is wrong with a file, by its name.
    #[must_use]
    pub(crate) fn broken(&self, file: &str) -> Option<FileProblem> {
        self.file_problems().into_iter().find(|problem| problem.file == file)
    }

    /// The broken files of the jobs directory.
    #[must_use]
    pub(crate) fn file_problems(&self) -> Vec<FileProblem> {
        self.files.as_ref().map(Files::problems).unwrap_or_default()
    }

    /// Looks for changes, and reads where there are some; whether there were. A job that cannot be read keeps nobody
    /// else's from its runs: it is logged.
    ///
    /// # Errors
    /// The store cannot be read or written to.
    pub(crate) async fn refresh(&self) -> Result<bool, Failure> {
        let _reading = self.reading.lock().await;
        if let Some(files) = &self.files {
            files.take_in(&self.store, self.timeout).await?;
        }
        let stored = self.store.jobs_stamp().await?;
        if self.read().stored == Some(stored) {
            return Ok(false);
        }
        let mut entries = BTreeMap::new();
        for job in self.store.jobs(None).await? {
            let file = job.updated_by.as_deref().and_then(files::name).map(ToOwned::to_owned);
            match Definition::stored(job.definition).job(&job.schedule, self.timeout) {
                Ok(read) => {
                    entries.insert(read.key(), Arc::new(Entry { job: read, file }));
                }
                Err(bad) => tracing::error!("the stored job {} cannot be read: {bad}", job.schedule),
            }
        }
        *self.pages.write().unwrap_or_else(PoisonError::into_inner) = Pages { entries, stored: Some(stored) };
        Ok(true)
    }

    /// The jobs as the scheduler knows them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn for_scheduler(&self) -> Result<Vec<scheduler::Job>, Failure> {
        let mut jobs = Vec::new();
        for entry in self.all() {
            jobs.push(self.scheduled(&entry).await?);
        }
        Ok(jobs)
    }

    /// One job as the scheduler knows it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn scheduled(&self, entry: &Entry) -> Result<scheduler::Job, Failure> {
        let job = &entry.job;
        let timing =
            job.schedule.clone().map(|schedule| Timing { schedule, zone: zone(job), missed: job.missed });
        Ok(scheduler::Job {
            id: job.key(),
            repository: job.repository.url.expose().to_owned(),
            enabled: job.enabled,
            timing,
            retries: Retries { most: job.retries, delay: job.retry_delay },
            last: self.last(&job.key()).await?,
        })
    }

    /// The job's newest run, where that has ended: what a retry may follow.
    async fn last(&self, of: &JobKey) -> Result<Option<Ended>, Failure> {
        let Some(run) = self.newest(of).await? else { return Ok(None) };
        // A run of the command line has made its own retries.
        let is_ours = run.trigger != hook_core::event::Trigger::Cli;
        let ended = run.status.zip(run.finished_at).filter(|_| is_ours);
        Ok(ended.map(|(status, at)| Ended { run: run.job_id, status, attempt: run.attempt, at }))
    }

    async fn newest(&self, of: &JobKey) -> Result<Option<job_store::Run>, Failure> {
        let (organization, schedule) = (Some(of.organization.clone()), Some(of.schedule.clone()));
        let filter = RunFilter { organization, schedule, limit: Some(1), ..RunFilter::default() };
        Ok(self.store.runs(&filter).await?.pop())
    }

    /// Jobs that should have started and did not: each with the time since when.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn overdue(&self, now: Timestamp) -> Result<Vec<(Arc<Entry>, Timestamp)>, Failure> {
        let mut overdue = Vec::new();
        for entry in self.all().into_iter().filter(|entry| entry.job.enabled) {
            let Some(schedule) = &entry.job.schedule else { continue };
            let Some(run) = self.newest(&entry.job.key()).await? else { continue };
            if let Some(since) = schedule.overdue(run.queued_at, now, &zone(&entry.job)) {
                overdue.push((entry, since));
            }
        }
        Ok(overdue)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Pages> {
        self.pages.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn zone(job: &Job) -> TimeZone {
    job.timezone.clone().unwrap_or_else(TimeZone::system)
}
