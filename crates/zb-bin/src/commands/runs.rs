//! `zb runs`: the history, the latest run first.

use std::{
    io::{self, Write},
    time::Duration,
};

use hook_core::{JobId, ScheduleId};
use jiff::{Timestamp, tz::TimeZone};
use job_store::{Run, RunFilter, Store};
use lifecycle_engine::Holding;

use crate::{
    config::{Job, JobRef, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    show::seconds,
    stderr, stored_jobs, wiring,
};

/// Runs that are read at once.
const PAGE: u32 = 200;

/// Lists all runs, or one job's.
///
/// # Errors
/// The job is unknown, its file is bad, or the data directory cannot be used.
pub async fn runs(
    job: Option<&JobRef>,
    json: bool,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut filter = match job {
        Some(JobRef::File(path)) => {
            let job = Job::read(path, &around.folder, settings.webhook_timeout.value)?;
            RunFilter { schedule: Some(job.schedule_id), ..paged() }
        }
        Some(JobRef::Named(name)) => named(name, settings).await,
        None => paged(),
    };
    let store = wiring::existing_store(settings)?;
    if let Some(store) = &store {
        tell_what_is_owed(store).await?;
    }
    let mut shown = 0;
    let mut page = next_page(store.as_ref(), &mut filter).await?;
    while !page.is_empty() {
        shown += page.len();
        super::end_of_output(if json {
            print_json(&page, out)
        } else {
            let dead = dead(store.as_ref(), &page).await?;
            print_table(&page, &dead, out)
        })?;
        page = next_page(store.as_ref(), &mut filter).await?;
    }
    match job {
        Some(JobRef::Named(name)) if shown == 0 => {
            Err(Failure::invalid(format!("no job in the history is called {name}"))
                .hint("zb runs lists them"))
        }
        _ if shown == 0 && !json => super::end_of_output(writeln!(out, "No runs yet.")),
        _ => Ok(Exit::Success),
    }
}

/// A long history is read in pages, so that it never has to be in memory as a whole.
async fn next_page(store: Option<&Store>, filter: &mut RunFilter) -> Result<Vec<Run>, Failure> {
    let Some(store) = store else { return Ok(Vec::new()) };
    let page = store.runs(filter).await?;
    filter.before = page.last().map(|run| run.job_id.clone());
    Ok(page)
}

/// Runs without an end that no living zb has.
async fn dead(store: Option<&Store>, page: &[Run]) -> Result<Vec<JobId>, Failure> {
    let mut dead = Vec::new();
    let Some(store) = store else { return Ok(dead) };
    for run in page.iter().filter(|run| run.status.is_none()) {
        let holding = store.holding(&run.key()).await?;
        let is_alive =
            matches!(holding, Some(Holding::Running(job) | Holding::Settling(job)) if job == run.job_id);
        if !is_alive {
            dead.push(run.job_id.clone());
        }
    }
    Ok(dead)
}

fn paged() -> RunFilter {
    RunFilter { limit: Some(PAGE), ..RunFilter::default() }
}

/// A stored job, whatever it was called before; else one of the history, by its id or its name.
async fn named(name: &str, settings: &Settings) -> RunFilter {
    // The history needs no key: where the jobs cannot be read, it is searched all the same.
    let stored = stored_jobs::find(name, settings).await.map(|stored| stored.schedule);
    match name.parse::<ScheduleId>().or(stored) {
        Ok(schedule) => RunFilter { schedule: Some(schedule), ..paged() },
        Err(_) => RunFilter { job_name: Some(name.to_owned()), ..paged() },
    }
}

/// One line where something is owed: commands that only read send nothing (`spec.md` §3).
///
/// # Errors
/// The store cannot be read.
pub(super) async fn tell_what_is_owed(store: &Store) -> Result<(), Failure> {
    let owed = store.owed().await?;
    match owed.as_slice() {
        [] => {}
        [run] => stderr::line(&format!("run {run} owes its post hook: zb recover delivers it")),
        several => {
            stderr::line(&format!("{} runs owe their post hooks: zb recover delivers them", several.len()))
        }
    }
    Ok(())
}

fn print_json(runs: &[Run], out: &mut dyn Write) -> io::Result<()> {
    for run in runs {
        serde_json::to_writer(&mut *out, run)?;
        writeln!(out)?;
    }
    Ok(())
}

fn print_table(runs: &[Run], dead: &[JobId], out: &mut dyn Write) -> io::Result<()> {
    let name_width = runs.iter().map(|run| run.job_name.chars().count()).max().unwrap_or_default();
    for run in runs {
        let unfinished = if dead.contains(&run.job_id) { "interrupted" } else { "running" };
        let status = run.status.map_or(unfinished, |status| status.as_str());
        let took = run.duration_ms.map(|ms| seconds(Duration::from_millis(ms))).unwrap_or_default();
        let paused = run.pause_ms.map(|ms| format!("paused {}", seconds(Duration::from_millis(ms))));
        let line = format!(
            "{}  {}  {:name_width$}  {status:11}  {took:>11}  {}",
            run.job_id,
            local(run.queued_at),
            run.job_name,
            run.error.clone().or(paused).unwrap_or_default(),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Local time, to the second.
pub(super) fn local(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
