//! Lists of an organization's jobs (`api.md` §3), by what was taken out of their definitions: fast with any number of jobs.

use event_bus::StorageError;
use hook_core::{JobId, OrganizationId, RunStatus, ScheduleId};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params_from_iter, types::Value};

use crate::{
    NewRepository, Run, RunGlance, Store, StoredJob, history, job_rows, repositories, run_sql,
    thread::{Db, Failure},
};

/// What was taken out of a job's definition.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever takes them takes all of them")]
pub struct Facts {
    /// The source path.
    pub source: String,
    /// The repository's address, as it is shown.
    pub url: String,
    /// Whether it is scheduled.
    pub enabled: bool,
}

/// Where a job stands in a list.
pub type JobPlace = (String, ScheduleId);

/// Which jobs of an organization a list has; what is absent excludes none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks fills in what he asks for")]
pub struct JobList {
    /// Whose.
    pub organization: OrganizationId,
    /// In name, source or repository, in any letter case.
    pub text: Option<String>,
    /// With this repository.
    pub repository: Option<String>,
    /// Whether they are scheduled.
    pub enabled: Option<bool>,
    /// Whether a run is in progress.
    pub running: Option<bool>,
    /// Those after this one: the last of the page before.
    pub after: Option<JobPlace>,
}

/// A job of a list.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ListedJob {
    /// The job.
    pub job: StoredJob,
    /// Its repository's id; absent where its definition cannot be read.
    pub repository: Option<String>,
    /// Its run in progress.
    pub running: Option<JobId>,
    /// Its last run that ended.
    pub last: Option<Run>,
    /// When one last ended as `success`.
    pub last_success: Option<Timestamp>,
}

impl Store {
    /// The jobs of an organization that were changed since their facts were taken.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn jobs_without_facts(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<StoredJob>, StorageError> {
        let of = organization.to_string();
        let read = self.thread.call(move |db| {
            // Nearly always there are none, and all jobs would be looked through for them in the order of their names.
            let sql = "SELECT EXISTS (SELECT 1 FROM stale_jobs WHERE organization = ?1)";
            if !db.connection.prepare_cached(sql)?.query_row([&of], |row| row.get::<_, bool>(0))? {
                return Ok(Vec::new());
            }
            let condition = "organization = ?1 AND
                schedule IN (SELECT stale.schedule FROM stale_jobs AS stale WHERE stale.organization = ?1)";
            job_rows::select(db, condition, [of])
        });
        read.await.map_err(|failure| StorageError::new("find the jobs that changed", failure))
    }

    /// Keeps what was taken out of jobs of an organization, each with its repository: the organization's of that address,
    /// else this new one. A job that changed meanwhile is left: whoever asks next takes its facts again.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn keep_facts(
        &self,
        organization: &OrganizationId,
        taken: Vec<(StoredJob, Facts, NewRepository)>,
    ) -> Result<(), StorageError> {
        let of = organization.clone();
        let kept = self.thread.call(move |db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut known = repositories::urls(&transaction, seal, &of)?;
            for (job, facts, repository) in taken {
                if job_rows::revision(&transaction, &of, &job.schedule)? != Some(job.revision) {
                    continue;
                }
                let url = repository.url.expose();
                let id = match known.iter().find(|(_, known)| known.expose() == url) {
                    Some((id, _)) => id.clone(),
                    None => {
                        repositories::write(&transaction, seal, &repository, 1)?;
                        known.push((repository.id.clone(), repository.url));
                        repository.id
                    }
                };
                keep(&transaction, &job, &facts, &id)?;
            }
            Ok(transaction.commit()?)
        });
        kept.await.map_err(|failure| StorageError::new("keep what jobs say", failure))
    }

    /// The jobs of a list, by name; one more than was asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read, or a definition cannot be opened.
    pub async fn list_jobs(&self, list: &JobList, at_most: u32) -> Result<Vec<ListedJob>, StorageError> {
        let list = list.clone();
        let read = self.thread.call(move |db| {
            let (condition, mut params) = condition(&list);
            params.push((i64::from(at_most) + 1).into());
            let found = job_rows::select_page(db, &condition, "LIMIT ?", params_from_iter(params))?;
            found.into_iter().map(|job| listed(db, job)).collect()
        });
        read.await.map_err(|failure| StorageError::new("list the jobs", failure))
    }

    /// The newest runs of each of some jobs of an organization, at most so many of each.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn glances(
        &self,
        organization: &OrganizationId,
        schedules: Vec<ScheduleId>,
        at_most: u32,
    ) -> Result<Vec<Vec<RunGlance>>, StorageError> {
        let of = organization.clone();
        let read = self.thread.call(move |db| {
            let of_job = |schedule| run_sql::glances(&db.connection, &of, schedule, at_most);
            schedules.iter().map(of_job).collect()
        });
        read.await.map_err(|failure| StorageError::new("look at the last runs of jobs", failure))
    }

    /// One job as a list has it.
    ///
    /// # Errors
    /// As [`Store::list_jobs`].
    pub async fn listed_job(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<Option<ListedJob>, StorageError> {
        let key = (organization.to_string(), schedule.to_string());
        let read = self.thread.call(move |db| {
            let found = job_rows::select(db, "organization = ?1 AND schedule = ?2", key)?;
            found.into_iter().next().map(|job| listed(db, job)).transpose()
        });
        read.await.map_err(|failure| StorageError::new(format!("read {schedule}"), failure))
    }
}

