//! How many events a second go through the bus, with none, one and eight observers, over a journal in memory: from
//! the first publish until the last observer has been told of the last event.
//!
//! ```text
//! cargo run --release -p event-bus --example throughput [EVENTS]
//! ```
//!
//! It measures in rounds, each with a fresh journal, and prints the median round.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, sync::Arc, time::Duration, time::Instant};

use async_trait::async_trait;
use event_bus::{Backoff, Bus, GiveUp, MemoryJournal, Observer, Recorded, Rejected, StreamId, Version};

/// Rounds, of which the median counts.
const ROUNDS: usize = 5;

const PATIENCE: Duration = Duration::from_secs(60);

const NEVER: Backoff = Backoff {
    first: Duration::from_secs(1),
    max: Duration::from_secs(1),
    give_up_after: GiveUp::Attempts(1),
};

/// An observer that has nothing to do.
struct Idle(String);

#[async_trait]
impl Observer<u64> for Idle {
    fn name(&self) -> &str {
        &self.0
    }

    async fn on_event(&self, _: &Recorded<u64>) -> Result<(), Rejected> {
        Ok(())
    }
}

/// Events a second of one round.
async fn round(events: u64, observers: usize) -> Result<f64, Box<dyn Error>> {
    let bus = Bus::new(Arc::new(MemoryJournal::new(Arc::new(|| jiff::Timestamp::UNIX_EPOCH))));
    let name = |number| format!("observer {number}");
    let observing: Vec<_> =
        (0..observers).map(|number| bus.observe(Arc::new(Idle(name(number))), NEVER)).collect();
    let stream = StreamId::from("numbers");
    let began = Instant::now();
    let mut version = Version::EMPTY;
    for number in 0..events {
        let recorded = bus.publish(&stream, version, vec![number]).await?;
        version = recorded.last().map_or(version, |last| last.version);
    }
    let last = bus.head().await?;
    for observer in &observing {
        if !observer.caught_up(last, PATIENCE).await {
            return Err("an observer was not told in time".into());
        }
    }
    Ok(events as f64 / began.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let events = std::env::args().nth(1).map_or(Ok(100_000), |given| given.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for observers in [0, 1, 8] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(runtime.block_on(round(events, observers))?);
        }
        rounds.sort_by(f64::total_cmp);
        println!("{observers} observers: {:.0} events a second", rounds[ROUNDS / 2]);
    }
    Ok(())
}
