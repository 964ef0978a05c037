//! From a history to a run: pure, and total, since what the journal holds is shown whatever it is.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{
    JobId, JobKey, LifecycleEvent as Event, Phase, RunEvent,
    event::{ResticFinished, RunQueued},
};
use lifecycle_engine::machine::owes_post_hook;

use super::{Detail, Hooks, PostHook, Retention, Run, Stage};

impl Run {
    /// Whose claim covers it.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey::new(self.organization_id.clone(), self.schedule_id.clone())
    }

    /// The run that this history tells, oldest event first; nothing where it does not begin with `run.queued`.
    #[must_use]
    pub fn from_history(history: &[Recorded<RunEvent>]) -> Option<Self> {
        let (first, rest) = history.split_first()?;
        let Event::RunQueued(queued) = &first.event.event else { return None };
        let mut run = Self::begin(first, queued);
        rest.iter().for_each(|recorded| run.follow(recorded));
        run.post_hook = run.what_became_of_the_post_hook(history);
        Some(run)
    }

    /// As an item of a list: without what restic said and what the receivers answered (`api.md` §5).
    #[must_use]
    pub fn without_details(mut self) -> Self {
        self.stderr = Detail::LeftOut;
        self.hooks.leave_out_responses();
        self
    }

    /// A later run of the job, whose post hook got a 2xx, ends the debt of this one.
    pub(crate) fn clear_by(&mut self, later: &JobId) {
        self.post_hook = PostHook::Cleared;
        self.post_hook_cleared_by = Some(format!("run {later}"));
    }

    fn begin(first: &Recorded<RunEvent>, queued: &RunQueued) -> Self {
        Self {
            job_id: first.event.job.clone(),
            schedule_id: first.event.schedule.clone(),
            organization_id: queued.organization_id.clone(),
            job_name: queued.job_name.clone(),
            source_path: queued.source_path.clone(),
            trigger: queued.trigger,
            by: queued.by.clone(),
            attempt: queued.attempt,
            retry_of: queued.retry_of.clone(),
            state: Stage::Queued,
            status: None,
            error: None,
            interrupted: false,
            cancel_requested_by: None,
            post_hook: PostHook::None,
            post_hook_cleared_by: None,
            queued_at: first.at,
            started_at: None,
            finished_at: None,
            duration_ms: None,
            pause_ms: None,
            restic_version: None,
            exit_code: None,
            signal: None,
            snapshot_id: None,
            stderr: Detail::Nothing,
            summary: None,
            retention: None,
            progress: None,
            hooks: Hooks::default(),
        }
    }

    fn follow(&mut self, recorded: &Recorded<RunEvent>) {
        let event = &recorded.event.event;
        self.state = self.state.max(stage(event));
        match event {
            Event::ChecksFinished { duration_ms, restic_version, .. } => {
                let began = recorded.at.checked_sub(Duration::from_millis(*duration_ms)).ok();
                // Two clocks: one stamps events, the other measures the checks.
                self.started_at = began.map(|began| began.max(self.queued_at));
                self.restic_version.clone_from(restic_version);
            }
            Event::HookStarted { phase, attempt, webhook_id, origin, .. } => {
                self.hooks.start(*phase, webhook_id, origin, *attempt, recorded.at);
            }
            Event::HookFinished(end) => self.hooks.finish(end),
            Event::ResticStarted { restic_version } => self.restic_version = Some(restic_version.clone()),
            Event::ResticFinished(end) => self.end_of_restic(end),
            Event::CancelRequested { by } => {
                self.cancel_requested_by.get_or_insert_with(|| by.clone());
            }
            Event::RunInterrupted { .. } => self.interrupted = true,
            Event::HookCleared { by, .. } => self.post_hook_cleared_by = Some(by.clone()),
            Event::RetentionFinished { kept, removed, error } => {
                self.retention = Some(Retention { kept: *kept, removed: *removed, error: error.clone() });
            }
            Event::RunFinished { status, error, snapshot_id, duration_ms, pause_ms } => {
                self.status = Some(*status);
                self.error.clone_from(error);
                self.snapshot_id.clone_from(snapshot_id);
                self.finished_at = Some(recorded.at);
                self.duration_ms = Some(*duration_ms);
                self.pause_ms = *pause_ms;
            }
            _ => {}
        }
    }

    fn end_of_restic(&mut self, end: &ResticFinished) {
        self.exit_code = end.exit_code;
        self.signal.clone_from(&end.signal);
        self.snapshot_id.clone_from(&end.snapshot_id);
        self.stderr = end.stderr.clone().into();
        self.summary = end.summary.map(Into::into);
    }

    fn what_became_of_the_post_hook(&self, history: &[Recorded<RunEvent>]) -> PostHook {
        let post = self.hooks.post.as_ref();
        if post.is_some_and(|post| post.succeeded()) {
            return PostHook::Delivered;
        }
        if self.post_hook_cleared_by.is_some() {
            return PostHook::Cleared;
        }
        // The oracle holds a run that is over to owe nothing: it is asked about the time before.
        let before_the_end: Vec<_> = history
            .iter()
            .map(|recorded| recorded.event.event.clone())
            .take_while(|event| !matches!(event, Event::RunFinished { .. }))
            .collect();
        match (owes_post_hook(&before_the_end), self.status) {
            (true, None) => PostHook::Owed,
            (true, Some(_)) => PostHook::Failed,
            (false, _) if post.is_some() => PostHook::Failed,
            (false, _) => PostHook::None,
        }
    }
}

/// How far a run has come with this event.
fn stage(event: &Event) -> Stage {
    match event {
        Event::ChecksFinished { .. } => Stage::Checking,
        Event::HookStarted { phase: Phase::Pre, .. } => Stage::Preparing,
        Event::ResticStarted { .. } => Stage::BackingUp,
        Event::HookStarted { phase: Phase::Post, .. }
        | Event::ResticFinished(_)
        | Event::RunInterrupted { .. }
        | Event::RetentionStarted {} => Stage::Settling,
        Event::RunFinished { .. } => Stage::Finished,
        _ => Stage::Queued,
    }
}
