//! A cron line in plain words. Where a line is too odd for a phrase, its fields are named one by one: never wrong.

mod days;
mod lists;
mod times;

use croner::CronPattern;

use days::Days;
use lists::{either, months};
use times::Times;

/// `text` is the cron line, for what only its own letters say.
pub(crate) fn describe(text: &str, pattern: &CronPattern) -> String {
    let (minutes, hours) = (pattern.minutes.values(), pattern.hours.values());
    let in_months = months(&pattern.months.values());
    let days = Days::read(text, pattern);
    match (Times::read(&minutes, &hours), days.phrase(in_months.as_deref())) {
        (Some(Times::At(times)), Some(when)) if days == Days::Every => format!("Every day at {times}{when}"),
        (Some(Times::At(times)), Some(when)) => format!("At {times}{when}"),
        (Some(Times::Rhythm(rhythm)), Some(when)) => format!("{rhythm}{when}"),
        _ => field_by_field(&minutes, &hours, &days, in_months.as_deref()),
    }
}

fn field_by_field(minutes: &[u16], hours: &[u16], days: &Days, in_months: Option<&str>) -> String {
    let mut fields = Vec::new();
    if minutes.len() < 60 {
        fields.push(format!("the minute is {}", either(minutes)));
    }
    if hours.len() < 24 {
        fields.push(format!("the hour is {}", either(hours)));
    }
    fields.extend(days.condition());
    if let Some(months) = in_months {
        fields.push(format!("the month is {}", months.replace(" and ", " or ")));
    }
    format!("When {}", lists::joined(&fields, "and"))
}
