//! Deleting a job: not one that a file has, and not one that runs.

use job_store::{DeleteJob, Expected, ListedJob};

use crate::{Caller, Kind, Problem, RunRefused, Service, auth::Action, etag, named::not_found};

impl Service {
    /// Deletes a job. Its runs, what they owe and its snapshots stay.
    ///
    /// # Errors
    /// 404, 409, 412; the store fails.
    pub(crate) async fn delete_job(
        &self,
        caller: &Caller,
        listed: ListedJob,
        expected: Expected,
    ) -> Result<(), Problem> {
        let job = &listed.job;
        self.not_managed(&job.organization, &job.schedule)?;
        let running = |job| self.run_refused(RunRefused::AlreadyRunning(job));
        if listed.running.is_some() {
            return Err(running(listed.running));
        }
        let deleted = self.store.delete_job(&job.organization, &job.schedule, expected).await;
        match deleted.map_err(|error| self.failed(&error))? {
            DeleteJob::Deleted => {}
            DeleteJob::Changed { revision: Some(revision) } => return Err(etag::changed(revision)),
            DeleteJob::Changed { revision: None } => return Err(not_found()),
            DeleteJob::InUse(_) => return Err(running(None)),
            _ => return Err(Problem::new(Kind::Internal, "the job was not deleted")),
        }
        self.runner.jobs_changed();
        self.note(caller, Action::JobDeleted, job.schedule.as_str()).await
    }
}
