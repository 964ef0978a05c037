//! Tails read on: what is there, what comes, what others append.

use std::pin::pin;

use event_bus::{Bus, Journal, Position, StreamId, Version};
use tokio::{task, time};

use crate::fixtures::{Breakable, Call, LONG, memory, publish};

async fn take(tail: &mut event_bus::Tail<String>, events: usize) -> Vec<u64> {
    let mut taken = Vec::new();
    for _ in 0..events {
        taken.push(tail.next().await.unwrap().position.get());
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn reads_what_is_there_then_what_comes() {
    let bus = Bus::new(memory());
    publish(&bus, "a", 200).await;
    let mut tail = bus.tail(Position::START);
    assert_eq!(take(&mut tail, 200).await, (1..=200).collect::<Vec<_>>());

    let mut from_now = bus.tail(bus.head().await.unwrap());
    let waiting = task::spawn(async move { (take(&mut tail, 2).await, take(&mut from_now, 2).await) });
    task::yield_now().await;
    publish(&bus, "b", 2).await;
    assert_eq!(waiting.await.unwrap(), (vec![201, 202], vec![201, 202]));
}

#[tokio::test(start_paused = true)]
async fn sleeps_until_it_is_nudged_about_the_events_of_others() {
    let journal = memory();
    let bus = Bus::new(journal.clone());
    let mut tail = bus.tail(Position::START);
    let mut next = pin!(tail.next());
    assert!(time::timeout(LONG, &mut next).await.is_err(), "nothing is there");
    journal.append(&StreamId::from("other"), Version::EMPTY, vec!["theirs".to_owned()]).await.unwrap();
    assert!(time::timeout(LONG, &mut next).await.is_err(), "nobody has said so");
    bus.nudge();
    assert_eq!(next.await.unwrap().event, "theirs");
}

/// A reader with a door of its own hears of what is published by the other, and the other way round.
#[tokio::test(start_paused = true)]
async fn hears_of_what_comes_in_by_another_door() {
    let journal = memory();
    let bus = Bus::new(journal.clone());
    let beside = bus.through(journal);
    let (mut near, mut far) = (bus.tail(Position::START), beside.tail(Position::START));
    let waiting = task::spawn(async move { (take(&mut near, 2).await, take(&mut far, 2).await) });
    task::yield_now().await;
    publish(&bus, "a", 1).await;
    publish(&beside, "b", 1).await;
    assert_eq!(waiting.await.unwrap(), (vec![1, 2], vec![1, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_loses_nothing() {
    let bus = Bus::new(memory());
    let mut tail = bus.tail(Position::START);
    for stream in ["a", "b", "c"] {
        assert!(time::timeout(LONG, tail.next()).await.is_err());
        let last = publish(&bus, stream, 2).await;
        assert_eq!(take(&mut tail, 2).await, [last.get() - 1, last.get()]);
    }
}

#[tokio::test]
async fn goes_on_where_the_journal_failed() {
    let journal = Breakable::over(memory());
    let bus = Bus::new(journal.clone());
    publish(&bus, "a", 3).await;
    let mut tail = bus.tail(Position::new(1));
    journal.break_call(Call::Read);
    for _ in 0..2 {
        assert_eq!(tail.next().await.unwrap_err().to_string(), "the journal could not answer Read");
    }
    journal.mend();
    assert_eq!(take(&mut tail, 2).await, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_during_a_read_wakes_the_reader() {
    let bus = Bus::new(Breakable::over(memory()));
    let mut tail = bus.tail(Position::START);
    let mut next = pin!(tail.next());
    tokio::select! {
        biased;
        _ = &mut next => panic!("there is no event yet"),
        () = async {} => (), // the journal was read and had nothing; the reader has not heard so yet
    }
    publish(&bus, "run", 1).await;
    assert!(time::timeout(LONG, next).await.is_ok(), "the reader sleeps beside an event");
}
