//! A worker whose progress other processes can see: `zb run` beside a service.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{JobId, Progress, event::ResticFinished};
use job_store::{ProgressFiles, ProgressTeller};
use lifecycle_engine::{PortError, Retained, RunPlan, Worker};
use tokio::{sync::watch, task, time};
use tokio_util::sync::{CancellationToken, DropGuard};

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

/// Tells until it is dropped. The run waits for none of it, whatever the disk does: files are for a thread of their own.
fn begin(teller: ProgressTeller, latest: watch::Receiver<Progress>) -> DropGuard {
    let end = CancellationToken::new();
    let ended = end.clone();
    task::spawn(async move {
        let mut teller = teller;
        while ended.run_until_cancelled(time::sleep(TELL_AGAIN)).await.is_some() {
            let progress = latest.borrow().clone();
            let told = task::spawn_blocking(move || {
                if let Err(error) = teller.tell(&progress) {
                    tracing::debug!(%error, "those who watch cannot be told how far the run is");
                }
                teller
            });
            match told.await {
                Ok(again) => teller = again,
                Err(_) => return,
            }
        }
        // It removes a file.
        let _ = task::spawn_blocking(move || drop(teller)).await;
    });
    end.drop_guard()
}
