//! What follows from an event, in its transaction: the rows that find runs, and the end of plans.

use event_bus::Recorded;
use hook_core::{
    JobId, LifecycleEvent as Event, OutcomeKind, Phase, RunEvent, RunStatus, ScheduleId,
    event::{HookFinished, RunQueued},
};
use rusqlite::Connection;

use crate::{plans, thread::Failure};

/// Brings the rows up to this event.
pub(crate) fn follow(connection: &Connection, recorded: &Recorded<RunEvent>) -> Result<(), Failure> {
    let RunEvent { job, schedule, event } = &recorded.event;
    match event {
        Event::RunQueued(queued) => begin(connection, recorded, queued),
        Event::HookFinished(HookFinished { phase: Phase::Post, outcome: OutcomeKind::Ok, .. }) => {
            deliver(connection, job)
        }
        Event::RunFinished { status, .. } => end(connection, job, schedule, *status),
        _ => Ok(()),
    }
}

fn begin(connection: &Connection, at: &Recorded<RunEvent>, queued: &RunQueued) -> Result<(), Failure> {
    let sql = "INSERT INTO runs (queued, job, schedule, job_name) VALUES (?1, ?2, ?3, ?4)";
    let position = i64::try_from(at.position.get()).unwrap_or(i64::MAX);
    let row = (position, at.event.job.as_str(), at.event.schedule.as_str(), &queued.job_name);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn deliver(connection: &Connection, job: &JobId) -> Result<(), Failure> {
    connection.prepare_cached("UPDATE runs SET delivered = 1 WHERE job = ?1")?.execute([job.as_str()])?;
    Ok(())
}

fn end(
    connection: &Connection,
    job: &JobId,
    schedule: &ScheduleId,
    status: RunStatus,
) -> Result<(), Failure> {
    let sql = "UPDATE runs SET status = ?2 WHERE job = ?1";
    connection.prepare_cached(sql)?.execute((job.as_str(), status.as_str()))?;
    plans::delete_before(connection, job, schedule)
}
