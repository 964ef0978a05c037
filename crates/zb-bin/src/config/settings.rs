//! The settings in effect: the layers laid over each other (`spec.md` §5).

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hook_core::{AllowedOrigins, limits::DEFAULT_TIMEOUT_SECONDS};

use super::{
    BadInput, Layered, LogFormat, Notify, Place, ServiceSettings, Surroundings, TomlText, env_vars,
    layers::{ALL_KEYS, Layer, filled},
};
use crate::cli::GlobalFlags;

/// What zb was told, each value with the layer that it came from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where webhooks may be sent. By default nowhere.
    pub allowed_origins: Layered<Arc<AllowedOrigins>>,
    /// The deadline of a hook that has none of its own. By default 60 seconds.
    pub webhook_timeout: Layered<Duration>,
    /// Where database and key are: absolute.
    pub data_dir: Layered<PathBuf>,
    /// The restic to run; `None` is `restic` on `PATH`. A path with a `/` is absolute, a bare name is looked for
    /// on `PATH`.
    pub restic_command: Layered<Option<PathBuf>>,
    /// How logs and errors are written.
    pub log_format: Layered<LogFormat>,
    /// Where the metrics are written after a run, for node_exporter: absolute. By default nowhere.
    pub metrics_file: Layered<Option<PathBuf>>,
    /// Who is told how runs end. By default nobody.
    pub notify: Layered<Arc<[Notify]>>,
    /// What `zb serve` was told.
    pub service: ServiceSettings,
    /// The configuration file that was read: absolute.
    pub file: Option<PathBuf>,
    /// What does not stop zb, but is not as it should be.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads the file and lays the environment and the flags over it.
    ///
    /// # Errors
    /// The first bad value of any layer, a file that was named and is not there, or no place for the data directory.
    pub fn load(flags: &GlobalFlags, around: &Surroundings) -> Result<Self, BadInput> {
        Self::with_file(config_file(flags, around)?, flags, around)
    }

    /// The same for a process that has to do its duty whatever became of the file meanwhile: what its duty needs is in
    /// the flags.
    ///
    /// # Errors
    /// A bad value in the environment or the flags.
    pub fn load_without_fail(flags: &GlobalFlags, around: &Surroundings) -> Result<Self, BadInput> {
        Self::load(flags, around).or_else(|_| Self::with_file(None, flags, around))
    }

    fn with_file(
        path: Option<PathBuf>,
        flags: &GlobalFlags,
        around: &Surroundings,
    ) -> Result<Self, BadInput> {
        let file = match &path {
            Some(path) => Layer::of_file(&TomlText::read(path, &around.folder)?.parse()?.top(&ALL_KEYS)?)?,
            None => Layer::default(),
        };
        let variables = Layer::of_variables(around)?;
        let layer = Layer::of_flags(flags, around)?.over(variables).over(file);
        Ok(Self {
            allowed_origins: or_default(layer.allowed_origins, Arc::default),
            webhook_timeout: or_default(layer.webhook_timeout, || {
                Duration::from_secs(DEFAULT_TIMEOUT_SECONDS)
            }),
            data_dir: match layer.data_dir {
                Some(set) => set,
                None => Layered::at(Place::Default, default_data_dir(around)?),
            },
            restic_command: or_none(layer.restic_command),
            log_format: or_default(layer.log_format, LogFormat::default),
            metrics_file: or_none(layer.metrics_file),
            notify: or_default(layer.notify, Arc::default),
            service: layer.service.settled(),
            file: path.map(|path| around.folder.join(path)),
            warnings: layer.warnings,
        })
    }
}

fn or_default<T>(set: Option<Layered<T>>, default: impl FnOnce() -> T) -> Layered<T> {
    set.unwrap_or_else(|| Layered::at(Place::Default, default()))
}

pub(super) fn or_none<T>(set: Option<Layered<T>>) -> Layered<Option<T>> {
    match set {
        Some(set) => Layered::at(set.place, Some(set.value)),
        None => Layered::at(Place::Default, None),
    }
}

/// The file to read: one that was named must be there, the default one may be absent.
fn config_file(flags: &GlobalFlags, around: &Surroundings) -> Result<Option<PathBuf>, BadInput> {
    if let Some(path) = &flags.config {
        return named_file(path, Place::Flag("--config"), around).map(Some);
    }
    if let Some(path) = around.variable(env_vars::ZB_CONFIG) {
        return named_file(Path::new(path), Place::Variable(env_vars::ZB_CONFIG), around).map(Some);
    }
    Ok(around.default_config_file().filter(|path| path.exists()))
}

fn named_file(path: &Path, place: Place, around: &Surroundings) -> Result<PathBuf, BadInput> {
    filled(&place, "config", path.as_os_str())?;
    if around.folder.join(path).exists() {
        return Ok(path.to_owned());
    }
    Err(BadInput::new(place, format!("there is no file {}", path.display())))
}

fn default_data_dir(around: &Surroundings) -> Result<PathBuf, BadInput> {
    around.default_data_dir().ok_or_else(|| {
        BadInput::new(Place::Default, "data_dir has no place: neither HOME nor XDG_STATE_HOME is set")
            .hint("name a folder with --data-dir or ZB_DATA_DIR")
    })
}
