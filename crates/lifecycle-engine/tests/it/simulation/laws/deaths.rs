//! Who may act, and what for, when processes die and others take over.

use std::collections::{HashMap, HashSet};

use hook_core::{LifecycleEvent as Event, Phase, event::HookFinished};

use super::super::{
    chronicle::{Chronicle, What},
    process::PATIENCE,
};

/// Whoever did not queue a run may end its orphans and send its post hook, and nothing else.
pub(in super::super) fn only_debts_after_a_death(chronicle: &Chronicle) -> Result<(), String> {
    let mut owners = HashMap::new();
    for what in chronicle.happenings() {
        if let What::Wrote { process, run, event: Event::RunQueued(_) } = what {
            owners.insert(*run, *process);
        }
        let begun = match what {
            What::WorkBegan { process, run, .. } => Some((process, run)),
            What::Asked { process, run, request, .. } if request.phase == Phase::Pre => Some((process, run)),
            _ => None,
        };
        if let Some((process, run)) = begun
            && owners.get(run) != Some(process)
        {
            return Err(format!("process {process} went on with run {run}"));
        }
    }
    Ok(())
}

/// All runs are of one job, and a job has one claim: while a process that has acted is there, no other acts. So a
/// run that is alive is never settled, and two recoverers never act for the same run.
pub(in super::super) fn one_hand_at_a_time(chronicle: &Chronicle) -> Result<(), String> {
    let mut holder = None;
    for what in chronicle.happenings() {
        if let What::Died { process } | What::Left { process, .. } = what
            && holder == Some(*process)
        {
            holder = None;
        }
        if let Some((process, run)) = what.hand() {
            match holder {
                Some(other) if other != process => {
                    return Err(format!("process {process} acts for run {run} beside process {other}"));
                }
                _ => holder = Some(process),
            }
        }
    }
    Ok(())
}

pub(in super::super) fn no_run_before_the_last_is_settled(chronicle: &Chronicle) -> Result<(), String> {
    let mut open = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::Wrote { run, event: Event::RunQueued(_), .. } => {
                if let Some(other) = open.iter().next() {
                    return Err(format!("run {run} began while run {other} was not settled"));
                }
                open.insert(*run);
            }
            What::Wrote { run, event: Event::RunFinished { .. }, .. } => {
                open.remove(run);
            }
            _ => {}
        }
    }
    Ok(())
}

/// A failure that another try can mend is recorded by a recoverer only when no further pause fits into its patience.
pub(in super::super) fn recovery_is_patient(chronicle: &Chronicle) -> Result<(), String> {
    let mut recovered = HashSet::new();
    let mut began = HashMap::new();
    let mut mendable = HashSet::new();
    for scene in &chronicle.scenes {
        match &scene.what {
            What::Wrote { run, event: Event::RunInterrupted { .. }, .. } => {
                recovered.insert(*run);
            }
            What::Wrote { process, run, event: Event::HookStarted { phase: Phase::Post, .. } } => {
                began.insert((*process, *run), scene.at);
            }
            What::Answered { process, run, phase: Phase::Post, kind, http_status } => {
                let key = (*process, *run);
                if kind.may_be_mended(*http_status) {
                    mendable.insert(key)
                } else {
                    mendable.remove(&key)
                };
            }
            What::Wrote {
                process,
                run,
                event: Event::HookFinished(HookFinished { phase: Phase::Post, .. }),
            } => {
                let key = (*process, *run);
                let tried = began.get(&key).map(|began| scene.at - *began);
                // The last pause that did not fit any more was one of 30 seconds.
                let gave_up =
                    tried.is_some_and(|tried| tried + std::time::Duration::from_secs(31) < PATIENCE);
                if recovered.contains(run) && mendable.contains(&key) && gave_up {
                    return Err(format!("the post hook of run {run} was given up after {tried:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
