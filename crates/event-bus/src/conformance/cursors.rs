//! Cursors belong to names, and are not lost.

use super::ask;
use crate::Journal;

pub(super) async fn each_name_has_its_own(on: &dyn Journal<String>) {
    let names = ["mail", "MAIL", "mail ", "", "../mail", "it's", "ä\n", "%"];
    for name in names {
        assert_eq!(ask::cursor(on, name).await, 0, "a new observer begins at the start: {name:?}");
    }
    for (name, at) in names.into_iter().zip(1..) {
        ask::save_cursor(on, name, at).await;
    }
    ask::append(on, "run", 0, &["1", "2"]).await;
    for (name, at) in names.into_iter().zip(1..) {
        assert_eq!(ask::cursor(on, name).await, at, "the cursor of {name:?} is its own");
    }
}

pub(super) async fn the_last_one_saved_counts(on: &dyn Journal<String>) {
    for at in [3, 3, 7, 2, 0, 5] {
        ask::save_cursor(on, "mail", at).await;
        assert_eq!(
            ask::cursor(on, "mail").await,
            at,
            "the cursor that was saved last, forwards or backwards"
        );
    }
}
