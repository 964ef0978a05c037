//! An outbox that lives as long as its process: for tests, and for whatever need not survive.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use event_bus::BoxError;

use crate::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing};

/// Keeps everything in memory. Never fails.
#[derive(Default)]
pub struct MemoryOutbox {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// In the order in which they were filed.
    deliveries: Vec<Delivery>,
    /// By destination and job.
    standings: HashMap<(String, String), Standing>,
}

impl MemoryOutbox {
    /// An empty outbox.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing under the lock can panic half way: what is kept is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn of_id(&mut self, id: &str) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|delivery| delivery.id == id)
    }

    fn insert(&mut self, new: NewDelivery) {
        if self.of_id(&new.id).is_none() {
            self.deliveries.push(Delivery::from(new));
        }
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn file(&self, filing: Filing) -> Result<(), BoxError> {
        let mut kept = self.kept();
        filing.deliveries.into_iter().for_each(|new| kept.insert(new));
        for (destination, schedule, standing) in filing.standings {
            match standing {
                Some(standing) => kept.standings.insert((destination, schedule), standing),
                None => kept.standings.remove(&(destination, schedule)),
            };
        }
        Ok(())
    }

    async fn standing(&self, destination: &str, schedule: &str) -> Result<Option<Standing>, BoxError> {
        Ok(self.kept().standings.get(&(destination.to_owned(), schedule.to_owned())).cloned())
    }

    async fn pending(&self, destination: &str, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let wanted = |delivery: &&Delivery| {
            delivery.destination == destination && delivery.state == DeliveryState::Pending
        };
        Ok(self.kept().deliveries.iter().filter(wanted).take(at_most).cloned().collect())
    }

    async fn record(&self, delivery: &Delivery) -> Result<(), BoxError> {
        if let Some(kept) = self.kept().of_id(&delivery.id) {
            kept.state = delivery.state;
            kept.attempts = delivery.attempts;
            kept.last_attempt_at = delivery.last_attempt_at;
            kept.next_attempt_at = delivery.next_attempt_at;
            kept.http_status = delivery.http_status;
            kept.error.clone_from(&delivery.error);
        }
        Ok(())
    }

    async fn latest(&self, destination: Option<&str>, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let wanted = |delivery: &&Delivery| destination.is_none_or(|name| delivery.destination == name);
        Ok(self.kept().deliveries.iter().rev().filter(wanted).take(at_most).cloned().collect())
    }
}

impl fmt::Debug for MemoryOutbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryOutbox")
            .field("deliveries", &self.kept().deliveries.len())
            .finish_non_exhaustive()
    }
}
