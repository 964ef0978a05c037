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

use super::{BadInput, LogFormat, Place, Section, Surroundings, env_vars};
use crate::cli::GlobalFlags;

/// The keys of `zb.toml`, in the order of `zb config`.
pub const KEYS: [&str; 5] =
    ["webhook_allowed_origins", "webhook_timeout", "data_dir", "restic_command", "log_format"];

/// A value, and the layer that it came from.
#[derive(Clone, Debug)]
pub struct Layered<T> {
    /// The value in effect.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

/// What one layer says. `None`: nothing.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) allowed_origins: Option<Layered<Arc<AllowedOrigins>>>,
    pub(super) webhook_timeout: Option<Layered<Duration>>,
    pub(super) data_dir: Option<Layered<PathBuf>>,
    pub(super) restic_command: Option<Layered<PathBuf>>,
    pub(super) log_format: Option<Layered<LogFormat>>,
    pub(super) warnings: Vec<String>,
}

impl Layer {
    /// What `self` says, and for the rest what `lower` says.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            allowed_origins: self.allowed_origins.or(lower.allowed_origins),
            webhook_timeout: self.webhook_timeout.or(lower.webhook_timeout),
            data_dir: self.data_dir.or(lower.data_dir),
            restic_command: self.restic_command.or(lower.restic_command),
            log_format: self.log_format.or(lower.log_format),
            warnings: [lower.warnings, self.warnings].concat(),
        }
    }

    /// The top of `zb.toml`.
    pub(super) fn of_file(top: &Section<'_>) -> Result<Self, BadInput> {
        top.only(&KEYS)?;
        let base = top.file().folder();
        let mut layer = Self::default();
        if let Some(list) = origins_text(top)? {
            layer.set_origins(&list, top.place("webhook_allowed_origins"))?;
        }
        if let Some(timeout) = top.duration("webhook_timeout")? {
            let place = top.place("webhook_timeout");
            layer.webhook_timeout = Some(checked_timeout(timeout.as_secs(), place)?);
        }
        layer.data_dir = top.path("data_dir")?.map(|path| at(path, top.place("data_dir")));
        if let Some(program) = top.filled_text("restic_command")? {
            layer.restic_command = Some(at(command(program.as_ref(), base), top.place("restic_command")));
        }
        if let Some(format) = top.text("log_format")? {
            layer.log_format = Some(log_format(format, top.place("log_format"))?);
        }
        Ok(layer)
    }

    /// The environment.
    pub(super) fn of_variables(around: &Surroundings) -> Result<Self, BadInput> {
        let mut layer = Self { warnings: env_vars::unknown(&around.variables), ..Self::default() };
        if let Some(list) = variable_text(around, env_vars::WEBHOOK_ALLOWED_ORIGINS)? {
            layer.set_origins(list, Place::Variable(env_vars::WEBHOOK_ALLOWED_ORIGINS))?;
        }
        if let Some(seconds) = variable_text(around, env_vars::WEBHOOK_TIMEOUT)? {
            layer.webhook_timeout = Some(timeout(seconds, Place::Variable(env_vars::WEBHOOK_TIMEOUT))?);
        }
        layer.data_dir = variable_path(around, env_vars::ZB_DATA_DIR)?
            .map(|path| at(around.folder.join(path), Place::Variable(env_vars::ZB_DATA_DIR)));
        layer.restic_command = variable_path(around, env_vars::RESTIC_COMMAND)?
            .map(|program| at(command(program, &around.folder), Place::Variable(env_vars::RESTIC_COMMAND)));
        if let Some(format) = variable_text(around, env_vars::ZB_LOG_FORMAT)? {
            layer.log_format = Some(log_format(format, Place::Variable(env_vars::ZB_LOG_FORMAT))?);
        }
        Ok(layer)
    }

    /// The flags.
    pub(super) fn of_flags(flags: &GlobalFlags, around: &Surroundings) -> Result<Self, BadInput> {
        let mut layer = Self::default();
        if let Some(list) = &flags.webhook_allowed_origins {
            layer.set_origins(list, Place::Flag("--webhook-allowed-origins"))?;
        }
        if let Some(seconds) = &flags.webhook_timeout {
            layer.webhook_timeout = Some(timeout(seconds, Place::Flag("--webhook-timeout"))?);
        }
        if let Some(path) = &flags.data_dir {
            let path = filled(path.as_os_str(), Place::Flag("--data-dir"))?;
            layer.data_dir = Some(at(around.folder.join(path), Place::Flag("--data-dir")));
        }
        if let Some(program) = &flags.restic_command {
            let program = filled(program.as_os_str(), Place::Flag("--restic-command"))?;
            layer.restic_command =
                Some(at(command(program, &around.folder), Place::Flag("--restic-command")));
        }
        layer.log_format = flags.log_format.map(|format| at(format, Place::Flag("--log-format")));
        Ok(layer)
    }

    fn set_origins(&mut self, list: &str, place: Place) -> Result<(), BadInput> {
        let (origins, warnings) = AllowedOrigins::parse(list).map_err(|error| {
            BadInput::new(place.clone(), error.to_string())
                .hint("an origin is scheme, host and port, as in http://host.docker.internal:9000")
        })?;
        self.warnings.extend(warnings.iter().map(|warning| format!("{place}: {warning}")));
        self.allowed_origins = Some(at(Arc::new(origins), place));
        Ok(())
    }
}

