//! The face of the service: what its handlers are given, and where it listens.

use std::sync::Arc;

use event_bus::Bus;
use hook_core::RunEvent;
use jiff::SignedDuration;
use job_store::Store;
use scheduler::{Handle, Status};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use zb_server::{Inherited, Limits, Listener, ServerSettings, Service, Surroundings as Around};

use super::{Book, Elsewhere, Gauges, Runs, ServiceMessenger, ServiceRunner};
use crate::{
    clock,
    config::{Forms, Listen, ServiceSettings, Settings, Surroundings},
    observers::Ways,
    report::Failure,
};

/// A scheduler that has not looked for so long is not alive: it looks once a minute at least.
const DEAF: SignedDuration = SignedDuration::from_secs(150);

/// What the face is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    pub(crate) bus: Bus<RunEvent>,
    pub(crate) book: Arc<Book>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) handle: Handle,
    pub(crate) changed: Arc<Notify>,
    pub(crate) gauges: Gauges,
    pub(crate) scheduler: watch::Receiver<Status>,
    /// Cancelled when the service is told to end.
    pub(crate) closing: CancellationToken,
}

/// What every handler is given.
#[must_use]
pub(crate) fn service(
    parts: Parts,
    settings: &Settings,
    around: &Surroundings,
    ending: CancellationToken,
) -> Service {
    let Parts { store, bus, book, runs, handle, changed, gauges, scheduler, closing } = parts;
    let forms = Forms {
        timeout: settings.webhook_timeout.value,
        allowed: Arc::clone(&settings.allowed_origins.value),
        data_dir: settings.data_dir.value.clone(),
    };
    let elsewhere = Elsewhere::new(store.progress_files());
    let runner = ServiceRunner { book, runs, elsewhere, handle, changed };
    let messenger = ServiceMessenger { store: Arc::clone(&store), ways: Ways::new(settings, around) };
    Service {
        store,
        bus,
        forms: Arc::new(forms),
        runner: Arc::new(runner),
        messenger: Arc::new(messenger),
        settings: Arc::new(reached(&settings.service)),
        limits: Arc::new(Limits::default()),
        around: Around {
            clock: Arc::new(clock::now),
            random: Arc::new(clock::fill_random),
            metrics: Arc::new(move |organization| gauges.text(organization)),
            scheduler_is_alive: Arc::new(move || is_alive(&scheduler.borrow())),
            is_shutting_down: Arc::new(move || closing.is_cancelled()),
        },
        ending,
    }
}

/// How people reach the service, by its settings.
#[must_use]
pub(crate) fn reached(settings: &ServiceSettings) -> ServerSettings {
    ServerSettings {
        base_path: settings.base_path.value.clone(),
        public_url: settings.public_url.value.clone(),
        trusted_proxies: settings.trusted_proxies.value.to_vec(),
        timezone: jiff::tz::TimeZone::system().iana_name().map(ToOwned::to_owned),
    }
}

/// What a browser on this machine finds in the place of `listen`: every address of a machine is no address, and a socket
/// in the file system has a proxy before it.
#[must_use]
pub(crate) fn browsable(listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) if address.ip().is_unspecified() => format!("localhost:{}", address.port()),
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(_) => "localhost".to_owned(),
    }
}

/// Whether the scheduler is at work.
#[must_use]
pub(crate) fn is_alive(status: &Status) -> bool {
    status.failing.is_none() && clock::now().duration_since(status.looked) < DEAF
}

/// Where systemd says, else where the settings say; and where that is.
///
/// # Errors
/// It cannot listen there.
pub(crate) async fn listen(
    settings: &Settings,
    around: &Surroundings,
) -> Result<(Listener, Listen), Failure> {
    let variable = |name| around.variable(name).and_then(|value| value.to_str());
    let told = Inherited {
        listen_pid: variable("LISTEN_PID"),
        listen_fds: variable("LISTEN_FDS"),
        own_pid: std::process::id(),
    };
    let failed = |what: &str, error: &std::io::Error| {
        Failure::error(format!("cannot listen at {what}: {error}"))
            .hint("name another place with --listen, ZB_LISTEN or `listen` in zb.toml")
    };
    let listen = &settings.service.listen.value;
    let inherited = Listener::inherited(told).map_err(|error| failed("systemd's socket", &error))?;
    let listener = match (inherited, listen) {
        (Some(listener), _) => listener,
        (None, Listen::Tcp(address)) => {
            Listener::tcp(*address).await.map_err(|error| failed(&address.to_string(), &error))?
        }
        (None, Listen::Unix(path)) => {
            Listener::unix(path).await.map_err(|error| failed(&path.display().to_string(), &error))?
        }
    };
    let at = match listener.address() {
        Ok(Some(address)) => Listen::Tcp(address),
        _ => listen.clone(),
    };
    Ok((listener, at))
}
