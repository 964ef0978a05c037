//! How a run is shown while it happens: each reporter gets events and progress, never the engine. A reporter that
//! fails or lags never delays a run.

mod bar;
mod json;
mod plain;
mod quantities;
mod screen;
mod summary;
mod words;

pub(crate) use bar::Bar;
pub(crate) use json::JsonLines;
pub(crate) use plain::Plain;
pub(crate) use quantities::{bytes, seconds};
pub(crate) use screen::{Screen, follow};
pub(crate) use summary::Summary;
pub(crate) use words::{clock_time, sentence};

use event_bus::Recorded;
use hook_core::{Progress, RunEvent};

/// Shows one run. Everything that it writes may be lost: a closed terminal is no reason to end a run.
pub(crate) trait Reporter: Send {
    /// Something happened.
    fn event(&mut self, recorded: &Recorded<RunEvent>);
    /// restic came further.
    fn progress(&mut self, progress: &Progress);
    /// Nothing follows.
    fn end(&mut self) {}
}
