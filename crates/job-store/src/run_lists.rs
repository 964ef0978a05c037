//! Lists of an organization's runs, and those that wait for a person (`api.md` §5): fast however long the history.

use event_bus::StorageError;
use hook_core::{JobId, JobKey, OrganizationId, RunStatus, ScheduleId, event::Trigger};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::{PostHook, Run, Store, history, run_sql, thread::Failure};

/// Where a run stands in a list: when it was queued, and its place in the journal. Later ones are greater.
pub type RunPlace = (Timestamp, i64);

/// Which runs of an organization a list has; what is empty or absent excludes none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks fills in what he asks for")]
pub struct RunList {
    /// Whose.
    pub organization: OrganizationId,
    /// Of one of these jobs.
    pub schedules: Vec<ScheduleId>,
    /// With one of these ends; absent: not over.
    pub statuses: Vec<Option<RunStatus>>,
    /// Started by one of these.
    pub triggers: Vec<Trigger>,
    /// Whether the process that owned it died.
    pub interrupted: Option<bool>,
    /// Queued then or later.
    pub since: Option<Timestamp>,
    /// Queued before.
    pub until: Option<Timestamp>,
    /// Those before this one: the last of the page before.
    pub before: Option<RunPlace>,
}

/// A run at a glance: what its row tells, without its history.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RunGlance {
    /// The run.
    pub job: JobId,
    /// How it ended; nothing until it has.
    pub status: Option<RunStatus>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Its place in the journal: those that were recorded later have a greater one.
    pub place: i64,
    /// Milliseconds from the pre hook's answer to the post hook's request; absent where nothing was paused.
    pub pause_ms: Option<u64>,
}

/// Runs that wait for a person, each kind with the newest first.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct WaitingForYou {
    /// Their post hook is owed, and nothing will send it.
    pub owed: Vec<Run>,
    /// The last run of a job, which ended as `error`. Jobs that were deleted wait for nobody.
    pub failed: Vec<Run>,
}

impl Store {
    /// The runs of a list, newest first by the time they were queued, without their details; one more than was asked
    /// for where there are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_runs(
        &self,
        list: &RunList,
        at_most: u32,
    ) -> Result<Vec<(RunPlace, Run)>, StorageError> {
        let list = list.clone();
        let read = self.thread.call(move |db| {
            let found = run_sql::listed(&db.connection, &list, i64::from(at_most) + 1)?;
            let listed = found.into_iter().filter_map(|(place, job)| {
                let run = history::read(&db.connection, &job).transpose()?;
                Some(run.map(|run| (place, run.without_details())))
            });
            listed.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the runs", failure))
    }

    /// The runs of an organization that wait for a person: all that are owed, and of those that failed at most so many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn waiting_for_you(
        &self,
        organization: &OrganizationId,
        at_most: usize,
    ) -> Result<WaitingForYou, StorageError> {
        let of = organization.clone();
        let read = self.thread.call(move |db| {
            let mut failed = run_sql::failed(&db.connection, &of)?;
            failed.truncate(at_most);
            Ok(WaitingForYou { owed: owed(&db.connection, &of)?, failed: runs(&db.connection, &failed)? })
        });
        read.await.map_err(|failure| StorageError::new("find what waits for a person", failure))
    }

    /// How many runs of an organization wait for a person: those that [`Store::waiting_for_you`] has, each once.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn count_waiting(&self, organization: &OrganizationId) -> Result<usize, StorageError> {
        let of = organization.clone();
        let read = self.thread.call(move |db| {
            let owed = owed(&db.connection, &of)?;
            let is_owed = |job: &&JobId| owed.iter().any(|run| run.job_id == **job);
            let failed = run_sql::failed(&db.connection, &of)?;
            Ok(owed.len() + failed.iter().filter(|job| !is_owed(job)).count())
        });
        read.await.map_err(|failure| StorageError::new("count what waits for a person", failure))
    }

    /// The newest run of each job, in the order of the jobs; nothing for one that never ran.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn newest_runs(&self, jobs: Vec<JobKey>) -> Result<Vec<Option<RunGlance>>, StorageError> {
        let read =
            self.thread.call(move |db| jobs.iter().map(|of| run_sql::newest(&db.connection, of)).collect());
        read.await.map_err(|failure| StorageError::new("find the newest runs", failure))
    }

    /// The place of the run that was recorded last; 0 before there is one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn last_run(&self) -> Result<i64, StorageError> {
        let read = self.thread.call(|db| {
            let mut select = db.connection.prepare_cached("SELECT coalesce(max(queued), 0) FROM runs")?;
            Ok(select.query_row([], |row| row.get(0))?)
        });
        read.await.map_err(|failure| StorageError::new("find the newest run", failure))
    }

    /// All runs that were recorded after a place, each with its job, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn runs_after(&self, place: i64) -> Result<Vec<(JobKey, RunGlance)>, StorageError> {
        let read = self.thread.call(move |db| run_sql::after(&db.connection, place)).await;
        read.map_err(|failure| StorageError::new("look for new runs", failure))
    }

    /// The runs of an organization that are not over, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn running(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<(JobId, ScheduleId)>, StorageError> {
        let of = organization.clone();
        let read = self.thread.call(move |db| run_sql::running(&db.connection, &of)).await;
        read.map_err(|failure| StorageError::new("find the runs that are not over", failure))
    }

    /// Whose run it is; nothing where there is none of this id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn organization_of(&self, job: &JobId) -> Result<Option<OrganizationId>, StorageError> {
        let of = job.clone();
        let read = self.thread.call(move |db| run_sql::organization_of(&db.connection, &of)).await;
        read.map_err(|failure| StorageError::new(format!("find whose {job} is"), failure))
    }
}

/// The rows may say too much, the history does not.
fn owed(connection: &Connection, of: &OrganizationId) -> Result<Vec<Run>, Failure> {
    let mut owed = runs(connection, &run_sql::owing(connection, of)?)?;
    owed.retain(|run| run.post_hook == PostHook::Failed);
    Ok(owed)
}

fn runs(connection: &Connection, jobs: &[JobId]) -> Result<Vec<Run>, Failure> {
    let found = jobs.iter().filter_map(|job| history::read(connection, job).transpose());
    found.map(|run| Ok(run?.without_details())).collect()
}
