//! `zb show`: one run as a timeline, with what the hooks answered.

use std::io::{self, Write};

use event_bus::{Journal, Recorded, StreamId};
use hook_core::{JobId, LifecycleEvent, RunEvent};
use job_store::{Run, Store};

use crate::{
    config::Settings,
    exit::Exit,
    report::Failure,
    show::{Summary, clock_time, sentence},
    wiring,
};

/// Shows the run whose id ends in `run`.
///
/// # Errors
/// No run, or several, have such an end; the data directory cannot be used.
pub async fn show(run: &str, json: bool, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let store = wiring::existing_store(settings)?.ok_or_else(|| unknown(run))?;
    let job = the_run(run, &store).await?;
    super::runs::tell_what_is_owed(&store).await?;
    let written =
        if json { print_json(&store, &job, out).await? } else { print_timeline(&store, &job, out).await? };
    super::end_of_output(written)
}

/// The one run whose id ends in `run`.
pub(super) async fn the_run(run: &str, store: &Store) -> Result<JobId, Failure> {
    let mut found = store.find_run(run).await?;
    match (found.pop(), found.as_slice()) {
        (None, _) => Err(unknown(run)),
        (Some(job), []) => Ok(job),
        (Some(job), others) => Err(ambiguous(run, &[&[job], others].concat())),
    }
}

pub(super) fn unknown(run: &str) -> Failure {
    Failure::invalid(format!("there is no run {run}")).hint("zb runs lists them")
}

fn ambiguous(run: &str, several: &[JobId]) -> Failure {
    let ids: Vec<_> = several.iter().take(5).map(JobId::as_str).collect();
    let more = if several.len() > ids.len() { ", …" } else { "" };
    Failure::invalid(format!("{} runs end in {run}: {}{more}", several.len(), ids.join(", ")))
        .hint("give more of the id's end")
}

async fn print_json(store: &Store, job: &JobId, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    let run: Option<Run> = store.run(job).await?;
    let text = serde_json::to_string(&run).map_err(|error| Failure::from_chain(&error))?;
    Ok(writeln!(out, "{text}"))
}

async fn print_timeline(store: &Store, job: &JobId, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    let stream = StreamId::from(job.as_str());
    let history = store.read_stream(&stream).await?;
    Ok(timeline(&history, out))
}

fn timeline(history: &[Recorded<RunEvent>], out: &mut dyn Write) -> io::Result<()> {
    let mut summary = Summary::default();
    if let Some(first) = history.first() {
        writeln!(out, "{}, {}", first.event.job, super::runs::local(first.at))?;
    }
    for recorded in history {
        summary.take(recorded);
        if let Some(sentence) = sentence(&recorded.event.event) {
            writeln!(out, "{}  {sentence}", clock_time(recorded.at))?;
        }
        let said = match &recorded.event.event {
            LifecycleEvent::HookFinished(finished) => finished.response.as_deref(),
            LifecycleEvent::ResticFinished(finished) => finished.stderr.as_deref(),
            _ => None,
        };
        for line in said.into_iter().flat_map(str::lines) {
            writeln!(out, "          | {line}")?;
        }
    }
    let lines = summary.lines();
    if lines.is_empty() {
        return writeln!(out, "This run has no end yet.");
    }
    writeln!(out)?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}
