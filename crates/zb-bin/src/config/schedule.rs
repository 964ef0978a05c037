//! When a job runs by itself: checked when the job is read, used by a service.

use std::cmp::Ordering;

use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds},
    time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday},
};
use jiff::{SignedDuration, civil::DateTime};
use thiserror::Error;

/// Five cron fields: minute, hour, day of the month, month, day of the week; or `@daily` and its kin. It will happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule(String);

/// A text that is no schedule. Display follows the key's name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum InvalidSchedule {
    /// Not five fields, or one of them is wrong.
    #[error("is no cron line of five fields: {0}")]
    Form(String),
    /// As `0 0 31 2 *`.
    #[error("never happens: there is no such day")]
    Never,
}

impl Schedule {
    /// Reads a cron line.
    ///
    /// # Errors
    /// It is none, or there is no day on which it would happen.
    pub fn parse(text: &str) -> Result<Self, InvalidSchedule> {
        let cron = parse_cron(text).map_err(|error| InvalidSchedule::Form(reason(text, &error)))?;
        // Any start will do: the calendar repeats itself, and croner looks far enough ahead.
        let start = Wall(DateTime::constant(2000, 1, 1, 0, 0, 0, 0));
        cron.find_next_occurrence(&start, true).map_err(|_| InvalidSchedule::Never)?;
        Ok(Self(text.to_owned()))
    }

    /// The cron line as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

fn parse_cron(text: &str) -> Result<Cron, CronError> {
    CronParser::builder().seconds(Seconds::Disallowed).build().parse(text)
}

/// Which field is wrong, and why: croner does not say which.
fn reason(text: &str, error: &CronError) -> String {
    let fields: Vec<_> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return format!("it has {} of them", fields.len());
    }
    let alone = |index: usize| {
        let mut line = ["*"; FIELDS.len()];
        line[index] = fields[index];
        let error = parse_cron(&line.join(" ")).err()?;
        Some(format!("the {} {:?}: {}", FIELDS[index], fields[index], in_words(&error)))
    };
    (0..FIELDS.len()).find_map(alone).unwrap_or_else(|| in_words(error))
}

/// croner's texts are whole sentences, some with a heading that says nothing to a user.
fn in_words(error: &CronError) -> String {
    match error {
        CronError::IllegalCharacters(_) => "it has a character or word that cannot stand there".to_owned(),
        CronError::InvalidPattern(text) | CronError::ComponentError(text) => {
            let mut letters = text.trim_end_matches('.').chars();
            letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

/// A wall clock without a zone: enough to ask whether a day exists. croner's own support is for an older jiff.
#[derive(Clone)]
struct Wall(DateTime);

impl CronDateTime for Wall {
    fn to_civil(&self) -> CivilDateTime {
        let (date, time) = (self.0.date(), self.0.time());
        let number = |value: i8| u32::from(value.unsigned_abs());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(date.year()), number(date.month()), number(date.day())),
            CivilTime::from_parts_unchecked(
                number(time.hour()),
                number(time.minute()),
                number(time.second()),
            ),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::from(self.0.weekday().to_sunday_zero_offset().unsigned_abs()))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let number = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
        let (month, day) = (number(civil.month())?, number(civil.day())?);
        let (hour, minute, second) =
            (number(civil.hour())?, number(civil.minute())?, number(civil.second())?);
        let wall = DateTime::new(year, month, day, hour, minute, second, 0);
        wall.map(|wall| Resolution::Single(Self(wall))).map_err(|_| CronError::InvalidDate)
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
