//! An event with its run, and the one JSON form that journal, `--json` and API share (`spec.md` §6).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Error, Map, Value};

use crate::{InvalidLine, JobId, LifecycleEvent, ScheduleId, WireLine, wire};

/// An event with the run that it belongs to: what the journal keeps and observers get.
///
/// Its JSON is flat, `{"type":…,"jobId":…,"scheduleId":…,…}`; [`RunEvent::to_wire`] adds when and in which
/// place it happened.
#[derive(Clone, PartialEq, Debug)]
pub struct RunEvent {
    /// The run.
    pub job: JobId,
    /// The backup job.
    pub schedule: ScheduleId,
    /// What happened.
    pub event: LifecycleEvent,
}

impl RunEvent {
    /// One line of `spec.md` §6, without the line end: `seq` counts from 1 within a run, `time` is RFC 3339 UTC.
    #[must_use]
    pub fn to_wire(&self, seq: u32, time: &dyn fmt::Display) -> String {
        let head = [("time", Value::String(time.to_string())), ("seq", Value::from(seq))];
        // Nothing in an event can fail to be written: texts, numbers, and a path that is written lossily.
        self.to_object(head).map(Value::Object).unwrap_or_default().to_string()
    }

    /// Reads a line of `spec.md` §6, with or without its line end: what [`RunEvent::to_wire`] wrote comes back as it
    /// was, with its time and place. Fields that are not known are passed over, and so are types.
    ///
    /// ```
    /// use hook_core::{LifecycleEvent, RunEvent, WireLine};
    ///
    /// let line = r#"{"type":"orphans.ended","time":"2026-11-24T08:40:02.5Z","seq":7,
    ///     "jobId":"job_01h455vb4pex5vsknk084sn02q","scheduleId":"sched_notes","count":1}"#;
    /// let WireLine::Event(read) = RunEvent::from_wire(line)? else { return Ok(()) };
    /// assert_eq!((read.seq, read.event.event), (7, LifecycleEvent::OrphansEnded { count: 1 }));
    /// # Ok::<(), hook_core::InvalidLine>(())
    /// ```
    ///
    /// # Errors
    /// The text is no JSON object, has no run or no place, or a type that is known lacks a field or has a value that
    /// is not known: what was recorded is never guessed at.
    pub fn from_wire(line: &str) -> Result<WireLine, InvalidLine> {
        wire::read(line)
    }

    fn to_object(
        &self,
        head: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Map<String, Value>, Error> {
        let mut body: Map<String, Value> = serde_json::from_value(serde_json::to_value(&self.event)?)?;
        let kind = body.shift_remove("type").unwrap_or_default();
        let mut all = Map::from_iter([("type".to_owned(), kind)]);
        all.extend(head.into_iter().map(|(key, value)| (key.to_owned(), value)));
        all.insert("jobId".to_owned(), self.job.to_string().into());
        all.insert("scheduleId".to_owned(), self.schedule.to_string().into());
        all.extend(body);
        Ok(all)
    }
}

impl Serialize for RunEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_object([]).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RunEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            job_id: JobId,
            schedule_id: ScheduleId,
        }
        let value = Value::deserialize(deserializer)?;
        let head = Head::deserialize(&value).map_err(de::Error::custom)?;
        let event = LifecycleEvent::deserialize(&value).map_err(de::Error::custom)?;
        Ok(Self { job: head.job_id, schedule: head.schedule_id, event })
    }
}
