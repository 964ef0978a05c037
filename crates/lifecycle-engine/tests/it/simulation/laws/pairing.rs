//! The pairing rule from outside: what the service and the receiver saw.

use std::collections::{HashMap, HashSet};

use hook_core::{LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, event::HookFinished};

use super::super::chronicle::{Chronicle, What};

/// When all is over the service runs, or there is a reason that no zb could mend, and a person was told.
pub(in super::super) fn nothing_stays_paused(chronicle: &Chronicle) -> Result<(), String> {
    let last = chronicle.happenings().rev().find_map(|what| match what {
        What::Acted { run, phase } => Some((*run, *phase)),
        _ => None,
    });
    match last {
        Some((run, Phase::Pre)) if !is_excused(chronicle, run) => {
            Err(format!("run {run} paused the service, and nothing has resumed it"))
        }
        _ => Ok(()),
    }
}

/// Whether the last post hook of a run is settled as far as any zb can know, or was never owed.
fn is_excused(chronicle: &Chronicle, run: usize) -> bool {
    let shape = chronicle.shapes[run];
    let disk = Chronicle::history(&chronicle.scenes, run);
    if shape.post.is_none() || was_cleared(&disk) || lied(chronicle, run) || says_that_post_failed(&disk) {
        return true;
    }
    match shape.when {
        PostWhen::Paired => was_denied(&disk) && heard_nothing_but_denials(chronicle, run),
        PostWhen::AfterRestic => !disk.iter().any(|event| matches!(event, Event::ResticStarted { .. })),
        PostWhen::Always => false,
    }
}

/// A person has said that the service runs.
fn was_cleared(disk: &[Event]) -> bool {
    disk.iter().any(|event| matches!(event, Event::HookCleared { .. }))
}

/// The receiver said that it had resumed the service, and had not.
fn lied(chronicle: &Chronicle, of: usize) -> bool {
    let mut lie = false;
    for what in chronicle.happenings() {
        match what {
            What::Asked { run, request, acts, .. } if *run == of && request.phase == Phase::Post => {
                lie = !acts
            }
            What::Answered { run, phase: Phase::Post, kind: OutcomeKind::Ok, .. } if *run == of && lie => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// The run's end tells a person that the post hook failed.
fn says_that_post_failed(disk: &[Event]) -> bool {
    disk.iter().any(|event| {
        matches!(event, Event::RunFinished { error: Some(error), .. } if error.contains("post webhook"))
    })
}

/// The receiver's own word for every attempt that it did not act, and all of it on disk.
fn was_denied(disk: &[Event]) -> bool {
    let begun = disk.iter().filter(|event| matches!(event, Event::HookStarted { phase: Phase::Pre, .. }));
    let denials = disk.iter().filter(|event| {
        matches!(event, Event::HookFinished(HookFinished { phase: Phase::Pre, outcome, .. })
            if !outcome.may_have_taken_effect())
    });
    begun.count() == denials.count()
}

/// Every request that reached the receiver was answered, and with a denial.
fn heard_nothing_but_denials(chronicle: &Chronicle, of: usize) -> bool {
    let asked = chronicle.happenings().filter(
        |what| matches!(what, What::Asked { run, request, .. } if *run == of && request.phase == Phase::Pre),
    );
    let denied = chronicle.happenings().filter(|what| {
        matches!(what, What::Answered { run, phase: Phase::Pre, kind: OutcomeKind::Rejected, .. } if *run == of)
    });
    asked.count() == denied.count()
}

/// Where there is no pre hook, the post hook still follows the backup.
pub(in super::super) fn a_backup_is_followed_by_its_post_hook(chronicle: &Chronicle) -> Result<(), String> {
    for of in chronicle.runs() {
        let shape = chronicle.shapes[of];
        let began = |what: &What| matches!(what, What::WorkBegan { run, .. } if *run == of);
        let Some(first) = chronicle.happenings().position(began) else { continue };
        let asked = chronicle.happenings().skip(first).any(|what| {
            matches!(what, What::Asked { run, request, .. } if *run == of && request.phase == Phase::Post)
        });
        let disk = Chronicle::history(&chronicle.scenes, of);
        let told = says_that_post_failed(&disk) || was_cleared(&disk);
        if shape.post.is_some() && !asked && !told {
            return Err(format!("run {of} backed up, and its post hook was never sent"));
        }
    }
    Ok(())
}

pub(in super::super) fn no_post_beside_living_work(chronicle: &Chronicle) -> Result<(), String> {
    let mut alive = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::WorkBegan { run, .. } => {
                alive.insert(*run);
            }
            What::WorkEnded { run, .. } => {
                alive.remove(run);
            }
            What::Asked { run, request, .. } if request.phase == Phase::Post && alive.contains(run) => {
                return Err(format!("the post hook of run {run} was sent while its work was alive"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// One webhook-id for all, and one body for all that were recorded: from memory a post hook may have to say more.
pub(in super::super) fn a_repeated_post_hook_is_the_same(chronicle: &Chronicle) -> Result<(), String> {
    let mut ids: HashMap<usize, &str> = HashMap::new();
    let mut bodies: HashMap<usize, &str> = HashMap::new();
    let mut diskless = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::CouldNotWrite { process, .. } => {
                diskless.insert(*process);
            }
            What::Asked { process, run, request, .. } if request.phase == Phase::Post => {
                if *ids.entry(*run).or_insert(&request.webhook_id) != request.webhook_id {
                    return Err(format!("run {run} has two webhook-ids"));
                }
                let is_recorded = !diskless.contains(process);
                if is_recorded && *bodies.entry(*run).or_insert(&request.body) != request.body {
                    return Err(format!("run {run} says two things"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A post hook follows a pre hook, or work, that may have begun; never one that was denied on disk, nor a clearance. Work that could
/// not be begun, because the disk did not take its beginning, counts as begun.
pub(in super::super) fn no_post_without_need(chronicle: &Chronicle) -> Result<(), String> {
    let mut diskless = HashSet::new();
    for (at, scene) in chronicle.scenes.iter().enumerate() {
        if let What::CouldNotWrite { process, .. } = scene.what {
            diskless.insert(process);
        }
        let What::Asked { process, run, request, .. } = &scene.what else { continue };
        if request.phase == Phase::Pre {
            continue;
        }
        let disk = Chronicle::history(&chronicle.scenes[..at], *run);
        let worked = disk.iter().any(|event| matches!(event, Event::ResticStarted { .. }));
        let paused = disk.iter().any(|event| matches!(event, Event::HookStarted { phase: Phase::Pre, .. }));
        let needed = match chronicle.shapes[*run].when {
            PostWhen::Always => worked || paused,
            PostWhen::AfterRestic if !diskless.contains(process) => worked,
            PostWhen::AfterRestic | PostWhen::Paired => worked || (paused && !was_denied(&disk)),
        };
        if !needed || was_cleared(&disk) {
            return Err(format!("the post hook of run {run} was sent for nothing"));
        }
    }
    Ok(())
}

/// At least once, because processes die; a process that heard the answer does not ask again.
pub(in super::super) fn an_answer_is_enough(chronicle: &Chronicle) -> Result<(), String> {
    let mut answered = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::Answered { process, run, phase: Phase::Post, kind: OutcomeKind::Ok, .. } => {
                answered.insert((*process, *run));
            }
            What::Asked { process, run, request, .. }
                if request.phase == Phase::Post && answered.contains(&(*process, *run)) =>
            {
                return Err(format!("process {process} sent the post hook of run {run} again"));
            }
            _ => {}
        }
    }
    Ok(())
}
