//! What is on disk when something happens, and in the end.

use std::collections::{HashMap, HashSet};

use hook_core::{LifecycleEvent as Event, OutcomeKind, Phase};
use lifecycle_engine::machine::{RunState, evolve, owes_post_hook};

use super::super::chronicle::{Chronicle, Request, Scene, What, Work};

/// A request, a backup and a retention are announced on disk before they begin. Only a post hook whose process has
/// no disk any more is sent all the same.
pub(in super::super) fn nothing_begins_unrecorded(chronicle: &Chronicle) -> Result<(), String> {
    let mut diskless = HashSet::new();
    for (at, scene) in chronicle.scenes.iter().enumerate() {
        let before = &chronicle.scenes[..at];
        match &scene.what {
            What::CouldNotWrite { process, .. } => {
                diskless.insert(*process);
            }
            What::Asked { process, run, request, .. } => {
                let excused = request.phase == Phase::Post && diskless.contains(process);
                if !excused && !is_announced(before, *run, request) {
                    return Err(format!("the {} hook of run {run} is not on disk", request.phase));
                }
            }
            What::WorkBegan { run, work, .. }
                if begun(before, *run, *work) >= announced(before, *run, *work) =>
            {
                return Err(format!("the {work:?} of run {run} is not on disk"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_announced(before: &[Scene], of: usize, request: &Request) -> bool {
    before.iter().any(|scene| {
        matches!(&scene.what, What::Wrote { run, event: Event::HookStarted { phase, attempt, webhook_id, .. }, .. }
            if *run == of && *phase == request.phase && *attempt == request.attempt
                && *webhook_id == request.webhook_id)
    })
}

fn begun(before: &[Scene], of: usize, kind: Work) -> usize {
    let begun = before
        .iter()
        .filter(|scene| matches!(scene.what, What::WorkBegan { run, work, .. } if run == of && work == kind));
    begun.count()
}

fn announced(before: &[Scene], of: usize, kind: Work) -> usize {
    let announced = before.iter().filter(|scene| match &scene.what {
        What::Wrote { run, event: Event::ResticStarted { .. }, .. } => *run == of && kind == Work::Backup,
        What::Wrote { run, event: Event::RetentionStarted {}, .. } => *run == of && kind == Work::Retention,
        _ => false,
    });
    announced.count()
}

/// A run whose process cannot write, and has neither sent nor begun anything, does neither. Recovery is no such
/// process: it pays what the disk says, whatever becomes of its own words.
pub(in super::super) fn no_disk_no_deeds(chronicle: &Chronicle) -> Result<(), String> {
    let mut owners = HashMap::new();
    let mut acted = HashSet::new();
    let mut refused = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::Wrote { process, run, event: Event::RunQueued(_) } => {
                owners.insert(*run, *process);
            }
            What::CouldNotWrite { process, run } if !acted.contains(run) => {
                let is_owner = owners.get(run).is_none_or(|owner| owner == process);
                refused.extend(is_owner.then_some((*process, *run)));
            }
            // What the receiver never saw was an attempt all the same.
            What::Answered { run, .. } => {
                acted.insert(*run);
            }
            What::Asked { process, run, .. } | What::WorkBegan { process, run, .. } => {
                if refused.contains(&(*process, *run)) {
                    return Err(format!("process {process} could not write, and went on with run {run}"));
                }
                acted.insert(*run);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Its end is the last thing on its page, and is what its process has said.
pub(in super::super) fn every_run_ends(chronicle: &Chronicle) -> Result<(), String> {
    for of in chronicle.runs() {
        let disk = Chronicle::history(&chronicle.scenes, of);
        let ends = disk.iter().filter(|event| matches!(event, Event::RunFinished { .. })).count();
        let status = match disk.last() {
            None => continue,
            Some(Event::RunFinished { status, .. }) if ends == 1 => *status,
            Some(_) => return Err(format!("run {of} has no end, or more than one")),
        };
        let said = chronicle.happenings().find_map(|what| match what {
            What::Returned { run, status, .. } if *run == of => Some(*status),
            _ => None,
        });
        if said.is_some_and(|said| said != status) {
            return Err(format!("run {of} ended as {status}, and said {said:?}"));
        }
    }
    Ok(())
}

/// From the pre hook's answer to the last request that asked the receiver to resume; nobody knows where the wall clock
/// was set between them, or a person ended the debt.
pub(in super::super) fn the_pause_is_told(chronicle: &Chronicle) -> Result<(), String> {
    let mut paused = HashMap::new();
    let mut resumed = HashMap::new();
    for Scene { at, what } in &chronicle.scenes {
        match what {
            What::ClockSet => paused.clear(),
            What::Wrote { run, event: Event::HookCleared { .. }, .. } => drop(paused.remove(run)),
            What::Wrote { run, event: Event::HookFinished(end), .. }
                if end.phase == Phase::Pre && end.outcome == OutcomeKind::Ok =>
            {
                paused.insert(*run, *at);
            }
            What::Asked { run, request, .. } if request.phase == Phase::Post => {
                resumed.insert(*run, *at);
            }
            // The next try may not have reached the receiver, and was one all the same.
            What::Answered {
                run,
                phase: Phase::Post,
                kind: OutcomeKind::NotSent | OutcomeKind::Refused,
                ..
            } => {
                resumed.remove(run);
            }
            What::Wrote { run, event: Event::RunFinished { pause_ms, .. }, .. } => {
                let (Some(from), Some(to)) = (paused.get(run), resumed.get(run)) else { continue };
                let was = (*to - *from).as_millis();
                if pause_ms.is_none_or(|told| u128::from(told).abs_diff(was) > 1) {
                    return Err(format!("run {run} was paused for {was} ms, and tells {pause_ms:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Both read every prefix of every history as it was written, as whoever found it after a death would; at the end
/// nothing is owed.
pub(in super::super) fn the_oracle_agrees(chronicle: &Chronicle) -> Result<(), String> {
    for of in chronicle.runs() {
        let disk = Chronicle::history(&chronicle.scenes, of);
        let mut state = RunState::default();
        for (at, event) in disk.iter().enumerate() {
            let owed = owes_post_hook(&disk[..at]);
            if matches!(event, Event::RunFinished { .. }) && owed {
                return Err(format!("run {of} ended with a debt"));
            }
            let at_rest = match state.in_flight {
                Some(_) => evolve(state.clone(), &Event::RunInterrupted { by: String::new() }),
                None => Ok(state.clone()),
            };
            if at_rest.is_ok_and(|found| found.is_post_owed() != owed) {
                return Err(format!("the machine and the oracle differ about run {of} after {at} events"));
            }
            state = evolve(state, event).map_err(|illegal| illegal.to_string())?;
        }
    }
    Ok(())
}
