//! What a run must not do: too often, too early, or after it was asked to stop.

use std::collections::{HashMap, HashSet};

use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase,
    event::{BackupOutcome, ResticFinished},
};

use super::super::chronicle::{Chronicle, What, Work};

pub(in super::super) fn pre_within_its_attempts(chronicle: &Chronicle) -> Result<(), String> {
    for of in chronicle.runs() {
        let sent = chronicle.happenings().filter(|what| {
            matches!(what, What::Asked { run, request, .. } if *run == of && request.phase == Phase::Pre)
        });
        let (sent, allowed) = (sent.count(), chronicle.shapes[of].pre.unwrap_or(0) as usize);
        if sent > allowed {
            return Err(format!("run {of} sent its pre hook {sent} times, and has {allowed} attempts"));
        }
    }
    Ok(())
}

/// Recovery may try on for as long as its patience lasts; the process that runs may not.
pub(in super::super) fn post_within_its_attempts(chronicle: &Chronicle) -> Result<(), String> {
    let mut owners = HashMap::new();
    let mut sent: HashMap<usize, usize> = HashMap::new();
    for what in chronicle.happenings() {
        match what {
            What::Wrote { process, run, event: Event::RunQueued(_) } => {
                owners.insert(*run, *process);
            }
            What::Asked { process, run, request, .. }
                if request.phase == Phase::Post && owners.get(run) == Some(process) =>
            {
                *sent.entry(*run).or_default() += 1;
            }
            _ => {}
        }
    }
    let allowed = |run: usize| chronicle.shapes[run].post.unwrap_or(0) as usize;
    match sent.into_iter().find(|(run, sent)| *sent > allowed(*run)) {
        Some((run, sent)) => Err(format!("run {run} sent its post hook {sent} times while it lived")),
        None => Ok(()),
    }
}

/// Where there is a pre hook, the work begins when that was answered with success.
pub(in super::super) fn no_work_without_consent(chronicle: &Chronicle) -> Result<(), String> {
    let mut consent = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::Answered { run, phase: Phase::Pre, kind, .. } => {
                if *kind == OutcomeKind::Ok {
                    consent.insert(*run)
                } else {
                    consent.remove(run)
                };
            }
            What::WorkBegan { run, .. } if chronicle.shapes[*run].pre.is_some() && !consent.contains(run) => {
                return Err(format!("run {run} began its work without the pre hook's consent"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// One backup and one retention; a second backup only when the first one has removed a lock.
pub(in super::super) fn no_backup_twice(chronicle: &Chronicle) -> Result<(), String> {
    for of in chronicle.runs() {
        let unlocked = chronicle.happenings().any(|what| {
            matches!(what, What::Wrote { run, event: Event::ResticFinished(ResticFinished {
                outcome: BackupOutcome::Unlocked, .. }), .. } if *run == of)
        });
        for (kind, allowed) in [(Work::Backup, 1 + usize::from(unlocked)), (Work::Retention, 1)] {
            let begun = chronicle.happenings().filter(
                |what| matches!(what, What::WorkBegan { run, work, .. } if *run == of && *work == kind),
            );
            let begun = begun.count();
            if begun > allowed {
                return Err(format!("run {of} began its {kind:?} {begun} times"));
            }
        }
    }
    Ok(())
}

/// Once the cancel is on disk.
pub(in super::super) fn nothing_begins_after_a_cancel(chronicle: &Chronicle) -> Result<(), String> {
    let mut cancelled = HashSet::new();
    for what in chronicle.happenings() {
        match what {
            What::Wrote { run, event: Event::CancelRequested { .. }, .. } => {
                cancelled.insert(*run);
            }
            What::WorkBegan { run, .. } if cancelled.contains(run) => {
                return Err(format!("run {run} began work after its cancel"));
            }
            What::Asked { run, request, .. } if request.phase == Phase::Pre && cancelled.contains(run) => {
                return Err(format!("run {run} sent its pre hook after its cancel"));
            }
            _ => {}
        }
    }
    Ok(())
}
