//! A value that is elsewhere, as a job file names its place.

use hook_core::ValueFrom;

use super::{BadInput, Section};

/// `{ env = "NAME" }` or `{ file = "PATH" }`; of anything else the error says that it `must` be one of the forms.
pub(super) fn value_from(section: &Section<'_>, key: &str, must: &str) -> Result<ValueFrom, BadInput> {
    let fault = || section.fault(key, must);
    let elsewhere = section.section(key).map_err(|_| fault())?.ok_or_else(fault)?;
    elsewhere.only(&["env", "file"])?;
    let variable = elsewhere.filled_text("env")?.map(|variable| ValueFrom::Env(variable.to_owned()));
    let file = elsewhere.path("file")?.map(ValueFrom::File);
    match (variable, file) {
        (Some(one), None) | (None, Some(one)) => Ok(one),
        _ => Err(fault()),
    }
}
