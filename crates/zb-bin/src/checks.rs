//! What a run looks at before its pre hook (`spec.md` §3): nothing is paused that zb already knows it cannot back up
//! or resume.

use std::sync::Arc;

use async_trait::async_trait;
use hook_core::{AllowedOrigins, HookSpec, Phase};
use hook_http::WebhookGate;
use lifecycle_engine::{Checked, Preflight, RunPlan};
use tracing::{Instrument, info_span};

use crate::{report::Failure, restic::ResticWorker};

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
    /// Whether a hook may be sent, and what its headers and its TLS need is there.
    fn check_hook(&self, phase: Phase, hook: &HookSpec) -> Result<(), String> {
        let resolved =
            self.gate.resolve(hook).map_err(|error| format!("{phase} webhook cannot be sent: {error}"))?;
        self.allowed.permit(phase, resolved).map_err(|refused| refused.to_string())?;
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
            info_span!("check.hook", %phase).in_scope(|| self.check_hook(phase, hook)).err()
        });
        let restic = self.worker.check(plan).instrument(info_span!("check.restic")).await;
        let (worker_version, restic_problem) = match restic {
            Ok(version) => (Some(version), None),
            Err(problem) => (None, Some(problem)),
        };
        let mut problems: Vec<_> = hooks.into_iter().flatten().chain(restic_problem).collect();
        // The repository is asked last: a lock in it may be waited for.
        if problems.is_empty() {
            let repository = self.worker.check_fully(plan).instrument(info_span!("check.repository"));
            problems.extend(repository.await.err());
        }
        Checked { worker_version, problem: (!problems.is_empty()).then(|| problems.join("; ")) }
    }

    fn permit_post(&self, plan: &RunPlan) -> Result<(), String> {
        plan.hook(Phase::Post).map_or(Ok(()), |hook| self.check_hook(Phase::Post, hook))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hook_core::{HeaderFrom, HookConfig, Secret, ValueFrom};
    use hook_http::HookClient;
    use restic_driver::BaseEnv;

    use super::*;

    /// A hook with a header from `$HOOK_SECRET`, which is not set.
    fn lacking(sealed: Option<Secret>) -> HookSpec {
        let header = HeaderFrom {
            name: "X-Hook-Secret".to_owned(),
            from: ValueFrom::Env("HOOK_SECRET".to_owned()),
            sealed,
        };
        let plain = HookConfig::new("http://host:9000/start", Duration::from_secs(60));
        HookSpec::new(HookConfig { headers_from: vec![header], ..plain }).unwrap()
    }

    /// In recovery that is the difference between a debt that is paid and one that stays.
    #[test]
    fn a_hook_that_lacks_a_value_may_not_be_sent_unless_a_copy_was_sealed() {
        let (allowed, _) = AllowedOrigins::parse("http://host:9000").unwrap();
        let allowed = Arc::new(allowed);
        let client = HookClient::new(http::HeaderValue::from_static("zb/test"), || 0);
        let gate = WebhookGate::new(client, Arc::clone(&allowed))
            .reading(crate::hook_values::reader(Default::default()));
        let worker = Arc::new(ResticWorker::new(None, BaseEnv::pick([]), None));
        let checks = Checks { allowed, gate, worker };
        assert_eq!(
            checks.check_hook(Phase::Post, &lacking(None)).unwrap_err(),
            "post webhook cannot be sent: the header X-Hook-Secret cannot be taken from $HOOK_SECRET: it is not set"
        );
        checks.check_hook(Phase::Post, &lacking(Some("sealed".to_owned().into()))).unwrap();
    }
}
