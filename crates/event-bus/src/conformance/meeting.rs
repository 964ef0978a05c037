//! Several writers and readers at the same time, spread over the given handles of one journal.

use std::sync::Arc;

use tokio::task::{self, JoinSet};

use super::ask;
use crate::{AppendError, Journal, Position};

const WRITERS: usize = 8;

type Handle = Arc<dyn Journal<String>>;

pub(super) async fn writers_of_different_streams_all_succeed(on: &[Handle]) {
    write_side_by_side(on).join_all().await;
    let all = ask::read_all(&*on[0]).await;
    assert_eq!(all.len(), WRITERS * 10, "no append is lost beside others");
    ask::assert_ascending(&all);
    for writer in 0..WRITERS {
        let stream = ask::read_stream(&*on[0], &format!("run {writer}")).await;
        assert_eq!(stream.len(), 10, "no append is lost beside others");
        ask::assert_no_gap(&stream);
    }
}

pub(super) async fn of_the_writers_of_one_stream_one_succeeds(on: &[Handle]) {
    for round in 0..10 {
        let stream = format!("run {round}");
        let mut race = JoinSet::new();
        for (writer, on) in (0..WRITERS).zip(on.iter().cycle().cloned()) {
            let stream = stream.clone();
            race.spawn(async move {
                let events = [format!("{writer}, first"), format!("{writer}, second")];
                ask::try_append(&*on, &stream, 0, &[&events[0], &events[1]]).await
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) = race.join_all().await.into_iter().partition(Result::is_ok);
        let won: Vec<_> = won.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "of those who begin one stream exactly one succeeds");
        for refused in lost {
            assert!(
                matches!(refused, Err(AppendError::Conflict { actual, .. }) if actual.get() == 2),
                "who comes too late is told of the conflict: {refused:?}"
            );
        }
        assert_eq!(
            ask::read_stream(&*on[0], &stream).await,
            won[0],
            "the stream is what the winner appended"
        );
    }
}

pub(super) async fn a_reader_beside_writers_misses_nothing(on: &[Handle]) {
    let mut writers = write_side_by_side(on);
    let mut seen = Vec::new();
    let mut after = Position::START;
    loop {
        // Asked before the read: what is kept by now must be in it.
        while writers.try_join_next().is_some() {}
        let all_done = writers.is_empty();
        let page = ask::read(&*on[0], after, 3).await;
        if let Some(last) = page.last() {
            after = last.position;
            seen.extend(page);
        } else if all_done {
            break;
        }
        task::yield_now().await;
    }
    assert_eq!(seen, ask::read_all(&*on[0]).await, "an event appears only behind those that were read");
}

/// Each writer appends 10 events to a stream of its own, one by one.
fn write_side_by_side(on: &[Handle]) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for (writer, on) in (0..WRITERS).zip(on.iter().cycle().cloned()) {
        writers.spawn(async move {
            for version in 0..10 {
                ask::append(&*on, &format!("run {writer}"), version, &["event"]).await;
                task::yield_now().await;
            }
        });
    }
    writers
}
