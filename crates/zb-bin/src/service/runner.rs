//! What people want of the service, done: runs begun and cancelled, hooks sent, debts cleared.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::{Gate, StorageError};
use hook_core::{
    HookDue, HookOutcome, JobId, JobKey, OrganizationId, OutcomeKind, Phase, Progress, RunStatus, ScheduleId,
    event::Trigger,
};
use jiff::Timestamp;
use lifecycle_engine::{Claim, ClaimAttempt, Cleared, Control, EngineError, Holding, Resent, RunStore};
use scheduler::{Handle, NotStarted};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zb_server::{
    FileProblem, HookAnswer, HookRefused, ManagedBy, Need, NeedKind, NextStart, RepositoryCheck, RunRefused,
    Runner, Timing,
};

use super::{Book, Elsewhere, Runs, entry::Entry, repository};
use crate::{
    clock,
    commands::hook::due,
    config::{Definition, Job},
    report::Failure,
    wiring,
};

/// A run that has ended lets go of its job a moment later. Whoever saw its end may start the next one (`api.md` §3: 409 is
/// for an unfinished one), so that moment is waited for; a retry that is to come holds the job for longer.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(25);

/// Does what people want.
#[derive(Debug)]
pub(crate) struct ServiceRunner {
    pub(crate) book: Arc<Book>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) handle: Handle,
    /// Runs of other processes.
    pub(crate) elsewhere: Elsewhere,
    /// Wakes whoever reads the jobs anew.
    pub(crate) changed: Arc<tokio::sync::Notify>,
}

impl ServiceRunner {
    fn entry(&self, organization: &OrganizationId, schedule: &ScheduleId) -> Option<Arc<Entry>> {
        self.book.get(&JobKey::new(organization.clone(), schedule.clone()))
    }

    /// Whether a run has ended for everyone who asks, though what it held may not be put away yet.
    async fn is_over(&self, run: &JobId) -> bool {
        let told = self.runs.wiring.store.run(run).await;
        told.is_ok_and(|run| run.is_some_and(|run| run.status.is_some()))
    }

    /// The whole of a job, as it is now.
    async fn job_now(&self, of: &OrganizationId, schedule: &ScheduleId) -> Result<Job, RunRefused> {
        if let Err(failure) = self.book.refresh(clock::now()).await {
            tracing::error!("{}", failure.message);
        }
        let entry = self.entry(of, schedule).ok_or(RunRefused::NotFound)?;
        let job = self.book.job(&entry).await.map_err(|failure| RunRefused::Storage(failure.message))?;
        job.ok_or(RunRefused::NotFound)
    }

    /// The claim of a run's job, for as long as something is done with the run.
    async fn claim(&self, job: &JobId) -> Result<Claim, RunRefused> {
        let run = self.runs.wiring.store.run(job).await.map_err(|error| storage(&error))?;
        self.claim_of(&run.ok_or(RunRefused::NotFound)?.key()).await
    }

    /// The claim of a job that nobody is at work for.
    async fn claim_of(&self, of: &JobKey) -> Result<Claim, RunRefused> {
        match self.runs.wiring.store.claim(of).await.map_err(|error| storage(&error))? {
            ClaimAttempt::Claimed(claim) => Ok(claim),
            ClaimAttempt::Held(Holding::Running(run) | Holding::Settling(run)) => {
                Err(RunRefused::AlreadyRunning(Some(run)))
            }
            ClaimAttempt::Held(Holding::Unknown) => Err(RunRefused::AlreadyRunning(None)),
        }
    }

