//! The minutes that a cron line names on a wall clock that never changes: no zone, no daylight saving.
//!
//! croner reads the line and knows its days (`L`, `W`, `#`); it is not asked for the next time, because a search
//! must hold for a zone that skips a whole day, and backwards as well as forwards.

use std::ops::Range;

use croner::{CronPattern, time::Weekday};
use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
};

#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// A bit a minute.
    minutes: u64,
    /// A bit an hour.
    hours: u64,
    /// Whether the line names times of day, not a rhythm: the rule of Debian's cron for clock changes.
    fixed: bool,
    pattern: CronPattern,
}

impl Calendar {
    pub(crate) fn new(pattern: CronPattern) -> Self {
        let bits = |values: Vec<u16>| values.iter().fold(0_u64, |bits, value| bits | 1 << value);
        Self {
            minutes: bits(pattern.minutes.values()),
            hours: bits(pattern.hours.values()),
            fixed: !pattern.minutes.from_wildcard && !pattern.hours.from_wildcard,
            pattern,
        }
    }

    pub(crate) fn fixed(&self) -> bool {
        self.fixed
    }

    pub(crate) fn pattern(&self) -> &CronPattern {
        &self.pattern
    }

    /// Every pair of a year's length and its first weekday is among 28 years in a row.
    pub(crate) fn happens(&self) -> bool {
        self.first(DateTime::constant(2000, 1, 1, 0, 0, 0, 0)..DateTime::constant(2029, 1, 1, 0, 0, 0, 0))
            .is_some()
    }

    /// The first minute in the range.
    pub(crate) fn first(&self, range: Range<DateTime>) -> Option<DateTime> {
        let (mut date, mut from) = (range.start.date(), minute_at_or_after(range.start.time()));
        while date <= range.end.date() {
            if !self.has_month(date) {
                date = date.last_of_month().tomorrow().ok()?;
                from = 0;
                continue;
            }
            if self.has_day(date)
                && let Some(minute) = self.minute_from(from)
            {
                return Some(at(date, minute)).filter(|found| *found < range.end);
            }
            date = date.tomorrow().ok()?;
            from = 0;
        }
        None
    }

    /// The last minute in the range.
    pub(crate) fn last(&self, range: Range<DateTime>) -> Option<DateTime> {
        let (mut date, mut until) = (range.end.date(), minute_at_or_after(range.end.time()));
        while date >= range.start.date() {
            if !self.has_month(date) {
                date = date.first_of_month().yesterday().ok()?;
                until = MINUTES_OF_DAY;
                continue;
            }
            if self.has_day(date)
                && let Some(minute) = self.minute_until(until)
            {
                return Some(at(date, minute)).filter(|found| *found >= range.start);
            }
            date = date.yesterday().ok()?;
            until = MINUTES_OF_DAY;
        }
        None
    }

    fn has_month(&self, date: Date) -> bool {
        self.pattern.month_match(number(date.month())).unwrap_or(false)
    }

    fn has_day(&self, date: Date) -> bool {
        let weekday = Weekday::from_days_from_sunday(number(date.weekday().to_sunday_zero_offset()));
        let (year, month, day) = (i32::from(date.year()), number(date.month()), number(date.day()));
        self.pattern.day_match(year, month, day, weekday).unwrap_or(false)
    }

    /// The first minute of a day at or after that one.
    fn minute_from(&self, from: u32) -> Option<u32> {
        let (hour, minute) = (from / 60, from % 60);
        let in_hour = at_or_after(self.minutes, minute).filter(|_| has(self.hours, hour));
        in_hour
            .map(|minute| hour * 60 + minute)
            .or_else(|| Some(at_or_after(self.hours, hour + 1)? * 60 + at_or_after(self.minutes, 0)?))
    }

    /// The last minute of a day before that one.
    fn minute_until(&self, until: u32) -> Option<u32> {
        let (hour, minute) = (until / 60, until % 60);
        let in_hour = before(self.minutes, minute).filter(|_| has(self.hours, hour));
        in_hour
            .map(|minute| hour * 60 + minute)
            .or_else(|| Some(before(self.hours, hour)? * 60 + before(self.minutes, 60)?))
    }
}

const MINUTES_OF_DAY: u32 = 24 * 60;

/// Up to 1440, which is the next day's first.
fn minute_at_or_after(time: Time) -> u32 {
    let begun = time.second() != 0 || time.subsec_nanosecond() != 0;
    number(time.hour()) * 60 + number(time.minute()) + u32::from(begun)
}

fn at(date: Date, minute: u32) -> DateTime {
    // A date's midnight and less than a day: in range wherever the date is.
    let midnight = date.to_datetime(Time::midnight());
    midnight.checked_add(i64::from(minute).minutes()).unwrap_or(midnight)
}

fn has(bits: u64, bit: u32) -> bool {
    bits.checked_shr(bit).is_some_and(|bits| bits & 1 == 1)
}

fn at_or_after(bits: u64, bit: u32) -> Option<u32> {
    match bits.checked_shr(bit)? {
        0 => None,
        bits => Some(bit + bits.trailing_zeros()),
    }
}

fn before(bits: u64, bit: u32) -> Option<u32> {
    let below = bits & 1_u64.checked_shl(bit).map_or(u64::MAX, |bit| bit - 1);
    below.checked_ilog2()
}

/// The parts of a date and of a time of day are never negative.
fn number(value: i8) -> u32 {
    u32::from(value.unsigned_abs())
}
