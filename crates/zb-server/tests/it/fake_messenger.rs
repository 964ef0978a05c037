//! A messenger for the tests of routes: it knows one allowed host, and keeps what it was asked.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_trait::async_trait;
use hook_core::OrganizationId;
use job_store::{Store, testing::Sample};
use serde_json::Value;
use zb_server::{ConfiguredDestination, Fault, FieldError, Messenger};

use crate::{fake_jobs, world::World};

/// A world with jobs, and what its messenger remembers.
pub(crate) fn world() -> (World, Arc<Letters>) {
    let (mut world, _) = fake_jobs::world();
    let letters = Arc::new(Letters::default());
    let store = Arc::clone(&world.service.store);
    world.service.messenger = Arc::new(FakeMessenger { store, letters: Arc::clone(&letters) });
    (world, letters)
}

/// What the messenger was asked, and whether its destinations take anything.
#[derive(Default)]
pub(crate) struct Letters {
    /// The settings that were checked, secrets in the clear.
    pub(crate) checked: Mutex<Vec<Value>>,
    /// The definitions that were tried.
    pub(crate) tried: Mutex<Vec<Value>>,
    pub(crate) is_down: AtomicBool,
    count: AtomicU32,
}

struct FakeMessenger {
    store: Arc<Store>,
    letters: Arc<Letters>,
}

#[async_trait]
impl Messenger for FakeMessenger {
    fn check(&self, _: &OrganizationId, kind: &str, settings: &Value) -> Fault {
        self.letters.checked.lock().unwrap().push(settings.clone());
        let mut faults = Fault::new();
        let url = settings["url"].as_str();
        if url.is_none() && !["email", "telegram", "pushover"].contains(&kind) {
            faults.push(FieldError::new("/url", "it is missing"));
        }
        if url.is_some_and(|url| url.contains("elsewhere")) {
            faults.push(FieldError::new("/url", "notification URL origin is not allowed."));
        }
        faults
    }

    async fn test(&self, _: &OrganizationId, id: &str, definition: &str) -> Result<String, String> {
        self.letters.tried.lock().unwrap().push(serde_json::from_str(definition).unwrap());
        let number = self.letters.count.fetch_add(1, Ordering::Relaxed);
        let delivery = format!("dlv_{number}");
        let at = jiff::Timestamp::from_second(1_795_482_000 + i64::from(number)).unwrap();
        let error = self.letters.is_down.load(Ordering::Relaxed).then_some("it is down");
        let sample = Sample { id: &delivery, destination: id, about: None, at, error, waits: false };
        self.store.deliver(sample).await.map_err(|error| error.to_string())?;
        Ok(delivery)
    }

    fn configured(&self, _: &OrganizationId) -> Vec<ConfiguredDestination> {
        Vec::new()
    }
}
