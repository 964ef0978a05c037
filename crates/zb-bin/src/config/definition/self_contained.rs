//! A job file that can stand anywhere: its paths absolute, its id written down.

use hook_core::{Phase, ScheduleId};
use restic_driver::SafeFlags;
use toml::Value;

use super::edits::Edits;
use crate::config::{BadInput, RepositoryUrl, Section};

/// What has to change for that, in a file that was read without fault.
pub(super) fn edits(top: &Section<'_>, id: &ScheduleId) -> Result<Edits, BadInput> {
    let mut edits = Edits::default();
    if !top.has("id") {
        edits.first_line(format!("id = {}", Value::String(id.to_string())));
    }
    path(top, "source", &mut edits)?;
    flags(top, &mut edits)?;
    if let Some(repository) = top.section("repository")? {
        self::repository(&repository, &mut edits)?;
    }
    if let Some(webhooks) = top.section("webhooks")? {
        for phase in [Phase::Pre, Phase::Post] {
            let Some(hook) = webhooks.section(phase.as_str())? else { continue };
            path(&hook, "ca_file", &mut edits)?;
            files(&hook, "headers_from", &mut edits)?;
        }
    }
    Ok(edits)
}

fn repository(repository: &Section<'_>, edits: &mut Edits) -> Result<(), BadInput> {
    let written = repository.required_text("url")?;
    let located = RepositoryUrl::located(written, utf8_folder(repository, "url", written)?);
    change(repository, "url", written, located.expose(), edits);
    path(repository, "password_file", edits)?;
    files(repository, "env", edits)
}

/// `{ file = … }` in a table of values that are elsewhere.
fn files(table: &Section<'_>, key: &str, edits: &mut Edits) -> Result<(), BadInput> {
    let Some(values) = table.section(key)? else { return Ok(()) };
    for name in values.keys().filter(|name| !values.is_text(name)) {
        if let Some(elsewhere) = values.section(name)? {
            path(&elsewhere, "file", edits)?;
        }
    }
    Ok(())
}

fn path(table: &Section<'_>, key: &str, edits: &mut Edits) -> Result<(), BadInput> {
    let (Some(absolute), Some(written)) = (table.path(key)?, table.text(key)?) else { return Ok(()) };
    let absolute = absolute.to_str().ok_or_else(|| not_utf8(table, key))?;
    change(table, key, written, absolute, edits);
    Ok(())
}

fn change(table: &Section<'_>, key: &str, written: &str, absolute: &str, edits: &mut Edits) {
    if let Some(place) = table.span(key).filter(|_| written != absolute) {
        edits.text(place, absolute);
    }
}

fn flags(top: &Section<'_>, edits: &mut Edits) -> Result<(), BadInput> {
    let written = top.texts("restic_flags")?.unwrap_or_default();
    let fault = |error| top.fault("restic_flags", format!("cannot be used: {error}"));
    let flags = SafeFlags::parse(&written).map_err(fault)?;
    let absolute = flags.clone().relative_to(top.file().folder());
    if let Some(place) = top.span("restic_flags").filter(|_| absolute != flags) {
        let texts = absolute.to_texts().ok_or_else(|| not_utf8(top, "restic_flags"))?;
        edits.value(place, texts.into());
    }
    Ok(())
}

/// Where a relative path starts, if it can be written into a file.
fn utf8_folder<'t>(table: &Section<'t>, key: &str, written: &str) -> Result<&'t std::path::Path, BadInput> {
    let folder = table.file().folder();
    let is_moved = RepositoryUrl::located(written, folder).expose() != written;
    if is_moved && folder.to_str().is_none() { Err(not_utf8(table, key)) } else { Ok(folder) }
}

fn not_utf8(table: &Section<'_>, key: &str) -> BadInput {
    table.fault(key, "is relative to a folder whose name is not UTF-8")
}
