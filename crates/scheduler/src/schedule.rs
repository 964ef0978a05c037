//! A cron line: when a job runs by itself.

use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use thiserror::Error;

use crate::{calendar::Calendar, occurrence, words};

/// Five cron fields: minute, hour, day of the month, month, day of the week; or `@daily` and its kin. It will happen.
///
/// `L`, `W`, `#` and the names of months and days are understood. A day of the month and a day of the week together
/// mean either of the two, as in every cron; a `+` before the day of the week means both.
///
/// **Clock changes.** A line without `*` in minute and hour names times of day: one that the clock skips is due at
/// the first instant after the gap, one that the clock shows twice is due once, at the first. Any other line names
/// what the clock shows, as often as it shows it: `0 * * * *` is due every hour, through both changes.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    calendar: Calendar,
}

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
        let calendar = Calendar::new(cron.pattern);
        if !calendar.happens() {
            return Err(InvalidSchedule::Never);
        }
        Ok(Self { text: text.to_owned(), calendar })
    }

    /// The cron line as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first due time after `instant`; none only at the end of time, in the year 9999.
    #[must_use]
    pub fn next(&self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        occurrence::first_after(&self.calendar, instant, zone)
    }

    /// The last due time before `instant`.
    #[must_use]
    pub fn previous(&self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        occurrence::last_before(&self.calendar, instant, zone)
    }

    /// The last due time at or before `instant`.
    #[must_use]
    pub fn latest(&self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.previous(instant.checked_add(SignedDuration::from_nanos(1)).unwrap_or(instant), zone)
    }

    /// All due times after `instant`.
    pub fn times(&self, instant: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(instant, zone), |last| self.next(*last, zone))
    }

    /// The schedule in plain words: "Every day at 02:00".
    #[must_use]
    pub fn describe(&self) -> String {
        // It was read before.
        parse_cron(&self.text)
            .map_or_else(|_| self.text.clone(), |cron| words::describe(&self.text, &cron.pattern))
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

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
