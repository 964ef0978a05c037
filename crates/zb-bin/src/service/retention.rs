//! A worker whose retention waits for its turn: `forget` and `prune` never run beside a backup of the same repository.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{JobId, Progress, event::ResticFinished};
use lifecycle_engine::{PortError, Retained, RunPlan, Worker};
use scheduler::Handle;
use tokio_util::sync::CancellationToken;

/// Another worker, and the scheduler that knows who is at work where.
pub(super) struct InTurn {
    pub(super) worker: Arc<dyn Worker>,
    pub(super) handle: Handle,
}

#[async_trait]
impl Worker for InTurn {
    async fn back_up(
        &self,
        plan: &RunPlan,
        progress: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished {
        self.worker.back_up(plan, progress, cancel).await
    }

    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError> {
        self.worker.end_orphans(job).await
    }

    async fn retain(&self, plan: &RunPlan, cancel: &CancellationToken) -> Retained {
        tokio::select! {
            () = self.handle.retention(plan.key()) => {}
            () = cancel.cancelled() => {}
        }
        self.worker.retain(plan, cancel).await
    }
}
