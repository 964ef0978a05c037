//! What follows from an event, in its transaction: the rows that find runs, and the end of plans.

use event_bus::Recorded;
use hook_core::{
    JobId, LifecycleEvent as Event, OutcomeKind, Phase, RunEvent, RunStatus, ScheduleId,
    event::{HookFinished, RunQueued},
};
use rusqlite::Connection;

use crate::{
    PostHook, Run,
    events::{self, number},
    plans,
    thread::Failure,
};

/// Brings the rows up to this event.
pub(crate) fn follow(connection: &Connection, recorded: &Recorded<RunEvent>) -> Result<(), Failure> {
    let RunEvent { job, schedule, event } = &recorded.event;
    match event {
        Event::RunQueued(queued) => begin(connection, recorded, queued),
        Event::HookFinished(HookFinished { phase: Phase::Post, outcome: OutcomeKind::Ok, .. }) => {
            deliver(connection, job)
        }
        Event::HookCleared { .. } => set(connection, "UPDATE runs SET owing = 0 WHERE job = ?1", job),
        Event::RunInterrupted { .. } => {
            set(connection, "UPDATE runs SET interrupted = 1 WHERE job = ?1", job)
        }
        Event::RunFinished { status, pause_ms, .. } => end(connection, job, schedule, *status, *pause_ms),
        _ => Ok(()),
    }
}

fn begin(connection: &Connection, at: &Recorded<RunEvent>, queued: &RunQueued) -> Result<(), Failure> {
    let sql = "INSERT INTO runs (queued, job, schedule, job_name, organization, cause, queued_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute((
        number(at.position),
        at.event.job.as_str(),
        at.event.schedule.as_str(),
        &queued.job_name,
        queued.organization_id.as_str(),
        queued.trigger.as_str(),
        at.at.as_microsecond(),
    ))?;
    Ok(())
}

/// It also ends the debts of the job's earlier runs.
fn deliver(connection: &Connection, job: &JobId) -> Result<(), Failure> {
    set(connection, "UPDATE runs SET delivered = 1 WHERE job = ?1", job)?;
    let sql = "UPDATE runs SET owing = 0
               FROM (SELECT organization AS whose, schedule AS of, queued AS last FROM runs WHERE job = ?1)
               WHERE owing AND organization = whose AND schedule = of AND queued <= last";
    set(connection, sql, job)
}

fn set(connection: &Connection, sql: &str, job: &JobId) -> Result<(), Failure> {
    connection.prepare_cached(sql)?.execute([job.as_str()])?;
    Ok(())
}

fn end(
    connection: &Connection,
    job: &JobId,
    schedule: &ScheduleId,
    status: RunStatus,
    pause_ms: Option<u64>,
) -> Result<(), Failure> {
    let before = "UPDATE runs SET latest = 0
                  FROM (SELECT organization AS whose, schedule AS of FROM runs WHERE job = ?1)
                  WHERE latest AND organization = whose AND schedule = of";
    set(connection, before, job)?;
    let run = Run::from_history(&events::of_stream(connection, job.as_str())?);
    let is_owing = run.is_some_and(|run| run.post_hook == PostHook::Failed);
    let sql = "UPDATE runs SET status = ?2, owing = ?3, latest = 1, pause_ms = ?4 WHERE job = ?1";
    // SQLite's numbers end earlier; no pause is that long.
    let pause_ms = pause_ms.and_then(|ms| i64::try_from(ms).ok());
    connection.prepare_cached(sql)?.execute((job.as_str(), status.as_str(), is_owing, pause_ms))?;
    plans::delete_before(connection, job, schedule)
}
