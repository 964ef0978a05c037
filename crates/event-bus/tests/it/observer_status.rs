//! Who is behind, who fails, and how it ends.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::{Bus, Journal, Observer, Position, Recorded, Rejected, StreamId, Version};
use tokio::{sync::Semaphore, task, time::Instant};

use crate::fixtures::{Breakable, Call, LONG, Listener, THREE_TRIES, memory, publish};

/// Takes an event for each permit that it is given.
struct Held {
    begun: Semaphore,
    permits: Semaphore,
}

impl Held {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Semaphore::new(0), permits: Semaphore::new(0) })
    }
}

#[async_trait]
impl Observer<String> for Held {
    fn name(&self) -> &str {
        "held"
    }

    async fn on_event(&self, _: &Recorded<String>) -> Result<(), Rejected> {
        self.begun.add_permits(1);
        self.permits.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn says_how_far_behind_it_is_and_when_it_has_caught_up() {
    let bus = Bus::new(memory());
    let last = publish(&bus, "run", 200).await;
    let held = Held::new();
    // A new bus, as after a restart: it must look into the journal to know how much there is.
    let observing = bus.observe(held.clone(), THREE_TRIES);
    held.permits.add_permits(150);
    assert!(observing.caught_up(Position::new(150), LONG).await);
    assert!(!observing.caught_up(Position::new(151), LONG).await, "it is held");
    let status = observing.status();
    assert_eq!((status.at, status.behind, status.failing_since), (Position::new(150), 50, None));

    held.permits.add_permits(50);
    assert!(observing.caught_up(last, LONG).await);
    assert!(observing.caught_up(Position::START, Duration::ZERO).await, "what is past is past");
    assert_eq!(observing.status().behind, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_event_at_hand_and_its_cursor() {
    let journal = memory();
    let bus = Bus::new(journal.clone());
    publish(&bus, "run", 2).await;
    let held = Held::new();
    let observing = bus.observe(held.clone(), THREE_TRIES);
    held.begun.acquire().await.unwrap().forget();

    let mut stopping = task::spawn(observing.stop());
    assert!(tokio::time::timeout(LONG, &mut stopping).await.is_err(), "the event at hand is not cut");
    held.permits.add_permits(1);
    let status = stopping.await.unwrap();
    assert_eq!((status.at, status.behind), (Position::new(1), 1));
    assert_eq!(journal.cursor("held").await.unwrap(), Position::new(1));
    assert_eq!(held.begun.available_permits(), 0, "the second event was not begun");
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_retry() {
    let bus = Bus::new(memory());
    let listener = Listener::new("unwilling", |_| Err(Rejected::Retry("not yet".into())));
    publish(&bus, "run", 1).await;
    let observing = bus.observe(listener.clone(), THREE_TRIES);
    listener.calls(1).await;
    let now = Instant::now();
    let status = observing.stop().await;
    assert_eq!((status.at, status.skipped, now.elapsed()), (Position::START, 0, Duration::ZERO));
    assert_eq!(listener.told(), [1]);
}

#[tokio::test(start_paused = true)]
async fn goes_on_from_its_cursor_after_a_stop() {
    let journal = memory();
    let listener = Listener::willing("mail");
    for (stream, told) in [("a", vec![1, 2]), ("b", vec![1, 2, 3, 4])] {
        let bus = Bus::new(journal.clone());
        let last = publish(&bus, stream, 2).await;
        let observing = bus.observe(listener.clone(), THREE_TRIES);
        assert!(observing.caught_up(last, LONG).await);
        observing.stop().await;
        assert_eq!(listener.told(), told);
    }
    let nothing_new = Bus::new(journal).observe(listener.clone(), THREE_TRIES);
    assert!(nothing_new.caught_up(Position::new(4), LONG).await, "it knows where it was");
    assert_eq!(listener.told().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn dropping_it_ends_the_work() {
    let bus = Bus::new(memory());
    let listener = Listener::willing("mail");
    let last = publish(&bus, "a", 1).await;
    let observing = bus.observe(listener.clone(), THREE_TRIES);
    assert!(observing.caught_up(last, LONG).await);
    drop(observing);
    while Arc::strong_count(&listener) > 1 {
        task::yield_now().await;
    }
    publish(&bus, "b", 1).await;
    assert_eq!(listener.told(), [1]);
}

#[tokio::test(start_paused = true)]
async fn says_since_when_the_journal_fails_and_goes_on_when_it_is_well_again() {
    for call in [Call::Cursor, Call::Head, Call::Read, Call::SaveCursor] {
        let journal = Breakable::over(memory());
        let bus = Bus::new(journal.clone());
        let last = publish(&bus, "run", 2).await;
        journal.break_call(call);
        let listener = Listener::willing("mail");
        let begin = Instant::now();
        let observing = bus.observe(listener.clone(), THREE_TRIES);
        assert!(!observing.caught_up(last, Duration::from_secs(60)).await);
        assert_eq!(observing.status().failing_since, Some(begin), "{call:?}");

        journal.mend();
        assert!(observing.caught_up(last, LONG).await, "{call:?}");
        assert_eq!(observing.status().failing_since, None, "{call:?}");
        assert_eq!(listener.told(), [1, 2], "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn does_not_fail_any_more_while_it_takes_what_was_read_at_last() {
    let journal = Breakable::over(memory());
    let bus = Bus::new(journal.clone());
    publish(&bus, "run", 1).await;
    journal.break_call(Call::Read);
    let held = Held::new();
    let observing = bus.observe(held.clone(), THREE_TRIES);
    journal.failures(3).await;
    journal.mend();
    held.begun.acquire().await.unwrap().forget();
    assert_eq!(observing.status().failing_since, None);
}

#[tokio::test(start_paused = true)]
async fn a_nudge_finds_the_events_of_other_processes() {
    let journal = memory();
    let bus = Bus::new(journal.clone());
    let held = Held::new();
    let observing = bus.observe(held.clone(), THREE_TRIES);
    let theirs = vec!["one".to_owned(), "two".to_owned()];
    assert!(!observing.caught_up(Position::new(1), LONG).await, "there is nothing");
    journal.append(&StreamId::from("other"), Version::EMPTY, theirs).await.unwrap();
    assert!(!observing.caught_up(Position::new(1), LONG).await, "nobody has said so");
    assert_eq!(held.begun.available_permits(), 0);

    bus.nudge();
    held.begun.acquire().await.unwrap().forget();
    assert_eq!(observing.status().behind, 2);
    held.permits.add_permits(2);
    assert!(observing.caught_up(Position::new(2), LONG).await);
    assert_eq!(observing.status().behind, 0);
}
