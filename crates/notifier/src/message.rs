//! What is told, in words and in facts: the same for every channel, which each puts it in its own form.

use hook_core::{JobId, OrganizationId, RunStatus, ScheduleId, event::BackupSummary};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Occasion;

/// A message. It holds no secret and no hook's answer (`spec.md` §2), so that it may be kept as it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Message {
    /// Why it is sent.
    pub topic: Topic,
    /// How grave it is.
    pub severity: Severity,
    /// One line, without a line end: what happened to what, and what to do.
    pub title: String,
    /// The details, a line each; none for a ping.
    pub lines: Vec<String>,
    /// Of which run, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts>,
    /// When it happened; UTC.
    pub time: Timestamp,
    /// What a service that expects a sign of life is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<Ping>,
}

/// Why a message is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Topic {
    /// It happened.
    Occasion(Occasion),
    /// A run has started: for pings alone.
    Started,
    /// What was told as a problem is none any more.
    Recovered,
    /// What was told as a problem still is one.
    Reminder(Occasion),
    /// A person wants to see whether messages arrive.
    Test,
}

impl Topic {
    /// In one word: the occasion's, or `started`, `recovered`, `reminder`, `test`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Occasion(occasion) => occasion.as_str(),
            Self::Started => "started",
            Self::Recovered => "recovered",
            Self::Reminder(_) => "reminder",
            Self::Test => "test",
        }
    }
}

/// How grave it is: the colour or priority that a channel gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Severity {
    /// Nothing to do.
    Good,
    /// Something to look at.
    Notice,
    /// Something to do.
    Bad,
}

/// What a Healthchecks-style service is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ping {
    /// A run has started.
    Start,
    /// There is a snapshot, and the service runs.
    Success,
    /// There is none, or the service may not run.
    Failure,
}

/// A run, for whoever wants more than words.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunFacts {
    /// The run.
    pub job_id: JobId,
    /// The backup job.
    pub schedule_id: ScheduleId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The job's name.
    pub job_name: String,
    /// Absent until it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// The problems, gravest first, joined with `; `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether zb died in it.
    #[serde(default)]
    pub interrupted: bool,
    /// Milliseconds from `run.queued` to `run.finished`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Milliseconds for which the service was paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
    /// What restic saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// What restic read and saved; sizes in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<BackupSummary>,
}
