//! The end of a run in a few lines that a tired person understands: what was paused for how long, what restic saved,
//! what each hook answered, and what to do now if something failed.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{
    JobId, LifecycleEvent as Event, Phase, RunEvent, RunStatus,
    event::{BackupOutcome, HookFinished, ResticFinished},
};

use super::{
    seconds,
    words::{saved, sentence},
};

/// What a run came to, gathered from its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    job: Option<JobId>,
    name: String,
    pre: Option<HookFinished>,
    post: Option<HookFinished>,
    has_post: bool,
    pre_took_effect: bool,
    cleared: bool,
    restic: Option<ResticFinished>,
    end: Option<End>,
}

#[derive(Clone, Debug)]
struct End {
    status: RunStatus,
    error: Option<String>,
    duration: Duration,
    pause: Option<Duration>,
}

impl Summary {
    /// Gathers one more event.
    pub(crate) fn take(&mut self, recorded: &Recorded<RunEvent>) {
        self.job = Some(recorded.event.job.clone());
        match &recorded.event.event {
            Event::RunQueued(queued) => {
                self.name.clone_from(&queued.job_name);
                self.has_post = queued.hooks.post.is_some();
            }
            Event::HookStarted { phase: Phase::Pre, .. } => self.pre_took_effect = true,
            Event::HookFinished(finished) => match finished.phase {
                Phase::Pre => {
                    self.pre_took_effect = finished.outcome.may_have_taken_effect();
                    self.pre = Some(finished.clone());
                }
                Phase::Post => self.post = Some(finished.clone()),
            },
            Event::HookCleared { .. } => self.cleared = true,
            Event::ResticFinished(finished) => self.restic = Some(finished.clone()),
            Event::RunFinished { status, error, duration_ms, pause_ms, .. } => {
                self.end = Some(End {
                    status: *status,
                    error: error.clone(),
                    duration: Duration::from_millis(*duration_ms),
                    pause: pause_ms.map(Duration::from_millis),
                });
            }
            _ => {}
        }
    }

    /// The lines; none before the run is over.
    #[must_use]
    pub(crate) fn lines(&self) -> Vec<String> {
        let Some(end) = &self.end else { return Vec::new() };
        let mut lines = vec![format!("{}: {} in {}", title(end.status), self.name, seconds(end.duration))];
        let mut line = |head: &str, text: String| lines.push(format!("  {head:<10} {text}"));
        if let Some(error) = &end.error {
            line("Why", error.clone());
        }
        if let Some(pause) = end.pause {
            line("Paused", format!("for {}, from the pre hook's answer to the post hook", seconds(pause)));
        }
        if let Some(saved) = self.restic.as_ref().and_then(saved) {
            line("Saved", saved);
        }
        let told = |hook: &&HookFinished| hook.error.is_none() || hook.error != end.error;
        for hook in [&self.pre, &self.post].into_iter().flatten().filter(told) {
            let said = sentence(&Event::HookFinished(hook.clone())).unwrap_or_default();
            line(if hook.phase == Phase::Pre { "Pre hook" } else { "Post hook" }, after_name(&said));
        }
        if let Some(job) = &self.job {
            line("Run", format!("{job}, zb show {}", job.as_str().get(24..).unwrap_or(job.as_str())));
        }
        for advice in self.advice() {
            line("Do now", advice);
        }
        lines
    }

    /// What to do now.
    fn advice(&self) -> Vec<String> {
        let post_failed = self.post.as_ref().is_some_and(|post| post.error.is_some());
        let may_be_paused = self.pre_took_effect && (post_failed || (self.has_post && self.post.is_none()));
        let mut advice = Vec::new();
        if !self.cleared && (may_be_paused || post_failed) {
            advice.push(PAUSED.to_owned());
        }
        advice.extend(self.restic.as_ref().and_then(|restic| restic.advice.clone()));
        let unknown = self.restic.as_ref().is_some_and(|restic| restic.outcome == BackupOutcome::Failed);
        if unknown && advice.is_empty() {
            advice.push("look at what restic said: zb show, with the run's id".to_owned());
        }
        if self.pre.as_ref().is_some_and(|pre| pre.error.is_some()) && !self.pre_took_effect {
            advice.push(
                "nothing was paused and nothing was backed up: mend the pre hook, then run again".to_owned(),
            );
        }
        advice
    }
}

const PAUSED: &str =
    "the service may still be paused: look at it, and start it by hand or with `zb hook send JOB post`";

fn title(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Success => "Success",
        RunStatus::Warning => "Warning",
        RunStatus::Error => "Error",
        RunStatus::Cancelled => "Cancelled",
    }
}

/// "Post hook answered …" stands behind its own name already.
fn after_name(said: &str) -> String {
    said.split_once("hook ").map_or(said, |(_, rest)| rest).to_owned()
}
