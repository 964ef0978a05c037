//! The settings of `zb serve` (`spec.md` §5, §8).

use std::{
    ffi::OsStr,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    BadInput, Layered, Place, Section,
    behind_proxy::{base_path, proxies, public_url},
    layers::{filled, utf8},
    settings::or_none,
};

/// The keys of the service, in the order of `zb config`.
pub const SERVICE_KEYS: [&str; 7] = [LISTEN, JOBS_DIR, MAX_RUNS, SHUTDOWN, BASE_PATH, PUBLIC_URL, PROXIES];

const LISTEN: &str = "listen";
const JOBS_DIR: &str = "jobs_dir";
const MAX_RUNS: &str = "max_runs";
const SHUTDOWN: &str = "shutdown";
pub(super) const BASE_PATH: &str = "base_path";
pub(super) const PUBLIC_URL: &str = "public_url";
pub(super) const PROXIES: &str = "trusted_proxies";

/// How many runs may be beside each other at most.
const MOST_RUNS: usize = 64;

/// Where the service listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listen {
    /// At an address and port.
    Tcp(SocketAddr),
    /// At a socket in the file system.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What becomes of runs in progress when the service is told to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shutdown {
    /// They are cancelled; their post hooks are sent.
    #[default]
    Cancel,
    /// They finish.
    Finish,
}

impl Shutdown {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Finish => "finish",
        }
    }
}

/// What the service was told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceSettings {
    /// By default `127.0.0.1:4097`.
    pub listen: Layered<Listen>,
    /// A folder of job files: absolute. By default none.
    pub jobs_dir: Layered<Option<PathBuf>>,
    /// Runs beside each other, from 1 to 64. By default 2.
    pub max_runs: Layered<usize>,
    /// What becomes of runs when the service ends.
    pub shutdown: Layered<Shutdown>,
    /// Below which path it is reached, without a `/` at its end; empty at the root.
    pub base_path: Layered<String>,
    /// The origin at which people reach it, as `https://zb.example.org`. By default the one that a request names.
    pub public_url: Layered<Option<String>>,
    /// Whose `X-Forwarded-…` are believed: addresses, networks, and `unix` for whoever comes by the Unix socket.
    pub trusted_proxies: Layered<Arc<[String]>>,
}

/// What one layer says of the service.
#[derive(Debug, Default)]
pub(super) struct ServiceLayer {
    listen: Option<Layered<Listen>>,
    jobs_dir: Option<Layered<PathBuf>>,
    max_runs: Option<Layered<usize>>,
    shutdown: Option<Layered<Shutdown>>,
    base_path: Option<Layered<String>>,
    public_url: Option<Layered<String>>,
    trusted_proxies: Option<Layered<Arc<[String]>>>,
}

