//! The scheduler from outside, a subject a file.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod any_line;
mod at_work;
mod deaths;
mod described;
mod due_laws;
mod model;
mod overdue;
mod queue_laws;
mod retries;
mod ten_years;
mod world;
