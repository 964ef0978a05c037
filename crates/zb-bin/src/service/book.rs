//! The jobs that the service knows: those of the store, into which the files of the jobs directory are taken at the start
//! and when they change.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hook_core::{JobId, JobKey, OrganizationId, RunStatus, event::Trigger};
use jiff::Timestamp;
use job_store::{JobRevision, Store, StoredJob};
use scheduler::Ended;
use zb_server::FileProblem;

use super::{
    entry::{Entry, scheduled},
    files::{self, Files},
    slots::Slots,
};
use crate::{
    config::{Definition, Job},
    report::Failure,
};

/// So many are read at once: nobody waits long for the store, and few definitions are in memory.
const AT_ONCE: usize = 200;

/// All jobs.
#[derive(Debug)]
pub(crate) struct Book {
    store: Arc<Store>,
    files: Option<Files>,
    timeout: Duration,
    pages: Mutex<Pages>,
    /// One reads at a time.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Pages {
    slots: Slots,
    version: Option<i64>,
    changes: Changes,
    /// The runs up to here are known. Absent until jobs are read.
    followed: Option<i64>,
}

/// What the scheduler was not told yet.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// There are no other jobs than those: nothing was told before.
    pub(crate) is_first: bool,
    pub(crate) put: Vec<scheduler::Job>,
    pub(crate) gone: Vec<JobKey>,
}

impl Changes {
    fn forget(&mut self, id: JobKey) {
        self.put.retain(|job| job.id != id);
        self.gone.push(id);
    }
}

impl Book {
    /// Nothing is read yet. `timeout` is the deadline of a hook that has none of its own.
    #[must_use]
    pub(crate) fn new(store: Arc<Store>, files: Option<Files>, timeout: Duration) -> Self {
        let pages = Pages { changes: Changes { is_first: true, ..Changes::default() }, ..Pages::default() };
        Self { store, files, timeout, pages: pages.into(), reading: tokio::sync::Mutex::default() }
    }

    /// A job by its key.
    #[must_use]
    pub(crate) fn get(&self, of: &JobKey) -> Option<Arc<Entry>> {
        self.lock().slots.entry(of).cloned()
    }

