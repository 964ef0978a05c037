//! The quiet rule as laws, over any sequence of runs: never silent about a first problem, never the same twice a day,
//! over exactly once, the same however often it is seen, and nobody's business but one's own.

use std::{collections::HashMap, sync::Arc, time::Duration};

use event_bus::{Journal, Position};
use hook_core::{JobId, LifecycleEvent, Phase};
use jiff::{SignedDuration, Timestamp};
use notifier::{Answer, Delivery, Destination, Failed, Message, Notifier, Occasion, Retry, Topic};
use proptest::prelude::*;

use crate::{
    run,
    runs::{cancelled, cleared, failed, failed_and_owing, good, hook_ok, incomplete, owing},
    world::{HOUR, LONG, Recorder, World, schedule},
};

const JOB: &str = "data";

/// What happens next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Good,
    Failed(i32),
    Incomplete,
    Cancelled,
    Owing(u16),
    FailedAndOwing,
    /// Of the last run.
    Cleared,
    /// Likewise, by a post hook that a person sent.
    Paid,
}

impl Step {
    fn events(self) -> Vec<LifecycleEvent> {
        match self {
            Self::Good => good(JOB),
            Self::Failed(code) => failed(JOB, code),
            Self::Incomplete => incomplete(JOB),
            Self::Cancelled => cancelled(JOB),
            Self::Owing(status) => owing(JOB, status),
            Self::FailedAndOwing => failed_and_owing(JOB),
            Self::Cleared => run![cleared()],
            Self::Paid => run![hook_ok(Phase::Post)],
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Good),
        3 => prop_oneof![Just(1), Just(12)].prop_map(Step::Failed),
        1 => Just(Step::Incomplete),
        1 => Just(Step::Cancelled),
        2 => prop_oneof![Just(500), Just(404)].prop_map(Step::Owing),
        1 => Just(Step::FailedAndOwing),
        1 => Just(Step::Cleared),
        1 => Just(Step::Paid),
    ]
}

/// Steps, each after so many half hours.
fn story() -> impl Strategy<Value = Vec<(u32, Step)>> {
    prop::collection::vec((0..60_u32, step()), 1..25)
}

/// Acts a story out in a world; each run's id, with its step.
struct Stage {
    world: World,
    runs: Vec<(JobId, Step)>,
}

impl Stage {
    fn new() -> Self {
        Self { world: World::new(), runs: Vec::new() }
    }

    async fn act(&mut self, pause: u32, step: Step) {
        tokio::time::sleep(HOUR / 2 * pause).await;
        match (step, self.runs.last()) {
            (Step::Cleared | Step::Paid, None) => {}
            (Step::Cleared | Step::Paid, Some((last, _))) => {
                self.world.append(&last.clone(), JOB, step.events()).await;
            }
            _ => {
                let run = self.world.run(JOB, step.events()).await;
                self.runs.push((run, step));
            }
        }
    }
}

/// Runs with a clock that jumps.
fn in_no_time<T>(act: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(act)
}

async fn told(steps: &[(u32, Step)], destination: Destination) -> (Vec<(JobId, Step)>, Vec<Message>) {
    let mut stage = Stage::new();
    let recorder = Recorder::willing(&stage.world.clock);
    let notifier = stage.world.start(vec![recorder.outlet(destination)]);
    for (pause, step) in steps {
        stage.act(*pause, *step).await;
    }
    stage.world.settle(&notifier).await;
    (stage.runs, recorder.messages())
}

fn everything(name: &str) -> Destination {
    let mut destination = Destination::people(name);
    destination.on = Occasion::ALL.into();
    destination
}

fn texts(message: &Message) -> impl Iterator<Item = &String> {
    std::iter::once(&message.title).chain(&message.lines)
}

fn says_over(text: &str) -> [bool; 2] {
    let backup = text.contains("works again") || text.contains("makes snapshots again");
    [backup, text.contains("runs again")]
}

/// What a problem is called, whichever run has it: its title without the run.
fn problem(message: &Message) -> Option<(bool, String)> {
    let (Topic::Occasion(occasion) | Topic::Reminder(occasion)) = message.topic else { return None };
    if matches!(occasion, Occasion::Success | Occasion::Cancelled) {
        return None;
    }
    let title = message.title.trim_start_matches("Still: ").trim_end_matches(|c: char| c.is_alphanumeric());
    Some((occasion == Occasion::PostHookOwed, title.to_owned()))
}

/// Where backup and debt go from bad to good, and from good to bad: the rule of `spec.md` §3, once more.
#[derive(Default)]
struct Model {
    bad: [bool; 2],
    over: [usize; 2],
    first: Vec<(usize, bool)>,
}

impl Model {
    fn of(steps: &[(u32, Step)]) -> Self {
        let mut model = Self::default();
        let mut runs = 0;
        let mut last_owes = false;
        for (_, step) in steps {
            let [backup, debt] = match step {
                Step::Good => [Some(false), Some(false)],
                Step::Failed(_) | Step::Incomplete => [Some(true), Some(false)],
                Step::Cancelled => [None, Some(false)],
                Step::Owing(_) => [Some(false), Some(true)],
                Step::FailedAndOwing => [Some(true), Some(true)],
                Step::Cleared | Step::Paid => [None, last_owes.then_some(false)],
            };
            match step {
                Step::Cleared | Step::Paid if runs > 0 => last_owes = false,
                Step::Cleared | Step::Paid => {}
                _ => {
                    runs += 1;
                    last_owes = matches!(step, Step::Owing(_) | Step::FailedAndOwing);
                }
            }
            model.turn(0, backup, runs);
            model.turn(1, debt, runs);
        }
        model
    }

