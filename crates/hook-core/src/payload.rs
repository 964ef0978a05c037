//! The default body: compact JSON, keys in the seed's order. It has no other job.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{JobId, OrganizationId, Phase, RunStatus, ScheduleId, text::cut_error};

/// Which backup context a hook without a body of its own sends (`spec.md` §5, `payload`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayloadKind {
    /// The seed's keys: [`Payload`].
    #[default]
    Default,
    /// The same, and more keys after them: [`ExtendedPayload`](crate::ExtendedPayload).
    Extended,
}

/// The backup context that a hook without a body of its own sends (the seed, "Request body").
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// The run.
    pub job: &'a JobId,
    /// The backup job.
    pub schedule: &'a ScheduleId,
    /// The tenant.
    pub organization: &'a OrganizationId,
    /// What restic reads.
    pub source_path: &'a Path,
}

/// The keys of the seed, in its order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeedKeys<'a> {
    phase: Phase,
    event: &'a str,
    job_id: &'a JobId,
    schedule_id: &'a ScheduleId,
    organization_id: &'a OrganizationId,
    source_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'a> Payload<'a> {
    /// The pre hook's body.
    #[must_use]
    pub fn pre(&self) -> String {
        json(&self.pre_keys())
    }

    /// The post hook's body. `error` is cut so that its JSON form is at most
    /// [`ERROR_BYTES`](crate::limits::ERROR_BYTES): a chatty restic can never make the body too large to send.
    #[must_use]
    pub fn post(&self, status: RunStatus, error: Option<&str>) -> String {
        json(&self.post_keys(status, error))
    }

    pub(crate) fn pre_keys(&self) -> SeedKeys<'a> {
        SeedKeys {
            phase: Phase::Pre,
            event: "backup.pre",
            job_id: self.job,
            schedule_id: self.schedule,
            organization_id: self.organization,
            source_path: self.source_path.to_string_lossy().into_owned(),
            status: None,
            error: None,
        }
    }

    pub(crate) fn post_keys(&self, status: RunStatus, error: Option<&str>) -> SeedKeys<'a> {
        SeedKeys {
            phase: Phase::Post,
            event: "backup.post",
            status: Some(status),
            error: error.filter(|text| !text.is_empty()).map(cut_error),
            ..self.pre_keys()
        }
    }
}

/// Texts, numbers and names of variants: there is nothing in a body that JSON could refuse.
pub(crate) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
