//! How far restic is: a live value, never an event that is kept (architecture, law 11).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{JobId, ScheduleId};

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

impl Progress {
    /// One `progress` line of `spec.md` §6, without the line end; `time` is RFC 3339 UTC.
    #[must_use]
    pub fn to_wire(&self, job: &JobId, schedule: &ScheduleId, time: &dyn fmt::Display) -> String {
        let mut line =
            json!({ "type": "progress", "time": time.to_string(), "jobId": job, "scheduleId": schedule });
        if let (Value::Object(line), Ok(Value::Object(figures))) = (&mut line, serde_json::to_value(self)) {
            line.extend(figures);
        }
        line.to_string()
    }
}