fn keep(connection: &Connection, job: &StoredJob, facts: &Facts, repository: &str) -> Result<(), Failure> {
    let key = (job.organization.as_str(), job.schedule.as_str());
    let sql = "INSERT OR REPLACE INTO job_facts
               (organization, schedule, revision, source, url, enabled, repository)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = (key.0, key.1, job.revision, &facts.source, &facts.url, facts.enabled, repository);
    connection.prepare_cached(sql)?.execute(row)?;
    let sql = "DELETE FROM stale_jobs WHERE organization = ?1 AND schedule = ?2";
    connection.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

/// Only what is wanted is in the text.
fn condition(list: &JobList) -> (String, Vec<Value>) {
    let of_facts = |what: &str| {
        format!(
            " AND EXISTS (SELECT 1 FROM job_facts AS facts WHERE facts.organization = jobs.organization
              AND facts.schedule = jobs.schedule AND {what})"
        )
    };
    let mut condition = "organization = ?".to_owned();
    let mut params: Vec<Value> = vec![list.organization.to_string().into()];
    if let Some(text) = &list.text {
        let facts = of_facts("(instr(lower(facts.source), ?) OR instr(lower(facts.url), ?))");
        condition.push_str(&format!(" AND (instr(lower(name), ?) OR (true{facts}))"));
        params.extend(std::iter::repeat_n(Value::from(text.to_ascii_lowercase()), 3));
    }
    if let Some(repository) = &list.repository {
        condition.push_str(&of_facts("facts.repository = ?"));
        params.push(repository.clone().into());
    }
    if let Some(enabled) = list.enabled {
        condition.push_str(&of_facts("facts.enabled = ?"));
        params.push(enabled.into());
    }
    if let Some(running) = list.running {
        let not = if running { "" } else { "NOT " };
        condition.push_str(&format!(
            " AND schedule {not}IN (SELECT schedule FROM runs WHERE organization = ? AND status IS NULL)"
        ));
        params.push(list.organization.to_string().into());
    }
    if let Some((name, schedule)) = &list.after {
        condition.push_str(" AND (name, schedule) > (?, ?)");
        params.extend([name.clone().into(), schedule.to_string().into()]);
    }
    (condition, params)
}

fn listed(db: &Db, job: StoredJob) -> Result<ListedJob, Failure> {
    let (connection, of, schedule) = (&db.connection, &job.organization, &job.schedule);
    let read = |found: Option<JobId>| -> Result<Option<Run>, Failure> {
        let run = found.map(|found| history::read(connection, &found)).transpose()?;
        Ok(run.flatten().map(Run::without_details))
    };
    let last = read(run_sql::last_ended(connection, of, schedule)?)?;
    let success = match &last {
        Some(run) if run.status == Some(RunStatus::Success) => last.clone(),
        _ => read(run_sql::last_success(connection, of, schedule)?)?,
    };
    let sql = "SELECT repository FROM job_facts WHERE organization = ?1 AND schedule = ?2 AND revision = ?3";
    let mut select = db.connection.prepare_cached(sql)?;
    let key = (job.organization.as_str(), job.schedule.as_str(), job.revision);
    let repository = select.query_map(key, |row| row.get(0))?.next().transpose()?;
    Ok(ListedJob {
        running: run_sql::current(connection, of, schedule)?,
        last_success: success.and_then(|run| run.finished_at),
        last,
        repository,
        job,
    })
}
