//! The contract of [`Journal`] as suites of tests: run them on your own journal.
//!
//! | suite | for a journal that |
//! |---|---|
//! | [`journal`](fn@journal) | exists |
//! | [`durable`] | is still there when it is opened again |
//! | [`shared`] | may be open more than once at the same time, also in other processes |
//!
//! Each suite includes the ones above it. A suite panics at the first promise that is broken and says which one.
//! Run them on a runtime with several threads: writers then really meet.
//!
//! ```
//! use std::sync::Arc;
//! use event_bus::{Clock, Journal, MemoryJournal, conformance};
//!
//! # #[tokio::main]
//! # async fn main() {
//! let clock: Clock = Arc::new(jiff::Timestamp::now);
//! conformance::journal(async || Arc::new(MemoryJournal::new(clock.clone())) as Arc<dyn Journal<String>>).await;
//! # }
//! ```
//!
//! What no suite here can do is to kill a process or to cut its power: test that yourself.

#![expect(clippy::expect_used, reason = "tests that live in a library: a broken promise is meant to panic")]

mod appending;
mod ask;
mod cursors;
mod meeting;
mod reading;
mod reopening;

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Journal;

/// What every journal must pass. `make` is called once per test and makes an empty journal.
///
/// # Panics
/// When a promise is broken.
pub async fn journal(make: impl AsyncFn() -> Arc<dyn Journal<String>>) {
    reading::an_empty_journal_is_empty(&*make().await).await;
    reading::pages_have_no_gap_and_no_overlap(&*make().await).await;

    appending::events_come_back_as_they_were_appended(&*make().await).await;
    appending::any_text_comes_back(&*make().await).await;
    appending::a_conflict_leaves_nothing(&*make().await).await;
    appending::no_events_are_no_change(&*make().await).await;
    appending::a_dropped_append_is_whole_or_nothing(&*make().await).await;

    cursors::each_name_has_its_own(&*make().await).await;
    cursors::the_last_one_saved_counts(&*make().await).await;

    let alone = async || [make().await];
    meeting::writers_of_different_streams_all_succeed(&alone().await).await;
    meeting::of_the_writers_of_one_stream_one_succeeds(&alone().await).await;
    meeting::a_reader_beside_writers_misses_nothing(&alone().await).await;
}

/// What a journal must pass that outlives its process. `dir` is an empty directory that the suite may fill; `open`
/// gets an existing directory in it, and opens the journal that is there or makes one. A journal is closed by
/// dropping it.
///
/// # Panics
/// When a promise is broken, or when a directory cannot be made.
pub async fn durable(dir: &Path, open: impl AsyncFn(&Path) -> Arc<dyn Journal<String>>) {
    let dirs = Directories::within(dir, "durable");
    journal(async || open(&dirs.next()).await).await;
    reopening::events_and_cursors_are_still_there(&dirs.next(), &open).await;
    reopening::streams_and_positions_go_on(&dirs.next(), &open).await;
}

/// What a journal must pass that may be open more than once at the same time: by a second process, or by a writer
/// that was thought dead. Arguments as for [`durable`].
///
/// # Panics
/// When a promise is broken, or when a directory cannot be made.
pub async fn shared(dir: &Path, open: impl AsyncFn(&Path) -> Arc<dyn Journal<String>>) {
    durable(dir, &open).await;
    let dirs = Directories::within(dir, "shared");
    let pair = async || {
        let place = dirs.next();
        [open(&place).await, open(&place).await]
    };
    reopening::each_sees_what_the_other_does(&pair().await).await;
    meeting::writers_of_different_streams_all_succeed(&pair().await).await;
    meeting::of_the_writers_of_one_stream_one_succeeds(&pair().await).await;
    meeting::a_reader_beside_writers_misses_nothing(&pair().await).await;
}

/// Hands out empty directories.
struct Directories {
    within: PathBuf,
    count: Cell<u32>,
}

impl Directories {
    fn within(dir: &Path, suite: &str) -> Self {
        Self { within: dir.join(suite), count: Cell::new(0) }
    }

    fn next(&self) -> PathBuf {
        self.count.set(self.count.get() + 1);
        let dir = self.within.join(self.count.get().to_string());
        fs::create_dir_all(&dir).expect("the suite needs a directory that it can write to");
        dir
    }
}
