//! One JSON object a line: the events of `spec.md` §6, and the progress between them.

use std::io::Write;

use event_bus::Recorded;
use hook_core::{JobId, Progress, RunEvent, ScheduleId};
use serde::Serialize;

use super::Reporter;
use crate::clock;

/// For programs.
#[derive(Debug)]
pub(crate) struct JsonLines<W> {
    out: W,
    job: JobId,
    schedule: ScheduleId,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to `out`, of this run.
    #[must_use]
    pub(crate) fn new(out: W, job: JobId, schedule: ScheduleId) -> Self {
        Self { out, job, schedule }
    }

    fn line(&mut self, text: &str) {
        // Whoever reads may have gone; the run goes on. A line is whole at once for whoever is there.
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressLine<'a> {
    r#type: &'static str,
    time: String,
    job_id: &'a JobId,
    schedule_id: &'a ScheduleId,
    percent_done: f64,
    files_done: u64,
    bytes_done: u64,
    total_files: u64,
    total_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_remaining: Option<u64>,
    current_files: &'a [String],
}

impl<W: Write + Send> Reporter for JsonLines<W> {
    fn event(&mut self, recorded: &Recorded<RunEvent>) {
        self.line(&recorded.event.to_wire(recorded.version.get(), &recorded.at));
    }

    fn progress(&mut self, progress: &Progress) {
        let line = ProgressLine {
            r#type: "progress",
            time: clock::now().to_string(),
            job_id: &self.job,
            schedule_id: &self.schedule,
            percent_done: progress.percent_done,
            files_done: progress.files_done,
            bytes_done: progress.bytes_done,
            total_files: progress.total_files,
            total_bytes: progress.total_bytes,
            seconds_remaining: progress.seconds_remaining,
            current_files: &progress.current_files,
        };
        if let Ok(text) = serde_json::to_string(&line) {
            self.line(&text);
        }
    }
}
