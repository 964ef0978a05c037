//! Histories: told by hand, and by chance.

use std::collections::VecDeque;

use event_bus::{Position, Recorded, StreamId, Version};
use hook_core::{
    JobId, LifecycleEvent as Event, OrganizationId, OutcomeKind, Phase, PostWhen, RunEvent, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, MACHINE, PostPlan, PrePlan, ResticFinished,
        RunQueued, Trigger,
    },
};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, option, prelude::*, sample::select};
use telemetry::metrics::Metrics;

/// A journal's content as it grows: a second passes with each event.
#[derive(Clone, Default, Debug)]
pub(crate) struct History(pub(crate) Vec<Recorded<RunEvent>>);

impl History {
    /// The first event is at 2026-01-01T00:00:01Z.
    pub(crate) fn add(&mut self, run: u64, schedule: &str, event: Event) {
        let place = self.0.len() as u64 + 1;
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = start + SignedDuration::from_secs(place as i64);
        let event = RunEvent { job: job(run), schedule: schedule.parse().unwrap(), event };
        let stream = StreamId::from(event.job.as_str());
        self.0.push(Recorded::new(Position::new(place), stream, Version::new(place as u32), at, event));
    }

    pub(crate) fn folded(&self) -> Metrics {
        let mut metrics = Metrics::default();
        self.0.iter().for_each(|recorded| metrics.observe(recorded));
        metrics
    }
}

pub(crate) fn job(run: u64) -> JobId {
    JobId::from_parts(run, [0; 10])
}

