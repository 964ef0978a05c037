//! One JSON object a line: the events of `spec.md` §6, and the progress between them.

use std::io::Write;

use event_bus::Recorded;
use hook_core::{JobId, Progress, RunEvent, ScheduleId};

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

impl<W: Write + Send> Reporter for JsonLines<W> {
    fn event(&mut self, recorded: &Recorded<RunEvent>) {
        self.line(&recorded.event.to_wire(recorded.version.get(), &recorded.at));
    }

    fn progress(&mut self, progress: &Progress) {
        self.line(&progress.to_wire(&self.job, &self.schedule, &clock::now()));
    }
}
