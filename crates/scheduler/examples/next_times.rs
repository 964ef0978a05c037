//! The next five times of a cron line.
//!
//! `cargo run -p scheduler --example next_times -- '30 2 * * MON,THU' Europe/Madrid 2026-11-24T12:00:00Z`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::error::Error;

use jiff::Timestamp;
use scheduler::{Schedule, zone};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let line = arguments.next().unwrap_or_else(|| "0 2 * * *".to_owned());
    let name = arguments.next().unwrap_or_else(|| "Europe/Madrid".to_owned());
    let after: Timestamp = arguments.next().as_deref().unwrap_or("2026-10-23T12:00:00Z").parse()?;

    let schedule = Schedule::parse(&line).map_err(|error| format!("{line:?} {error}"))?;
    let zone = zone(&name).map_err(|error| match &error.nearest {
        Some(nearest) => format!("{error}; did you mean {nearest:?}?"),
        None => error.to_string(),
    })?;
    println!("{}, {name}", schedule.describe());
    for due in schedule.times(after, &zone).take(5) {
        println!("  {}", due.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z"));
    }
    Ok(())
}
