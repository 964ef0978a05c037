//! An event with its run, and the one JSON form that journal, `--json` and API share (`spec.md` §6).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Error, Map, Value};

use crate::{JobId, LifecycleEvent, ScheduleId};

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
