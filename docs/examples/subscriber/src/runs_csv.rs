//! The subscriber: a row for each run that has finished.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use event_bus::{Bus, Observer, Position, Recorded, Rejected};
use hook_core::{LifecycleEvent, RunEvent};

const HEAD: &str = "position,finished,run,job,status,seconds,pause_seconds\n";

/// Keeps `runs.csv`. An event is told at least once and a row is written once: a row begins with the position of the
/// event that it came from, and what is not after the last row is done already.
pub struct RunsCsv {
    dir: PathBuf,
    bus: Bus<RunEvent>,
}

impl RunsCsv {
    /// In a directory; the bus is asked for a run's earlier events.
    pub fn new(dir: &Path, bus: Bus<RunEvent>) -> Self {
        Self { dir: dir.to_owned(), bus }
    }

    /// Where the rows are.
    pub fn path(&self) -> PathBuf {
        self.dir.join("runs.csv")
    }

    /// Adds the row, unless it is there. A row without its line end was cut by a death, and is written anew.
    fn add(&self, position: Position, row: &str) -> io::Result<()> {
        let lock = File::create(self.dir.join("runs.csv.lock"))?; // another process may be told the same event
        lock.lock()?;
        let mut file = File::options().read(true).append(true).create(true).open(self.path())?;
        let text = fs::read_to_string(self.path())?;
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        file.set_len(whole.len() as u64)?;
        if whole.is_empty() {
            file.write_all(HEAD.as_bytes())?;
            File::open(&self.dir)?.sync_all()?;
        }
        let last = whole.lines().last().and_then(|row| row.split(',').next()?.parse().ok());
        if last.map(Position::new).unwrap_or_default() < position {
            file.write_all(format!("{position},{row}\n").as_bytes())?;
            file.sync_data()?; // the cursor must not outlive the row
        }
        Ok(())
    }
}

#[async_trait]
impl Observer<RunEvent> for RunsCsv {
    fn name(&self) -> &str {
        "runs.csv" // the cursor's name: never rename it
    }

    async fn on_event(&self, recorded: &Recorded<RunEvent>) -> Result<(), Rejected> {
        // All else is passed over, also what a later zb may add.
        let LifecycleEvent::RunFinished { .. } = recorded.event.event else { return Ok(()) };
        let history =
            self.bus.history(&recorded.stream).await.map_err(|error| Rejected::Retry(error.into()))?;
        let row = row(&history).ok_or_else(|| Rejected::Skip("the run has no beginning".into()))?;
        self.add(recorded.position, &row).map_err(|error| Rejected::Retry(error.into()))
    }
}

/// What a run's history comes to. A pure function: told again it says the same.
fn row(history: &[Recorded<RunEvent>]) -> Option<String> {
    let queued = history.iter().find_map(|recorded| match &recorded.event.event {
        LifecycleEvent::RunQueued(queued) => Some(queued),
        _ => None,
    })?;
    history.iter().find_map(|recorded| match &recorded.event.event {
        LifecycleEvent::RunFinished { status, duration_ms, pause_ms, .. } => {
            let (finished, run, job) = (recorded.at, &recorded.event.job, quoted(&queued.job_name));
            let pause = pause_ms.map(seconds).unwrap_or_default();
            Some(format!("{finished},{run},{job},{status},{},{pause}", seconds(*duration_ms)))
        }
        _ => None,
    })
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// A name as RFC 4180 has it, on one line.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace(char::is_control, " "))
}
