//! A worker whose progress other processes can see: `zb run` beside a service.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{JobId, Progress, event::ResticFinished};
use job_store::{ProgressFiles, ProgressTeller};
use lifecycle_engine::{PortError, Retained, RunPlan, Worker};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether somebody watches, and written where they do.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// Another worker, and the files that tell of it.
pub(crate) struct Told {
    pub(crate) worker: Arc<dyn Worker>,
    pub(crate) files: ProgressFiles,
}

#[async_trait]
impl Worker for Told {
    async fn back_up(
        &self,
        plan: &RunPlan,
        progress: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished {
        let _telling = begin(self.files.teller(&plan.job), progress.watch());
        self.worker.back_up(plan, progress, cancel).await
    }

    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError> {
        self.worker.end_orphans(job).await
    }

    async fn retain(&self, plan: &RunPlan, cancel: &CancellationToken) -> Retained {
        self.worker.retain(plan, cancel).await
    }
}

/// Tells until what is returned is dropped. The run waits for none of it, whatever the disk does: it has a thread of its own, and
/// where the machine has none to spare nobody is told.
fn begin(teller: ProgressTeller, latest: watch::Receiver<Progress>) -> mpsc::Sender<()> {
    let (end, ended) = mpsc::channel();
    let started = thread::Builder::new().name("zb-progress".to_owned()).spawn(move || {
        let mut teller = teller;
        while ended.recv_timeout(TELL_AGAIN) == Err(RecvTimeoutError::Timeout) {
            let progress = latest.borrow().clone();
            if let Err(error) = teller.tell(&progress) {
                tracing::debug!(%error, "those who watch cannot be told how far the run is");
            }
        }
    });
    if let Err(error) = started {
        tracing::debug!(%error, "nobody can be told how far the run is");
    }
    end
}
