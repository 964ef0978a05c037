//! A definition as a job file again.

use hook_core::HookHeaders;
use restic_driver::MASK;
use toml::{Table, Value};

use super::{Secrets, defaults::is_default, userinfo};
use crate::config::{BadInput, HOOK_KEYS, JOB_KEYS, REPOSITORY_KEYS, RETENTION_KEYS, TomlText, WHEN_KEY};

/// The tables of a job file and their keys, each in the order of the reference.
fn tables() -> [(&'static str, Vec<&'static str>); 4] {
    let (hook, post) = (HOOK_KEYS.to_vec(), [HOOK_KEYS.as_slice(), &[WHEN_KEY]].concat());
    [
        ("repository", [REPOSITORY_KEYS.as_slice(), &["password"]].concat()),
        ("retention", RETENTION_KEYS.to_vec()),
        ("webhooks.pre", hook),
        ("webhooks.post", post),
    ]
}

/// The file: the keys at the top, then the tables.
pub(super) fn file(text: &TomlText, secrets: Secrets) -> Result<String, BadInput> {
    Ok(printed(&values(text, secrets)?))
}

/// The values of a job, headers as they are shown.
pub(in crate::config) fn values(text: &TomlText, secrets: Secrets) -> Result<Table, BadInput> {
    let mut job = text.to_table()?;
    hooks(&mut job).for_each(|hook| change(hook.get_mut("headers"), |text| headers(text, secrets)));
    if secrets == Secrets::Masked {
        mask(&mut job);
    }
    Ok(job)
}

/// A job file of these values, without those that are defaults.
pub(in crate::config) fn printed(job: &Table) -> String {
    let at_top = JOB_KEYS.into_iter().filter(|key| !matches!(*key, "repository" | "retention" | "webhooks"));
    let mut file = lines(job, at_top);
    for (name, keys) in tables() {
        let table = name.split('.').try_fold(job, |table, key| table.get(key)?.as_table());
        if let Some(table) = table {
            file.push_str(&format!("\n[{name}]\n{}", lines(table, keys)));
        }
    }
    file
}

fn lines<'k>(table: &Table, keys: impl IntoIterator<Item = &'k str>) -> String {
    let written = keys.into_iter().filter_map(|key| Some((key, table.get(key)?)));
    written
        .filter(|(key, value)| !is_default(key, value))
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect()
}

/// Puts a mask in the place of each secret: `api.md` §1, "Secrets are write-only".
fn mask(job: &mut Table) {
    if let Some(repository) = table(job, "repository") {
        change(repository.get_mut("url"), |url| userinfo::replaced(url, MASK));
        change(repository.get_mut("password"), |_| MASK.to_owned());
        if let Some(env) = table(repository, "env") {
            env.iter_mut().for_each(|(_, value)| change(Some(value), |_| MASK.to_owned()));
        }
    }
    for hook in hooks(job) {
        change(hook.get_mut("url"), |url| userinfo::replaced(url, MASK));
        change(hook.get_mut("signing_secret"), |_| MASK.to_owned());
    }
}

/// One a line. A text that cannot be read as headers is hidden whole.
fn headers(text: &str, secrets: Secrets) -> String {
    match (text.parse::<HookHeaders>(), secrets) {
        (Ok(headers), Secrets::Shown) => headers.to_string(),
        (Ok(headers), Secrets::Masked) => headers.masked(),
        (Err(_), Secrets::Shown) => text.to_owned(),
        (Err(_), Secrets::Masked) => MASK.to_owned(),
    }
}

fn hooks(job: &mut Table) -> impl Iterator<Item = &mut Table> {
    let webhooks = table(job, "webhooks").into_iter().flatten();
    webhooks.filter_map(|(_, hook)| hook.as_table_mut())
}

fn table<'j>(table: &'j mut Table, key: &str) -> Option<&'j mut Table> {
    table.get_mut(key)?.as_table_mut()
}

/// What is no text is a reference, and stays.
fn change(value: Option<&mut Value>, shown: impl FnOnce(&str) -> String) {
    if let Some(Value::String(text)) = value {
        *text = shown(text);
    }
}
