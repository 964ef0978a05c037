//! How far restic is: a live value, never an event that is kept (architecture, law 11).

use serde::{Deserialize, Serialize};

/// The latest progress of a backup, as the `progress` line of `spec.md` §6 has it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// From 0 to 1.
    pub percent_done: f64,
    /// Files read so far.
    pub files_done: u64,
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Files found so far.
    pub total_files: u64,
    /// Bytes found so far.
    pub total_bytes: u64,
    /// restic's own estimate, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_remaining: Option<u64>,
    /// What restic reads at this moment.
    pub current_files: Vec<String>,
}