    fn turn(&mut self, which: usize, bad: Option<bool>, runs: usize) {
        let Some(bad) = bad else { return };
        if bad && !self.bad[which] {
            self.first.push((runs - 1, which == 1));
        }
        if !bad && self.bad[which] {
            self.over[which] += 1;
        }
        self.bad[which] = bad;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_first_problem_is_told_and_its_end_exactly_once(steps in story()) {
        for destination in [Destination::people("ana"), everything("ana")] {
            let (runs, messages) = in_no_time(told(&steps, destination));
            let model = Model::of(&steps);
            for (run, is_debt) in &model.first {
                let about = |message: &&Message| message.run.as_ref().is_some_and(|of| of.job_id == runs[*run].0);
                let is_told = messages.iter().filter(about).any(|message| {
                    problem(message).is_some_and(|(debt, _)| debt == *is_debt || debt)
                });
                prop_assert!(is_told, "run {run} of {runs:?} is told in {messages:#?}");
            }
            for (which, expected) in model.over.into_iter().enumerate() {
                let said = messages.iter().flat_map(texts).filter(|text| says_over(text)[which]).count();
                prop_assert_eq!(said, expected, "{:#?}", messages);
            }
        }
    }

    #[test]
    fn the_same_problem_is_told_at_most_once_a_day(steps in story()) {
        let (_, messages) = in_no_time(told(&steps, everything("ana")));
        let mut last: HashMap<(bool, String), Timestamp> = HashMap::new();
        for message in messages {
            for text in texts(&message) {
                let [backup, debt] = says_over(text);
                last.retain(|(is_debt, _), _| if *is_debt { !debt } else { !backup });
            }
            let Some(problem) = problem(&message) else { continue };
            if let Some(before) = last.insert(problem, message.time) {
                let between = message.time.duration_since(before);
                prop_assert!(between >= SignedDuration::from_hours(23), "{between}: {message:#?}");
            }
        }
    }

    #[test]
    fn what_goes_well_and_pings_are_told_every_time(steps in story()) {
        let (runs, messages) = in_no_time(told(&steps, everything("ana")));
        let of = |run: &JobId| {
            let about = |message: &&Message| message.run.as_ref().is_some_and(|of| of.job_id == *run);
            messages.iter().filter(about).collect::<Vec<_>>()
        };
        for (run, step) in &runs {
            if matches!(step, Step::Good | Step::Cancelled) {
                prop_assert!(!of(run).is_empty(), "{step:?} of {run}");
            }
        }
        let (runs, pings) = in_no_time(told(&steps, Destination::pings("checks")));
        let starts = pings.iter().filter(|message| message.topic == Topic::Started).count();
        prop_assert_eq!(starts, runs.len());
        let settled = Model::of(&steps).over[1];
        prop_assert!((2 * runs.len()..=2 * runs.len() + settled).contains(&pings.len()));
    }

    #[test]
    fn what_is_seen_again_changes_nothing(steps in story(), back in prop::collection::vec(0..40_u64, 25)) {
        let (once, again) = in_no_time(async {
            let once = acted(&steps, &[]).await;
            (once, acted(&steps, &back).await)
        });
        prop_assert_eq!(once, again);
    }

    #[test]
    fn nobody_waits_for_another(steps in story()) {
        let (alone, beside) = in_no_time(async {
            let (_, alone) = told(&steps, everything("ana")).await;
            let mut stage = Stage::new();
            let clock = Arc::clone(&stage.world.clock);
            let ana = Recorder::willing(&clock);
            let down = Recorder::new(&clock, |_| Err(Failed::because("down", Retry::Later)));
            let dead = Recorder::new(&clock, |_| Err::<Answer, _>(Failed::because("gone", Retry::Never)));
            let outlets = vec![
                down.outlet(everything("down")),
                ana.outlet(everything("ana")),
                dead.outlet(everything("dead")),
            ];
            let notifier = stage.world.start(outlets);
            for (pause, step) in &steps {
                stage.act(*pause, *step).await;
            }
            stage.world.settle(&notifier).await;
            (alone, ana.messages())
        });
        prop_assert_eq!(alone, beside);
    }
}

/// What was filed, and what is known in the end, where after each step the notifier may be started anew with a cursor
/// that is so many events behind.
async fn acted(steps: &[(u32, Step)], back: &[u64]) -> (Vec<(String, Message)>, Vec<String>) {
    let mut stage = Stage::new();
    let (ana, checks) = (Recorder::willing(&stage.world.clock), Recorder::willing(&stage.world.clock));
    let outlets = vec![ana.outlet(everything("ana")), checks.outlet(Destination::pings("checks"))];
    let mut notifier: Notifier = stage.world.start(outlets.clone());
    for (nth, (pause, step)) in steps.iter().enumerate() {
        stage.act(*pause, *step).await;
        if let Some(back) = back.get(nth) {
            stage.world.settle(&notifier).await;
            notifier.stop(LONG).await;
            let at = stage.world.journal.cursor("notifier").await.unwrap().get();
            let earlier = Position::new(at.saturating_sub(*back));
            stage.world.journal.save_cursor("notifier", earlier).await.unwrap();
            notifier = stage.world.start(outlets.clone());
        }
    }
    stage.world.settle(&notifier).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut known = Vec::new();
    for beside in ["", "/post", "/start"] {
        let key = format!("{}{beside}", schedule(JOB));
        known.push(format!("{:?}", stage.world.outbox.standing("ana", &key).await.unwrap()));
    }
    let mut filed = Vec::new();
    for destination in ["ana", "checks"] {
        let said = |one: Delivery| (one.id, one.message);
        filed.extend(stage.world.deliveries(destination).await.into_iter().map(said));
    }
    (filed, known)
}
