//! The contract of [`Outbox`] as suites of tests: run them on your own outbox.
//!
//! | suite | for an outbox that |
//! |---|---|
//! | [`outbox`](fn@outbox) | exists |
//! | [`durable`] | is still there when it is opened again |
//! | [`shared`] | may be open more than once at the same time, also in other processes |
//!
//! Each suite includes the ones above it. A suite panics at the first promise that is broken and says which one.
//! Run them on a runtime with several threads: those who file then really meet.
//!
//! ```
//! use std::sync::Arc;
//! use notifier::{MemoryOutbox, Outbox, conformance};
//!
//! # #[tokio::main]
//! # async fn main() {
//! conformance::outbox(async || Arc::new(MemoryOutbox::new()) as Arc<dyn Outbox>).await;
//! # }
//! ```
//!
//! Times are compared to the microsecond. What no suite here can do is to kill a process: test that yourself.

#![expect(clippy::expect_used, reason = "tests that live in a library: a broken promise is meant to panic")]

mod ask;
mod filing;
mod meeting;
mod reopening;
mod sending;
mod standing;

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Outbox;

/// What every outbox must pass. `make` is called once per test and makes an empty outbox.
///
/// # Panics
/// When a promise is broken.
pub async fn outbox(make: impl AsyncFn() -> Arc<dyn Outbox>) {
    filing::an_empty_outbox_is_empty(&*make().await).await;
    filing::deliveries_come_back_as_they_were_filed(&*make().await).await;
    filing::each_destination_has_its_own(&*make().await).await;
    filing::an_id_is_filed_once(&*make().await).await;
    filing::any_text_comes_back(&*make().await).await;
    filing::a_dropped_filing_is_whole_or_nothing(&*make().await).await;

    standing::each_destination_and_job_has_its_own(&*make().await).await;
    standing::the_last_one_filed_counts(&*make().await).await;

    sending::what_became_of_a_try_is_kept(&*make().await).await;
    sending::what_is_done_is_not_pending(&*make().await).await;
    sending::a_delivery_that_is_not_there_is_passed_over(&*make().await).await;

    meeting::those_who_file_the_same_file_it_once(&[make().await]).await;
}

/// What an outbox must pass that outlives its process. `dir` is an empty directory that the suite may fill; `open`
/// gets an existing directory in it, and opens the outbox that is there or makes one. An outbox is closed by
/// dropping it.
///
/// # Panics
/// When a promise is broken, or when a directory cannot be made.
pub async fn durable(dir: &Path, open: impl AsyncFn(&Path) -> Arc<dyn Outbox>) {
    let dirs = Directories::within(dir, "durable");
    outbox(async || open(&dirs.next()).await).await;
    reopening::everything_is_still_there(&dirs.next(), &open).await;
}

/// What an outbox must pass that may be open more than once at the same time. Arguments as for [`durable`].
///
/// # Panics
/// When a promise is broken, or when a directory cannot be made.
pub async fn shared(dir: &Path, open: impl AsyncFn(&Path) -> Arc<dyn Outbox>) {
    durable(dir, &open).await;
    let dirs = Directories::within(dir, "shared");
    let pair = async || {
        let place = dirs.next();
        [open(&place).await, open(&place).await]
    };
    reopening::each_sees_what_the_other_does(&pair().await).await;
    meeting::those_who_file_the_same_file_it_once(&pair().await).await;
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