    /// A pre hook that was answered well may have paused a service; a post hook lets it go on.
    async fn note_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        phase: Phase,
    ) -> Result<(), StorageError> {
        let store = &self.runs.wiring.store;
        match phase {
            Phase::Pre => store.open_test(organization, schedule, clock::now()).await,
            Phase::Post => store.end_test(organization, schedule).await,
        }
    }

    async fn paused_by_test(&self, organization: &OrganizationId) -> Vec<Need> {
        let tested = self.runs.wiring.store.open_tests(organization).await.unwrap_or_else(|error| {
            tracing::error!("{}", Failure::from_chain(&error).message);
            Vec::new()
        });
        let need = |(schedule, since)| Need {
            kind: NeedKind::PausedByTest,
            since: Some(since),
            schedule: Some(schedule),
            job: None,
            file: None,
            text: "You tested the pre hook; the service is paused.".to_owned(),
        };
        tested.into_iter().map(need).collect()
    }

    async fn overdue(&self, organization: &OrganizationId) -> Vec<Need> {
        let overdue = self.book.overdue(clock::now()).await.unwrap_or_else(|failure| {
            tracing::error!("{}", failure.message);
            Vec::new()
        });
        let ours = overdue.into_iter().filter(|(entry, _)| entry.key.organization == *organization);
        let need = |(entry, since): (Arc<Entry>, Timestamp)| Need {
            kind: NeedKind::Overdue,
            since: Some(since),
            schedule: Some(entry.key.schedule.clone()),
            job: None,
            file: None,
            text: "It was due and has not started.".to_owned(),
        };
        ours.map(need).collect()
    }
}

#[async_trait]
impl Runner for ServiceRunner {
    async fn start(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        fresh: JobId,
        trigger: Trigger,
        by: &str,
    ) -> Result<JobId, RunRefused> {
        let job = self.job_now(organization, schedule).await?;
        // It may be younger than the scheduler's last look.
        let key = job.key();
        let job = self.book.scheduled(&job).await;
        self.handle.put(job.map_err(|failure| RunRefused::Storage(failure.message))?).await;
        let run_now = || self.handle.run_now(key.clone(), fresh.clone(), trigger, Some(by.to_owned()));
        let mut started = run_now().await;
        for _ in 0..LOOKS {
            let Err(NotStarted::Running(last)) = &started else { break };
            if !self.is_over(last).await {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            started = run_now().await;
        }
        started.map(|()| fresh).map_err(|refused| match refused {
            NotStarted::Running(run) => RunRefused::AlreadyRunning(Some(run)),
            NotStarted::Unknown => RunRefused::NotFound,
            NotStarted::Stopped => RunRefused::ShuttingDown,
            NotStarted::Failed(error) => RunRefused::Storage(Failure::from_chain(&*error).message),
            other => RunRefused::Storage(other.to_string()),
        })
    }

    fn timing(&self, organization: &OrganizationId, schedule: &ScheduleId) -> Timing {
        let key = JobKey::new(organization.clone(), schedule.clone());
        let (next_run_at, overdue_since) = self.book.timing(&key, clock::now());
        Timing { next_run_at, overdue_since }
    }

    async fn catch_up(&self) {
        if let Err(failure) = self.book.follow().await {
            tracing::error!("{}", failure.message);
        }
    }

    fn next_starts(&self, organization: &OrganizationId, at_most: usize) -> Vec<NextStart> {
        let starts = self.book.next_starts(organization, at_most, clock::now());
        let start = |(at, entry): (Timestamp, Arc<Entry>)| NextStart {
            schedule: entry.key.schedule.clone(),
            name: entry.name.clone(),
            at,
        };
        starts.into_iter().map(start).collect()
    }

    fn managed_by(&self, organization: &OrganizationId, schedule: &ScheduleId) -> Option<ManagedBy> {
        let file = self.entry(organization, schedule)?.file.clone()?;
        let error = self.book.broken(&file).map(|fault| fault.error);
        Some(ManagedBy { file, error })
    }

    fn file_problems(&self) -> Vec<FileProblem> {
        self.book.file_problems()
    }

    fn jobs_changed(&self) {
        self.changed.notify_one();
    }

    fn progress(&self, job: &JobId) -> Option<watch::Receiver<Progress>> {
        match self.runs.control(job) {
            Some(control) => Some(control.progress().watch()),
            None => self.elsewhere.progress(job),
        }
    }

    async fn needs(&self, organization: &OrganizationId) -> Vec<Need> {
        [self.paused_by_test(organization).await, self.overdue(organization).await].concat()
    }

    async fn cancel(&self, job: &JobId, by: &str) -> Result<(), RunRefused> {
        let store = &self.runs.wiring.store;
        let run = store.run(job).await.map_err(|error| storage(&error))?.ok_or(RunRefused::NotFound)?;
        if run.status.is_some() {
            return Err(RunRefused::Finished);
        }
        if self.runs.cancel(job, by) {
            return Ok(());
        }
        // A run of another zb: its process is told as a terminal would tell it.
        if !store.terminate_holder(&run.key(), job).await.map_err(|error| storage(&error))? {
            // It is gone. Whoever settles the run ends it, and if nobody does, then this process.
            self.runs.settle(run.key());
        }
        Ok(())
    }

    async fn test_hook(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        phase: Phase,
        status: RunStatus,
    ) -> Result<HookAnswer, HookRefused> {
        let refused = HookRefused::Refused;
        let job = self.job_now(organization, schedule).await.map_err(refused)?;
        let hook = if phase == Phase::Pre { &job.pre } else { &job.post };
        if hook.is_none() {
            return Err(HookRefused::NoSuchHook);
        }
        // A run of the job must not begin between a test's hooks.
        let _claim = self.claim_of(&job.key()).await.map_err(refused)?;
        let due = due(&job, phase, status, &self.runs.around)
            .map_err(|failure| refused(RunRefused::Storage(failure.message)))?;
        let started = clock::now();
        let gate = wiring::gate(&self.runs.settings.allowed_origins.value, &self.runs.around);
        let outcome = gate.ask(&due, &CancellationToken::new()).await;
        if outcome.kind == OutcomeKind::Ok {
            let noted = self.note_test(organization, schedule, phase).await;
            noted.map_err(|error| refused(storage(&error)))?;
        }
        Ok(HookAnswer { job_id: due.job.clone(), result: tested(&due, &outcome, started) })
    }

    async fn clear_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<(), RunRefused> {
        self.entry(organization, schedule).ok_or(RunRefused::NotFound)?;
        match self.runs.wiring.store.clear_test(organization, schedule).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(RunRefused::NotOwed),
            Err(error) => Err(storage(&error)),
        }
    }

