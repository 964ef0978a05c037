//! A run from its first event to what a person reads of it, in a store that is gone afterwards.
//!
//! `cargo run -p job-store --example history`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{error::Error, path::Path, sync::Arc};

use event_bus::{Clock, Journal, StreamId, Version};
use hook_core::RunEvent;
use job_store::{RunFilter, Store};

const RUN: &str = "job_01h455vb4pex5vsknk084sn02q";

/// What happened, as `zb run --json` prints it: a database was stopped, saved, and its start was refused.
const TOLD: [&str; 9] = [
    r#""type":"run.queued","organizationId":"org_default","jobName":"postgres data","sourcePath":"/data",
       "trigger":"cli","attempt":1,"hooks":{"pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}},
       "retention":false,"machine":1"#,
    r#""type":"checks.finished","durationMs":40,"resticVersion":"0.18.0""#,
    r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"msg_1_pre","origin":"http://host:9000""#,
    r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":310,
       "response":"postgres\n""#,
    r#""type":"restic.started","resticVersion":"0.18.0""#,
    r#""type":"restic.finished","outcome":"complete","exitCode":0,"snapshotId":"9f3c21ab""#,
    r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"msg_1_post","origin":"http://host:9000""#,
    r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"rejected","httpStatus":500,"durationMs":120,
       "error":"post webhook returned HTTP 500""#,
    r#""type":"run.finished","status":"warning","error":"post webhook returned HTTP 500",
       "snapshotId":"9f3c21ab","durationMs":9000,"pauseMs":8300"#,
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    write_history(dir.path()).await?;

    // Another process would do just this.
    let Some(store) = Store::open_existing(dir.path())? else {
        return Err("it was written a moment ago".into());
    };
    for run in store.runs(&RunFilter::default()).await? {
        println!("{} of {:?}: {:?}, post hook {:?}", run.job_id, run.job_name, run.status, run.post_hook);
    }
    for job in store.find_run("n02q").await? {
        println!("\n{}", serde_json::to_string_pretty(&store.run(&job).await?)?);
    }
    Ok(())
}

async fn write_history(dir: &Path) -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let clock: Clock = Arc::new(jiff::Timestamp::now);
    let store = Store::open(dir, clock)?;
    let stream = StreamId::from(RUN);
    let mut version = Version::EMPTY;
    for told in TOLD {
        let line = format!(r#"{{"jobId":"{RUN}","scheduleId":"sched_postgres",{told}}}"#);
        let event: RunEvent = serde_json::from_str(&line)?;
        let recorded = store.append(&stream, version, vec![event]).await?;
        version = recorded.last().map_or(version, |last| last.version);
    }
    Ok(())
}
