//! The machine explored whole: every plan, every outcome, a cancel at any point, crashes at any point. The laws of
//! the design are asserted at every prefix of every history.

use std::collections::HashSet;

use hook_core::{
    LifecycleEvent as Event, OrganizationId, OutcomeKind, Phase, PostWhen, RunStatus,
    event::{
        BackupOutcome, HookFinished, HookPlan, MACHINE, PostPlan, PrePlan, ResticFinished, RunQueued, Trigger,
    },
};
use lifecycle_engine::machine::{RunState, Step, decide, evolve, fold, owes_post_hook};

/// A law that does not hold, and the history that shows it.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) law: &'static str,
    pub(crate) history: Vec<Event>,
}

#[derive(Default, Debug)]
pub(crate) struct Explored {
    pub(crate) histories: u64,
    pub(crate) longest: usize,
    pub(crate) states: HashSet<String>,
}

/// A machine under exploration: the real one, or a mutation of its `decide`.
pub(crate) type Decide = fn(&RunState) -> Step;

pub(crate) fn plans() -> Vec<RunQueued> {
    let pres = [None, Some(PrePlan { attempts: 1 }), Some(PrePlan { attempts: 2 })];
    let whens = [PostWhen::Paired, PostWhen::AfterRestic, PostWhen::Always];
    let posts = [1, 2].into_iter().flat_map(|attempts| whens.map(|when| Some(PostPlan { attempts, when })));
    let posts: Vec<_> = posts.chain([None]).collect();
    let mut plans = Vec::new();
    for pre in pres {
        for post in &posts {
            for retention in [false, true] {
                plans.push(queued(HookPlan { pre, post: *post }, retention));
            }
        }
    }
    plans
}

