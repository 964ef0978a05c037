//! A progress bar on a terminal, below the plain lines: phase, percentage, bytes, speed and time left.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{LifecycleEvent as Event, Phase, Progress, RunEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Reporter, Summary, clock_time, sentence};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// For people at a terminal.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
    summary: Summary,
}

impl Bar {
    /// Draws on standard output, from the first event on: drawing may block. Nothing where that is no terminal that
    /// can move its cursor (`TERM=dumb`).
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        let target = ProgressDrawTarget::stdout();
        if target.is_hidden() {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(phase_style());
        Some(Self { bar, summary: Summary::default() })
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants; one that did not parse would show a plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn phase_style() -> ProgressStyle {
    style("{spinner} {msg}, {elapsed}")
}

fn bytes_style() -> ProgressStyle {
    style(
        "{spinner} {percent:>3} % [{bar:16}] {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {wide_msg}",
    )
}

/// What goes on now, until the next event.
fn phase(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::RunQueued(_) => "Checking",
        Event::HookStarted { phase: Phase::Pre, .. } => "Waiting for the pre hook",
        Event::ResticStarted { .. } => "Backing up",
        Event::HookStarted { phase: Phase::Post, .. } => "Waiting for the post hook",
        Event::RetentionStarted {} => "Removing old snapshots",
        Event::CancelRequested { .. } => "Cancelling",
        _ => return None,
    })
}

impl Reporter for Bar {
    fn event(&mut self, recorded: &Recorded<RunEvent>) {
        self.summary.take(recorded);
        let event = &recorded.event.event;
        if let Some(sentence) = sentence(event) {
            self.bar.println(format!("{}  {sentence}", clock_time(recorded.at)));
        }
        if let Some(phase) = phase(event) {
            self.bar.set_style(phase_style());
            self.bar.set_message(phase);
        }
        if let Event::RunQueued(_) = event {
            self.bar.enable_steady_tick(TICK);
        }
        let lines = self.summary.lines();
        if !lines.is_empty() {
            self.bar.println(lines.join("\n"));
            self.bar.finish_and_clear();
        }
    }

    fn progress(&mut self, progress: &Progress) {
        if progress.total_bytes == 0 {
            return;
        }
        if self.bar.length() != Some(progress.total_bytes) {
            self.bar.set_style(bytes_style());
            self.bar.set_length(progress.total_bytes);
        }
        let left = progress.seconds_remaining.map(|left| format!("{left} s left, ")).unwrap_or_default();
        self.bar.set_message(format!("{left}{} of {} files", progress.files_done, progress.total_files));
        self.bar.set_position(progress.bytes_done);
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
