//! The default body: compact JSON, keys in the seed's order. It has no other job.

use std::path::Path;

use serde::Serialize;

use crate::{JobId, OrganizationId, Phase, RunStatus, ScheduleId, text::cut_error};

/// The backup context that a hook without a body of its own sends (the seed, "Request body").
#[derive(Clone, Debug)]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    phase: Phase,
    event: &'a str,
    job_id: &'a JobId,
    schedule_id: &'a ScheduleId,
    organization_id: &'a OrganizationId,
    source_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Payload<'_> {
    /// The pre hook's body.
    #[must_use]
    pub fn pre(&self) -> String {
        self.body(Phase::Pre, None, None)
    }

    /// The post hook's body. `error` is cut so that its JSON form is at most
    /// [`ERROR_BYTES`](crate::limits::ERROR_BYTES): a chatty restic can never make the body too large to send.
    #[must_use]
    pub fn post(&self, status: RunStatus, error: Option<&str>) -> String {
        self.body(Phase::Post, Some(status), error)
    }

    fn body(&self, phase: Phase, status: Option<RunStatus>, error: Option<&str>) -> String {
        let wire = Wire {
            phase,
            event: match phase {
                Phase::Pre => "backup.pre",
                Phase::Post => "backup.post",
            },
            job_id: self.job,
            schedule_id: self.schedule,
            organization_id: self.organization,
            source_path: &self.source_path.to_string_lossy(),
            status,
            error: error.filter(|text| !text.is_empty()).map(cut_error),
        };
        // Texts and names of variants: there is nothing here that JSON could refuse.
        serde_json::to_string(&wire).unwrap_or_default()
    }
}
