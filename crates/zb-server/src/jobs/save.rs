//! Keeping a job that somebody wrote: checked whole, with a repository that is known or new, over nobody's change.

use hook_core::{OrganizationId, ScheduleId};
use job_store::{Expected, NewJob, PutJob, StoredJob, StoredRepository};

use crate::{
    Caller, CheckedJob, FieldError, JobDocument, Kind, NotRead, Problem, Reading, Service,
    auth::Action,
    etag::{self, IfMatch},
    named::not_found,
};

/// So often it is tried again where others are faster.
const TRIES: usize = 5;

/// As many repositories as nobody has.
const ALL: u32 = 100_000;

/// The mask of secrets.
const MASK: &str = hook_core::MASK;

/// What was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Saved {
    pub(crate) schedule: ScheduleId,
}

impl Service {
    /// Makes a job.
    ///
    /// # Errors
    /// 400, 422; the store fails.
    pub(crate) async fn create_job(&self, caller: &Caller, document: &JobDocument) -> Result<Saved, Problem> {
        let mut fresh: Option<ScheduleId> = None;
        for _ in 0..TRIES {
            let checked = self.read_job(caller, document, fresh.as_ref(), None).await?;
            let schedule = checked.schedule_id.clone();
            match self.put_job(caller, checked, Expected::Absent).await? {
                PutJob::Kept { .. } => return self.saved(caller, Action::JobCreated, schedule).await,
                PutJob::NameTaken { .. } => return Err(name_taken()),
                // Another job has the id, which was derived: it is renamed by now. One that was chosen is refused by the
                // reading, which lets it name no other.
                _ => fresh = self.accounts().id("sched_").parse().ok(),
            }
        }
        Err(Problem::invalid(vec![FieldError::new("/scheduleId", "is another job's")]))
    }

    /// Puts a job in the place of the one that is stored.
    ///
    /// # Errors
    /// 400, 412, 422, 409 where a file has it; the store fails.
    pub(crate) async fn replace_job(
        &self,
        caller: &Caller,
        stored: StoredJob,
        document: &JobDocument,
        wanted: &IfMatch,
    ) -> Result<Saved, Problem> {
        let mut stored = stored;
        for _ in 0..TRIES {
            wanted.allows(stored.revision)?;
            let schedule = stored.schedule.clone();
            let checked = self.read_job(caller, document, Some(&schedule), Some(&stored)).await?;
            self.not_managed(&stored.organization, &schedule)?;
            match self.put_job(caller, checked, Expected::Revision(stored.revision)).await? {
                PutJob::Kept { .. } => return self.saved(caller, Action::JobReplaced, schedule).await,
                PutJob::NameTaken { .. } => return Err(name_taken()),
                // The masks stand for what is there now.
                _ => stored = self.job_of(caller, schedule.as_str()).await?.job,
            }
        }
        Err(etag::changed(stored.revision))
    }

