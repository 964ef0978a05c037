//! Closing and opening again, and being open twice.

use std::{path::Path, sync::Arc};

use super::ask;
use crate::{AppendError, Journal};

pub(super) async fn events_and_cursors_are_still_there(
    dir: &Path,
    open: &impl AsyncFn(&Path) -> Arc<dyn Journal<String>>,
) {
    let journal = open(dir).await;
    ask::append(&*journal, "a", 0, &["1", "2"]).await;
    ask::append(&*journal, "b", 0, &["3"]).await;
    ask::save_cursor(&*journal, "mail", 2).await;
    ask::save_cursor(&*journal, "page", 3).await;
    let before = ask::read_all(&*journal).await;
    drop(journal);

    let journal = open(dir).await;
    assert_eq!(ask::read_all(&*journal).await, before, "events are still there when it is opened again");
    assert_eq!(ask::head(&*journal).await, before[2].position, "the head is still there");
    assert_eq!(ask::cursor(&*journal, "mail").await, 2, "a cursor is still there");
    assert_eq!(ask::cursor(&*journal, "page").await, 3, "a cursor is still there");
}

pub(super) async fn streams_and_positions_go_on(
    dir: &Path,
    open: &impl AsyncFn(&Path) -> Arc<dyn Journal<String>>,
) {
    for version in 0..4 {
        let journal = open(dir).await;
        let early = ask::try_append(&*journal, "run", version + 1, &["lost"]).await;
        assert!(
            matches!(early, Err(AppendError::Conflict { .. })),
            "versions are compared after opening: {early:?}"
        );
        ask::append(&*journal, "run", version, &["event"]).await;
    }
    let journal = open(dir).await;
    ask::assert_ascending(&ask::read_all(&*journal).await);
    ask::assert_no_gap(&ask::read_stream(&*journal, "run").await);
}

pub(super) async fn each_sees_what_the_other_does([one, other]: &[Arc<dyn Journal<String>>; 2]) {
    for (version, (writer, reader)) in (0..).zip([(one, other), (other, one), (one, other)]) {
        ask::append(&**writer, "run", version, &["event"]).await;
        assert_eq!(
            ask::read_all(&**reader).await,
            ask::read_all(&**writer).await,
            "both see the same events"
        );
        assert_eq!(ask::head(&**reader).await, ask::head(&**writer).await, "both see the same head");
        let late = ask::try_append(&**reader, "run", version, &["lost"]).await;
        assert!(
            matches!(late, Err(AppendError::Conflict { .. })),
            "a writer thought dead is refused: {late:?}"
        );
        ask::save_cursor(&**writer, "mail", u64::from(version) + 10).await;
        assert_eq!(ask::cursor(&**reader, "mail").await, u64::from(version) + 10, "both see the same cursor");
    }
}