fn at<T>(value: T, place: Place) -> Layered<T> {
    Layered { value, place }
}

/// One text with commas, or a list of texts.
fn origins_text(top: &Section<'_>) -> Result<Option<String>, BadInput> {
    let key = "webhook_allowed_origins";
    if top.is_list(key) {
        return Ok(top.texts(key)?.map(|list| list.join(",")));
    }
    Ok(top.text(key)?.map(ToOwned::to_owned))
}

/// A program's name is looked for on `PATH`; with a `/` it is a path.
fn command(program: &OsStr, base: &Path) -> PathBuf {
    if program.as_encoded_bytes().contains(&b'/') { base.join(program) } else { PathBuf::from(program) }
}

/// Whole seconds and nothing else: the variable is shared with other programs that know no units.
fn timeout(text: &str, place: Place) -> Result<Layered<Duration>, BadInput> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits => checked_timeout(seconds, place),
        _ if digits => checked_timeout(u64::MAX, place),
        _ => Err(BadInput::new(place, format!("{text:?} is not a whole number of seconds")).hint(format!(
            "write a number from {} to {}, as in 60",
            TIMEOUT_SECONDS.start(),
            TIMEOUT_SECONDS.end()
        ))),
    }
}

fn checked_timeout(seconds: u64, place: Place) -> Result<Layered<Duration>, BadInput> {
    if TIMEOUT_SECONDS.contains(&seconds) {
        return Ok(at(Duration::from_secs(seconds), place));
    }
    let (least, most) = TIMEOUT_SECONDS.into_inner();
    Err(BadInput::new(place, format!("webhook_timeout must be from {least} to {most} seconds")))
}

fn log_format(text: &str, place: Place) -> Result<Layered<LogFormat>, BadInput> {
    match LogFormat::named(text) {
        Some(format) => Ok(at(format, place)),
        None => Err(BadInput::new(place, format!("log_format must be text or json, not {text:?}"))),
    }
}

fn variable_text<'a>(around: &'a Surroundings, name: &'static str) -> Result<Option<&'a str>, BadInput> {
    let Some(value) = around.variable(name) else { return Ok(None) };
    value
        .to_str()
        .map(Some)
        .ok_or_else(|| BadInput::new(Place::Variable(name), "its value is not UTF-8 text"))
}

fn variable_path<'a>(around: &'a Surroundings, name: &'static str) -> Result<Option<&'a OsStr>, BadInput> {
    around.variable(name).map(|value| filled(value, Place::Variable(name))).transpose()
}

pub(super) fn filled(value: &OsStr, place: Place) -> Result<&OsStr, BadInput> {
    if value.is_empty() {
        return Err(BadInput::new(place, "it is empty").hint("give it a value, or leave it out"));
    }
    Ok(value)
}
