//! A worker that does too much, too little, or too early.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{
    JobId, Progress,
    event::{BackupOutcome, ResticFinished},
};
use lifecycle_engine::{PortError, Retained, RunPlan, RunStore, Worker};
use tokio_util::sync::CancellationToken;

use super::super::process::Ports;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkerFlaw {
    SparesOrphans,
    LeavesOneBehind,
    WorksTwice,
    WorksOnAfterACancel,
    ResumesInRecovery,
}

struct BentWorker {
    real: Arc<dyn Worker>,
    store: Arc<dyn RunStore>,
    flaw: WorkerFlaw,
    /// What was left behind, still at work.
    left: Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

pub(super) fn bend(ports: Ports, flaw: WorkerFlaw) -> Ports {
    let store = Arc::clone(&ports.store);
    Ports {
        worker: Arc::new(BentWorker { real: ports.worker, store, flaw, left: Mutex::default() }),
        ..ports
    }
}

#[async_trait]
impl Worker for BentWorker {
    async fn back_up(
        &self,
        plan: &RunPlan,
        progress: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished {
        if self.flaw == WorkerFlaw::LeavesOneBehind {
            let (real, plan) = (Arc::clone(&self.real), plan.clone());
            let work = async move {
                real.back_up(&plan, &Live::new(Progress::default()), &CancellationToken::new()).await;
            };
            self.left.lock().unwrap().push(tokio::spawn(work));
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            return ResticFinished { outcome: BackupOutcome::Complete, ..ResticFinished::default() };
        }
        let ended = self.real.back_up(plan, progress, cancel).await;
        let again = match self.flaw {
            WorkerFlaw::WorksTwice => true,
            WorkerFlaw::WorksOnAfterACancel => ended.outcome == BackupOutcome::Cancelled,
            _ => false,
        };
        if again { self.real.back_up(plan, progress, cancel).await } else { ended }
    }

    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError> {
        match self.flaw {
            WorkerFlaw::SparesOrphans => return Ok(0),
            WorkerFlaw::ResumesInRecovery => {
                let (progress, cancel) = (Live::new(Progress::default()), CancellationToken::new());
                self.real.end_orphans(job).await?;
                self.real.back_up(&self.store.plan(job).await?, &progress, &cancel).await;
            }
            _ => {}
        }
        self.real.end_orphans(job).await
    }

    async fn retain(&self, plan: &RunPlan, cancel: &CancellationToken) -> Retained {
        self.real.retain(plan, cancel).await
    }
}
