//! Plain lines: where there is no terminal, and above the bar where there is one.

use std::io::Write;

use event_bus::Recorded;
use hook_core::{Progress, RunEvent};

use super::{Reporter, Summary, bytes, clock_time, sentence};

/// How much further restic must be for another line, as a fraction.
const STEP: f64 = 0.1;

/// A line an event, and one every tenth of the way.
#[derive(Debug)]
pub(crate) struct Plain<W> {
    out: W,
    summary: Summary,
    shown: f64,
}

impl<W: Write + Send> Plain<W> {
    /// Writes to `out`.
    #[must_use]
    pub(crate) fn new(out: W) -> Self {
        Self { out, summary: Summary::default(), shown: 0.0 }
    }

    fn line(&mut self, text: &str) {
        // A closed terminal is no reason to end a run.
        let _ = writeln!(self.out, "{text}");
    }
}

impl<W: Write + Send> Reporter for Plain<W> {
    fn event(&mut self, recorded: &Recorded<RunEvent>) {
        self.summary.take(recorded);
        if let Some(sentence) = sentence(&recorded.event.event) {
            self.line(&format!("{}  {sentence}", clock_time(recorded.at)));
        }
        for line in self.summary.lines() {
            self.line(&line);
        }
    }

    fn progress(&mut self, progress: &Progress) {
        if progress.percent_done < self.shown + STEP || progress.total_bytes == 0 {
            return;
        }
        self.shown = progress.percent_done;
        self.line(&format!(
            "          {:.0} %, {} of {}, {} of {} files",
            progress.percent_done * 100.0,
            bytes(progress.bytes_done),
            bytes(progress.total_bytes),
            progress.files_done,
            progress.total_files
        ));
    }

    fn end(&mut self) {
        let _ = self.out.flush();
    }
}
