//! A backup as the pages know it: what is kept of it, when it runs, how its last runs ended.

use hook_core::{OrganizationId, RunStatus};
use job_store::{ListedJob, Run, RunFilter, StoredJob};
use serde_json::Value;

use super::{
    icon,
    status::{self, Shown},
    words::Times,
};
use crate::{ManagedBy, Problem, Service, Timing};

/// A stored backup.
pub(super) struct Job {
    pub(super) stored: StoredJob,
    /// The JSON of `api.md` §3; nothing where it cannot be read any more.
    pub(super) shown: Option<Value>,
    pub(super) timing: Timing,
    pub(super) managed_by: Option<ManagedBy>,
    /// The newest first.
    pub(super) runs: Vec<Run>,
}

impl Service {
    /// What people call these jobs: each id with its name; one that is gone is called by its id.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn names_of(
        &self,
        organization: &OrganizationId,
        ids: impl Iterator<Item = &str>,
    ) -> Result<Vec<(String, String)>, Problem> {
        let mut named = Vec::new();
        for id in ids {
            let found = match id.parse() {
                Ok(schedule) => self.store.job(organization, &schedule).await,
                Err(_) => Ok(None),
            };
            let found = found.map_err(|error| self.failed(&error))?;
            named.push((id.to_owned(), found.map_or_else(|| id.to_owned(), |job| job.name)));
        }
        Ok(named)
    }

    /// A backup of a list, with its last run and the one that goes on.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn listed(&self, listed: ListedJob) -> Result<Job, Problem> {
        let mut runs: Vec<Run> = listed.last.into_iter().collect();
        if let Some(running) = listed.running.filter(|id| runs.iter().all(|run| run.job_id != *id)) {
            let run = self.store.run(&running).await.map_err(|error| self.failed(&error))?;
            runs.splice(0..0, run);
        }
        Ok(self.job(listed.job, runs))
    }

    /// A backup with its last runs, at most so many.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn job_with_runs(&self, stored: StoredJob, runs: u32) -> Result<Job, Problem> {
        let filter =
            RunFilter { schedule: Some(stored.schedule.clone()), limit: Some(runs), ..RunFilter::default() };
        let runs = self.store.runs(&filter).await.map_err(|error| self.failed(&error))?;
        self.runner.catch_up().await;
        // Two organizations may have the same id (`api.md` §1).
        let runs = runs.into_iter().filter(|run| run.organization_id == stored.organization).collect();
        Ok(self.job(stored, runs))
    }

    fn job(&self, stored: StoredJob, runs: Vec<Run>) -> Job {
        let shown = self.forms.show(stored.definition.expose());
        if let Err(reason) = &shown {
            tracing::warn!(job = %stored.schedule, "the definition of a job cannot be read: {reason}");
        }
        Job {
            shown: shown.ok(),
            timing: self.runner.timing(&stored.organization, &stored.schedule),
            managed_by: self.runner.managed_by(&stored.organization, &stored.schedule),
            runs,
            stored,
        }
    }
}

impl Job {
    pub(super) fn id(&self) -> &str {
        self.stored.schedule.as_str()
    }

    pub(super) fn name(&self) -> &str {
        &self.stored.name
    }

    /// A member that is a text.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.shown.as_ref().and_then(|shown| shown.pointer(pointer)?.as_str()).unwrap_or_default()
    }

    pub(super) fn source(&self) -> &str {
        self.text("/sourcePath")
    }

    pub(super) fn repository(&self) -> &str {
        self.text("/repository/url")
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.shown.as_ref().is_none_or(|shown| shown["enabled"] != false)
    }

    /// Which hooks it has: `pre, post`, or nothing.
    pub(super) fn hooks(&self) -> String {
        let has = |phase: &str| {
            let hook = self.shown.as_ref().and_then(|shown| shown["webhooks"].get(phase));
            hook.is_some_and(|hook| !hook.is_null())
        };
        let all = [("pre", has("pre")), ("post", has("post"))];
        let names: Vec<_> = all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect();
        names.join(", ")
    }

    /// The run that goes on.
    pub(super) fn current(&self) -> Option<&Run> {
        self.runs.first().filter(|run| run.status.is_none())
    }

    /// How it stands, in a word.
    pub(super) fn status(&self) -> Option<Shown> {
        if self.current().is_none() && self.timing.overdue_since.is_some() {
            return Some(Shown { class: "warn", icon: icon::WARNING, word: "Overdue" });
        }
        if self.runs.is_empty() && !self.is_enabled() {
            return Some(Shown { class: "off", icon: icon::CANCELLED, word: "Disabled" });
        }
        self.runs.first().map(status::of)
    }

    /// When its last run was, and why it was not good.
    pub(super) fn last(&self, times: &Times) -> String {
        let Some(run) = self.runs.first() else { return "not run yet".to_owned() };
        let when = times.day(run.queued_at);
        match status::detail(run) {
            Some(detail) if run.status.is_some() => format!("{when}, {detail}"),
            _ => when,
        }
    }

    /// When it runs next.
    pub(super) fn next(&self, times: &Times) -> String {
        match self.timing.next_run_at {
            Some(next) => times.soon(next),
            None if !self.is_enabled() => "disabled".to_owned(),
            None => "by hand".to_owned(),
        }
    }
}

/// The middle one of the pauses of good runs, of ends and milliseconds; nothing before there are three.
pub(super) fn usual_pause(runs: impl Iterator<Item = (Option<RunStatus>, Option<u64>)>) -> Option<u64> {
    let good = runs.filter(|(status, _)| *status == Some(RunStatus::Success));
    let mut pauses: Vec<u64> = good.filter_map(|(_, pause)| pause).collect();
    pauses.sort_unstable();
    (pauses.len() >= 3).then(|| pauses[pauses.len() / 2])
}
