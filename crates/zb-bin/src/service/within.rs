//! A job names only what its organization may name, and nothing of zb's own: looked at again in each run, because links
//! change (`api.md` §2, "roots").

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use event_bus::StorageError;
use job_store::Store;
use lifecycle_engine::{Checked, Preflight, RunPlan};

use crate::{
    config::{Job, outside},
    report::Failure,
};

/// The checks of one run, and before them where its job leads.
pub(super) struct Within {
    pub(super) preflight: Arc<dyn Preflight>,
    pub(super) job: Box<Job>,
    pub(super) store: Arc<Store>,
    pub(super) data_dir: PathBuf,
}

impl Within {
    /// What may not be named, in words.
    async fn outside(&self) -> Result<Vec<String>, StorageError> {
        let job = &self.job;
        let organization = self.store.organization(&job.organization).await?;
        let roots = organization.and_then(|organization| organization.roots);
        let outside = outside(job, roots.as_deref(), &self.data_dir).into_iter();
        Ok(outside.map(|(key, reason)| format!("`{}` {reason}", key.join("."))).collect())
    }
}

#[async_trait]
impl Preflight for Within {
    /// Where something leads outside, nothing else is looked at: that would be to read it.
    async fn check(&self, plan: &RunPlan) -> Checked {
        let problems = match self.outside().await {
            Ok(problems) => problems,
            Err(error) => vec![Failure::from_chain(&error).message],
        };
        if problems.is_empty() {
            return self.preflight.check(plan).await;
        }
        Checked { worker_version: None, problem: Some(problems.join("; ")) }
    }

    fn permit_post(&self, plan: &RunPlan) -> Result<(), String> {
        self.preflight.permit_post(plan)
    }
}
