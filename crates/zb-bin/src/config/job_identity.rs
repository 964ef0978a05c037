//! Which job a file describes, before anything else in it is read.

use std::path::{Component, Path, PathBuf};

use hook_core::{OrganizationId, ScheduleId};

use super::{BadInput, JOB_KEYS, Section, TomlText};

/// The longest name of a job, in characters.
pub const MAX_NAME_CHARS: usize = 128;

/// Which job a file describes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct JobIdentity {
    /// `id`, else derived from name and source.
    pub schedule_id: ScheduleId,
    /// `organization`, else `org_default`.
    pub organization: OrganizationId,
    /// `name`.
    pub name: String,
    /// `source`, as [`Job::source`](super::Job::source).
    pub source: PathBuf,
}

impl JobIdentity {
    /// Reads only that of a job file.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn of(text: &TomlText) -> Result<Self, BadInput> {
        Self::read(&text.parse()?.top(&JOB_KEYS)?)
    }

    pub(super) fn read(top: &Section<'_>) -> Result<Self, BadInput> {
        let (name, source) = (name(top)?, source(top)?);
        Ok(Self {
            schedule_id: parsed(top, "id")?.unwrap_or_else(|| ScheduleId::derive(&name, &source)),
            organization: parsed(top, "organization")?.unwrap_or_default(),
            name,
            source,
        })
    }
}

fn name(top: &Section<'_>) -> Result<String, BadInput> {
    let name = top.required_text("name")?;
    if name.chars().any(char::is_control) {
        return Err(top.fault("name", "holds a control character"));
    }
    match name.chars().count() {
        count if count > MAX_NAME_CHARS => {
            Err(top.fault("name", format!("has {count} characters, and {MAX_NAME_CHARS} are allowed")))
        }
        _ => Ok(name.to_owned()),
    }
}

fn source(top: &Section<'_>) -> Result<PathBuf, BadInput> {
    let path = top.path("source")?.ok_or_else(|| top.fault("source", "is missing"))?;
    if path.to_str().is_none() {
        return Err(top.fault("source", "is relative to a folder whose name is not UTF-8"));
    }
    Ok(cleaned(&path))
}

/// As restic does it before it stores a path: `.`, `..` and doubled slashes are resolved by the text alone.
fn cleaned(absolute: &Path) -> PathBuf {
    let mut clean = PathBuf::from("/");
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::Normal(part) => clean.push(part),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    clean
}

/// An id.
pub(super) fn parsed<T: std::str::FromStr<Err = hook_core::InvalidId>>(
    top: &Section<'_>,
    key: &str,
) -> Result<Option<T>, BadInput> {
    let Some(text) = top.text(key)? else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|error: hook_core::InvalidId| top.fault(key, format!("cannot be used: {error}")))
}
