//! The lifecycle of a run as typed facts: the vocabulary of the journal and of the world (`spec.md` §6).
//!
//! Facts are in the past tense and carry no secret. Every act is a pair: `….started` is durable before the
//! act, `….finished` after it.
//!
//! The wire form only grows, by new types and by fields that may be absent. A reader passes over fields that it
//! does not know, and reads a type that it does not know as [`LifecycleEvent::Unknown`]. A known type with a value
//! that is not known, or without a field that it needs, is an error: what was recorded is never guessed at. One
//! golden file per variant is in `tests/golden/`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::{JobId, OrganizationId, OutcomeKind, Phase, PostWhen, RunStatus};

/// The rules under which a run was begun. An unfinished run of a greater number is left to a newer zb.
pub const MACHINE: u16 = 1;

/// What happened in a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// The run exists: its plan is sealed and on disk.
    #[serde(rename = "run.queued")]
    RunQueued(RunQueued),
    /// What no hook can change was looked at, before the pre hook.
    #[serde(rename = "checks.finished")]
    ChecksFinished {
        /// Milliseconds.
        duration_ms: u64,
        /// The restic that was found.
        #[serde(skip_serializing_if = "Option::is_none")]
        restic_version: Option<String>,
        /// Why the run cannot go on.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A hook is about to be sent: on disk before anything leaves the machine.
    #[serde(rename = "hook.started")]
    HookStarted {
        /// Which hook.
        phase: Phase,
        /// Counts from 1 within a phase of a run.
        attempt: u32,
        /// The same for every attempt of this hook of this run.
        webhook_id: String,
        /// Scheme, host and port; no path and no credentials.
        origin: String,
        /// What the post hook says.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<RunStatus>,
    },
    /// What became of a hook.
    #[serde(rename = "hook.finished")]
    HookFinished(HookFinished),
    /// restic is about to be started: on disk before it is.
    #[serde(rename = "restic.started")]
    ResticStarted {
        /// Of the restic that runs.
        restic_version: String,
    },
    /// restic has ended, or could not be started.
    #[serde(rename = "restic.finished")]
    ResticFinished(ResticFinished),
    /// Somebody asked for the end of the run.
    #[serde(rename = "cancel.requested")]
    CancelRequested {
        /// `SIGINT`, `SIGTERM`, `api`, `ui` or `shutdown`.
        by: String,
    },
    /// Written by recovery only: the process that owned the run is gone.
    #[serde(rename = "run.interrupted")]
    RunInterrupted {
        /// Who found it: `guardian`, `recover`, `run` or `serve`.
        by: String,
    },
    /// Written by recovery only: no process of the run is left.
    #[serde(rename = "orphans.ended")]
    OrphansEnded {
        /// How many processes had to be ended.
        count: u32,
    },
    /// A person says that the service runs again: ends a debt without a post hook.
    #[serde(rename = "hook.cleared")]
    HookCleared {
        /// Always the post hook.
        phase: Phase,
        /// Who said so.
        by: String,
    },
    /// Retention is about to begin.
    #[serde(rename = "retention.started")]
    RetentionStarted {},
    /// Retention ended.
    #[serde(rename = "retention.finished")]
    RetentionFinished {
        /// Snapshots kept.
        kept: u64,
        /// Snapshots removed.
        removed: u64,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The run is over; its status stays.
    #[serde(rename = "run.finished")]
    RunFinished {
        /// How it ended.
        status: RunStatus,
        /// The problems, gravest first, joined with `; `.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// What restic saved.
        #[serde(skip_serializing_if = "Option::is_none")]
        snapshot_id: Option<String>,
        /// Milliseconds from `run.queued`.
        duration_ms: u64,
        /// Milliseconds from the pre hook's answer to the post hook's request; absent where nothing was paused.
        #[serde(skip_serializing_if = "Option::is_none")]
        pause_ms: Option<u64>,
    },
    /// A type that this version does not know, from a newer zb: it changes nothing for whoever reads it. Its fields
    /// are dropped, and printing it gives the type `unknown`, so that `seq` stays without a gap.
    #[serde(rename = "unknown", other)]
    Unknown,
}

/// The first fact of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunQueued {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The backup job's name.
    pub job_name: String,
    /// What restic reads: absolute. Other bytes than UTF-8 are replaced on the wire, as in the hooks' bodies.
    #[serde(serialize_with = "lossy")]
    pub source_path: PathBuf,
    /// What started it.
    pub trigger: Trigger,
    /// Who, where a person or token did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The run of which this one is a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<JobId>,
    /// 1, and one more for each retry.
    pub attempt: u32,
    /// Which hooks the run has.
    pub hooks: HookPlan,
    /// Whether retention follows a good backup.
    pub retention: bool,
    /// [`MACHINE`] of the zb that queued it.
    pub machine: u16,
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// What started a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Trigger {
    /// `zb run`.
    Cli,
    /// The HTTP API.
    Api,
    /// A page.
    Ui,
    /// The scheduler, in time.
    Schedule,
    /// The scheduler, late.
    Missed,
    /// A run before it failed.
    Retry,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Cli, Self::Api, Self::Ui, Self::Schedule, Self::Missed, Self::Retry];

    /// The wire word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Api => "api",
            Self::Ui => "ui",
            Self::Schedule => "schedule",
            Self::Missed => "missed",
            Self::Retry => "retry",
        }
    }
}

