//! A line of `spec.md` §6, read back: for whoever stands at the other end of a pipe from `zb run --json`.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{JobId, LifecycleEvent, Progress, RunEvent, ScheduleId};

/// One line of `zb run --json`, as [`RunEvent::from_wire`] reads it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum WireLine {
    /// What happened. A type that this version does not know is [`LifecycleEvent::Unknown`]: it keeps its place.
    Event(WireEvent),
    /// How far restic is: it has no place in the run, and only the latest matters.
    Progress(WireProgress),
    /// A line without a place in the run, of a type that this version does not know. It is passed over.
    Unknown,
}

/// An event with its place and time.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct WireEvent {
    /// When it was written to zb's journal: RFC 3339, UTC. As it stands in the line; this crate has no calendar.
    pub time: String,
    /// Its place: counts from 1 within a run, without a gap. Run and place together name an event for ever.
    pub seq: u32,
    /// What happened, in which run.
    pub event: RunEvent,
}

/// A progress with its run.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct WireProgress {
    /// When it was printed: RFC 3339, UTC.
    pub time: String,
    /// The run.
    pub job: JobId,
    /// The backup job.
    pub schedule: ScheduleId,
    /// How far restic was.
    pub progress: Progress,
}

/// A text that is no line of `spec.md` §6; its source says where.
#[derive(Debug, Error)]
#[error("this is no line of zb run --json")]
pub struct InvalidLine(#[from] serde_json::Error);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    time: String,
    seq: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveHead {
    time: String,
    job_id: JobId,
    schedule_id: ScheduleId,
}

/// Reads a line, with or without its line end.
pub(crate) fn read(line: &str) -> Result<WireLine, InvalidLine> {
    let value = Value::Object(serde_json::from_str(line)?);
    if value.get("type").is_some_and(|kind| kind == "progress") {
        let LiveHead { time, job_id: job, schedule_id: schedule } = LiveHead::deserialize(&value)?;
        let progress = Progress::deserialize(&value)?;
        return Ok(WireLine::Progress(WireProgress { time, job, schedule, progress }));
    }
    let event = RunEvent::deserialize(&value)?;
    if event.event == LifecycleEvent::Unknown && value.get("seq").is_none() {
        return Ok(WireLine::Unknown);
    }
    let Place { time, seq } = Place::deserialize(&value)?;
    Ok(WireLine::Event(WireEvent { time, seq, event }))
}
