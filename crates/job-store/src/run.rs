//! A run as people and programs read it: `api.md` §5, member for member and in its order.

mod detail;
mod fold;
mod hooks;
mod stage;

pub use detail::Detail;
pub use hooks::{HookAttempt, HookReport, Hooks};
pub use stage::{PostHook, Stage};

use std::path::PathBuf;

use hook_core::{
    JobId, OrganizationId, Progress, RunStatus, ScheduleId,
    event::{BackupSummary, Trigger},
};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A run as its history tells it. Serialised it is the Run of the HTTP API: every member is there, `null` where
/// there is nothing; times are RFC 3339 UTC.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Run {
    /// The run.
    pub job_id: JobId,
    /// The backup job.
    pub schedule_id: ScheduleId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What people call the job.
    pub job_name: String,
    /// What is backed up.
    #[serde(serialize_with = "lossy")]
    pub source_path: PathBuf,
    /// What started the run.
    pub trigger: Trigger,
    /// Who, where a person or a token did.
    pub by: Option<String>,
    /// 1, and one more for each retry.
    pub attempt: u32,
    /// The run that this one repeats.
    pub retry_of: Option<JobId>,
    /// How far it has come.
    pub state: Stage,
    /// How it ended; nothing until it has.
    pub status: Option<RunStatus>,
    /// The problems, gravest first; nothing until it has ended.
    pub error: Option<String>,
    /// Whether the process that owned it died.
    pub interrupted: bool,
    /// Who asked for its end.
    pub cancel_requested_by: Option<String>,
    /// What became of the post hook.
    pub post_hook: PostHook,
    /// Who ended the debt: a person, or `run job_…`, a later run whose post hook got a 2xx.
    pub post_hook_cleared_by: Option<String>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When its checks began; nothing until they have ended.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Milliseconds from queued to finished.
    pub duration_ms: Option<u64>,
    /// Milliseconds from the pre hook's answer to the post hook's request.
    pub pause_ms: Option<u64>,
    /// Of the restic that was found.
    pub restic_version: Option<String>,
    /// Of restic.
    pub exit_code: Option<i32>,
    /// What ended restic, as `SIGSEGV`.
    pub signal: Option<String>,
    /// What restic saved.
    pub snapshot_id: Option<String>,
    /// What restic said.
    #[serde(skip_serializing_if = "Detail::is_left_out")]
    pub stderr: Detail,
    /// What restic read and saved.
    pub summary: Option<Summary>,
    /// What was forgotten afterwards.
    pub retention: Option<Retention>,
    /// Of a restic that is running. A history holds none: whoever watches the run fills it in.
    pub progress: Option<Progress>,
    /// What the hooks answered.
    pub hooks: Hooks,
}

/// What restic read and saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// Files that the snapshot before did not have.
    pub files_new: u64,
    /// Files that differ from the snapshot before.
    pub files_changed: u64,
    /// Files as they were.
    pub files_unmodified: u64,
    /// Bytes read.
    pub bytes_processed: u64,
    /// Bytes added to the repository.
    pub bytes_added: u64,
}

impl From<BackupSummary> for Summary {
    fn from(summary: BackupSummary) -> Self {
        Self {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            bytes_processed: summary.total_bytes,
            bytes_added: summary.bytes_added,
        }
    }
}

/// What retention did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Retention {
    /// Snapshots kept.
    pub kept: u64,
    /// Snapshots removed.
    pub removed: u64,
    /// Why it failed.
    pub error: Option<String>,
}

fn lossy<S: Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
