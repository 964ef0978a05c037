//! From the minutes of a calendar to instants in a zone. A zone is a row of stretches of one offset each; a change of
//! the clock stands between two of them. Within a stretch a minute is an instant, and nothing else has to be thought.

use jiff::{
    SignedDuration, Timestamp,
    tz::{Offset, TimeZone},
};

use crate::calendar::Calendar;

const TICK: SignedDuration = SignedDuration::from_nanos(1);

pub(crate) fn first_after(calendar: &Calendar, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let mut from = instant.checked_add(TICK).ok()?;
    loop {
        let stretch = Stretch::around(from, zone);
        if let Some(found) = stretch.first(calendar, from) {
            return Some(found);
        }
        from = stretch.end?;
    }
}

pub(crate) fn last_before(calendar: &Calendar, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let mut until = instant;
    loop {
        let stretch = Stretch::around(until.checked_sub(TICK).ok()?, zone);
        if let Some(found) = stretch.last(calendar, until) {
            return Some(found);
        }
        until = stretch.start?;
    }
}

/// From one change of the clock to the next.
struct Stretch {
    /// None: since ever.
    start: Option<Timestamp>,
    /// Not part of it. None: for ever.
    end: Option<Timestamp>,
    offset: Offset,
    /// The offset until `start`.
    before: Offset,
}

impl Stretch {
    fn around(instant: Timestamp, zone: &TimeZone) -> Self {
        let or_now = instant.checked_add(TICK).unwrap_or(instant);
        let start = zone.preceding(or_now).next().map(|change| change.timestamp());
        let end = zone.following(instant).next().map(|change| change.timestamp());
        let offset = zone.to_offset(instant);
        let last = start.and_then(|start| start.checked_sub(TICK).ok());
        let before = last.map_or(offset, |last| zone.to_offset(last));
        Self { start, end, offset, before }
    }

    /// The first due time at or after `from`, which is in it.
    fn first(&self, calendar: &Calendar, from: Timestamp) -> Option<Timestamp> {
        if let Some(start) = self.owed_by_a_gap(calendar)
            && from <= start
        {
            return Some(start);
        }
        let end = self.offset.to_datetime(self.end.unwrap_or(Timestamp::MAX));
        let begin = self.offset.to_datetime(self.begin(calendar).max(from));
        self.instant(calendar.first(begin..end)?)
    }

    /// The last due time before `until`, which is in it or its end.
    fn last(&self, calendar: &Calendar, until: Timestamp) -> Option<Timestamp> {
        let begin = self.offset.to_datetime(self.begin(calendar));
        let found = calendar.last(begin..self.offset.to_datetime(until));
        match found {
            Some(found) => self.instant(found),
            None => self.owed_by_a_gap(calendar),
        }
    }

    /// Where its minutes begin to count: a time of day that the clock shows twice was due at its first showing.
    fn begin(&self, calendar: &Calendar) -> Timestamp {
        let start = self.start.unwrap_or(Timestamp::MIN);
        let repeated = self.before.seconds() - self.offset.seconds();
        if !calendar.fixed() || repeated <= 0 {
            return start;
        }
        start.checked_add(SignedDuration::from_secs(i64::from(repeated))).unwrap_or(start)
    }

    /// Its start, where the clock skipped a time of day just before it.
    fn owed_by_a_gap(&self, calendar: &Calendar) -> Option<Timestamp> {
        let start = self.start.filter(|_| calendar.fixed())?;
        calendar.first(self.before.to_datetime(start)..self.offset.to_datetime(start)).map(|_| start)
    }

    fn instant(&self, minute: jiff::civil::DateTime) -> Option<Timestamp> {
        self.offset.to_timestamp(minute).ok()
    }
}
