//! The next times of a schedule, before it is kept.

use jiff::{Timestamp, tz::TimeZone};
use scheduler::Schedule;
use zb_server::{Fault, FieldError, SchedulePreview};

/// How many are shown.
const TIMES: usize = 5;

pub(super) fn of(schedule: &str, timezone: Option<&str>, now: Timestamp) -> Result<SchedulePreview, Fault> {
    let mut faults = Fault::new();
    let schedule = Schedule::parse(schedule)
        .map_err(|error| faults.push(FieldError::new("?schedule", error.to_string())));
    let zone = match timezone {
        None => Ok(TimeZone::system()),
        Some(name) => scheduler::zone(name).map_err(|unknown| {
            let meant =
                unknown.nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            faults.push(FieldError::new("?timezone", format!("{unknown}{meant}")));
        }),
    };
    let (Ok(schedule), Ok(zone)) = (schedule, zone) else { return Err(faults) };
    Ok(SchedulePreview {
        text: schedule.describe(),
        timezone: zone.iana_name().unwrap_or("UTC").to_owned(),
        times: schedule.times(now, &zone).take(TIMES).collect(),
    })
}
