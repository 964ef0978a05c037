//! Appending keeps all or nothing, at the version that the writer expects.

use tokio::task;

use super::ask;
use crate::{AppendError, Journal, StreamId, Version};

pub(super) async fn events_come_back_as_they_were_appended(on: &dyn Journal<String>) {
    let mut appended = ask::append(on, "a", 0, &["a1"]).await;
    appended.extend(ask::append(on, "b", 0, &["b1", "b2"]).await);
    appended.extend(ask::append(on, "a", 1, &["a2", "a3", "a4"]).await);

    assert_eq!(
        ask::texts(&appended),
        ["a1", "b1", "b2", "a2", "a3", "a4"],
        "append returns its events in order"
    );
    ask::assert_ascending(&appended);
    assert_eq!(ask::read_all(on).await, appended, "what is read is what append returned");
    assert_eq!(
        Some(ask::head(on).await),
        appended.last().map(|last| last.position),
        "the head is the last one"
    );
    for name in ["a", "b"] {
        let stream = ask::read_stream(on, name).await;
        ask::assert_no_gap(&stream);
        let expected: Vec<_> =
            appended.iter().filter(|event| event.stream.as_str() == name).cloned().collect();
        assert_eq!(stream, expected, "a stream has its own events, in order");
    }
}

pub(super) async fn any_text_comes_back(on: &dyn Journal<String>) {
    let long = "x".repeat(256 * 1024);
    let texts = ["", " ", "two\nlines\r\n", "\"quoted\" \\ 'text'", "\0", "ä 日本 🎉", "{\"a\":1}", &long];
    for name in ["run", "RUN", "run ", "", "../run", "it's", "ä\n", "%"] {
        let appended = ask::append(on, name, 0, &texts).await;
        assert_eq!(ask::texts(&appended), texts, "append returns its events in order");
        assert!(ask::read_stream(on, name).await == appended, "the stream {name:?} has its own events");
    }
}

pub(super) async fn a_conflict_leaves_nothing(on: &dyn Journal<String>) {
    ask::append(on, "other", 0, &["x"]).await;
    ask::append(on, "run", 0, &["1", "2"]).await;
    let before = ask::read_all(on).await;

    for (stream, wrong, right) in [("run", 0, 2), ("run", 1, 2), ("run", 3, 2), ("new", 1, 0), ("new", 7, 0)]
    {
        for events in [&["lost"][..], &["lost", "lost too"], &[]] {
            let refused = ask::try_append(on, stream, wrong, events).await;
            let (wrong, right) = (Version::new(wrong), Version::new(right));
            assert!(
                matches!(refused, Err(AppendError::Conflict { expected, actual }) if expected == wrong && actual == right),
                "{stream} is at {right}; an append of {events:?} at {wrong} is a conflict: {refused:?}",
            );
        }
    }
    assert_eq!(ask::read_all(on).await, before, "a conflict leaves nothing behind");

    let next = ask::append(on, "run", 2, &["3"]).await;
    assert!(next[0].position > before[before.len() - 1].position, "positions go on after a conflict");
    ask::assert_no_gap(&ask::read_stream(on, "run").await);
}

pub(super) async fn no_events_are_no_change(on: &dyn Journal<String>) {
    assert_eq!(ask::append(on, "run", 0, &[]).await, [], "nothing was appended");
    ask::append(on, "run", 0, &["1"]).await;
    let before = ask::head(on).await;
    assert_eq!(ask::append(on, "run", 1, &[]).await, [], "nothing was appended");
    assert_eq!(ask::head(on).await, before, "an append without events moves nothing");
    ask::append(on, "run", 1, &["2"]).await;
}

pub(super) async fn a_dropped_append_is_whole_or_nothing(on: &dyn Journal<String>) {
    for round in 0..20 {
        let name = format!("run {round}");
        abandon(on, &name).await;
        // What was begun may come to its end only now: as a writer would, look again after each conflict.
        while !append_at_end(on, &name, "last").await {
            task::yield_now().await;
        }
        let stream = ask::read_stream(on, &name).await;
        let texts = ask::texts(&stream);
        assert!(
            texts == ["last"] || texts == ["1", "2", "3", "last"],
            "a dropped append keeps all of its events or none: {texts:?}"
        );
    }
}

/// Begins an append of three events and drops it.
async fn abandon(on: &dyn Journal<String>, stream: &str) {
    let stream = StreamId::from(stream);
    let append = on.append(&stream, Version::EMPTY, vec!["1".into(), "2".into(), "3".into()]);
    tokio::select! {
        biased;
        _ = append => (),
        () = async {} => (),
    }
}

async fn append_at_end(on: &dyn Journal<String>, stream: &str, event: &str) -> bool {
    let version = ask::read_stream(on, stream).await.last().map_or(0, |last| last.version.get());
    match ask::try_append(on, stream, version, &[event]).await {
        Err(AppendError::Conflict { .. }) => false,
        done => done.map(|_| true).expect("an append at the right version succeeds"),
    }
}
