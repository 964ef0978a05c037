//! The law: an observer is told every event, in order, whatever it does and whenever its process dies.
//!
//! All scripts of five acts are played (7,776), and each delivery is compared with a model.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::{Bus, Journal, Observer, Recorded, Rejected};
use tokio::{sync::watch, task, time};

use crate::fixtures::{Breakable, Call, LONG, THREE_TRIES, memory, publish};

const EVENTS: u32 = 3;

/// What an observer does with what it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Take,
    TakeSlowly,
    Retry,
    Panic,
    Skip,
    /// It takes the event, and its process dies before the cursor is saved.
    TakeAndDie,
}

const ACTS: [Act; 6] = [Act::Take, Act::TakeSlowly, Act::Retry, Act::Panic, Act::Skip, Act::TakeAndDie];

/// Plays its acts one by one, over all of its lives, then takes everything.
struct Actor {
    script: Vec<Act>,
    told: watch::Sender<Vec<u64>>,
    journal: Arc<Breakable>,
}

#[async_trait]
impl Observer<String> for Actor {
    fn name(&self) -> &str {
        "actor"
    }

    async fn on_event(&self, event: &Recorded<String>) -> Result<(), Rejected> {
        let call = self.told.borrow().len();
        self.told.send_modify(|told| told.push(event.position.get()));
        match self.script.get(call).unwrap_or(&Act::Take) {
            Act::Take => Ok(()),
            Act::TakeSlowly => {
                time::sleep(Duration::from_secs(3600)).await;
                Ok(())
            }
            Act::Retry => Err(Rejected::Retry("later".into())),
            Act::Panic => panic!("an act of the script"),
            Act::Skip => Err(Rejected::Skip("never".into())),
            Act::TakeAndDie => {
                self.journal.break_call(Call::SaveCursor);
                Ok(())
            }
        }
    }
}

/// What must be told, and how many events are skipped on the way.
fn model(script: &[Act]) -> (Vec<u64>, u64) {
    let (mut told, mut skipped) = (Vec::new(), 0);
    let mut acts = script.iter().copied().chain([Act::Take].into_iter().cycle());
    let (mut at, mut tries) = (1, 0);
    while at <= u64::from(EVENTS) {
        told.push(at);
        tries += 1;
        let (next, skip) = match acts.next().unwrap() {
            Act::Take | Act::TakeSlowly => (true, false),
            Act::Retry | Act::Panic => (tries == 3, tries == 3),
            Act::Skip => (true, true),
            Act::TakeAndDie => {
                tries = 0;
                (false, false)
            }
        };
        skipped += u64::from(skip);
        if next {
            (at, tries) = (at + 1, 0);
        }
    }
    (told, skipped)
}

/// Plays a script to its end: what was told, and how many were skipped.
async fn play(script: &[Act]) -> (Vec<u64>, u64) {
    let journal = Breakable::over(memory());
    let actor =
        Arc::new(Actor { script: script.to_vec(), told: watch::Sender::default(), journal: journal.clone() });
    let bus = Bus::new(journal.clone());
    publish(&bus, "before", 1).await;
    let mut observing = bus.observe(actor.clone(), THREE_TRIES);
    task::yield_now().await;
    let last = publish(&bus, "while it is told", EVENTS - 1).await;

    let (mut deaths, mut skipped) = (0, 0);
    loop {
        tokio::select! {
            biased;
            () = journal.failures(deaths + 1) => {
                // A stop while the cursor cannot be saved leaves what a kill leaves.
                skipped += observing.stop().await.skipped;
                deaths = journal.failed();
                journal.mend();
                observing = bus.observe(actor.clone(), THREE_TRIES);
            }
            in_time = observing.caught_up(last, LONG) => {
                assert!(in_time, "{script:?} is stuck at {:?}", observing.status());
                break;
            }
        }
    }
    skipped += observing.stop().await.skipped;
    assert_eq!(journal.cursor("actor").await.unwrap(), last);
    let told = actor.told.borrow().clone();
    (told, skipped)
}

fn scripts(acts: u32) -> impl Iterator<Item = Vec<Act>> {
    let choices = ACTS.len();
    (0..choices.pow(acts))
        .map(move |n| (0..acts).map(|digit| ACTS[n / choices.pow(digit) % choices]).collect())
}

#[tokio::test(start_paused = true)]
async fn every_event_in_order_whatever_the_observer_does() {
    let mut played = 0;
    for script in scripts(5) {
        assert_eq!(play(&script).await, model(&script), "{script:?}");
        played += 1;
    }
    assert_eq!(played, 7776);
}

/// The model itself keeps the law: without it, the comparison above could agree on something wrong.
#[test]
fn the_model_skips_no_event_and_never_goes_back() {
    for script in scripts(5) {
        let (mut told, _) = model(&script);
        assert!(told.is_sorted(), "{script:?}: {told:?}");
        told.dedup();
        assert_eq!(told, (1..=u64::from(EVENTS)).collect::<Vec<_>>(), "{script:?}");
    }
}
