//! A store whose claims are given to everybody.

use std::sync::Arc;

use async_trait::async_trait;
use hook_core::{JobId, JobKey};
use lifecycle_engine::{Claim, ClaimAttempt, ClaimGuard, Holding, PortError, RunPlan, RunStore, Unfinished};

use super::super::process::Ports;

struct BentStore(Arc<dyn RunStore>);

struct NoLock;

impl ClaimGuard for NoLock {
    fn announce(&self, _: &Holding) {}
}

pub(super) fn without_claims(ports: Ports) -> Ports {
    Ports { store: Arc::new(BentStore(ports.store)), ..ports }
}

#[async_trait]
impl RunStore for BentStore {
    async fn queue(&self, plan: &RunPlan, claim: &Claim) -> Result<(), PortError> {
        self.0.queue(plan, claim).await
    }

    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError> {
        self.0.plan(job).await
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        Ok(ClaimAttempt::Claimed(Claim::new(of.clone(), NoLock)))
    }

    async fn unfinished(&self, of: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        self.0.unfinished(of).await
    }
}
