//! Retries and their ends. The clock is paused: it jumps to the next pause's end, so times are exact.

use std::{sync::Arc, time::Duration};

use event_bus::{Backoff, Bus, GiveUp, Journal, Position, Rejected};
use tokio::time::Instant;

use crate::fixtures::{Breakable, Call, LONG, Listener, THREE_TRIES, memory, publish};

/// Tells two events to the listener: what it was told, the events skipped, and the seconds that it took.
async fn tell_two(listener: Arc<Listener>, backoff: Backoff) -> (Vec<u64>, u64, u64) {
    let bus = Bus::new(memory());
    let last = publish(&bus, "run", 2).await;
    let begin = Instant::now();
    let observing = bus.observe(listener.clone(), backoff);
    assert!(observing.caught_up(last, LONG).await, "stuck: {:?}", observing.status());
    let status = observing.stop().await;
    assert_eq!((status.at, status.behind, status.failing_since), (last, 0, None));
    (listener.told(), status.skipped, begin.elapsed().as_secs())
}

/// Rejects the first calls.
fn unwilling(calls: u32) -> Arc<Listener> {
    Listener::new(
        "unwilling",
        move |call| {
            if call < calls { Err(Rejected::Retry("not yet".into())) } else { Ok(()) }
        },
    )
}

#[tokio::test(start_paused = true)]
async fn comes_again_until_the_event_is_taken() {
    assert_eq!(tell_two(unwilling(2), THREE_TRIES).await, (vec![1, 1, 1, 2], 0, 3));
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_its_tries() {
    assert_eq!(tell_two(unwilling(3), THREE_TRIES).await, (vec![1, 1, 1, 2], 1, 3));
    assert_eq!(tell_two(unwilling(4), THREE_TRIES).await, (vec![1, 1, 1, 2, 2], 1, 4));
    assert_eq!(tell_two(unwilling(99), THREE_TRIES).await, (vec![1, 1, 1, 2, 2, 2], 2, 6));
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_its_time() {
    let backoff = Backoff { give_up_after: GiveUp::Elapsed(Duration::from_secs(7)), ..THREE_TRIES };
    // Tries at 0, 1, 3 and 7 seconds.
    assert_eq!(tell_two(unwilling(4), backoff).await, (vec![1, 1, 1, 1, 2], 1, 7));
}

#[tokio::test(start_paused = true)]
async fn never_gives_up_where_it_is_told_so() {
    let backoff = Backoff { give_up_after: GiveUp::Never, ..THREE_TRIES };
    let (told, skipped, seconds) = tell_two(unwilling(50), backoff).await;
    assert_eq!((told.len(), skipped, seconds), (52, 0, 1 + 2 + 4 + 47 * 8));
}

#[tokio::test(start_paused = true)]
async fn skips_at_once_what_can_never_be_taken() {
    let listener = Listener::new("choosy", |call| match call {
        0 => Err(Rejected::Skip("not for me".into())),
        _ => Ok(()),
    });
    assert_eq!(tell_two(listener, THREE_TRIES).await, (vec![1, 2], 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_retry() {
    for words in [true, false] {
        let listener = Listener::new("clumsy", move |call| match call {
            0 if words => panic!("dropped call {call}"),
            0 => std::panic::panic_any(7),
            _ => Ok(()),
        });
        assert_eq!(tell_two(listener, THREE_TRIES).await, (vec![1, 1, 2], 0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_poison_event_holds_up_nobody_else() {
    let bus = Bus::new(memory());
    let bad = Listener::new("bad", |_| Err(Rejected::Retry("never".into())));
    let good = Listener::willing("good");
    let last = publish(&bus, "run", 3).await;
    let poisoned = bus.observe(bad, Backoff { give_up_after: GiveUp::Never, ..THREE_TRIES });
    let well = bus.observe(good.clone(), THREE_TRIES);
    assert!(well.caught_up(last, LONG).await);
    assert_eq!(good.told(), [1, 2, 3]);
    let status = poisoned.status();
    assert_eq!((status.at, status.behind), (Position::START, 3));
    assert!(status.failing_since.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_cannot_be_saved_is_tried_again_and_no_event_is_lost() {
    let journal = Breakable::over(memory());
    let bus = Bus::new(journal.clone());
    let listener = Listener::willing("mail");
    journal.break_call(Call::SaveCursor);
    let last = publish(&bus, "run", 2).await;
    let observing = bus.observe(listener.clone(), THREE_TRIES);
    journal.failures(20).await; // far more than an event's limit: it is the journal's failure, not the event's
    assert_eq!(listener.told(), [1]);
    assert_eq!(observing.status().at, Position::START);

    journal.mend();
    assert!(observing.caught_up(last, LONG).await);
    assert_eq!(listener.told(), [1, 2]);
    assert_eq!(observing.stop().await.skipped, 0);
    assert_eq!(journal.cursor("mail").await.unwrap(), last);
}
