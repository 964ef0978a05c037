//! The engine's port to plans and claims.

use async_trait::async_trait;
use hook_core::{JobId, ScheduleId};
use lifecycle_engine::{Claim, ClaimAttempt, PortError, RunPlan, RunStore, Unfinished};

use crate::{Store, claims, plans, runs};

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

    async fn claim(&self, schedule: &ScheduleId) -> Result<ClaimAttempt, PortError> {
        let (claims, of) = (self.dir.claims(), schedule.clone());
        let taken = self.thread.call(move |_| Ok(claims::take(&claims, &of)?)).await;
        taken.map_err(|failure| PortError::new(format!("claim {schedule}"), failure))
    }

    async fn unfinished(&self, of: Option<&ScheduleId>) -> Result<Vec<Unfinished>, PortError> {
        let of = of.cloned();
        let found = self.thread.call(move |db| runs::unfinished(&db.connection, of.as_ref())).await;
        found.map_err(|failure| PortError::new("find the runs that are not over", failure))
    }
}
