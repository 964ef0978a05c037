//! Counters across processes: several keepers, one memory, faults and deaths in between.

use std::{
    collections::VecDeque,
    future,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use event_bus::{BoxError, Journal, MemoryJournal, Position, StreamId, Version};
use hook_core::RunEvent;
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select};
use telemetry::metrics::{KeepError, Metrics, MetricsKeeper, MetricsMemory};

use crate::metrics_history::{History, both_hooks, finished, history, queued, small_history};

/// What happens to a save.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    /// An error, and nothing is kept.
    Fails,
    /// An error, and it is kept all the same.
    FailsLate,
    /// The process dies before it is kept.
    DiesBefore,
    /// The process dies after it was kept.
    DiesAfter,
}

/// A memory as a database would be one, with faults for the next saves.
#[derive(Default)]
struct Shared {
    kept: Mutex<Option<(Position, Vec<u8>)>>,
    faults: Mutex<VecDeque<Option<Fault>>>,
    saves: Mutex<Vec<Position>>,
}

#[async_trait]
impl MetricsMemory for Shared {
    async fn load(&self) -> Result<Option<(Position, Vec<u8>)>, BoxError> {
        Ok(self.kept.lock().unwrap().clone())
    }

    async fn save(&self, expected: Option<Position>, at: Position, state: Vec<u8>) -> Result<bool, BoxError> {
        let fault = self.faults.lock().unwrap().pop_front().flatten();
        match fault {
            Some(Fault::Fails) => return Err("the disk is full".into()),
            Some(Fault::DiesBefore) => future::pending().await,
            _ => {}
        }
        let swapped = {
            let mut kept = self.kept.lock().unwrap();
            let is_expected = kept.as_ref().map(|(at, _)| *at) == expected;
            if is_expected {
                *kept = Some((at, state));
                self.saves.lock().unwrap().push(at);
            }
            is_expected
        };
        match fault {
            Some(Fault::FailsLate) => Err("the answer got lost".into()),
            Some(Fault::DiesAfter) => future::pending().await,
            _ => Ok(swapped),
        }
    }
}

struct World {
    journal: MemoryJournal<RunEvent>,
    memory: Arc<Shared>,
    published: usize,
}

impl World {
    fn new() -> Self {
        let journal = MemoryJournal::new(Arc::new(|| Timestamp::UNIX_EPOCH));
        Self { journal, memory: Arc::default(), published: 0 }
    }

    fn keeper(&self) -> MetricsKeeper {
        MetricsKeeper::new(self.memory.clone())
    }

    /// Publishes the history's next events.
    async fn publish(&mut self, history: &History, events: usize) {
        let next = &history.0[self.published..(self.published + events).min(history.0.len())];
        let at = Version::new(self.published as u32);
        let events = next.iter().map(|recorded| recorded.event.clone()).collect();
        self.published += self.journal.append(&StreamId::from("all"), at, events).await.unwrap().len();
    }

    /// What counting at once makes of the journal.
    async fn expected(&self) -> Metrics {
        let mut metrics = Metrics::default();
        let all = self.journal.read(Position::START, usize::MAX).await.unwrap();
        all.iter().for_each(|recorded| metrics.observe(recorded));
        metrics
    }

    fn kept(&self) -> Metrics {
        let (at, state) = self.memory.kept.lock().unwrap().clone().unwrap();
        let metrics = Metrics::from_json(&state).unwrap();
        assert_eq!(metrics.position(), at);
        metrics
    }
}

