//! The minutes that a cron line names on a wall clock that never changes: no zone, no daylight saving.
//!
//! croner reads the line and knows its days (`L`, `W`, `#`); it is not asked for the next time, because a search
//! must hold for a zone that skips a whole day, and backwards as well as forwards.

use std::{ops::Range, sync::Arc};

use croner::{CronPattern, time::Weekday};
use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
};

/// A service has many: a line of croner's has a byte for each of ten thousand years, and is kept only where it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// A bit a minute.
    minutes: u64,
    /// A bit an hour.
    hours: u64,
    /// A bit a month, from bit 1.
    months: u64,
    days: Days,
    /// Whether the line names times of day, not a rhythm: the rule of Debian's cron for clock changes.
    fixed: bool,
}

#[derive(Clone, Debug)]
enum Days {
    /// Days of the month, a bit each from bit 1, and of the week, a bit each from Sunday.
    Of { month: u64, week: u64, which: Which },
    /// With `L`, `W` or `#`.
    Modified(Arc<CronPattern>),
}

/// Which of the two fields of days counts.
#[derive(Clone, Copy, Debug)]
enum Which {
    Month,
    Week,
    Either,
    Both,
}

impl Calendar {
    pub(crate) fn new(pattern: CronPattern) -> Self {
        Self {
            minutes: bits(&pattern.minutes.values()),
            hours: bits(&pattern.hours.values()),
            months: bits(&pattern.months.values()),
            fixed: !pattern.minutes.from_wildcard && !pattern.hours.from_wildcard,
            days: Days::new(pattern),
        }
    }

    pub(crate) fn fixed(&self) -> bool {
        self.fixed
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
        has(self.months, number(date.month()))
    }

    fn has_day(&self, date: Date) -> bool {
        let (day, weekday) = (number(date.day()), number(date.weekday().to_sunday_zero_offset()));
        match &self.days {
            Days::Of { month, which: Which::Month, .. } => has(*month, day),
            Days::Of { week, which: Which::Week, .. } => has(*week, weekday),
            Days::Of { month, week, which: Which::Either } => has(*month, day) || has(*week, weekday),
            Days::Of { month, week, which: Which::Both } => has(*month, day) && has(*week, weekday),
            Days::Modified(pattern) => {
                let (year, month) = (i32::from(date.year()), number(date.month()));
                pattern.day_match(year, month, day, Weekday::from_days_from_sunday(weekday)).unwrap_or(false)
            }
        }
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

impl Days {
    fn new(pattern: CronPattern) -> Self {
        if pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() {
            return Self::Modified(Arc::new(pattern));
        }
        let (month, week) = (bits(&pattern.days.values()), bits(&pattern.days_of_week.values()));
        let which = match (pattern.is_dom_wildcard(), pattern.is_dow_wildcard()) {
            (true, true) => Which::Either,
            (true, false) => Which::Week,
            (false, true) => Which::Month,
            (false, false) if pattern.matches_dom_and_dow() => Which::Both,
            (false, false) => Which::Either,
        };
        Self::Of { month, week, which }
    }
}

fn bits(values: &[u16]) -> u64 {
    values.iter().fold(0, |bits, value| bits | 1 << value)
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

#[cfg(test)]
mod tests {
    use croner::parser::{CronParser, Seconds};

    use super::*;

    /// What is kept of a line says the same as the line, day by day.
    #[test]
    fn a_day_is_one_of_the_line() {
        let (month_days, week_days) =
            (["*", "*/2", "1,15", "?", "31", "L", "15W"], ["*", "*/2", "1-5", "?", "0", "+5", "5#1"]);
        for line in month_days.iter().flat_map(|month| week_days.map(|week| format!("0 2 {month} * {week}")))
        {
            let Ok(cron) = CronParser::builder().seconds(Seconds::Disallowed).build().parse(&line) else {
                continue;
            };
            let calendar = Calendar::new(cron.pattern.clone());
            let mut date = Date::constant(2026, 1, 1);
            for _ in 0..400 {
                let weekday = Weekday::from_days_from_sunday(number(date.weekday().to_sunday_zero_offset()));
                let (year, month, day) = (i32::from(date.year()), number(date.month()), number(date.day()));
                let expected = cron.pattern.day_match(year, month, day, weekday).unwrap();
                assert_eq!(calendar.has_day(date), expected, "{line} on {date}");
                date = date.tomorrow().unwrap();
            }
        }
    }
}
