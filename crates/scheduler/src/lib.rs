#![doc = include_str!("../README.md")]

mod calendar;
mod occurrence;
mod schedule;
mod words;

mod zone;

pub use schedule::{InvalidSchedule, Schedule};
pub use zone::{UnknownZone, zone};
