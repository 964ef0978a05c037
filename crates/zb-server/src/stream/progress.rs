//! How far the runs are that a viewer sees: the latest only.

use hook_core::{JobId, LifecycleEvent, Progress, RunEvent, ScheduleId};
use tokio::sync::watch;

use crate::Runner;

/// The runs in which restic runs.
#[derive(Default)]
pub(super) struct Watched(Vec<Run>);

struct Run {
    job: JobId,
    schedule: ScheduleId,
    progress: Option<watch::Receiver<Progress>>,
}

impl Watched {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks at a run from now on.
    pub(super) fn begin(&mut self, job: &JobId, schedule: &ScheduleId) {
        if self.0.iter().all(|run| run.job != *job) {
            self.0.push(Run { job: job.clone(), schedule: schedule.clone(), progress: None });
        }
    }

    /// Begins and ends with restic.
    pub(super) fn follow(&mut self, told: &RunEvent) {
        match told.event {
            LifecycleEvent::ResticStarted { .. } => self.begin(&told.job, &told.schedule),
            LifecycleEvent::ResticFinished(_)
            | LifecycleEvent::RunInterrupted { .. }
            | LifecycleEvent::RunFinished { .. } => self.0.retain(|run| run.job != told.job),
            _ => {}
        }
    }

    /// What is new since the last look.
    pub(super) fn news(&mut self, runner: &dyn Runner) -> Vec<(JobId, ScheduleId, Progress)> {
        let mut news = Vec::new();
        for run in &mut self.0 {
            // Gone, where its sender is.
            let mut progress = run.progress.take().filter(|progress| progress.has_changed().is_ok());
            if progress.is_none() {
                progress = runner.progress(&run.job);
                progress.iter_mut().for_each(watch::Receiver::mark_changed);
            }
            if let Some(progress) = &mut progress
                && progress.has_changed().unwrap_or(false)
            {
                let latest = progress.borrow_and_update().clone();
                news.push((run.job.clone(), run.schedule.clone(), latest));
            }
            run.progress = progress;
        }
        news
    }
}
