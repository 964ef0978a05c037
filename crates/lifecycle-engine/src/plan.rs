//! What a run is about to do, frozen when it is queued.

use std::{path::PathBuf, sync::Arc};

use hook_core::{
    BackupFigures, ExtendedPayload, HookConfig, HookSpec, JobId, JobKey, OrganizationId, Payload,
    PayloadKind, Phase, PostWhen, RunStatus, ScheduleId,
    event::{HookPlan, LifecycleEvent, MACHINE, PostPlan, PrePlan, RunQueued, Trigger},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Everything that a run needs, also after its job was edited or deleted (architecture, law 7).
///
/// It holds secrets: a store keeps [`RunPlan::to_bytes`] sealed, and no event repeats it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever starts a run fills in every field")]
pub struct RunPlan {
    /// The run.
    pub job: JobId,
    /// The configured job.
    pub schedule: ScheduleId,
    /// The tenant.
    pub organization: OrganizationId,
    /// What people call the job.
    pub job_name: String,
    /// What is backed up: absolute, UTF-8.
    pub source_path: PathBuf,
    /// The machine that backs up: what extended bodies call `host`.
    pub host: String,
    /// What started the run.
    pub trigger: Trigger,
    /// Who, where a person did.
    pub by: Option<String>,
    /// The run that this one repeats.
    pub retry_of: Option<JobId>,
    /// 1, and one more for each retry.
    pub attempt: u32,
    /// Called before the work.
    pub pre: Option<Arc<HookSpec>>,
    /// Called after it.
    pub post: Option<Arc<HookSpec>>,
    /// When the post hook is owed.
    pub when: PostWhen,
    /// Whether retention follows a good backup.
    pub retention: bool,
    /// The worker's own part, opaque here: the repository and what else it needs.
    pub work: Vec<u8>,
}

/// What a post hook says of the backup.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks for a body fills in every field")]
pub struct Ending<'a> {
    /// How it ended.
    pub status: RunStatus,
    /// What a person reads.
    pub error: Option<&'a str>,
    /// For extended bodies.
    pub figures: &'a BackupFigures,
}

/// Sealed bytes that are no plan: another key, another version, or damage.
#[derive(Debug, Error)]
#[error("the plan of a run cannot be read")]
pub struct UnreadablePlan(#[source] Box<dyn std::error::Error + Send + Sync>);

#[derive(Serialize, Deserialize)]
struct Frozen {
    job: JobId,
    schedule: ScheduleId,
    organization: OrganizationId,
    job_name: String,
    source_path: PathBuf,
    #[serde(default)]
    host: String,
    trigger: Trigger,
    by: Option<String>,
    retry_of: Option<JobId>,
    attempt: u32,
    pre: Option<HookConfig>,
    post: Option<HookConfig>,
    when: PostWhen,
    retention: bool,
    work: Vec<u8>,
}

impl RunPlan {
    /// Whose claim covers the run.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey::new(self.organization.clone(), self.schedule.clone())
    }

    /// What is left of a plan whose secrets nobody needs any more.
    pub(crate) fn without_hooks(job: &JobId, schedule: &ScheduleId, queued: &RunQueued) -> Self {
        Self {
            job: job.clone(),
            schedule: schedule.clone(),
            organization: queued.organization_id.clone(),
            job_name: queued.job_name.clone(),
            source_path: queued.source_path.clone(),
            host: String::new(),
            trigger: queued.trigger,
            by: queued.by.clone(),
            retry_of: queued.retry_of.clone(),
            attempt: queued.attempt,
            pre: None,
            post: None,
            when: PostWhen::default(),
            retention: queued.retention,
            work: Vec::new(),
        }
    }

    /// The hook of a phase.
    #[must_use]
    pub fn hook(&self, phase: Phase) -> Option<&Arc<HookSpec>> {
        match phase {
            Phase::Pre => self.pre.as_ref(),
            Phase::Post => self.post.as_ref(),
        }
    }

    /// The first event of the run.
    #[must_use]
    pub fn queued(&self) -> LifecycleEvent {
        LifecycleEvent::RunQueued(RunQueued {
            organization_id: self.organization.clone(),
            job_name: self.job_name.clone(),
            source_path: self.source_path.clone(),
            trigger: self.trigger,
            by: self.by.clone(),
            retry_of: self.retry_of.clone(),
            attempt: self.attempt,
            hooks: HookPlan {
                pre: self.pre.as_ref().map(|pre| PrePlan { attempts: pre.attempts() }),
                post: self.post.as_ref().map(|post| PostPlan { attempts: post.attempts(), when: self.when }),
            },
            retention: self.retention,
            machine: MACHINE,
        })
    }

    /// The body of a hook that has none of its own, in the form that it asks for; `ending` is for a post hook.
    #[must_use]
    pub fn context(&self, hook: &HookSpec, ending: Option<&Ending<'_>>) -> String {
        let seed = Payload {
            job: &self.job,
            schedule: &self.schedule,
            organization: &self.organization,
            source_path: &self.source_path,
        };
        let extended = ExtendedPayload {
            seed,
            job_name: &self.job_name,
            trigger: self.trigger,
            attempt: self.attempt,
            host: &self.host,
        };
        match (hook.payload(), ending) {
            (PayloadKind::Default, None) => seed.pre(),
            (PayloadKind::Default, Some(end)) => seed.post(end.status, end.error),
            (PayloadKind::Extended, None) => extended.pre(),
            (PayloadKind::Extended, Some(end)) => extended.post(end.status, end.error, end.figures),
        }
    }

    /// The plan as bytes, secrets in clear: seal them before they are stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let config = |hook: &Option<Arc<HookSpec>>| hook.as_ref().map(|hook| hook.config().clone());
        let frozen = Frozen {
            job: self.job.clone(),
            schedule: self.schedule.clone(),
            organization: self.organization.clone(),
            job_name: self.job_name.clone(),
            source_path: self.source_path.clone(),
            host: self.host.clone(),
            trigger: self.trigger,
            by: self.by.clone(),
            retry_of: self.retry_of.clone(),
            attempt: self.attempt,
            pre: config(&self.pre),
            post: config(&self.post),
            when: self.when,
            retention: self.retention,
            work: self.work.clone(),
        };
        serde_json::to_vec(&frozen).unwrap_or_default()
    }

    /// Reads [`RunPlan::to_bytes`] back.
    ///
    /// # Errors
    /// Bytes that are no plan.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        let frozen: Frozen = serde_json::from_slice(bytes).map_err(|error| UnreadablePlan(error.into()))?;
        let thaw =
            |config: Option<HookConfig>| config.map(HookSpec::new).transpose().map(|h| h.map(Arc::new));
        Ok(Self {
            pre: thaw(frozen.pre).map_err(|error| UnreadablePlan(error.into()))?,
            post: thaw(frozen.post).map_err(|error| UnreadablePlan(error.into()))?,
            job: frozen.job,
            schedule: frozen.schedule,
            organization: frozen.organization,
            job_name: frozen.job_name,
            source_path: frozen.source_path,
            host: frozen.host,
            trigger: frozen.trigger,
            by: frozen.by,
            retry_of: frozen.retry_of,
            attempt: frozen.attempt,
            when: frozen.when,
            retention: frozen.retention,
            work: frozen.work,
        })
    }
}
