//! When a job is overdue: not started a quarter of a period after it was due.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::Schedule;

/// A due time and the one after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Period {
    /// Where it begins: a due time.
    pub due: Timestamp,
    /// Where it ends: the next due time.
    pub next: Timestamp,
}

impl Period {
    /// From the one due time to the next.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.next.duration_since(self.due)
    }

    /// From when on a job that has not started since it was due is overdue.
    #[must_use]
    pub fn overdue_at(&self) -> Timestamp {
        self.due.checked_add(self.length() / 4).unwrap_or(self.next)
    }
}

impl Schedule {
    /// The period that `instant` is in; none only at the ends of time.
    #[must_use]
    pub fn period(&self, instant: Timestamp, zone: &TimeZone) -> Option<Period> {
        Some(Period { due: self.latest(instant, zone)?, next: self.next(instant, zone)? })
    }

    /// The due time that a job missed, if it is overdue at `now`. `started` is when its newest run started, else when
    /// the job was made or its schedule last changed.
    #[must_use]
    pub fn overdue(&self, started: Timestamp, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let missed = self.first_period(started, zone)?;
        (now >= missed.overdue_at()).then_some(missed.due)
    }

    /// The first period that begins after `started`: at its [`Period::overdue_at`] a job that has not started since is
    /// overdue, and not before. The later `started` is, the later that is.
    #[must_use]
    pub fn first_period(&self, started: Timestamp, zone: &TimeZone) -> Option<Period> {
        let due = self.next(started, zone)?;
        Some(Period { due, next: self.next(due, zone)? })
    }
}
