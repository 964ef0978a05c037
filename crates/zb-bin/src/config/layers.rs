//! The layers one by one: what the file, the environment and the flags say, checked, with its place.
//!
//! Every layer is checked whole, also where a later one wins: a bad value is never passed over in silence.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hook_core::{AllowedOrigins, limits::TIMEOUT_SECONDS};

use super::{
    BadInput, LogFormat, Notify, Place, SERVICE_KEYS, Section, Surroundings, durations::check_deadline,
    env_vars, notify, service::ServiceLayer,
};
use crate::cli::GlobalFlags;

/// The keys of `zb.toml`, in the order of `zb config`.
pub const KEYS: [&str; 7] = [ORIGINS, TIMEOUT, DATA_DIR, RESTIC, FORMAT, METRICS, NOTIFY];

/// The keys of `zb.toml` with those of the service.
pub(super) const ALL_KEYS: [&str; KEYS.len() + SERVICE_KEYS.len()] = {
    let mut all = [""; KEYS.len() + SERVICE_KEYS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < KEYS.len() { KEYS[at] } else { SERVICE_KEYS[at - KEYS.len()] };
        at += 1;
    }
    all
};

const ORIGINS: &str = "webhook_allowed_origins";
const TIMEOUT: &str = "webhook_timeout";
const DATA_DIR: &str = "data_dir";
const RESTIC: &str = "restic_command";
const FORMAT: &str = "log_format";
const METRICS: &str = "metrics_file";
const NOTIFY: &str = "notify";

/// A value, and the layer that it came from.
#[derive(Clone, Debug)]
pub struct Layered<T> {
    /// The value in effect.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> Layered<T> {
    pub(super) fn at(place: Place, value: T) -> Self {
        Self { value, place }
    }
}

/// What one layer says. `None`: nothing.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) allowed_origins: Option<Layered<Arc<AllowedOrigins>>>,
    pub(super) webhook_timeout: Option<Layered<Duration>>,
    pub(super) data_dir: Option<Layered<PathBuf>>,
    pub(super) restic_command: Option<Layered<PathBuf>>,
    pub(super) log_format: Option<Layered<LogFormat>>,
    pub(super) metrics_file: Option<Layered<PathBuf>>,
    pub(super) notify: Option<Layered<Arc<[Notify]>>>,
    pub(super) service: ServiceLayer,
    pub(super) warnings: Vec<String>,
}

/// What the environment or the flags say, in the order of [`KEYS`]: of all but the last, which only a file can say.
type Texts<'a> = [(Place, Option<&'a OsStr>); KEYS.len() - 1];