    /// Goes on if no file of `jobs_dir` has the job.
    ///
    /// # Errors
    /// 409.
    pub(crate) fn not_managed(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<(), Problem> {
        match self.runner.managed_by(organization, schedule) {
            Some(managed) => {
                let detail = format!("{} in jobs_dir has this job: change it there", managed.file);
                Err(Problem::new(Kind::ManagedByFile, detail))
            }
            None => Ok(()),
        }
    }

    /// The fields that are wrong with a document that is not kept, whatever they are.
    ///
    /// # Errors
    /// 400; the store fails.
    pub(crate) async fn job_faults(
        &self,
        caller: &Caller,
        document: &JobDocument,
        stored: Option<&StoredJob>,
    ) -> Result<Vec<FieldError>, Problem> {
        let schedule = stored.map(|stored| &stored.schedule);
        match self.read_job(caller, document, schedule, stored).await {
            Ok(_) => Ok(Vec::new()),
            Err(problem) if problem.kind == Kind::Invalid => Ok(problem.more.errors),
            Err(problem) => Err(problem),
        }
    }

    async fn read_job(
        &self,
        caller: &Caller,
        document: &JobDocument,
        schedule: Option<&ScheduleId>,
        stored: Option<&StoredJob>,
    ) -> Result<CheckedJob, Problem> {
        let roots = self.roots(&caller.organization).await?;
        let (known, unknown) = match self.repository_meant(caller, document, stored).await? {
            Ok(known) => (known, None),
            Err(unknown) => (None, Some(unknown)),
        };
        let reading = Reading {
            organization: &caller.organization,
            roots: roots.as_deref(),
            schedule,
            stored: stored.map(|stored| stored.definition.expose()),
            repository: known.as_ref().map(|known| known.definition.expose()),
        };
        match (self.forms.read(document, reading), unknown) {
            (Ok(checked), None) => Ok(checked),
            (Ok(_), Some(unknown)) => Err(Problem::invalid(vec![unknown])),
            (Err(NotRead::Malformed(reason)), _) => Err(Problem::new(Kind::Malformed, reason)),
            (Err(NotRead::Invalid(mut faults)), unknown) => {
                if let Some(unknown) = unknown {
                    faults.retain(|fault| !fault.field.starts_with("/repository"));
                    faults.push(unknown);
                }
                Err(Problem::invalid(faults))
            }
        }
    }

    /// What an organization's jobs may name on the machine; absent: no limit.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn roots(&self, organization: &OrganizationId) -> Result<Option<Vec<String>>, Problem> {
        let found = self.store.organization(organization).await.map_err(|error| self.failed(&error))?;
        Ok(found.ok_or_else(not_found)?.roots)
    }

    /// The repository that a document means, if it is known: by id, or by address. An id that nothing has is a fault.
    async fn repository_meant(
        &self,
        caller: &Caller,
        document: &JobDocument,
        stored: Option<&StoredJob>,
    ) -> Result<Result<Option<StoredRepository>, FieldError>, Problem> {
        let named = self.forms.repository_named(document);
        if let Some(id) = named.id {
            let found = self.store.repository(&caller.organization, &id).await;
            let found = found.map_err(|error| self.failed(&error))?;
            let unknown = || FieldError::new("/repository/repositoryId", "there is no such repository");
            return Ok(found.map(Some).ok_or_else(unknown));
        }
        let Some(url) = named.url else { return Ok(Ok(None)) };
        self.take_facts(&caller.organization).await?;
        let all = self.store.repositories(&caller.organization, None, ALL).await;
        let mut all = all.map_err(|error| self.failed(&error))?;
        // Of several that are shown alike, a job's own is meant.
        all.sort_by_key(|repository| {
            !stored.is_some_and(|stored| repository.jobs.contains(&stored.schedule))
        });
        let is_meant = |repository: &StoredRepository| match url.contains(MASK) {
            true => self
                .forms
                .show(repository.definition.expose())
                .is_ok_and(|shown| shown["repository"]["url"] == *url),
            false => repository.url.expose() == url,
        };
        Ok(Ok(all.into_iter().find(is_meant)))
    }

    async fn put_job(
        &self,
        caller: &Caller,
        checked: CheckedJob,
        expected: Expected,
    ) -> Result<PutJob, Problem> {
        let new = NewJob {
            organization: caller.organization.clone(),
            schedule: checked.schedule_id,
            name: checked.name,
            definition: checked.definition,
            by: Some(caller.by()),
        };
        self.store.put_job(new, expected).await.map_err(|error| self.failed(&error))
    }

    async fn saved(&self, caller: &Caller, action: Action, schedule: ScheduleId) -> Result<Saved, Problem> {
        self.runner.jobs_changed();
        self.note(caller, action, schedule.as_str()).await?;
        Ok(Saved { schedule })
    }
}

fn name_taken() -> Problem {
    Problem::invalid(vec![FieldError::new("/name", "another job is called so")])
}
