//! The engine's port to plans and claims.

use async_trait::async_trait;
use hook_core::{JobId, JobKey};
use lifecycle_engine::{Claim, ClaimAttempt, PortError, RunPlan, RunStore, Unfinished};

use crate::{Store, claims, plans, run_sql, runs};

#[async_trait]
impl RunStore for Store {
    async fn queue(&self, plan: &RunPlan, _claim: &Claim) -> Result<(), PortError> {
        let (plan, job) = (plan.clone(), plan.job.clone());
        let queued = self.thread.call(move |db| plans::queue(db, &plan)).await;
        queued.map_err(|failure| PortError::new(format!("seal the plan of {job}"), failure))
    }

    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError> {
        let of = job.clone();
        let plan = self.thread.call(move |db| plans::open(db, &of)).await;
        plan.map_err(|failure| PortError::new(format!("open the plan of {job}"), failure))
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        let (claims, key) = (self.dir.claims(), of.clone());
        let taken = self.thread.call(move |db| {
            let is_ours = run_sql::is_of(&db.connection, &key.organization);
            Ok(claims::take(&claims, &key, &is_ours)?)
        });
        taken.await.map_err(|failure| PortError::new(format!("claim {of}"), failure))
    }

    async fn unfinished(&self, of: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        let of = of.cloned();
        let found = self.thread.call(move |db| runs::unfinished(&db.connection, of.as_ref())).await;
        found.map_err(|failure| PortError::new("find the runs that are not over", failure))
    }
}
