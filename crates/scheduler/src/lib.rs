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

mod port;

mod planner;

mod handle;
mod run;
mod status;

pub use due::{Call, Due, Look, Missed, ON_TIME, Timing};
pub use handle::{Handle, NotStarted};
pub use overdue::Period;
pub use port::{BoxError, Job, Mark, Owed, Port, Refused, Start};
pub use queue::{Queue, Ticket, Work};
pub use retry::{Ended, Retries, Retry};
pub use run::{Clock, FreshId, Scheduler};
pub use schedule::{InvalidSchedule, Schedule};
pub use status::Status;
pub use zone::{UnknownZone, zone};