/// Which hooks a run has, without what they say: all that the machine needs to know of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HookPlan {
    /// The pre-backup webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre: Option<PrePlan>,
    /// The post-backup webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<PostPlan>,
}

/// What the machine knows of a pre hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrePlan {
    /// From 1 to 10.
    pub attempts: u32,
}

/// What the machine knows of a post hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostPlan {
    /// From 1 to 10.
    pub attempts: u32,
    /// When it is owed.
    pub when: PostWhen,
}

/// What became of one attempt of a hook.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookFinished {
    /// Which hook.
    pub phase: Phase,
    /// As in its `hook.started`.
    pub attempt: u32,
    /// The kind of answer.
    pub outcome: OutcomeKind,
    /// Where a whole head came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Milliseconds from the start of the request.
    pub duration_ms: u64,
    /// What a person reads: begins with the phase, as `post webhook returned HTTP 500`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The first 4 KiB of the answer's body. Goes to the run's details only (`spec.md` §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

/// How restic ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResticFinished {
    /// zb's judgement of exit code, signal and words: what the machine goes by (an addition to `spec.md` §6).
    pub outcome: BackupOutcome,
    /// Absent where a signal ended restic or it never ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// As `SIGSEGV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// 8 or 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// What was read and saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<BackupSummary>,
    /// The first and last 64 KiB of what restic said, secrets masked. Goes to the run's details only, as a hook's
    /// answer does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// What a person reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do about it (an addition to `spec.md` §6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Milliseconds from restic's start to its end, by the monotonic clock; absent where it never ran (an addition
    /// to `spec.md` §6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Milliseconds from the pre hook's answer to restic's end, likewise; absent without a pre hook (an addition to
    /// `spec.md` §6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
}

impl ResticFinished {
    /// Whether restic was there at all: it ended with a code or by a signal.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.exit_code.is_some() || self.signal.is_some()
    }
}

/// What restic's end means for the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BackupOutcome {
    /// A whole snapshot.
    Complete,
    /// A snapshot that lacks something.
    Incomplete,
    /// No snapshot.
    #[default]
    Failed,
    /// Ended because zb was asked to.
    Cancelled,
    /// No snapshot, because a lock was in the way, which is gone now: worth one more try.
    Unlocked,
}

/// What restic read and saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupSummary {
    /// Files that the parent snapshot did not have.
    pub files_new: u64,
    /// Files that differ from the parent snapshot.
    pub files_changed: u64,
    /// Files as they were.
    pub files_unmodified: u64,
    /// Bytes added to the repository, before compression.
    pub bytes_added: u64,
    /// Files read.
    pub total_files: u64,
    /// Bytes read.
    pub total_bytes: u64,
}
