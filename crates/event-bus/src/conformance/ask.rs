//! The calls of a journal, where nothing but success will do.

use crate::{AppendError, Journal, Position, Recorded, StreamId, Version};

type Kept = Vec<Recorded<String>>;

pub(super) async fn append(on: &dyn Journal<String>, stream: &str, expected: u32, events: &[&str]) -> Kept {
    try_append(on, stream, expected, events).await.expect("an append at the right version succeeds")
}

pub(super) async fn try_append(
    on: &dyn Journal<String>,
    stream: &str,
    expected: u32,
    events: &[&str],
) -> Result<Kept, AppendError> {
    let events = events.iter().map(|&event| event.to_owned()).collect();
    on.append(&StreamId::from(stream), Version::new(expected), events).await
}

pub(super) async fn read(on: &dyn Journal<String>, after: Position, at_most: usize) -> Kept {
    on.read(after, at_most).await.expect("events can be read")
}

/// Everything, in small pages.
pub(super) async fn read_all(on: &dyn Journal<String>) -> Kept {
    let mut all = Kept::new();
    loop {
        let after = all.last().map_or(Position::START, |last| last.position);
        let page = read(on, after, 7).await;
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(super) async fn read_stream(on: &dyn Journal<String>, stream: &str) -> Kept {
    on.read_stream(&StreamId::from(stream)).await.expect("a stream can be read")
}

pub(super) async fn head(on: &dyn Journal<String>) -> Position {
    on.head().await.expect("the head can be read")
}

pub(super) async fn cursor(on: &dyn Journal<String>, observer: &str) -> u64 {
    on.cursor(observer).await.expect("a cursor can be read").get()
}

pub(super) async fn save_cursor(on: &dyn Journal<String>, observer: &str, at: u64) {
    on.save_cursor(observer, Position::new(at)).await.expect("a cursor can be saved");
}

/// The texts of events.
pub(super) fn texts(kept: &[Recorded<String>]) -> Vec<&str> {
    kept.iter().map(|recorded| recorded.event.as_str()).collect()
}

/// Each has a greater position than the one before it.
pub(super) fn assert_ascending(kept: &[Recorded<String>]) {
    assert!(kept.is_sorted_by(|one, next| one.position < next.position), "positions ascend: {kept:?}");
}

/// The versions of a whole stream.
pub(super) fn assert_no_gap(stream: &[Recorded<String>]) {
    let versions: Vec<u32> = stream.iter().map(|recorded| recorded.version.get()).collect();
    let expected: Vec<u32> = (1..).take(stream.len()).collect();
    assert_eq!(versions, expected, "the versions of a stream are 1, 2, 3 …");
}
