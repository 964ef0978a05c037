//! A job as `api.md` §3 has it, with its state.

use job_store::{ListedJob, Run};
use serde_json::{Value, json};

use crate::{Caller, Problem, Service, named::not_found};

impl Service {
    /// A job of the caller's organization.
    ///
    /// # Errors
    /// 404; the store fails.
    pub(crate) async fn job_of(&self, caller: &Caller, schedule: &str) -> Result<ListedJob, Problem> {
        let schedule = schedule.parse().map_err(|_| not_found())?;
        self.take_facts(&caller.organization).await?;
        self.runner.catch_up().await;
        let found = self.store.listed_job(&caller.organization, &schedule).await;
        found.map_err(|error| self.failed(&error))?.ok_or_else(not_found)
    }

    /// The document of a job.
    ///
    /// # Errors
    /// Its definition cannot be read any more: why.
    pub(crate) fn show_job(&self, listed: &ListedJob) -> Result<Value, String> {
        let job = &listed.job;
        let mut shown = self.forms.show(job.definition.expose())?;
        shown["scheduleId"] = json!(job.schedule);
        shown["organizationId"] = json!(job.organization);
        shown["repository"]["repositoryId"] = json!(listed.repository);
        let timing = self.runner.timing(&job.organization, &job.schedule);
        let managed = self.runner.managed_by(&job.organization, &job.schedule);
        let by = if managed.is_some() { "file" } else { "api" };
        let (file, error) = managed.map(|managed| (managed.file, managed.error)).unzip();
        shown["state"] = json!({
            "revision": job.revision, "managedBy": by, "file": file, "fileError": error.flatten(),
            "createdAt": job.created_at, "updatedAt": job.updated_at,
            "nextRunAt": timing.next_run_at, "overdueSince": timing.overdue_since,
            "currentJobId": listed.running, "lastSuccessAt": listed.last_success,
            "lastRun": listed.last.as_ref().map(last_run)
        });
        Ok(shown)
    }
}

fn last_run(run: &Run) -> Value {
    json!({"jobId": run.job_id, "status": run.status, "finishedAt": run.finished_at, "durationMs": run.duration_ms,
           "pauseMs": run.pause_ms, "error": run.error, "postHook": run.post_hook})
}