impl Layer {
    /// What `self` says, and for the rest what `lower` says.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            allowed_origins: self.allowed_origins.or(lower.allowed_origins),
            webhook_timeout: self.webhook_timeout.or(lower.webhook_timeout),
            data_dir: self.data_dir.or(lower.data_dir),
            restic_command: self.restic_command.or(lower.restic_command),
            log_format: self.log_format.or(lower.log_format),
            metrics_file: self.metrics_file.or(lower.metrics_file),
            notify: self.notify.or(lower.notify),
            service: self.service.over(lower.service),
            warnings: [lower.warnings, self.warnings].concat(),
        }
    }

    /// The top of `zb.toml`.
    pub(super) fn of_file(top: &Section<'_>) -> Result<Self, BadInput> {
        let mut layer = Self::default();
        if let Some(list) = origins_text(top)? {
            layer.set_origins(top.place(ORIGINS), &list)?;
        }
        if let Some(timeout) = top.duration(TIMEOUT)? {
            layer.webhook_timeout = Some(deadline(top.place(TIMEOUT), timeout)?);
        }
        layer.data_dir = top.path(DATA_DIR)?.map(|path| Layered::at(top.place(DATA_DIR), path));
        if let Some(program) = top.filled_text(RESTIC)? {
            let program = command(program.as_ref(), top.file().folder());
            layer.restic_command = Some(Layered::at(top.place(RESTIC), program));
        }
        if let Some(format) = top.text(FORMAT)? {
            layer.log_format = Some(log_format(top.place(FORMAT), format)?);
        }
        layer.metrics_file = top.path(METRICS)?.map(|path| Layered::at(top.place(METRICS), path));
        if let Some(destinations) = top.sections(NOTIFY)? {
            layer.notify = Some(Layered::at(top.place(NOTIFY), notify::read(&destinations)?));
        }
        layer.service = ServiceLayer::of_file(top)?;
        Ok(layer)
    }

    /// The environment.
    pub(super) fn of_variables(around: &Surroundings) -> Result<Self, BadInput> {
        let names = [
            env_vars::WEBHOOK_ALLOWED_ORIGINS,
            env_vars::WEBHOOK_TIMEOUT,
            env_vars::ZB_DATA_DIR,
            env_vars::RESTIC_COMMAND,
            env_vars::ZB_LOG_FORMAT,
            env_vars::ZB_METRICS_FILE,
        ];
        let texts = names.map(|name| (Place::Variable(name), around.variable(name)));
        let mut layer = Self::of_texts(texts, &around.folder)?;
        let service = env_vars::SERVICE.map(|name| (Place::Variable(name), around.variable(name)));
        layer.service = ServiceLayer::of_texts(service, &around.folder)?;
        layer.warnings.splice(0..0, env_vars::unknown(&around.variables));
        Ok(layer)
    }

    /// The flags.
    pub(super) fn of_flags(flags: &GlobalFlags, around: &Surroundings) -> Result<Self, BadInput> {
        let texts = [
            ("--webhook-allowed-origins", flags.webhook_allowed_origins.as_deref().map(OsStr::new)),
            ("--webhook-timeout", flags.webhook_timeout.as_deref().map(OsStr::new)),
            ("--data-dir", flags.data_dir.as_deref().map(Path::as_os_str)),
            ("--restic-command", flags.restic_command.as_deref().map(Path::as_os_str)),
            ("--log-format", flags.log_format.map(|format| OsStr::new(format.as_str()))),
            ("--metrics-file", flags.metrics_file.as_deref().map(Path::as_os_str)),
        ];
        let mut layer = Self::of_texts(texts.map(|(name, text)| (Place::Flag(name), text)), &around.folder)?;
        let service = flags.serve.texts().map(|(name, text)| (Place::Flag(name), text));
        layer.service = ServiceLayer::of_texts(service, &around.folder)?;
        Ok(layer)
    }

    fn of_texts(texts: Texts<'_>, base: &Path) -> Result<Self, BadInput> {
        let [origins, timeout, data_dir, restic, format, metrics] = texts;
        let mut layer = Self::default();
        if let (place, Some(list)) = origins {
            let list = utf8(&place, ORIGINS, list)?;
            layer.set_origins(place, list)?;
        }
        if let (place, Some(seconds)) = timeout {
            let seconds = utf8(&place, TIMEOUT, seconds)?;
            layer.webhook_timeout = Some(whole_seconds(place, seconds)?);
        }
        if let (place, Some(path)) = data_dir {
            let path = base.join(filled(&place, DATA_DIR, path)?);
            layer.data_dir = Some(Layered::at(place, path));
        }
        if let (place, Some(program)) = restic {
            let program = command(filled(&place, RESTIC, program)?, base);
            layer.restic_command = Some(Layered::at(place, program));
        }
        if let (place, Some(format)) = format {
            let format = utf8(&place, FORMAT, format)?;
            layer.log_format = Some(log_format(place, format)?);
        }
        if let (place, Some(path)) = metrics {
            let path = base.join(filled(&place, METRICS, path)?);
            layer.metrics_file = Some(Layered::at(place, path));
        }
        Ok(layer)
    }

    fn set_origins(&mut self, place: Place, list: &str) -> Result<(), BadInput> {
        let (origins, warnings) = AllowedOrigins::parse(list)
            .map_err(|error| BadInput::new(place.clone(), format!("`{ORIGINS}`: {error}")))?;
        self.warnings.extend(warnings.iter().map(|warning| format!("{place}: {warning}")));
        self.allowed_origins = Some(Layered::at(place, Arc::new(origins)));
        Ok(())
    }
}

/// One text with commas, or a list of texts.
fn origins_text(top: &Section<'_>) -> Result<Option<String>, BadInput> {
    if top.is_list(ORIGINS) {
        return Ok(top.texts(ORIGINS)?.map(|list| list.join(",")));
    }
    Ok(top.text(ORIGINS)?.map(ToOwned::to_owned))
}

/// A program's name is looked for on `PATH`; with a `/` it is a path.
fn command(program: &OsStr, base: &Path) -> PathBuf {
    if program.as_encoded_bytes().contains(&b'/') { base.join(program) } else { PathBuf::from(program) }
}

/// Digits and nothing else: the variable is shared with other programs, which know no units.
fn whole_seconds(place: Place, text: &str) -> Result<Layered<Duration>, BadInput> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (least, most) = TIMEOUT_SECONDS.into_inner();
        let reason = format!("`{TIMEOUT}` must be a whole number of seconds, not {text:?}");
        return Err(
            BadInput::new(place, reason).hint(format!("write a number from {least} to {most}, as in 60"))
        );
    }
    deadline(place, Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

fn deadline(place: Place, deadline: Duration) -> Result<Layered<Duration>, BadInput> {
    match check_deadline(deadline) {
        Ok(deadline) => Ok(Layered::at(place, deadline)),
        Err(reason) => Err(BadInput::new(place, format!("`{TIMEOUT}` {reason}"))),
    }
}

fn log_format(place: Place, text: &str) -> Result<Layered<LogFormat>, BadInput> {
    match LogFormat::named(text) {
        Some(format) => Ok(Layered::at(place, format)),
        None => Err(BadInput::new(place, format!("`{FORMAT}` must be text or json, not {text:?}"))),
    }
}

pub(super) fn utf8<'a>(place: &Place, key: &str, text: &'a OsStr) -> Result<&'a str, BadInput> {
    text.to_str().ok_or_else(|| BadInput::new(place.clone(), format!("`{key}` is not UTF-8 text")))
}

/// A path that may be anything but nothing.
pub(super) fn filled<'a>(place: &Place, key: &str, path: &'a OsStr) -> Result<&'a OsStr, BadInput> {
    if path.is_empty() {
        return Err(BadInput::new(place.clone(), format!("`{key}` is empty"))
            .hint("give it a value, or leave it out"));
    }
    Ok(path)
}
