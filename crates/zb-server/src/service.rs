//! What every handler has, and the whole of routes.

use std::{fmt, sync::Arc};

use axum::Router;
use event_bus::Bus;
use hook_core::{OrganizationId, RunEvent};
use jiff::Timestamp;
use job_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    api,
    auth::Limits,
    frame::frame,
    pages,
    ports::{JobForms, Messenger, Runner},
    route,
};

/// What the configuration says of the server.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the composition root fills it in")]
pub struct ServerSettings {
    /// Without a `/` at its end; empty at the root.
    pub base_path: String,
    /// Where people reach it, as `https://zb.example.org`; absent: by the `Host` of a request.
    pub public_url: Option<String>,
    /// Addresses whose `X-Forwarded-*` are believed, as texts.
    pub trusted_proxies: Vec<String>,
    /// The zone of the pages' times, as `Europe/Madrid`; absent: UTC.
    pub timezone: Option<String>,
}

/// Fills a buffer with random bytes of the kernel.
pub type FillRandom = dyn Fn(&mut [u8]) + Send + Sync;

/// Time, randomness and what others know: arguments, not looked up.
#[derive(Clone)]
#[expect(missing_debug_implementations, clippy::exhaustive_structs, reason = "functions")]
pub struct Surroundings {
    /// The time of day; UTC.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Random bytes of the kernel.
    pub random: Arc<FillRandom>,
    /// The metrics as Prometheus text, of one organization.
    pub metrics: Arc<dyn Fn(&OrganizationId) -> String + Send + Sync>,
    /// Whether the scheduler runs.
    pub scheduler_is_alive: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether the service was told to end, and waits for its runs.
    pub is_shutting_down: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// What every handler has; clones are the same.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "the composition root fills in every part")]
pub struct Service {
    /// Jobs, runs, accounts.
    pub store: Arc<Store>,
    /// What happens.
    pub bus: Bus<RunEvent>,
    /// Jobs as documents.
    pub forms: Arc<dyn JobForms>,
    /// Does what people want.
    pub runner: Arc<dyn Runner>,
    /// Takes messages to destinations.
    pub messenger: Arc<dyn Messenger>,
    /// Of the configuration.
    pub settings: Arc<ServerSettings>,
    /// How often something was done.
    pub limits: Arc<Limits>,
    /// Time, randomness, figures.
    pub around: Surroundings,
    /// Cancelled when the service ends: streams end then.
    pub ending: CancellationToken,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// All routes of the service, below its base path, with the frame of `api.md` §1 and §8 around them.
pub fn router(service: Service) -> Router {
    let routes = route::router(api::routes()).merge(pages::routes(&service));
    frame(service, routes)
}
