//! Gates are asked; live values keep only the latest.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::{Gate, Live};
use tokio_util::sync::CancellationToken;

/// Answers with the question, or says that it was cut.
struct Echo;

#[async_trait]
impl Gate<String, Result<String, &'static str>> for Echo {
    async fn ask(&self, question: &String, cancel: &CancellationToken) -> Result<String, &'static str> {
        if cancel.is_cancelled() { Err("cut") } else { Ok(question.clone()) }
    }
}

#[tokio::test]
async fn a_gate_is_an_object_that_answers() {
    let gate: Arc<dyn Gate<String, Result<String, &'static str>>> = Arc::new(Echo);
    let cancel = CancellationToken::new();
    assert_eq!(gate.ask(&"ready?".to_owned(), &cancel).await, Ok("ready?".to_owned()));
    cancel.cancel();
    assert_eq!(gate.ask(&"ready?".to_owned(), &cancel).await, Err("cut"));
}

#[tokio::test]
async fn a_watcher_sees_the_latest_value_only() {
    let percent = Live::new(0);
    percent.set(1);
    let mut early = percent.watch();
    assert_eq!(*early.borrow_and_update(), 1);
    for value in 2..=100 {
        percent.set(value);
    }
    early.changed().await.unwrap();
    assert_eq!(*early.borrow_and_update(), 100);
    assert!(!early.has_changed().unwrap(), "the values between are gone");
}

#[tokio::test]
async fn a_watcher_outlives_the_source() {
    let percent = Live::new(7);
    let mut watcher = percent.watch();
    drop(percent);
    assert_eq!(*watcher.borrow(), 7);
    assert!(watcher.changed().await.is_err());
}
