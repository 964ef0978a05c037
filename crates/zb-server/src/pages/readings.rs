//! What many people look at is read once for all of them, as long as nothing has changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hook_core::OrganizationId;
use tokio::time::Instant;

/// What is not in the store, as the time and the progress of a run, may be shown so much later.
const LIFETIME: Duration = Duration::from_secs(1);

/// So many organizations have a reading.
const MOST: usize = 64;

/// The last reading of each organization, and what had changed before it began. Clones are the same.
pub(super) struct Readings<T, C>(Arc<Mutex<Places<T, C>>>);

type Places<T, C> = HashMap<OrganizationId, Arc<Place<T, C>>>;

/// Whoever reads holds it: who comes meanwhile waits, and has the same.
type Place<T, C> = tokio::sync::Mutex<Option<Reading<T, C>>>;

struct Reading<T, C> {
    begun: Instant,
    of: C,
    value: Arc<T>,
}

impl<T, C> Clone for Readings<T, C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T, C> Default for Readings<T, C> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T, C: PartialEq> Readings<T, C> {
    /// The last reading, if nothing has changed since it began, else a new one: it has all that had changed when this was
    /// asked.
    ///
    /// # Errors
    /// Those of `changes` and `read`: then the next one reads.
    pub(super) async fn get<E>(
        &self,
        organization: &OrganizationId,
        changes: impl AsyncFnOnce() -> Result<C, E>,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let asked = Instant::now();
        let place = self.place(organization);
        let mut last = place.lock().await;
        if let Some(reading) = last.as_ref().filter(|reading| reading.begun > asked) {
            return Ok(Arc::clone(&reading.value));
        }
        let begun = Instant::now();
        let of = changes().await?;
        let holds = |reading: &&Reading<T, C>| reading.of == of && begun < reading.begun + LIFETIME;
        if let Some(reading) = last.as_ref().filter(holds) {
            return Ok(Arc::clone(&reading.value));
        }
        let value = Arc::new(read().await?);
        *last = Some(Reading { begun, of, value: Arc::clone(&value) });
        Ok(value)
    }

    fn place(&self, organization: &OrganizationId) -> Arc<Place<T, C>> {
        // It is whole after every line.
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST && !places.contains_key(organization) {
            places.clear();
        }
        Arc::clone(places.entry(organization.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::{task::yield_now, time::advance};

    use super::*;

    /// A store, of which it is counted how often it was read.
    #[derive(Default)]
    struct World {
        readings: Readings<u32, u32>,
        version: Cell<u32>,
        read: Cell<u32>,
    }

    impl World {
        async fn get(&self, of: &str) -> Result<u32, &'static str> {
            let changes = async || Ok(self.version.get());
            let read = async || {
                let value = self.version.get();
                // It takes a while.
                yield_now().await;
                self.read.set(self.read.get() + 1);
                if value == 13 { Err("unlucky") } else { Ok(value) }
            };
            self.readings.get(&of.parse().unwrap(), changes, read).await.map(|value| *value)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_not_changed_is_read_once() {
        let world = World::default();
        for (version, reads) in [(1, 1), (1, 1), (2, 2), (2, 2), (1, 3)] {
            world.version.set(version);
            assert_eq!(world.get("org_a").await, Ok(version));
            assert_eq!(world.read.get(), reads);
        }
        assert_eq!(world.get("org_b").await, Ok(1));
        assert_eq!(world.read.get(), 4, "each organization has its own");
        advance(LIFETIME).await;
        assert_eq!(world.get("org_a").await, Ok(1));
        assert_eq!(world.read.get(), 5, "the time has changed");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_it_is_read_has_what_had_changed_then() {
        let world = World::default();
        let first = world.get("org_a");
        let changed = async {
            world.version.set(1);
            let (second, third) = tokio::join!(world.get("org_a"), world.get("org_a"));
            assert_eq!((second, third), (Ok(1), Ok(1)));
        };
        let (first, ()) = tokio::join!(first, changed);
        assert_eq!(first, Ok(0));
        assert_eq!(world.read.get(), 2, "the third has what the second read");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_is_not_kept() {
        let world = World::default();
        world.version.set(13);
        assert_eq!(world.get("org_a").await, Err("unlucky"));
        world.version.set(14);
        assert_eq!(world.get("org_a").await, Ok(14));
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_without_end() {
        let world = World::default();
        for organization in 0..1000 {
            assert_eq!(world.get(&format!("org_{organization}")).await, Ok(0));
        }
        assert!(world.readings.0.lock().unwrap().len() <= MOST);
    }
}
