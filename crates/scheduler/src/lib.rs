#![doc = include_str!("../README.md")]

mod calendar;
mod occurrence;
mod schedule;
mod words;

mod overdue;
mod zone;

mod due;
mod retry;

mod queue;

pub use due::{Call, Due, Look, Missed, ON_TIME, Timing};
pub use overdue::Period;
pub use queue::{Queue, Ticket, Work};
pub use retry::{Ended, Retries, Retry};
pub use schedule::{InvalidSchedule, Schedule};
pub use zone::{UnknownZone, zone};
