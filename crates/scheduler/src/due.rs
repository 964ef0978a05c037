//! What is due at a moment: a pure function of the schedule, of what was handled before, and of the clock.
//!
//! The one thing to be kept on a disk is up to when due times were handled. It only ever grows, and what is handed
//! out is after it: so no due time is handed out twice, whatever the clock does and whenever the process dies.

use hook_core::event::Trigger;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::Schedule;

/// Later than this after its due time a start is late. The clock is looked at once a minute at least, so it was not
/// being looked at: the machine slept, or its clock was put forward.
pub const ON_TIME: SignedDuration = SignedDuration::from_mins(2);

/// What becomes of due times that passed while nobody looked: downtime, sleep, a clock put forward.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Missed {
    /// `run-once`: start the job once, however many due times were missed.
    #[default]
    RunOnce,
    /// `skip`: wait for the next.
    Skip,
}

/// When a job is due.
#[derive(Clone, PartialEq, Debug)]
pub struct Timing {
    /// The cron line.
    pub schedule: Schedule,
    /// The zone of the line.
    pub zone: TimeZone,
    /// What becomes of due times that were missed.
    pub missed: Missed,
}

impl Timing {
    /// Schedule and zone as one text. Another text is another timing, which counts from the moment of the edit.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.schedule.as_str(), self.zone.iana_name().unwrap_or("local"))
    }

    /// What is due at `now`.
    ///
    /// `handled`: every due time up to here was handled. `watched_since`: when the clock was looked at before this,
    /// or when this process began to.
    #[must_use]
    pub fn look(&self, handled: Timestamp, watched_since: Timestamp, now: Timestamp) -> Look {
        let latest = self.schedule.latest(now, &self.zone).filter(|latest| *latest > handled);
        let due = latest.map(|at| {
            let on_time = at > watched_since && now.duration_since(at) <= ON_TIME;
            let call = match self.missed {
                _ if on_time => Call::OnTime,
                Missed::RunOnce => Call::Late,
                Missed::Skip => Call::Skipped,
            };
            Due { at, call }
        });
        Look {
            due,
            handled: latest.unwrap_or(handled),
            next: self.schedule.next(now.max(handled), &self.zone),
        }
    }
}

/// What was seen at a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Look {
    /// At most one due time, the latest, however many passed.
    pub due: Option<Due>,
    /// Up to when due times are handled now. To be kept before anything is started.
    pub handled: Timestamp,
    /// When something will be due next; none only at the end of time.
    pub next: Option<Timestamp>,
}

/// A due time that has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Due {
    /// When it was due.
    pub at: Timestamp,
    /// What is to be done about it.
    pub call: Call,
}

/// What is to be done about a due time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Start: it is time.
    OnTime,
    /// Start once, for this and all others that were missed.
    Late,
    /// Do not start: the job wants the next one.
    Skipped,
}

impl Call {
    /// What the run says that started it; none where there is no run.
    #[must_use]
    pub fn trigger(self) -> Option<Trigger> {
        match self {
            Self::OnTime => Some(Trigger::Schedule),
            Self::Late => Some(Trigger::Missed),
            Self::Skipped => None,
        }
    }
}
