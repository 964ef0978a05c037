//! The journal's contract, by the suite of event-bus. It speaks texts, so each text travels in an event.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version, conformance};
use hook_core::{LifecycleEvent, RunEvent};
use job_store::Store;

use crate::world::{clock, event, job, schedule};

struct Texts(Store);

fn pack(text: String) -> RunEvent {
    event(&job(1), &schedule("texts"), LifecycleEvent::CancelRequested { by: text })
}

fn unpack(recorded: Vec<Recorded<RunEvent>>) -> Vec<Recorded<String>> {
    let text = |event| match event {
        LifecycleEvent::CancelRequested { by } => by,
        other => panic!("{other:?} was never appended"),
    };
    let unpack =
        |r: Recorded<RunEvent>| Recorded::new(r.position, r.stream, r.version, r.at, text(r.event.event));
    recorded.into_iter().map(unpack).collect()
}

#[async_trait]
impl Journal<String> for Texts {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<String>,
    ) -> Result<Vec<Recorded<String>>, AppendError> {
        self.0.append(stream, expected, events.into_iter().map(pack).collect()).await.map(unpack)
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<String>>, StorageError> {
        self.0.read(after, at_most).await.map(unpack)
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<String>>, StorageError> {
        self.0.read_stream(stream).await.map(unpack)
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.0.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.0.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.0.save_cursor(observer, at).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_a_journal_that_is_durable_and_shared() {
    let dir = tempfile::tempdir().unwrap();
    let open =
        async |dir: &Path| Arc::new(Texts(Store::open(dir, clock()).unwrap())) as Arc<dyn Journal<String>>;
    conformance::shared(dir.path(), open).await;
}
