//! The settings of `zb serve` (`spec.md` §5, §8).

use std::{
    ffi::OsStr,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{BadInput, Layered, Place, Section, layers::filled, layers::utf8};

/// The keys of the service, in the order of `zb config`.
pub const SERVICE_KEYS: [&str; 6] = [LISTEN, JOBS_DIR, MAX_RUNS, SHUTDOWN, BASE_PATH, PROXIES];

const LISTEN: &str = "listen";
const JOBS_DIR: &str = "jobs_dir";
const MAX_RUNS: &str = "max_runs";
const SHUTDOWN: &str = "shutdown";
const BASE_PATH: &str = "base_path";
const PROXIES: &str = "trusted_proxies";

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
    /// Addresses whose `X-Forwarded-…` are believed.
    pub trusted_proxies: Layered<Arc<[IpAddr]>>,
}

/// What one layer says of the service.
#[derive(Debug, Default)]
pub(super) struct ServiceLayer {
    listen: Option<Layered<Listen>>,
    jobs_dir: Option<Layered<PathBuf>>,
    max_runs: Option<Layered<usize>>,
    shutdown: Option<Layered<Shutdown>>,
    base_path: Option<Layered<String>>,
    trusted_proxies: Option<Layered<Arc<[IpAddr]>>>,
}

impl ServiceLayer {
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            listen: self.listen.or(lower.listen),
            jobs_dir: self.jobs_dir.or(lower.jobs_dir),
            max_runs: self.max_runs.or(lower.max_runs),
            shutdown: self.shutdown.or(lower.shutdown),
            base_path: self.base_path.or(lower.base_path),
            trusted_proxies: self.trusted_proxies.or(lower.trusted_proxies),
        }
    }

    pub(super) fn settled(self) -> ServiceSettings {
        let default = || Place::Default;
        ServiceSettings {
            listen: self.listen.unwrap_or_else(|| {
                Layered::at(default(), Listen::Tcp(SocketAddr::from(([127, 0, 0, 1], 4097))))
            }),
            jobs_dir: match self.jobs_dir {
                Some(set) => Layered::at(set.place, Some(set.value)),
                None => Layered::at(default(), None),
            },
            max_runs: self.max_runs.unwrap_or_else(|| Layered::at(default(), 2)),
            shutdown: self.shutdown.unwrap_or_else(|| Layered::at(default(), Shutdown::default())),
            base_path: self.base_path.unwrap_or_else(|| Layered::at(default(), String::new())),
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

/// Of segments that need no escaping; a `/` at the end is dropped.
fn base_path(place: Place, text: &str) -> Result<Layered<String>, BadInput> {
    let path = text.trim_end_matches('/');
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if path.is_empty() || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain)) {
        return Ok(Layered::at(place, path.to_owned()));
    }
    Err(BadInput::new(place, format!("`{BASE_PATH}` is no path such as /zb: {text:?}")))
}

fn proxies(place: Place, list: &str) -> Result<Layered<Arc<[IpAddr]>>, BadInput> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let one = |entry: &str| {
        entry.parse().map_err(|_| {
            BadInput::new(place.clone(), format!("`{PROXIES}` holds {entry:?}, which is no address"))
                .hint("write addresses such as 127.0.0.1, with commas")
        })
    };
    let addresses = entries.map(one).collect::<Result<Arc<[_]>, _>>()?;
    Ok(Layered::at(place, addresses))
}