/// Nothing here waits but a process that dies: one poll is all that it gets.
async fn until_it_ends_or_dies(
    keeper: &mut MetricsKeeper,
    journal: &MemoryJournal<RunEvent>,
) -> Option<Result<Metrics, KeepError>> {
    tokio::select! {
        biased;
        done = keeper.catch_up(journal) => Some(done.cloned()),
        () = future::ready(()) => None,
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Publish(usize),
    CatchUp(usize),
    Restart(usize),
    Break(Option<Fault>),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let faults = vec![
        None,
        Some(Fault::Fails),
        Some(Fault::FailsLate),
        Some(Fault::DiesBefore),
        Some(Fault::DiesAfter),
    ];
    let op = prop_oneof![
        3 => (1..700_usize).prop_map(Op::Publish),
        4 => (0..3_usize).prop_map(Op::CatchUp),
        1 => (0..3_usize).prop_map(Op::Restart),
        2 => select(faults).prop_map(Op::Break),
    ];
    vec(op, 0..20)
}

/// A history of thousands of events: a small one over and over, as runs of their own.
fn long(history: &History) -> History {
    let mut long = History::default();
    let mut round = 0;
    while !history.0.is_empty() && long.0.len() < 3000 {
        for recorded in &history.0 {
            let run = u64::from_be_bytes(recorded.event.job.to_bytes()[..8].try_into().unwrap()) >> 16;
            long.add(run + round * 1000, recorded.event.schedule.as_str(), recorded.event.event.clone());
        }
        round += 1;
    }
    long
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whoever_counts_and_dies_an_event_is_counted_once(history in history(), ops in ops()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let history = long(&history);
            let mut world = World::new();
            let mut keepers = [world.keeper(), world.keeper(), world.keeper()];
            for op in ops {
                match op {
                    Op::Publish(events) => world.publish(&history, events).await,
                    Op::Restart(number) => keepers[number] = world.keeper(),
                    Op::Break(fault) => world.memory.faults.lock().unwrap().push_back(fault),
                    Op::CatchUp(number) => {
                        let done = until_it_ends_or_dies(&mut keepers[number], &world.journal).await;
                        let expected = world.expected().await;
                        match done {
                            Some(Ok(metrics)) => assert_eq!(metrics, expected),
                            // It could not be kept, and is right all the same.
                            Some(Err(error)) => {
                                assert!(matches!(error, KeepError::Save(_)), "{error:?}");
                                assert_eq!(*keepers[number].metrics(), expected);
                            }
                            // Its time was up; some are as if killed, the others go on.
                            None => if number == 0 { keepers[number] = world.keeper() },
                        }
                    }
                }
            }
            world.memory.faults.lock().unwrap().clear();
            let expected = world.expected().await;
            for keeper in &mut keepers {
                assert_eq!(*keeper.catch_up(&world.journal).await.unwrap(), expected);
            }
            if expected.position() > Position::START {
                assert_eq!(world.kept(), expected);
            }
        });
    }
}

#[tokio::test]
async fn the_state_is_saved_now_and_then_and_at_the_end() {
    let mut history = History::default();
    for run in 0..16_500 {
        history.add(run, "sched_a", queued("a", "org_default", both_hooks()));
        history.add(run, "sched_a", finished(hook_core::RunStatus::Success, true, 1, None));
    }
    let mut world = World::new();
    world.publish(&history, 33_000).await;
    let mut keeper = world.keeper();
    keeper.catch_up(&world.journal).await.unwrap();
    let places: Vec<_> = world.memory.saves.lock().unwrap().iter().map(|at| at.get()).collect();
    assert_eq!(places, [32_000, 33_000]);
    // Nothing new, nothing saved.
    keeper.catch_up(&world.journal).await.unwrap();
    world.keeper().catch_up(&world.journal).await.unwrap();
    assert_eq!(world.memory.saves.lock().unwrap().len(), 2);
}

/// A disk that is full is not asked again for each batch, and the figures are whole.
#[tokio::test]
async fn what_cannot_be_saved_is_counted_all_the_same() {
    let mut history = History::default();
    (0..1400).for_each(|run| history.add(run, "sched_a", queued("a", "org_default", both_hooks())));
    let mut world = World::new();
    world.publish(&history, 1400).await;
    world.memory.faults.lock().unwrap().push_back(Some(Fault::Fails));
    let mut keeper = world.keeper();
    let error = keeper.catch_up(&world.journal).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot keep the metrics");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
    assert_eq!(*keeper.metrics(), world.expected().await);
    assert!(world.memory.saves.lock().unwrap().is_empty());
    keeper.catch_up(&world.journal).await.unwrap();
    assert_eq!(world.kept(), world.expected().await);
}

#[tokio::test]
async fn a_state_that_is_of_no_use_is_replaced() {
    let history = small_history();
    let head = history.0.len() as u64;
    let sound = history.folded().to_json();
    let newer = String::from_utf8(sound.clone()).unwrap().replacen("\"version\":1", "\"version\":9", 1);
    for (at, state) in [
        (head, b"{".to_vec()),
        (3, b"{".to_vec()),
        (head, newer.into_bytes()),
        // Beside a position that is not its own, and ahead of the journal.
        (head - 1, sound.clone()),
        (head + 5, b"".to_vec()),
    ] {
        let mut world = World::new();
        world.publish(&history, usize::MAX - 1).await;
        *world.memory.kept.lock().unwrap() = Some((Position::new(at), state));
        let mut keeper = world.keeper();
        assert_eq!(*keeper.catch_up(&world.journal).await.unwrap(), world.expected().await);
        assert_eq!(world.kept(), world.expected().await);
    }
}

/// The database was put back to an older day.
#[tokio::test]
async fn a_state_ahead_of_the_journal_is_of_another_journal() {
    let history = small_history();
    let mut world = World::new();
    world.publish(&history, 5).await;
    *world.memory.kept.lock().unwrap() = Some((history.folded().position(), history.folded().to_json()));
    assert_eq!(*world.keeper().catch_up(&world.journal).await.unwrap(), world.expected().await);
    assert_eq!(world.kept().position(), Position::new(5));
}
