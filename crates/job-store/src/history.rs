//! Reading runs: one, a list, those that owe something.

use event_bus::{Recorded, StorageError};
use hook_core::{JobId, JobKey, OrganizationId, RunEvent, ScheduleId};
use lifecycle_engine::{Holding, machine::owes_post_hook};
use rusqlite::Connection;

use crate::{PostHook, Run, Store, claims, events, run_sql, runs, thread::Failure};

/// Which runs a list has. The default is all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks fills in what he asks for")]
pub struct RunFilter {
    /// Of this backup job, in whichever organization.
    pub schedule: Option<ScheduleId>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of backup jobs with this name.
    pub job_name: Option<String>,
    /// At most so many. A run of a list takes about a kilobyte: ask for a long history in pages.
    pub limit: Option<u32>,
    /// Queued before this run: the last one of the page before.
    pub before: Option<JobId>,
}

/// A run, and the events that it is told of, oldest first.
pub type RunWithHistory = (Run, Vec<Recorded<RunEvent>>);

impl Store {
    /// The runs, newest first, without their details: what restic said and the receivers answered (`api.md` §5).
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StorageError> {
        let filter = filter.clone();
        let read = self.thread.call(move |db| {
            let found = runs::newest(&db.connection, &filter)?;
            let listed = found.iter().filter_map(|job| read(&db.connection, job).transpose());
            listed.map(|run| Ok(run?.without_details())).collect()
        });
        read.await.map_err(|failure| StorageError::new("list the runs", failure))
    }

    /// One run with its details; nothing where there is none of this id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn run(&self, job: &JobId) -> Result<Option<Run>, StorageError> {
        let of = job.clone();
        let read = self.thread.call(move |db| read(&db.connection, &of)).await;
        read.map_err(|failure| StorageError::new(format!("read {job}"), failure))
    }

    /// The same with its history: both of one moment, as two readings are not while the run goes on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn run_with_history(&self, job: &JobId) -> Result<Option<RunWithHistory>, StorageError> {
        let of = job.clone();
        let read = self.thread.call(move |db| read_with_history(&db.connection, &of)).await;
        read.map_err(|failure| StorageError::new(format!("read {job}"), failure))
    }

    /// The runs that a person may mean: those whose id ends in `text`, newest first (`spec.md` §7). A whole id is
    /// its own end; an empty text means none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn find_run(&self, text: &str) -> Result<Vec<JobId>, StorageError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let end = text.to_owned();
        let found = self.thread.call(move |db| runs::ending_in(&db.connection, &end)).await;
        found.map_err(|failure| StorageError::new("look for a run", failure))
    }

    /// The runs whose owner died and which owe a post hook, oldest first. A run that is alive owes nothing yet.
    ///
    /// # Errors
    /// The database or the claims cannot be read.
    pub async fn owed(&self) -> Result<Vec<JobId>, StorageError> {
        let claims = self.dir.claims();
        let found = self.thread.call(move |db| {
            let mut owed = Vec::new();
            for run in runs::unfinished(&db.connection, None)? {
                let is_ours = run_sql::is_of(&db.connection, &run.of.organization);
                let is_alive = claims::holding(&claims, &run.of, &is_ours)?.is_some();
                if !is_alive && owes(&db.connection, &run.job)? {
                    owed.push(run.job);
                }
            }
            Ok(owed)
        });
        found.await.map_err(|failure| StorageError::new("find what is owed", failure))
    }

    /// Asks the process that runs this run to end it, by SIGTERM; whether there is one.
    ///
    /// # Errors
    /// The files of the claim cannot be read, or the process may not be signalled.
    pub async fn terminate_holder(&self, of: &JobKey, job: &JobId) -> Result<bool, StorageError> {
        let (claims, of, run) = (self.dir.claims(), of.clone(), job.clone());
        let told = self.thread.call(move |_| Ok(claims::terminate(&claims, &of, &run)?)).await;
        told.map_err(|failure| StorageError::new(format!("end {job}"), failure))
    }

    /// What a living process holds the job's claim for; nothing where none has it. It disturbs nobody who
    /// wants the claim.
    ///
    /// # Errors
    /// The files of the claim cannot be read.
    pub async fn holding(&self, of: &JobKey) -> Result<Option<Holding>, StorageError> {
        let (claims, key) = (self.dir.claims(), of.clone());
        let held = self.thread.call(move |db| {
            let is_ours = run_sql::is_of(&db.connection, &key.organization);
            Ok(claims::holding(&claims, &key, &is_ours)?)
        });
        held.await.map_err(|failure| StorageError::new(format!("look at the claim of {of}"), failure))
    }
}

pub(crate) fn read(connection: &Connection, job: &JobId) -> Result<Option<Run>, Failure> {
    Ok(read_with_history(connection, job)?.map(|(run, _)| run))
}

fn read_with_history(connection: &Connection, job: &JobId) -> Result<Option<RunWithHistory>, Failure> {
    let history = events::of_stream(connection, job.as_str())?;
    let Some(mut run) = Run::from_history(&history) else { return Ok(None) };
    if run.post_hook == PostHook::Failed
        && let Some(later) = runs::delivered_after(connection, job)?
    {
        run.clear_by(&later);
    }
    Ok(Some((run, history)))
}

fn owes(connection: &Connection, job: &JobId) -> Result<bool, Failure> {
    let history = events::of_stream(connection, job.as_str())?;
    let events: Vec<_> = history.into_iter().map(|recorded| recorded.event.event).collect();
    Ok(owes_post_hook(&events))
}