pub(crate) fn queued(name: &str, organization: &str, hooks: HookPlan) -> Event {
    Event::RunQueued(RunQueued {
        organization_id: organization.parse::<OrganizationId>().unwrap(),
        job_name: name.to_owned(),
        source_path: "/data".into(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks,
        retention: true,
        machine: MACHINE,
    })
}

pub(crate) fn hooks(pre: bool, post: Option<PostWhen>) -> HookPlan {
    HookPlan {
        pre: pre.then_some(PrePlan { attempts: 1 }),
        post: post.map(|when| PostPlan { attempts: 1, when }),
    }
}

pub(crate) fn both_hooks() -> HookPlan {
    hooks(true, Some(PostWhen::Paired))
}

pub(crate) fn hook_started(phase: Phase) -> Event {
    Event::HookStarted {
        phase,
        attempt: 1,
        webhook_id: "msg_1".to_owned(),
        origin: "http://localhost:9000".to_owned(),
        status: None,
    }
}

pub(crate) fn hook_finished(phase: Phase, outcome: OutcomeKind, duration_ms: u64) -> Event {
    let response = Some("s3cret answer".to_owned());
    let error = (outcome != OutcomeKind::Ok).then(|| "s3cret reason".to_owned());
    Event::HookFinished(HookFinished {
        phase,
        attempt: 1,
        outcome,
        http_status: None,
        duration_ms,
        error,
        response,
    })
}

pub(crate) fn restic_started() -> Event {
    Event::ResticStarted { restic_version: "0.18.0".to_owned() }
}

pub(crate) fn restic_finished(
    exit_code: Option<i32>,
    signal: Option<&str>,
    summary: Option<BackupSummary>,
) -> Event {
    Event::ResticFinished(ResticFinished {
        outcome: BackupOutcome::Complete,
        exit_code,
        signal: signal.map(str::to_owned),
        summary,
        stderr: Some("s3cret words".to_owned()),
        ..ResticFinished::default()
    })
}

pub(crate) fn finished(status: RunStatus, snapshot: bool, duration_ms: u64, pause_ms: Option<u64>) -> Event {
    Event::RunFinished {
        status,
        error: (status != RunStatus::Success).then(|| "s3cret error".to_owned()),
        snapshot_id: snapshot.then(|| "5aa41a5b".to_owned()),
        duration_ms,
        pause_ms,
    }
}

pub(crate) fn cleared() -> Event {
    Event::HookCleared { phase: Phase::Post, by: "zoe".to_owned() }
}

pub(crate) fn interrupted() -> Event {
    Event::RunInterrupted { by: "guardian".to_owned() }
}

pub(crate) const SUMMARY: BackupSummary = BackupSummary {
    files_new: 3,
    files_changed: 2,
    files_unmodified: 95,
    bytes_added: 4096,
    total_files: 100,
    total_bytes: 1_048_576,
};

/// Two jobs of two organizations: a good run, one that lost its post hook, one in progress.
pub(crate) fn small_history() -> History {
    let mut history = History::default();
    let (postgres, media) = ("sched_postgres", "sched_media");
    let mut add = |run, schedule, events: Vec<Event>| {
        events.into_iter().for_each(|event| history.add(run, schedule, event));
    };
    add(
        1,
        postgres,
        vec![
            queued("postgres \"data\"", "org_default", both_hooks()),
            Event::ChecksFinished { duration_ms: 4, restic_version: None, error: None },
            hook_started(Phase::Pre),
            hook_finished(Phase::Pre, OutcomeKind::Ok, 1250),
            restic_started(),
            restic_finished(Some(0), None, Some(SUMMARY)),
            hook_started(Phase::Post),
            hook_finished(Phase::Post, OutcomeKind::Ok, 10),
            Event::RetentionStarted {},
            Event::RetentionFinished { kept: 7, removed: 1, error: None },
            finished(RunStatus::Success, true, 61_500, Some(58_040)),
        ],
    );
    add(
        2,
        media,
        vec![
            queued("media", "org_home", both_hooks()),
            hook_started(Phase::Pre),
            hook_finished(Phase::Pre, OutcomeKind::Ok, 11),
            restic_started(),
            interrupted(),
            restic_finished(None, Some("SIGKILL"), None),
            hook_started(Phase::Post),
            hook_finished(Phase::Post, OutcomeKind::NoAnswer, 60_001),
            finished(RunStatus::Error, false, 75_000, None),
        ],
    );
    add(
        3,
        postgres,
        vec![queued("postgres \"data\"", "org_default", both_hooks()), hook_started(Phase::Pre)],
    );
    history
}

pub(crate) const SCHEDULES: [&str; 3] = ["sched_a", "sched_b", "sched_c"];

const OUTCOMES: [OutcomeKind; 6] = [
    OutcomeKind::Ok,
    OutcomeKind::Refused,
    OutcomeKind::NotSent,
    OutcomeKind::Rejected,
    OutcomeKind::NoAnswer,
    OutcomeKind::Cancelled,
];

/// What may happen in a run after it was queued, its end left out.
fn middle() -> impl Strategy<Value = Vec<Event>> {
    let phase = select(vec![Phase::Pre, Phase::Post]);
    let attempt = (phase, select(OUTCOMES.to_vec()), 0..5_000_000_u64, any::<bool>()).prop_map(
        |(phase, outcome, ms, is_cut)| {
            let mut pair = vec![hook_started(phase), hook_finished(phase, outcome, ms)];
            pair.truncate(if is_cut { 1 } else { 2 });
            pair
        },
    );
    let exit = select(vec![Some(0), Some(1), Some(3), Some(11), Some(130), Some(77), None]);
    let summary = (0..u64::MAX, 0..1000_u64).prop_map(|(bytes_added, files_new)| BackupSummary {
        bytes_added,
        files_new,
        ..SUMMARY
    });
    let restic = (exit, option::of(summary)).prop_map(|(exit, summary)| {
        let signal = exit.is_none().then_some("SIGSEGV");
        vec![restic_started(), restic_finished(exit, signal, summary)]
    });
    let retention = option::of(Just("s3cret".to_owned())).prop_map(|error| {
        vec![Event::RetentionStarted {}, Event::RetentionFinished { kept: 1, removed: 0, error }]
    });
    let piece = prop_oneof![
        4 => attempt,
        2 => restic,
        1 => Just(vec![restic_started()]),
        1 => retention,
        1 => Just(vec![interrupted()]),
        1 => Just(vec![cleared()]),
        1 => Just(vec![Event::Unknown]),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What may follow a run's end: a post hook that a person sends again, and a clearing.
fn after() -> impl Strategy<Value = Vec<Event>> {
    let again = select(OUTCOMES.to_vec())
        .prop_map(|outcome| vec![hook_started(Phase::Post), hook_finished(Phase::Post, outcome, 5)]);
    prop_oneof![3 => Just(Vec::new()), 1 => again, 1 => Just(vec![cleared()])]
}

/// One run: its plan, what happened, and maybe its end and what came after.
pub(crate) fn run() -> impl Strategy<Value = Vec<Event>> {
    let when = option::of(select(vec![PostWhen::Paired, PostWhen::AfterRestic, PostWhen::Always]));
    let status = select(vec![RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled]);
    let organization = select(vec!["org_default", "org_other"]);
    let end = option::weighted(
        0.8,
        (status, any::<bool>(), 0..90_000_000_u64, option::of(0..90_000_000_u64), after()),
    );
    (any::<bool>(), when, organization, middle(), end).prop_map(|(pre, when, organization, middle, end)| {
        let mut events = vec![queued("job", organization, hooks(pre, when))];
        events.extend(middle);
        if let Some((status, snapshot, duration, pause, after)) = end {
            events.push(finished(status, snapshot, duration, pause));
            events.extend(after);
        }
        events
    })
}

/// Runs of a few jobs, mixed as their processes happen to write. One run of a job at a time: the next is queued when
/// the last is over, or will never be; a person may send its post hook again later.
pub(crate) fn history() -> impl Strategy<Value = History> {
    let one = (select(SCHEDULES.to_vec()), run(), vec(any::<prop::sample::Index>(), 0..30));
    vec(one, 0..8).prop_map(|runs| {
        let mut history = History::default();
        let mut open: Vec<Telling> = Vec::new();
        for (number, (schedule, events, others)) in runs.into_iter().enumerate() {
            for before in open.iter_mut().filter(|before| before.schedule == schedule) {
                before.tell_until_it_is_over(&mut history);
            }
            let mut newest = Telling { run: number as u64 + 1, schedule, left: events.into() };
            newest.tell(&mut history);
            open.push(newest);
            for other in others {
                let place = other.index(open.len());
                open[place].tell(&mut history);
            }
        }
        for mut left in open {
            while left.tell(&mut history).is_some() {}
        }
        history
    })
}

/// A run, and what is left to tell of it.
struct Telling {
    run: u64,
    schedule: &'static str,
    left: VecDeque<Event>,
}

impl Telling {
    fn tell(&mut self, to: &mut History) -> Option<()> {
        to.add(self.run, self.schedule, self.left.pop_front()?);
        Some(())
    }

    fn tell_until_it_is_over(&mut self, to: &mut History) {
        let has_end = self.left.iter().any(|event| matches!(event, Event::RunFinished { .. }));
        let will_end = has_end || to.0.iter().all(|told| !self.is_its_end(told));
        while will_end && to.0.last().is_none_or(|told| !self.is_its_end(told)) && self.tell(to).is_some() {}
    }

    fn is_its_end(&self, told: &Recorded<RunEvent>) -> bool {
        told.event.job == job(self.run) && matches!(told.event.event, Event::RunFinished { .. })
    }
}
