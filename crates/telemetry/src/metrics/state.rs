//! The state: figures folded from events. Pure: no clock, no I/O, the same for the same events.

use std::collections::BTreeMap;

use event_bus::{Position, Recorded};
use hook_core::{
    JobId, LifecycleEvent as Event, OrganizationId, OutcomeKind, Phase, RunEvent, ScheduleId,
    event::{HookFinished, RunQueued},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    job::{Job, LastRun},
    open_run::OpenRun,
    organization::Organization,
};

/// How many backup jobs have figures. Those that ran longest ago go first.
pub const MAX_JOBS: usize = 1000;

/// How many runs that are not over are remembered. Those that were queued first go first.
pub const MAX_OPEN_RUNS: usize = 1000;

/// What is known of runs up to a position of the journal, as figures.
///
/// It is a function of the events up to there and of nothing else: whoever folds them, in whatever pieces, in whatever
/// process, gets the same. It knows its position and passes over what it has seen, so that nothing is counted twice.
/// It is bounded, by [`MAX_JOBS`] and [`MAX_OPEN_RUNS`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Metrics {
    at: Position,
    pub(super) since: Option<Timestamp>,
    pub(super) jobs: BTreeMap<ScheduleId, Job>,
    pub(super) organizations: BTreeMap<OrganizationId, Organization>,
    pub(super) open: BTreeMap<JobId, OpenRun>,
    pub(super) dropped_jobs: u64,
    pub(super) dropped_runs: u64,
}

impl Metrics {
    /// The last event that is counted.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// Counts one event; one that is not after [`Metrics::position`] changes nothing.
    pub fn observe(&mut self, recorded: &Recorded<RunEvent>) {
        if recorded.position <= self.at {
            return;
        }
        self.at = recorded.position;
        self.since.get_or_insert(recorded.at);
        match &recorded.event.event {
            Event::RunQueued(queued) => self.begin(recorded, queued),
            event => self.follow(recorded, event),
        }
    }

    /// The runs of a job that are not over, in no order.
    pub(super) fn open_runs<'a>(&'a self, of: &'a ScheduleId) -> impl Iterator<Item = &'a OpenRun> {
        self.open.values().filter(move |run| run.schedule == *of)
    }

    fn begin(&mut self, recorded: &Recorded<RunEvent>, queued: &RunQueued) {
        let RunEvent { job, schedule, .. } = &recorded.event;
        let figures = self.jobs.entry(schedule.clone()).or_insert_with(|| Job::new(recorded, queued));
        let moved = figures.organization != queued.organization_id;
        figures.begin(recorded, queued);
        self.organizations
            .entry(queued.organization_id.clone())
            .or_insert_with(|| Organization::new(recorded.at));
        self.open.insert(job.clone(), OpenRun::new(recorded, queued));
        let dropped = self.drop_the_oldest();
        if moved || dropped {
            let jobs = &self.jobs;
            self.organizations.retain(|kept, _| jobs.values().any(|job| job.organization == *kept));
        }
    }

    /// Keeps the bounds; whether a job had to go.
    fn drop_the_oldest(&mut self) -> bool {
        if self.open.len() > MAX_OPEN_RUNS
            && let Some(oldest) =
                self.open.iter().min_by_key(|(_, run)| run.queued).map(|(job, _)| job.clone())
        {
            self.open.remove(&oldest);
            self.dropped_runs = self.dropped_runs.saturating_add(1);
        }
        if self.jobs.len() <= MAX_JOBS {
            return false;
        }
        let oldest = self.jobs.iter().min_by_key(|(_, job)| job.queued).map(|(schedule, _)| schedule.clone());
        if let Some(oldest) = oldest {
            self.jobs.remove(&oldest);
            self.open.retain(|_, run| run.schedule != oldest);
            self.dropped_jobs = self.dropped_jobs.saturating_add(1);
        }
        true
    }

    fn follow(&mut self, recorded: &Recorded<RunEvent>, event: &Event) {
        let RunEvent { job, schedule, .. } = &recorded.event;
        // A job that was dropped while it ran is met again at its next run.
        let Some(figures) = self.jobs.get_mut(schedule) else { return };
        let run = self.open.get_mut(job);
        let queued = run.as_ref().map(|run| run.queued).or_else(|| figures.debts.queued(job));
        if let Some(run) = run {
            run.follow(event);
        }
        let organization = self.organizations.get_mut(&figures.organization);
        match event {
            Event::HookFinished(end) => {
                if let Some(queued) = queued.filter(|_| delivers(end)) {
                    figures.debts.deliver(queued);
                }
                if let Some(organization) = organization {
                    organization.hook_ended(end);
                }
            }
            Event::HookCleared { .. } => figures.debts.clear(job),
            Event::ResticFinished(end) => {
                if let Some(organization) = organization {
                    organization.restic_ended(end);
                }
            }
            Event::RunInterrupted { .. } => figures.interrupted = figures.interrupted.saturating_add(1),
            Event::RetentionFinished { error: Some(_), .. } => {
                figures.retention_failures = figures.retention_failures.saturating_add(1);
            }
            Event::RunFinished { status, snapshot_id, duration_ms, pause_ms, .. } => {
                let run = self.open.remove(job);
                if let Some(run) = &run {
                    figures.debts.add(job, run.queued, run.owes());
                }
                let last = LastRun {
                    status: *status,
                    finished: recorded.at,
                    duration_ms: *duration_ms,
                    pause_ms: *pause_ms,
                    summary: run.and_then(|run| run.summary),
                };
                figures.end(last, snapshot_id.is_some());
            }
            _ => {}
        }
    }
}

fn delivers(end: &HookFinished) -> bool {
    end.phase == Phase::Post && end.outcome == OutcomeKind::Ok
}