    /// Every job.
    #[must_use]
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.lock().slots.entries().cloned().collect()
    }

    /// The whole of a job, as it is stored now; nothing where there is none, or where it cannot be read any more, which is
    /// logged.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn job(&self, entry: &Entry) -> Result<Option<Job>, Failure> {
        let stored = self.store.job(&entry.key.organization, &entry.key.schedule).await?;
        Ok(stored.and_then(|stored| self.read(stored).map(|(job, ..)| job)))
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

    /// What the scheduler was not told yet; it counts as told then.
    pub(crate) fn changes(&self) -> Changes {
        mem::take(&mut self.lock().changes)
    }

    /// Looks for changes, and reads what has changed. A job that cannot be read keeps nobody else's from its runs: it is
    /// logged.
    ///
    /// # Errors
    /// The store cannot be read or written to.
    pub(crate) async fn refresh(&self, now: Timestamp) -> Result<(), Failure> {
        let _reading = self.reading.lock().await;
        if let Some(files) = &self.files {
            files.take_in(&self.store, self.timeout).await?;
        }
        let version = self.store.jobs_version().await?;
        if self.lock().version == Some(version) {
            return Ok(());
        }
        if self.lock().followed.is_none() {
            // What is queued from here on is told; what was before is found with its job.
            let newest = self.store.last_run().await?;
            self.lock().followed = Some(newest);
        }
        let there = self.store.job_revisions().await?;
        self.forget_but(&there);
        let changed: Vec<_> = there.into_iter().filter(|job| !self.has(job)).collect();
        for some in changed.chunks(AT_ONCE) {
            self.take_in(some, now).await?;
        }
        self.lock().version = Some(version);
        Ok(())
    }

    fn has(&self, job: &JobRevision) -> bool {
        self.lock().slots.entry(&job.key).is_some_and(|entry| entry.revision == job.revision)
    }

    /// Those that are gone go.
    fn forget_but(&self, there: &[JobRevision]) {
        let there: BTreeSet<_> = there.iter().map(|job| &job.key).collect();
        let pages = &mut *self.lock();
        for key in pages.slots.keep_only(&there) {
            pages.changes.forget(key);
        }
    }

    async fn take_in(&self, some: &[JobRevision], now: Timestamp) -> Result<(), Failure> {
        let keys = some.iter().map(|job| job.key.clone()).collect();
        let stored = self.store.jobs_of(keys).await?;
        let newest = self.store.newest_runs(stored.iter().map(key).collect()).await?;
        for (stored, newest) in stored.into_iter().zip(newest) {
            let id = key(&stored);
            let Some((job, revision, file)) = self.read(stored) else {
                let pages = &mut *self.lock();
                if pages.slots.remove(&id) {
                    pages.changes.forget(id);
                }
                continue;
            };
            let mut for_scheduler = scheduled(&job);
            // Only what failed has to be known whole: something may follow it.
            if let Some(run) =
                newest.as_ref().filter(|run| run.status == Some(RunStatus::Error) && job.retries > 0)
            {
                for_scheduler.last = self.ended(&run.job).await?;
            }
            let pages = &mut *self.lock();
            pages.slots.insert(Entry::new(&for_scheduler, job.name, revision, file), newest.as_ref(), now);
            pages.changes.put.push(for_scheduler);
        }
        Ok(())
    }

    fn read(&self, stored: StoredJob) -> Option<(Job, u32, Option<String>)> {
        let file = stored.updated_by.as_deref().and_then(files::name).map(ToOwned::to_owned);
        match Definition::stored(stored.definition).job(&stored.schedule, self.timeout) {
            Ok(job) => Some((job, stored.revision, file)),
            Err(bad) => {
                tracing::error!("the stored job {} cannot be read: {bad}", stored.schedule);
                None
            }
        }
    }

    /// A run that has ended and was the service's: what a retry may follow.
    async fn ended(&self, run: &JobId) -> Result<Option<Ended>, Failure> {
        let Some(run) = self.store.run(run).await? else { return Ok(None) };
        // A run of the command line has made its own retries.
        let is_ours = run.trigger != Trigger::Cli;
        let ended = run.status.zip(run.finished_at).filter(|_| is_ours);
        Ok(ended.map(|(status, at)| Ended { run: run.job_id, status, attempt: run.attempt, at }))
    }

    /// One job as the scheduler knows it, with its last run.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn scheduled(&self, job: &Job) -> Result<scheduler::Job, Failure> {
        let newest = self.store.newest_runs(vec![job.key()]).await?;
        let last = match newest.into_iter().next().flatten() {
            Some(run) => self.ended(&run.job).await?,
            None => None,
        };
        Ok(scheduler::Job { last, ..scheduled(job) })
    }

    /// The next starts of an organization's jobs, the first one first, at most so many.
    #[must_use]
    pub(crate) fn next_starts(
        &self,
        of: &OrganizationId,
        at_most: usize,
        now: Timestamp,
    ) -> Vec<(Timestamp, Arc<Entry>)> {
        self.lock().slots.next_starts(of, at_most, now)
    }

    /// A job's next start, and since when it should have started, if it is overdue by the runs that are known.
    #[must_use]
    pub(crate) fn timing(&self, of: &JobKey, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        self.lock().slots.timing(of, now)
    }

    /// Learns of the runs that were queued since.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn follow(&self) -> Result<(), Failure> {
        let Some(followed) = self.lock().followed else { return Ok(()) };
        let runs = self.store.runs_after(followed).await?;
        let pages = &mut *self.lock();
        for (key, run) in runs {
            pages.followed = pages.followed.max(Some(run.place));
            pages.slots.ran(&key, &run);
        }
        Ok(())
    }

    /// Jobs that should have started and did not: each with the time since when.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn overdue(&self, now: Timestamp) -> Result<Vec<(Arc<Entry>, Timestamp)>, Failure> {
        self.follow().await?;
        Ok(self.lock().slots.overdue(now))
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // Each page is whole after every line that is written.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(job: &StoredJob) -> JobKey {
    JobKey::new(job.organization.clone(), job.schedule.clone())
}
