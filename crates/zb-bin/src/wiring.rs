//! Who is connected to whom: the only file that names every crate.

use std::sync::Arc;

use event_bus::Bus;
use hook_core::{AllowedOrigins, RunEvent};
use hook_http::{HookClient, WebhookGate};
use job_store::{OpenError, Store};
use lifecycle_engine::Engine;
use restic_driver::{BaseEnv, PipeKeeper};

use crate::{
    checks::Checks,
    clock,
    config::{Settings, Surroundings},
    hook_values,
    report::Failure,
    restic::{ResticMemory, ResticWorker, Told},
};

/// The parts of a zb that runs backups.
#[derive(Clone)]
pub(crate) struct Wiring {
    /// Drives runs.
    pub(crate) engine: Engine,
    /// Keeps them.
    pub(crate) store: Arc<Store>,
}

impl Wiring {
    /// Opens the data directory and connects everything; `keeper` holds restic's pipes beyond zb's death.
    ///
    /// # Errors
    /// The data directory or its database cannot be used.
    pub(crate) fn open(
        settings: &Settings,
        around: &Surroundings,
        keeper: Option<Arc<dyn PipeKeeper>>,
    ) -> Result<Self, Failure> {
        let store = Arc::new(store(settings)?);
        let bus = Arc::new(Bus::<RunEvent>::new(Arc::clone(&store) as _));
        Ok(Self { engine: engine(settings, around, &store, bus, keeper), store })
    }

    /// The same, with runs whose progress other processes can see.
    #[must_use]
    pub(crate) fn told(self) -> Self {
        let Self { engine, store } = self;
        let worker = Arc::new(Told { worker: engine.worker, files: store.progress_files() });
        Self { engine: Engine { worker, ..engine }, store }
    }

    /// Another engine on the same bus, for a run whose restic is kept by a guardian of its own.
    #[must_use]
    pub(crate) fn engine_kept_by(
        &self,
        settings: &Settings,
        around: &Surroundings,
        keeper: Option<Arc<dyn PipeKeeper>>,
    ) -> Engine {
        engine(settings, around, &self.store, Arc::clone(&self.engine.bus), keeper)
    }

    /// The same, where there is a database already; nothing is created.
    ///
    /// # Errors
    /// The data directory or its database cannot be used.
    pub(crate) fn open_existing(settings: &Settings, around: &Surroundings) -> Result<Option<Self>, Failure> {
        match existing_store(settings)? {
            Some(_) => Self::open(settings, around, None).map(Some),
            None => Ok(None),
        }
    }
}

/// The history, for commands that only read; nothing where there is none yet.
///
/// # Errors
/// The data directory or its database cannot be used.
pub(crate) fn existing_store(settings: &Settings) -> Result<Option<Store>, Failure> {
    Store::open_existing(&settings.data_dir.value).map_err(|error| unusable(&error))
}

/// The stored jobs, for commands that only read; nothing where there is no store yet.
///
/// # Errors
/// The data directory, its key or its database cannot be used.
pub(crate) fn existing_jobs(settings: &Settings) -> Result<Option<Store>, Failure> {
    Store::open_existing_with_key(&settings.data_dir.value).map_err(|error| unusable(&error))
}

/// Opens the store, or makes it, without what a run needs besides.
///
/// # Errors
/// The data directory, its key or its database cannot be used.
pub(crate) fn store(settings: &Settings) -> Result<Store, Failure> {
    Store::open(&settings.data_dir.value, Arc::new(clock::now)).map_err(|error| unusable(&error))
}

fn unusable(error: &OpenError) -> Failure {
    Failure::from_chain(error).hint(error.hint())
}

fn engine(
    settings: &Settings,
    around: &Surroundings,
    store: &Arc<Store>,
    bus: Arc<Bus<RunEvent>>,
    keeper: Option<Arc<dyn PipeKeeper>>,
) -> Engine {
    let gate = gate(&settings.allowed_origins.value, around);
    let memory = ResticMemory::new(&settings.data_dir.value);
    let worker = Arc::new(worker(settings, around, Some(memory)).kept_by(keeper));
    let allowed = Arc::clone(&settings.allowed_origins.value);
    Engine {
        bus,
        gate: Arc::new(gate.clone()),
        preflight: Arc::new(Checks { allowed, gate, worker: Arc::clone(&worker) }),
        worker,
        store: Arc::clone(store) as _,
    }
}

/// What sends hooks.
#[must_use]
pub(crate) fn gate(allowed: &Arc<AllowedOrigins>, around: &Surroundings) -> WebhookGate {
    let user_agent = http::HeaderValue::from_static(concat!("zb/", env!("CARGO_PKG_VERSION")));
    WebhookGate::new(HookClient::new(user_agent, clock::unix_seconds), Arc::clone(allowed))
        .reading(hook_values::reader(around.variables.clone()))
}

/// What runs restic.
#[must_use]
pub(crate) fn worker(
    settings: &Settings,
    around: &Surroundings,
    memory: Option<ResticMemory>,
) -> ResticWorker {
    let base = BaseEnv::pick(around.variables.clone());
    ResticWorker::new(settings.restic_command.value.clone(), base, memory)
}
