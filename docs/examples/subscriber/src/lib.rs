//! One row of a CSV file for each run of zb. `runs_csv.rs` is the subscriber, `line_journal.rs` where its events are.

mod line_journal;
mod runs_csv;

pub use line_journal::{Kept, LineJournal, NotKept};
pub use runs_csv::RunsCsv;
