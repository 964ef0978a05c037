//! The outbox of this crate keeps the contract.

use std::sync::Arc;

use notifier::{MemoryOutbox, Outbox, conformance};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    conformance::outbox(async || Arc::new(MemoryOutbox::new()) as Arc<dyn Outbox>).await;
}