fn queued(hooks: HookPlan, retention: bool) -> RunQueued {
    RunQueued {
        organization_id: OrganizationId::default(),
        job_name: "explored".to_owned(),
        source_path: "/data".into(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks,
        retention,
        machine: MACHINE,
    }
}

/// Explores every history of one plan.
pub(crate) fn explore(decide: Decide, plan: &RunQueued, crashes: u32) -> Result<Explored, Violation> {
    let mut explorer = Explorer { decide, explored: Explored::default(), history: Vec::new() };
    explorer.history.push(Event::RunQueued(plan.clone()));
    let state = fold(&explorer.history).map_err(|_| explorer.violation("run.queued begins a history"))?;
    explorer.at_rest(&state, 1, crashes)?;
    Ok(explorer.explored)
}

struct Explorer {
    decide: Decide,
    explored: Explored,
    history: Vec<Event>,
}

impl Explorer {
    fn at_rest(&mut self, state: &RunState, cancels: u32, crashes: u32) -> Result<(), Violation> {
        self.check_prefix(state)?;
        if self.history.len() > 40 {
            return Err(self.violation("every history ends"));
        }
        self.explored.states.insert(format!("{state:?}"));
        if state.end.is_some() {
            self.explored.histories += 1;
            self.explored.longest = self.explored.longest.max(self.history.len());
            return self.check_whole();
        }
        self.interruptions(state, cancels, crashes)?;
        match (self.decide)(state) {
            Step::Check => self.outcomes(state, checks(), cancels, crashes),
            Step::CallHook(call) => {
                let start = Event::HookStarted {
                    phase: call.phase,
                    attempt: call.attempt,
                    webhook_id: "msg".to_owned(),
                    origin: "http://h".to_owned(),
                    status: call.says.map(|says| says.status),
                };
                self.act(state, start, hook_ends(call.phase, call.attempt), cancels, crashes)
            }
            Step::RunBackup => {
                let start = Event::ResticStarted { restic_version: String::new() };
                self.act(state, start, backup_ends(), cancels, crashes)
            }
            Step::RunRetention => {
                self.act(state, Event::RetentionStarted {}, retention_ends(), cancels, crashes)
            }
            Step::EndOrphans => {
                self.outcomes(state, vec![Event::OrphansEnded { count: 1 }], cancels, crashes)
            }
            Step::Finish(verdict) => {
                let end = Event::RunFinished {
                    status: verdict.status,
                    error: verdict.error(),
                    snapshot_id: None,
                    duration_ms: 0,
                    pause_ms: None,
                };
                self.outcomes(state, vec![end], cancels, crashes)
            }
            Step::Done => Err(self.violation("Done only after the end")),
        }
    }

    /// An act: its start, then a cancel, a death, or any of its ends.
    fn act(
        &mut self,
        state: &RunState,
        start: Event,
        ends: Vec<Event>,
        cancels: u32,
        crashes: u32,
    ) -> Result<(), Violation> {
        self.with(state, start, |this, in_flight| {
            this.interruptions_in_flight(in_flight, &ends, cancels, crashes)?;
            this.outcomes(in_flight, ends, cancels, crashes)
        })
    }

    fn outcomes(
        &mut self,
        state: &RunState,
        ends: Vec<Event>,
        cancels: u32,
        crashes: u32,
    ) -> Result<(), Violation> {
        for end in ends {
            self.with(state, end, |this, next| this.at_rest(next, cancels, crashes))?;
        }
        Ok(())
    }

    fn interruptions(&mut self, state: &RunState, cancels: u32, crashes: u32) -> Result<(), Violation> {
        if cancels > 0 && !state.interrupted {
            self.with(state, cancel(), |this, next| this.at_rest(next, cancels - 1, crashes))?;
        }
        if crashes > 0 {
            self.with(state, crash(), |this, next| this.at_rest(next, cancels, crashes - 1))?;
        }
        Ok(())
    }

    fn interruptions_in_flight(
        &mut self,
        state: &RunState,
        ends: &[Event],
        cancels: u32,
        crashes: u32,
    ) -> Result<(), Violation> {
        if cancels > 0 && !state.interrupted {
            let ends = ends.to_vec();
            self.with(state, cancel(), |this, next| {
                if crashes > 0 {
                    this.with(next, crash(), |this, next| this.at_rest(next, cancels - 1, crashes - 1))?;
                }
                this.outcomes(next, ends, cancels - 1, crashes)
            })?;
        }
        if crashes > 0 {
            self.with(state, crash(), |this, next| this.at_rest(next, cancels, crashes - 1))?;
        }
        Ok(())
    }

    fn with(
        &mut self,
        state: &RunState,
        event: Event,
        then: impl FnOnce(&mut Self, &RunState) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        self.history.push(event);
        let next = evolve(state.clone(), self.history.last().unwrap())
            .map_err(|_| self.violation("the machine understands what it does"))?;
        then(self, &next)?;
        self.history.pop();
        Ok(())
    }

    /// The oracle and the machine agree, as the facts stand and as they would stand after a death.
    fn check_prefix(&self, state: &RunState) -> Result<(), Violation> {
        if state.end.is_none() && state.is_post_owed() != owes_post_hook(&self.history) {
            return Err(self.violation("the machine and the oracle agree"));
        }
        Ok(())
    }

    fn check_whole(&self) -> Result<(), Violation> {
        for (law, holds) in laws() {
            if !holds(&self.history) {
                return Err(self.violation(law));
            }
        }
        Ok(())
    }

    fn violation(&self, law: &'static str) -> Violation {
        Violation { law, history: self.history.clone() }
    }
}

type Law = (&'static str, fn(&[Event]) -> bool);

/// The laws of a finished history, said over its events alone.
fn laws() -> [Law; 7] {
    [
        ("no debt is unpaid at the end", |history| !owes_post_hook(&history[..history.len() - 1])),
        ("nothing begins twice", nothing_begins_twice),
        ("after an interruption nothing begins but orphans' end and debts", nothing_begins_after_death),
        ("no post hook beside a live restic", no_post_beside_restic),
        ("a repeated post hook says the same", repeats_say_the_same),
        ("no restic without a pre hook that took effect", no_restic_without_pre),
        ("a post hook without need is never sent", no_needless_post),
    ]
}

fn count(history: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    history.iter().filter(|event| wanted(event)).count()
}

fn starts(phase: Phase) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::HookStarted { phase: p, .. } if *p == phase)
}

fn is_crash(event: &Event) -> bool {
    matches!(event, Event::RunInterrupted { .. })
}

fn nothing_begins_twice(history: &[Event]) -> bool {
    let Some(Event::RunQueued(queued)) = history.first() else { return false };
    let pres = queued.hooks.pre.map_or(0, |pre| pre.attempts as usize);
    // A pre hook that succeeded, or may never be mended, is not followed by another.
    let last_pre = history.iter().rposition(starts(Phase::Pre));
    let closed = history.iter().position(|event| {
        matches!(event, Event::HookFinished(end) if end.phase == Phase::Pre
            && !end.outcome.may_be_mended(end.http_status))
    });
    let again = matches!((closed, last_pre), (Some(closed), Some(last)) if last > closed);
    backs_up_again_only_when_unlocked(history)
        && count(history, |event| matches!(event, Event::RetentionStarted {})) <= 1
        && count(history, starts(Phase::Pre)) <= pres
        && !again
}

