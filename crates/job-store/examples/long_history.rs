//! A data directory with many finished runs, each with both hooks, of ten jobs: to see how zb does after years.
//!
//! `cargo run --release -p job-store --example long_history DIR RUNS`; without DIR and RUNS, a hundred runs in a
//! directory that is gone afterwards.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
};

use event_bus::{Clock, Journal, StreamId, Version};
use hook_core::{JobId, RunEvent};
use job_store::Store;

/// What every run told, as `zb run --json` prints it.
const TOLD: [&str; 9] = [
    r#""type":"run.queued","organizationId":"org_default","jobName":"postgres data","sourcePath":"/data",
       "trigger":"schedule","attempt":1,"hooks":{"pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}},
       "retention":false,"machine":1"#,
    r#""type":"checks.finished","durationMs":4,"resticVersion":"0.18.0""#,
    r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"msg_1_pre","origin":"http://host:9000""#,
    r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":310,
       "response":"postgres\n""#,
    r#""type":"restic.started","resticVersion":"0.18.0""#,
    r#""type":"restic.finished","outcome":"complete","exitCode":0,"snapshotId":"9f3c21ab""#,
    r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"msg_1_post","origin":"http://host:9000",
       "status":"success""#,
    r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":120"#,
    r#""type":"run.finished","status":"success","snapshotId":"9f3c21ab","durationMs":9000,"pauseMs":8300"#,
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let trial = tempfile::tempdir()?;
    let (dir, runs): (PathBuf, u64) = match words.as_slice() {
        [] => (trial.path().into(), 100),
        [dir, runs] => (dir.into(), runs.parse()?),
        _ => return Err("give a directory and a number of runs, or nothing".into()),
    };
    write(&dir, runs).await?;
    println!("{runs} runs are in {}", dir.display());
    Ok(())
}

async fn write(dir: &Path, runs: u64) -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let clock: Clock = Arc::new(jiff::Timestamp::now);
    let store = Store::open(dir, clock)?;
    for number in 0..runs {
        finished(&store, number).await?;
    }
    Ok(())
}

/// A whole run in one append: one wait for the disk.
async fn finished(store: &Store, number: u64) -> Result<(), Box<dyn Error>> {
    let job = JobId::from_parts(1_700_000_000_000 + number, [0; 10]);
    let told = TOLD.iter().map(|told| {
        let schedule = number % 10;
        serde_json::from_str(&format!(r#"{{"jobId":"{job}","scheduleId":"sched_{schedule}",{told}}}"#))
    });
    let events = told.collect::<Result<Vec<RunEvent>, _>>()?;
    store.append(&StreamId::from(job.as_str()), Version::EMPTY, events).await?;
    Ok(())
}