impl ServiceLayer {
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            listen: self.listen.or(lower.listen),
            jobs_dir: self.jobs_dir.or(lower.jobs_dir),
            max_runs: self.max_runs.or(lower.max_runs),
            shutdown: self.shutdown.or(lower.shutdown),
            base_path: self.base_path.or(lower.base_path),
            public_url: self.public_url.or(lower.public_url),
            trusted_proxies: self.trusted_proxies.or(lower.trusted_proxies),
        }
    }

    pub(super) fn settled(self) -> ServiceSettings {
        let default = || Place::Default;
        ServiceSettings {
            listen: self.listen.unwrap_or_else(|| {
                Layered::at(default(), Listen::Tcp(SocketAddr::from(([127, 0, 0, 1], 4097))))
            }),
            jobs_dir: or_none(self.jobs_dir),
            max_runs: self.max_runs.unwrap_or_else(|| Layered::at(default(), 2)),
            shutdown: self.shutdown.unwrap_or_else(|| Layered::at(default(), Shutdown::default())),
            base_path: self.base_path.unwrap_or_else(|| Layered::at(default(), String::new())),
            public_url: or_none(self.public_url),
            trusted_proxies: self.trusted_proxies.unwrap_or_else(|| Layered::at(default(), Arc::default())),
        }
    }

    /// The top of `zb.toml`.
    pub(super) fn of_file(top: &Section<'_>) -> Result<Self, BadInput> {
        let at = |key: &str| top.place(key);
        let mut layer = Self::default();
        if let Some(text) = top.filled_text(LISTEN)? {
            layer.listen = Some(listen(at(LISTEN), text, top.file().folder())?);
        }
        layer.jobs_dir = top.path(JOBS_DIR)?.map(|path| Layered::at(at(JOBS_DIR), path));
        if let Some(number) = top.integer(MAX_RUNS)? {
            layer.max_runs = Some(max_runs(at(MAX_RUNS), &number.to_string())?);
        }
        if let Some(text) = top.text(SHUTDOWN)? {
            layer.shutdown = Some(shutdown(at(SHUTDOWN), text)?);
        }
        if let Some(text) = top.text(BASE_PATH)? {
            layer.base_path = Some(base_path(at(BASE_PATH), text)?);
        }
        if let Some(text) = top.filled_text(PUBLIC_URL)? {
            layer.public_url = Some(public_url(at(PUBLIC_URL), text)?);
        }
        let list = match top.is_list(PROXIES) {
            true => top.texts(PROXIES)?.map(|list| list.join(",")),
            false => top.text(PROXIES)?.map(ToOwned::to_owned),
        };
        layer.trusted_proxies = list.map(|list| proxies(at(PROXIES), &list)).transpose()?;
        Ok(layer)
    }

    /// The environment or the flags, in the order of [`SERVICE_KEYS`].
    pub(super) fn of_texts(
        texts: [(Place, Option<&OsStr>); SERVICE_KEYS.len()],
        base: &Path,
    ) -> Result<Self, BadInput> {
        let mut layer = Self::default();
        for (key, (place, text)) in SERVICE_KEYS.into_iter().zip(texts) {
            let Some(text) = text else { continue };
            if key == JOBS_DIR {
                let path = base.join(filled(&place, key, text)?);
                layer.jobs_dir = Some(Layered::at(place, path));
                continue;
            }
            let text = utf8(&place, key, text)?;
            match key {
                LISTEN => layer.listen = Some(listen(place, text, base)?),
                MAX_RUNS => layer.max_runs = Some(max_runs(place, text)?),
                SHUTDOWN => layer.shutdown = Some(shutdown(place, text)?),
                BASE_PATH => layer.base_path = Some(base_path(place, text)?),
                PUBLIC_URL => layer.public_url = Some(public_url(place, text)?),
                _ => layer.trusted_proxies = Some(proxies(place, text)?),
            }
        }
        Ok(layer)
    }
}

fn listen(place: Place, text: &str, base: &Path) -> Result<Layered<Listen>, BadInput> {
    if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
        return Ok(Layered::at(place, Listen::Unix(base.join(path))));
    }
    match text.parse() {
        Ok(address) => Ok(Layered::at(place, Listen::Tcp(address))),
        Err(_) => Err(BadInput::new(place, format!("`{LISTEN}` is no address with a port: {text:?}"))
            .hint("write it as 127.0.0.1:4097, [::1]:4097 or unix:/run/zb.sock")),
    }
}

fn max_runs(place: Place, text: &str) -> Result<Layered<usize>, BadInput> {
    match text.parse() {
        Ok(runs) if (1..=MOST_RUNS).contains(&runs) => Ok(Layered::at(place, runs)),
        _ => Err(BadInput::new(place, format!("`{MAX_RUNS}` must be from 1 to {MOST_RUNS}, not {text:?}"))),
    }
}

fn shutdown(place: Place, text: &str) -> Result<Layered<Shutdown>, BadInput> {
    let known = [Shutdown::Cancel, Shutdown::Finish];
    match known.into_iter().find(|shutdown| shutdown.as_str() == text) {
        Some(shutdown) => Ok(Layered::at(place, shutdown)),
        None => Err(BadInput::new(place, format!("`{SHUTDOWN}` must be cancel or finish, not {text:?}"))),
    }
}
