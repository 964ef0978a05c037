//! What a job file may say and a document over HTTP may not (`api.md` §3): a command, a path that begins nowhere, another's
//! id. What is stored already may stay.

use restic_driver::SafeFlags;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zb_server::Reading;

use crate::config::{BadInput, RepositoryUrl, Section};

/// The names that `env` may have, but for those that begin as [`ENV_FAMILIES`].
const ENV: [&str; 17] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AZURE_ACCOUNT_NAME",
    "AZURE_ACCOUNT_KEY",
    "AZURE_ACCOUNT_SAS",
    "AZURE_ENDPOINT_SUFFIX",
    "B2_ACCOUNT_ID",
    "B2_ACCOUNT_KEY",
    "GOOGLE_PROJECT_ID",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_ACCESS_TOKEN",
    "RESTIC_REST_USERNAME",
    "RESTIC_REST_PASSWORD",
    "RCLONE_CONFIG_PASS",
];

/// It names a file.
pub(super) const CREDENTIALS: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// OpenStack's.
const ENV_FAMILIES: [&str; 2] = ["OS_", "ST_"];

/// The first thing that may not be said, the masks of the document already being what they stand for.
pub(super) fn check(
    top: &Section<'_>,
    stored: Option<&Section<'_>>,
    reading: &Reading<'_>,
) -> Result<(), BadInput> {
    identity(top, reading)?;
    absolute(top, "source")?;
    if let Some(repository) = top.section("repository")? {
        let stored = stored.map(|stored| stored.section("repository")).transpose()?.flatten();
        self::repository(&repository, stored.as_ref(), reading)?;
    }
    if let Some(webhooks) = top.section("webhooks")? {
        for phase in ["pre", "post"] {
            let Some(hook) = webhooks.section(phase)? else { continue };
            absolute(&hook, "ca_file")?;
            files(&hook, "headers_from")?;
        }
    }
    flags(top)
}

fn identity(top: &Section<'_>, reading: &Reading<'_>) -> Result<(), BadInput> {
    if let (Some(id), Some(schedule)) = (top.text("id")?, reading.schedule)
        && id != schedule.as_str()
    {
        return Err(top.fault("id", "is another job's"));
    }
    match top.text("organization")? {
        Some(organization) if organization != reading.organization.as_str() => {
            Err(top.fault("organization", "is no organization that you act in"))
        }
        _ => Ok(()),
    }
}

fn repository(
    repository: &Section<'_>,
    stored: Option<&Section<'_>>,
    reading: &Reading<'_>,
) -> Result<(), BadInput> {
    if let Some(url) = repository.filled_text("url")?
        && RepositoryUrl::located(url, "/".as_ref()).expose() != url
    {
        return Err(repository.fault("url", RELATIVE));
    }
    absolute(repository, "password_file")?;
    files(repository, "env")?;
    if reading.repository.is_some() {
        return Ok(());
    }
    if repository.has("password_command") && !is_kept(repository, stored, "password_command") {
        return Err(repository.fault("password_command", NO_COMMAND));
    }
    let Some(env) = repository.section("env")? else { return Ok(()) };
    let stored = stored.map(|stored| stored.section("env")).transpose()?.flatten();
    let is_allowed =
        |name: &str| ENV.contains(&name) || ENV_FAMILIES.iter().any(|family| name.starts_with(family));
    match env.keys().find(|name| !is_allowed(name) && !is_kept(&env, stored.as_ref(), name)) {
        Some(name) => Err(env.fault(name, NO_COMMAND)),
        None => Ok(()),
    }
}

/// Whether a key has what is stored, text or reference.
fn is_kept(table: &Section<'_>, stored: Option<&Section<'_>>, key: &str) -> bool {
    let stored = stored.and_then(|stored| stored.table().get(key));
    match (table.table().get(key).map(Spanned::get_ref), stored.map(Spanned::get_ref)) {
        (Some(DeValue::String(new)), Some(DeValue::String(stored))) => new == stored,
        (Some(DeValue::Table(new)), Some(DeValue::Table(stored))) => {
            let texts = |table: &DeTable<'_>| -> Vec<(String, Option<String>)> {
                let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().map(ToOwned::to_owned);
                table.iter().map(|(key, value)| (key.get_ref().to_string(), text(value))).collect()
            };
            texts(new) == texts(stored)
        }
        _ => false,
    }
}

const NO_COMMAND: &str = "cannot be set over HTTP, only in a file of jobs_dir";

const RELATIVE: &str = "is relative: write the whole path, which begins with /";

fn absolute(table: &Section<'_>, key: &str) -> Result<(), BadInput> {
    match table.filled_text(key)? {
        // The reading has better words for a path that begins with ~.
        Some(path) if !path.starts_with(['/', '~']) => Err(table.fault(key, RELATIVE)),
        _ => Ok(()),
    }
}

/// `{ file = … }` in a table of values that are elsewhere.
fn files(table: &Section<'_>, key: &str) -> Result<(), BadInput> {
    let Some(values) = table.section(key)? else { return Ok(()) };
    for name in values.keys() {
        if matches!(values.table().get(name).map(|value| value.get_ref()), Some(DeValue::Table(_)))
            && let Some(elsewhere) = values.section(name)?
        {
            absolute(&elsewhere, "file")?;
        }
    }
    Ok(())
}

fn flags(top: &Section<'_>) -> Result<(), BadInput> {
    let flags = SafeFlags::parse(&top.texts("restic_flags")?.unwrap_or_default());
    match flags {
        Ok(flags) if flags.clone().relative_to("/".as_ref()) != flags => {
            Err(top.fault("restic_flags", "holds a relative path: write the whole path, which begins with /"))
        }
        _ => Ok(()),
    }
}
