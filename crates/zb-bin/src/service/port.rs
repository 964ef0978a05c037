//! What the scheduler needs of the world: marks in the store, runs of this process.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use hook_core::{JobId, JobKey, LifecycleEvent};
use jiff::{SignedDuration, Timestamp};
use lifecycle_engine::{ClaimAttempt, Holding, RunPlan, RunStore};
use scheduler::{BoxError, FreshId, Mark, Owed, Port, Refused, Start};
use serde::{Deserialize, Serialize};

use super::{
    Book, Runs,
    runs::{Waiting, is_late},
};
use crate::{clock, commands::run::plan, observers::Tell};

/// Makes the ids of runs.
#[must_use]
pub(crate) fn fresh_id() -> FreshId {
    Arc::new(|| clock::fresh_job_id().map_err(|failure| failure.message.into()))
}

/// The scheduler's port.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) book: Arc<Book>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) tell: Tell,
}

/// A mark, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptMark {
    timing: Option<String>,
    handled: Timestamp,
    owed: Option<(Timestamp, JobId)>,
}

#[async_trait]
impl Port for Marks {
    async fn marks(&self) -> Result<BTreeMap<JobKey, Mark>, BoxError> {
        let kept = self.runs.wiring.store.marks().await?;
        let read = |(of, text): (JobKey, String)| {
            let KeptMark { timing, handled, owed } = serde_json::from_str(&text)?;
            Ok((of, Mark { timing, handled, owed: owed.map(|(due, run)| Owed { due, run }) }))
        };
        kept.into_iter().map(read).collect()
    }

    async fn keep(&self, marks: &[(JobKey, Mark)]) -> Result<(), BoxError> {
        let write = |(of, mark): &(JobKey, Mark)| {
            let Mark { timing, handled, owed } = mark.clone();
            let kept = KeptMark { timing, handled, owed: owed.map(|owed| (owed.due, owed.run)) };
            Ok::<_, serde_json::Error>((of.clone(), serde_json::to_string(&kept)?))
        };
        let marks = marks.iter().map(write).collect::<Result<_, _>>()?;
        Ok(self.runs.wiring.store.keep_marks(marks).await?)
    }

    async fn begun(&self, run: &JobId) -> Result<bool, BoxError> {
        let history = self.runs.wiring.engine.bus.history(&run.as_str().into()).await?;
        let is_begun = |event: &LifecycleEvent| {
            !matches!(
                event,
                LifecycleEvent::RunQueued(_)
                    | LifecycleEvent::RunInterrupted { .. }
                    | LifecycleEvent::OrphansEnded { .. }
                    | LifecycleEvent::RunFinished { .. }
            )
        };
        Ok(history.iter().any(|recorded| is_begun(&recorded.event.event)))
    }

    async fn queue(&self, start: &Start) -> Result<(), Refused> {
        let failed = |error: BoxError| Refused::Failed(error);
        let entry =
            self.book.get(&start.job).ok_or_else(|| failed("there is no such job any more".into()))?;
        let job = self.book.job(&entry).await.map_err(|failure| failed(failure.message.into()))?;
        let job = job.ok_or_else(|| failed("there is no such job any more, or it cannot be read".into()))?;
        let store = &self.runs.wiring.store;
        let claim = match store.claim(&start.job).await.map_err(|error| failed(error.into()))? {
            ClaimAttempt::Claimed(claim) => claim,
            ClaimAttempt::Held(Holding::Running(run)) => return Err(Refused::Running(run)),
            ClaimAttempt::Held(_) => return Err(failed("the job's last run is being settled".into())),
        };
        let frozen = plan(&job, &self.runs.around).map_err(|failure| failed(failure.message.into()))?;
        let plan = RunPlan {
            job: start.run.clone(),
            trigger: start.trigger,
            by: start.by.clone(),
            attempt: start.attempt,
            retry_of: start.retry_of.clone(),
            ..frozen
        };
        let queued = self.runs.wiring.engine.queue(&plan, &claim).await;
        let queued = queued.map_err(|error| failed(error.into()))?;
        self.runs.wait(Waiting { job: Box::new(job), plan, claim, queued });
        Ok(())
    }

    async fn begin(&self, start: Start, lag: SignedDuration) {
        tracing::info!(run = %start.run, job = %start.job, lag = lag.as_secs(), "a run begins");
        if let Some(entry) = self.book.get(&start.job).filter(|_| is_late(&start)) {
            self.tell.missed(entry.told(), start.due);
        }
        self.runs.begin(&start.run);
    }
}
