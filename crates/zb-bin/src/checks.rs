//! What a run looks at before its pre hook (`spec.md` §3): nothing is paused that zb already knows it cannot back up
//! or resume.

use std::sync::Arc;

use async_trait::async_trait;
use hook_core::{AllowedOrigins, HookSpec, Phase};
use hook_http::WebhookGate;
use lifecycle_engine::{Checked, Preflight, RunPlan};

use crate::{report::Failure, restic_worker::ResticWorker};

/// The checks that need no hook. The data directory has proved itself when the run was queued.
#[derive(Debug)]
pub(crate) struct Checks {
    /// Where hooks may go.
    pub(crate) allowed: Arc<AllowedOrigins>,
    /// What will send them.
    pub(crate) gate: WebhookGate,
    /// What will run restic.
    pub(crate) worker: Arc<ResticWorker>,
}

impl Checks {
    /// Whether a hook may be sent, and what its TLS needs is there.
    fn check_hook(&self, phase: Phase, hook: &HookSpec) -> Result<(), String> {
        self.allowed.permit(phase, hook).map_err(|refused| refused.to_string())?;
        let in_words = |error| format!("{phase} webhook: {}", Failure::from_chain(&error).message);
        self.gate.prepare(hook).map_err(in_words)
    }
}

#[async_trait]
impl Preflight for Checks {
    /// All problems at once: who mends one should not meet the next at the next run.
    async fn check(&self, plan: &RunPlan) -> Checked {
        let hooks = [Phase::Pre, Phase::Post].map(|phase| {
            let hook = plan.hook(phase)?;
            self.check_hook(phase, hook).err()
        });
        let restic = self.worker.check(plan).await;
        let (worker_version, restic_problem) = match restic {
            Ok(version) => (Some(version), None),
            Err(problem) => (None, Some(problem)),
        };
        let problems: Vec<_> = hooks.into_iter().flatten().chain(restic_problem).collect();
        Checked { worker_version, problem: (!problems.is_empty()).then(|| problems.join("; ")) }
    }

    fn permit_post(&self, plan: &RunPlan) -> Result<(), String> {
        plan.hook(Phase::Post).map_or(Ok(()), |hook| self.check_hook(Phase::Post, hook))
    }
}
