//! A process's way to the disk: the one journal that all processes share, and this process's faults.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version};
use hook_core::RunEvent;
use tokio::task::yield_now;

use super::{chronicle::What, hands::Hands, story::DiskFaultKind, world::number};

/// What a process appends goes through this.
pub(super) struct Disk(pub(super) Arc<Hands>);

impl Disk {
    fn fault(&self) -> Option<DiskFaultKind> {
        let append = self.0.nth_append();
        let fault = self.0.nature.disk?;
        let hits = append == fault.at || (append > fault.at && fault.kind == DiskFaultKind::ForEver);
        hits.then_some(fault.kind)
    }

    /// What survives this process.
    fn keep(&self, recorded: &[Recorded<RunEvent>]) {
        let Hands { world, process, sealed, .. } = &*self.0;
        if let Some(plan) = sealed.lock().unwrap().take() {
            world.keep_plan(plan);
        }
        for Recorded { event: RunEvent { job, event, .. }, .. } in recorded {
            world.see(What::Wrote { process: *process, run: number(job), event: event.clone() });
        }
    }
}

#[async_trait]
impl Journal<RunEvent> for Disk {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        yield_now().await;
        let run = events.first().map_or(0, |first| number(&first.job));
        let fault = self.fault();
        let recorded = match fault {
            Some(DiskFaultKind::Once | DiskFaultKind::ForEver) => Vec::new(),
            Some(DiskFaultKind::KeptAllTheSame) | None => {
                self.0.world.disk.append(stream, expected, events).await?
            }
        };
        self.keep(&recorded);
        yield_now().await;
        if fault.is_some() {
            self.0.world.see(What::CouldNotWrite { process: self.0.process, run });
            return Err(StorageError::new("append", "no space left on device").into());
        }
        Ok(recorded)
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        self.0.world.disk.read(after, at_most).await
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        yield_now().await;
        self.0.world.disk.read_stream(stream).await
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.0.world.disk.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.0.world.disk.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.0.world.disk.save_cursor(observer, at).await
    }
}