/// One backup; a second one only after the first found a lock in its way, and had it removed.
fn backs_up_again_only_when_unlocked(history: &[Event]) -> bool {
    let starts = |event: &Event| matches!(event, Event::ResticStarted { .. });
    let unlocked =
        |event: &Event| matches!(event, Event::ResticFinished(end) if end.outcome == BackupOutcome::Unlocked);
    match count(history, starts) {
        0 | 1 => true,
        2 => history.iter().position(unlocked) < history.iter().rposition(starts),
        _ => false,
    }
}

fn nothing_begins_after_death(history: &[Event]) -> bool {
    let Some(death) = history.iter().position(is_crash) else { return true };
    history[death..].iter().all(|event| match event {
        Event::HookStarted { phase, .. } => *phase == Phase::Post,
        Event::ResticStarted { .. } | Event::RetentionStarted {} | Event::ChecksFinished { .. } => false,
        _ => true,
    })
}

fn no_post_beside_restic(history: &[Event]) -> bool {
    let mut alive = false;
    history.iter().all(|event| {
        match event {
            Event::ResticStarted { .. } => alive = true,
            Event::ResticFinished(_) | Event::OrphansEnded { .. } => alive = false,
            _ => {}
        }
        !(alive && starts(Phase::Post)(event))
    })
}

fn repeats_say_the_same(history: &[Event]) -> bool {
    let mut said = history.iter().filter_map(|event| match event {
        Event::HookStarted { phase: Phase::Post, status, .. } => Some(*status),
        _ => None,
    });
    let first: Option<Option<RunStatus>> = said.next();
    said.all(|status| Some(status) == first)
}

fn no_restic_without_pre(history: &[Event]) -> bool {
    let Some(Event::RunQueued(queued)) = history.first() else { return false };
    let Some(restic) = history.iter().position(|event| matches!(event, Event::ResticStarted { .. })) else {
        return true;
    };
    let last_pre = history[..restic].iter().rev().find_map(|event| match event {
        Event::HookFinished(end) if end.phase == Phase::Pre => Some(end.outcome),
        _ => None,
    });
    queued.hooks.pre.is_none() || last_pre == Some(OutcomeKind::Ok)
}

/// Every post hook was owed when it began, and none follows one that was answered.
fn no_needless_post(history: &[Event]) -> bool {
    (0..history.len())
        .filter(|&at| starts(Phase::Post)(&history[at]))
        .all(|at| owes_post_hook(&history[..at]))
}

fn cancel() -> Event {
    Event::CancelRequested { by: "SIGINT".to_owned() }
}

fn crash() -> Event {
    Event::RunInterrupted { by: "recover".to_owned() }
}

fn checks() -> Vec<Event> {
    let with = |error| Event::ChecksFinished { duration_ms: 0, restic_version: None, error };
    vec![with(None), with(Some("no restic".to_owned()))]
}

fn hook_ends(phase: Phase, attempt: u32) -> Vec<Event> {
    let end = |outcome, http_status| {
        let error = (outcome != OutcomeKind::Ok).then(|| format!("{phase} webhook: {outcome:?}"));
        Event::HookFinished(HookFinished {
            phase,
            attempt,
            outcome,
            http_status,
            duration_ms: 0,
            error,
            response: None,
        })
    };
    let mut ends = vec![
        end(OutcomeKind::Ok, Some(200)),
        end(OutcomeKind::Refused, None),
        end(OutcomeKind::NotSent, None),
        end(OutcomeKind::Rejected, Some(404)),
        end(OutcomeKind::Rejected, Some(500)),
        end(OutcomeKind::NoAnswer, None),
    ];
    if phase == Phase::Pre {
        ends.push(end(OutcomeKind::Cancelled, None));
    }
    ends
}

fn backup_ends() -> Vec<Event> {
    let outcomes = [
        BackupOutcome::Complete,
        BackupOutcome::Incomplete,
        BackupOutcome::Failed,
        BackupOutcome::Cancelled,
        BackupOutcome::Unlocked,
    ];
    let end = |outcome| Event::ResticFinished(ResticFinished { outcome, ..ResticFinished::default() });
    outcomes.map(end).to_vec()
}

fn retention_ends() -> Vec<Event> {
    let with = |error| Event::RetentionFinished { kept: 0, removed: 0, error };
    vec![with(None), with(Some("locked".to_owned()))]
}

/// The real machine.
pub(crate) const REAL: Decide = decide;
