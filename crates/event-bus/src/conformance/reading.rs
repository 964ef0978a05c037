//! Reading gives what is there, from anywhere, in pages of any size.

use super::ask;
use crate::{Journal, Position};

pub(super) async fn an_empty_journal_is_empty(on: &dyn Journal<String>) {
    assert_eq!(ask::head(on).await, Position::START, "the head of an empty journal is the start");
    assert_eq!(ask::read(on, Position::START, usize::MAX).await, [], "an empty journal has no events");
    assert_eq!(ask::read_stream(on, "run").await, [], "a stream that was never begun is empty");
}

pub(super) async fn pages_have_no_gap_and_no_overlap(on: &dyn Journal<String>) {
    ask::append(on, "a", 0, &["1", "2", "3"]).await;
    ask::append(on, "b", 0, &["4"]).await;
    ask::append(on, "a", 3, &["5", "6"]).await;
    let all = ask::read(on, Position::START, usize::MAX).await;
    assert_eq!(
        ask::texts(&all),
        ["1", "2", "3", "4", "5", "6"],
        "events are read in the order of their appends"
    );

    for begin in 0..=all.len() {
        let after = if begin == 0 { Position::START } else { all[begin - 1].position };
        for at_most in [0, 1, 2, 3, 6, 7, 1000] {
            let end = all.len().min(begin + at_most);
            let page = ask::read(on, after, at_most).await;
            assert_eq!(page, all[begin..end], "read: {at_most} events after {after}");
        }
    }
    let far = Position::new(ask::head(on).await.get() + 1000);
    assert_eq!(ask::read(on, far, 10).await, [], "there is nothing after the end");
}
