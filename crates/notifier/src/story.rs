//! What a run's history has to tell: facts, occasions, and what exactly went wrong. Pure, and total: what the journal
//! holds is told whatever it is.

mod debt;
mod fault;

pub use debt::Debt;
pub use fault::{Fault, HookFault};

use std::collections::BTreeSet;

use event_bus::{Position, Recorded};
use hook_core::{LifecycleEvent as Event, RunEvent, RunStatus, event::RunQueued};
use jiff::Timestamp;

use crate::{Occasion, RunFacts};

/// A run as there is to tell of it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Story {
    /// For the message.
    pub facts: RunFacts,
    /// When it was queued; UTC.
    pub queued_at: Timestamp,
    /// When it ended, and the position of that event; absent until it has.
    pub end: Option<(Timestamp, Position)>,
    /// Who asked for its end.
    pub cancelled_by: Option<String>,
    /// What went wrong, gravest first. A post hook that failed is in it for as long as it is owed.
    pub faults: Vec<Fault>,
    /// What became of the post hook.
    pub debt: Debt,
    /// Whether the run ended while its post hook was owed, whatever came later.
    pub ended_owing: bool,
    /// Whether a pre hook may have paused the service.
    pub paused: bool,
}

impl Story {
    /// The run that this history tells, oldest event first; nothing where it does not begin with `run.queued`.
    #[must_use]
    pub fn of(history: &[Recorded<RunEvent>]) -> Option<Self> {
        let (first, rest) = history.split_first()?;
        let Event::RunQueued(queued) = &first.event.event else { return None };
        let mut story = Self::begin(first, queued);
        rest.iter().for_each(|recorded| story.follow(recorded));
        let events: Vec<&Event> = history.iter().map(|recorded| &recorded.event.event).collect();
        story.paused = debt::pre_may_have_taken_effect(&events);
        story.debt = Debt::of(queued, &events);
        let end = events.iter().position(|event| matches!(event, Event::RunFinished { .. }));
        story.ended_owing = end.is_some_and(|end| Debt::of(queued, &events[..end]).is_open());
        if story.end.is_some() {
            story.faults = fault::faults(&events, &story);
        }
        Some(story)
    }

    /// Every occasion that holds, once the run has ended.
    #[must_use]
    pub fn occasions(&self) -> BTreeSet<Occasion> {
        let Some(status) = self.facts.status else { return BTreeSet::new() };
        let ended = match status {
            RunStatus::Success => Occasion::Success,
            RunStatus::Warning => Occasion::Warning,
            RunStatus::Error => Occasion::Error,
            RunStatus::Cancelled => Occasion::Cancelled,
        };
        let mut occasions = BTreeSet::from([ended]);
        occasions.extend(self.facts.interrupted.then_some(Occasion::Interrupted));
        occasions.extend(self.is_owed().then_some(Occasion::PostHookOwed));
        occasions
    }

    /// Whether the run is over, its post hook was owed, and nothing will try again by itself.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        self.end.is_some() && self.debt.is_open()
    }

    /// Whether there is a snapshot.
    #[must_use]
    pub fn has_saved(&self) -> bool {
        matches!(self.facts.status, Some(RunStatus::Success | RunStatus::Warning))
    }

    /// What kind of problem: which steps failed, and how. The same for the same failure of another run, whatever the
    /// texts say of times, sizes and files.
    #[must_use]
    pub fn kind(&self) -> String {
        kind_of(&self.faults)
    }

    fn begin(first: &Recorded<RunEvent>, queued: &RunQueued) -> Self {
        Self {
            facts: RunFacts {
                job_id: first.event.job.clone(),
                schedule_id: first.event.schedule.clone(),
                organization_id: queued.organization_id.clone(),
                job_name: queued.job_name.clone(),
                status: None,
                error: None,
                interrupted: false,
                duration_ms: None,
                pause_ms: None,
                snapshot_id: None,
                summary: None,
            },
            queued_at: first.at,
            end: None,
            cancelled_by: None,
            faults: Vec::new(),
            debt: Debt::None,
            ended_owing: false,
            paused: false,
        }
    }

    fn follow(&mut self, recorded: &Recorded<RunEvent>) {
        let facts = &mut self.facts;
        match &recorded.event.event {
            Event::ResticFinished(restic) => facts.summary = restic.summary,
            Event::RunInterrupted { .. } => facts.interrupted = true,
            Event::CancelRequested { by } => {
                self.cancelled_by.get_or_insert_with(|| by.clone());
            }
            Event::RunFinished { status, error, snapshot_id, duration_ms, pause_ms } => {
                facts.status = Some(*status);
                facts.error.clone_from(error);
                facts.snapshot_id.clone_from(snapshot_id);
                facts.duration_ms = Some(*duration_ms);
                facts.pause_ms = *pause_ms;
                self.end = Some((recorded.at, recorded.position));
            }
            _ => {}
        }
    }
}

/// The kind of a problem of these parts.
pub(crate) fn kind_of<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> String {
    let codes: Vec<String> = faults.into_iter().map(Fault::code).collect();
    codes.join("; ")
}
