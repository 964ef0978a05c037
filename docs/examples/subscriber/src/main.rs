//! `zb run --json job.toml | runs-csv DIR`: keeps zb's lines in DIR, and a row for each run in `DIR/runs.csv`.
//!
//! What it was not told yet it is told at the next start, also with nothing on its standard input.

use std::{env, error::Error, io, iter, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use event_bus::{Backoff, Bus, GiveUp};
use runs_csv::{Kept, LineJournal, RunsCsv};

#[tokio::main(worker_threads = 1)]
async fn main() -> ExitCode {
    let Some(dir) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: zb run --json JOB | runs-csv DIR");
        return ExitCode::from(2);
    };
    match work(dir).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let reasons = iter::successors(error.source(), |&reason| reason.source());
            let reasons: String = reasons.map(|reason| format!(": {reason}")).collect();
            eprintln!("runs-csv: {error}{reasons}");
            ExitCode::FAILURE
        }
    }
}

async fn work(dir: PathBuf) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&dir)?;
    let journal = Arc::new(LineJournal::open(&dir)?);
    let bus = Bus::new(journal.clone());
    bus.head().await?; // says now what is wrong with the file, where something is
    let csv = Arc::new(RunsCsv::new(&dir, bus.clone()));
    // A full disk is no reason to lose a row: come again, for as long as it takes.
    let backoff = Backoff { give_up_after: GiveUp::Never, ..Backoff::default() };
    let observing = bus.observe(csv.clone(), backoff);

    let (mut new, mut before, mut passed_over) = (0, 0, 0);
    for line in io::stdin().lines() {
        match journal.keep(&line?)? {
            Kept::New => {
                new += 1;
                bus.nudge(); // the line did not come through the bus
            }
            Kept::Before => before += 1,
            Kept::PassedOver => passed_over += 1,
        }
    }
    println!("lines.jsonl: {new} events kept, {before} were there, {passed_over} lines passed over");

    let head = bus.head().await?;
    if !observing.caught_up(head, Duration::from_secs(30)).await {
        let behind = observing.stop().await;
        return Err(
            format!("runs.csv is at {} of {head}: the rest waits for the next start", behind.at).into()
        );
    }
    let status = observing.stop().await;
    let rows = std::fs::read_to_string(csv.path()).unwrap_or_default().lines().skip(1).count();
    println!("runs.csv: {rows} rows; told everything up to {}, {} events skipped", status.at, status.skipped);
    Ok(())
}
