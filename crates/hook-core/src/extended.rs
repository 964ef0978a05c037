//! The longer body that a hook may ask for: the seed's keys, and then what else is known of the run.

use serde::Serialize;

use crate::{
    Payload, RunStatus,
    event::{ResticFinished, Trigger},
    payload::{SeedKeys, json},
};

/// The backup context of a hook with `payload = "extended"` (`spec.md` §5): what is not known is absent.
#[derive(Clone, Copy, Debug)]
pub struct ExtendedPayload<'a> {
    /// The keys of the seed.
    pub seed: Payload<'a>,
    /// What people call the backup job.
    pub job_name: &'a str,
    /// What started the run.
    pub trigger: Trigger,
    /// Of the run: 1, and one more for each retry.
    pub attempt: u32,
    /// The machine that backs up.
    pub host: &'a str,
}

/// What a post hook can say of the backup beyond its status: the figures of the last
/// [`restic.finished`](ResticFinished), none where restic never ran.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupFigures {
    /// restic's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What restic saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// Milliseconds that restic took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Milliseconds from the pre hook's answer to restic's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
    /// Files that the parent snapshot did not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_new: Option<u64>,
    /// Files that differ from the parent snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_changed: Option<u64>,
    /// Bytes added to the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_added: Option<u64>,
}

impl From<&ResticFinished> for BackupFigures {
    fn from(ended: &ResticFinished) -> Self {
        Self {
            exit_code: ended.exit_code,
            snapshot_id: ended.snapshot_id.clone(),
            duration_ms: ended.duration_ms,
            pause_ms: ended.pause_ms,
            files_new: ended.summary.map(|summary| summary.files_new),
            files_changed: ended.summary.map(|summary| summary.files_changed),
            bytes_added: ended.summary.map(|summary| summary.bytes_added),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(flatten)]
    seed: SeedKeys<'a>,
    job_name: &'a str,
    trigger: Trigger,
    attempt: u32,
    host: &'a str,
    #[serde(flatten)]
    figures: Option<&'a BackupFigures>,
}

impl ExtendedPayload<'_> {
    /// The pre hook's body.
    #[must_use]
    pub fn pre(&self) -> String {
        self.body(self.seed.pre_keys(), None)
    }

    /// The post hook's body; `error` is cut as in [`Payload::post`].
    #[must_use]
    pub fn post(&self, status: RunStatus, error: Option<&str>, figures: &BackupFigures) -> String {
        self.body(self.seed.post_keys(status, error), Some(figures))
    }

    fn body(&self, seed: SeedKeys<'_>, figures: Option<&BackupFigures>) -> String {
        let Self { job_name, trigger, attempt, host, .. } = *self;
        json(&Wire { seed, job_name, trigger, attempt, host, figures })
    }
}