    async fn send_post_again(&self, job: &JobId) -> Result<HookAnswer, RunRefused> {
        let claim = self.claim(job).await?;
        // A later run took the plan with it.
        if !self.runs.wiring.store.has_plan(job).await.map_err(|error| storage(&error))? {
            return Err(RunRefused::NotOwed);
        }
        match self.runs.wiring.engine.send_post_again(job, &claim).await {
            Ok(Resent::Tried(_)) => {}
            Ok(Resent::NotOwed) => return Err(RunRefused::NotOwed),
            Err(error) => return Err(engine(&error)),
        }
        let run = self.runs.wiring.store.run(job).await.map_err(|error| storage(&error))?;
        Ok(HookAnswer { job_id: job.clone(), result: json!(run.and_then(|run| run.hooks.post)) })
    }

    async fn clear(&self, job: &JobId, by: &str) -> Result<(), RunRefused> {
        let claim = self.claim(job).await?;
        match self.runs.wiring.engine.clear(job, &claim, by, &Control::default()).await {
            Ok(Cleared::Now | Cleared::Before) => Ok(()),
            Ok(Cleared::NothingOwed) => Err(RunRefused::NotOwed),
            Err(error) => Err(engine(&error)),
        }
    }

    async fn look_at_repository(&self, definition: &str, init: bool) -> RepositoryCheck {
        let timeout = self.runs.settings.webhook_timeout.value;
        let definition = Definition::stored(definition.to_owned().into());
        // The id under which it would be stored is of no use here: any will do.
        let id = ScheduleId::derive("repository", std::path::Path::new("/"));
        match definition.job(&id, timeout) {
            Ok(job) => repository::look(&job, init, &self.runs.settings, &self.runs.around).await,
            Err(bad) => repository::other(bad.to_string(), None),
        }
    }
}

fn storage(error: &dyn std::error::Error) -> RunRefused {
    RunRefused::Storage(Failure::from_chain(error).message)
}

fn engine(error: &EngineError) -> RunRefused {
    storage(error)
}

/// A test's answer, as the hook of a run is told (`api.md` §5).
fn tested(due: &HookDue, outcome: &HookOutcome, started: Timestamp) -> Value {
    let ms = u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX);
    let attempt = json!({
        "attempt": 1, "startedAt": started, "durationMs": ms, "outcome": outcome.kind,
        "httpStatus": outcome.http_status, "error": outcome.error, "response": outcome.response,
    });
    json!({"webhookId": due.webhook_id, "origin": due.hook.origin().to_string(), "attempts": [attempt]})
}
