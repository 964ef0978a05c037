//! Masks in a file that is imported: each stands for the secret that is stored in its place, as long as the address to
//! which that secret goes is the same (`api.md` §1, "Secrets are write-only").

use std::collections::BTreeMap;

use hook_core::{HookHeaders, HookUrl, Origin, Phase};
use http::HeaderName;
use restic_driver::MASK;

use super::{edits::Edits, userinfo};
use crate::config::{BadInput, RepositoryUrl, SecretSource, Section, job_repository::variables};

/// A table of the file, and the same one of the stored job, if there is one.
struct Pair<'t> {
    new: Section<'t>,
    there: Option<Section<'t>>,
}

/// What has to stand in the places of the masks. A mask where no secret can stand is left, for the reading to refuse.
pub(super) fn edits<'t>(new: Section<'t>, there: Option<Section<'t>>) -> Result<Edits, BadInput> {
    let mut edits = Edits::default();
    let top = Pair { new, there };
    if let Some(repository) = top.table("repository")? {
        self::repository(&repository, &mut edits)?;
    }
    if let Some(webhooks) = top.table("webhooks")? {
        for phase in [Phase::Pre, Phase::Post] {
            if let Some(hook) = webhooks.table(phase.as_str())? {
                self::hook(&hook, &mut edits)?;
            }
        }
    }
    Ok(edits)
}

fn hook(hook: &Pair<'_>, edits: &mut Edits) -> Result<(), BadInput> {
    let url = hook.new.text("url")?.unwrap_or_default();
    let headers = hook.new.verbatim("headers")?.unwrap_or_default();
    let masked = [
        ("url", userinfo::is_masked(url)),
        ("headers", masked_names(headers).next().is_some()),
        ("signing_secret", hook.new.text("signing_secret")? == Some(MASK)),
    ];
    let Some(there) = hook.stored(&masked, |there| Ok(origin(&hook.new)? == origin(there)?))? else {
        return Ok(());
    };
    for (key, _) in masked.into_iter().filter(|(_, masked)| *masked) {
        let kept = match key {
            "url" => stored_userinfo(there)?.map(|userinfo| userinfo::replaced(url, userinfo)),
            "headers" => Some(with_values(&hook.new, headers, there)?),
            _ => there.text(key)?.map(ToOwned::to_owned),
        };
        hook.keep(key, kept, edits)?;
    }
    Ok(())
}

fn repository(repository: &Pair<'_>, edits: &mut Edits) -> Result<(), BadInput> {
    let url = repository.new.text("url")?.unwrap_or_default();
    let env = repository.new.section("env")?;
    let masked = [
        ("url", userinfo::is_masked(url)),
        ("password", repository.new.is_text("password") && repository.new.text("password")? == Some(MASK)),
        ("env", env.as_ref().is_some_and(|env| masked_variables(env).next().is_some())),
    ];
    let Some(there) = repository.stored(&masked, |there| same_repository(&repository.new, there))? else {
        return Ok(());
    };
    for (key, _) in masked.into_iter().filter(|(_, masked)| *masked) {
        match key {
            "env" => self::env(repository, edits)?,
            "url" => {
                let kept = stored_userinfo(there)?.map(|userinfo| userinfo::replaced(url, userinfo));
                repository.keep(key, kept, edits)?;
            }
            _ => repository.keep(key, there.text(key)?.map(ToOwned::to_owned), edits)?,
        }
    }
    Ok(())
}

fn masked_variables<'e>(env: &'e Section<'_>) -> impl Iterator<Item = &'e str> {
    env.keys().filter(|name| env.is_text(name) && env.text(name).ok().flatten() == Some(MASK))
}

/// All values are masked and none is added or removed, or none is masked: some of them are addresses.
fn env(repository: &Pair<'_>, edits: &mut Edits) -> Result<(), BadInput> {
    let Some(env) = repository.table("env")? else { return Ok(()) };
    let stored = env.there.as_ref().map(variables).transpose()?.unwrap_or_default();
    let new = variables(&env.new)?;
    if !new.keys().eq(stored.keys()) || !new.iter().all(|(name, value)| is_kept(value, &stored[name])) {
        return Err(repository
            .new
            .fault("env", "holds masks beside other changes")
            .hint("keep all of its values, with no name added or removed, or enter all of them again"));
    }
    for (name, value) in &stored {
        if let (SecretSource::Text(secret), Some(place)) = (value, env.new.span(name)) {
            edits.text(place, secret.expose());
        }
    }
    Ok(())
}

/// A mask in the place of a text, or the same reference.
fn is_kept(new: &SecretSource, stored: &SecretSource) -> bool {
    match (new, stored) {
        (SecretSource::Text(new), SecretSource::Text(_)) => new.expose() == MASK,
        (SecretSource::Env(new), SecretSource::Env(stored)) => new == stored,
        (SecretSource::File(new), SecretSource::File(stored)) => new == stored,
        _ => false,
    }
}

impl<'t> Pair<'t> {
    fn table(&self, key: &str) -> Result<Option<Self>, BadInput> {
        let Some(new) = self.new.section(key)? else { return Ok(None) };
        let there = self.there.as_ref().map(|there| there.section(key)).transpose()?.flatten();
        Ok(Some(Self { new, there }))
    }

    /// The stored table, if something of the new one is masked and both have the same address.
    fn stored(
        &self,
        masked: &[(&str, bool)],
        is_same: impl FnOnce(&Section<'t>) -> Result<bool, BadInput>,
    ) -> Result<Option<&Section<'t>>, BadInput> {
        let Some((key, _)) = masked.iter().find(|(_, masked)| *masked) else { return Ok(None) };
        let there = self.there.as_ref().ok_or_else(|| nothing_to_keep(&self.new, key))?;
        match is_same(there)? {
            true => Ok(Some(there)),
            false => Err(refused(&self.new, key, "the address changed: enter it again")),
        }
    }

    fn keep(&self, key: &str, kept: Option<String>, edits: &mut Edits) -> Result<(), BadInput> {
        let kept = kept.ok_or_else(|| nothing_to_keep(&self.new, key))?;
        if let Some(place) = self.new.span(key) {
            edits.text(place, kept);
        }
        Ok(())
    }
}

fn nothing_to_keep(table: &Section<'_>, key: &str) -> BadInput {
    refused(table, key, NOTHING).hint(KEPT)
}

/// The words of `api.md` §1.
const NOTHING: &str = "no stored value to keep";

const KEPT: &str = "•••••••• stands for a secret that the same job has already: write the secret";

/// A fault at the first mask below a key: a line of `headers`, a variable of `env`, or the key itself.
fn refused(table: &Section<'_>, key: &str, reason: &str) -> BadInput {
    let at =
        |table: &Section<'_>, key: &str| table.at_key(key, format!("`{}`: {reason}", table.full_name(key)));
    match key {
        "headers" => {
            let text = table.verbatim(key).ok().flatten().unwrap_or_default();
            let line = (1..).zip(text.lines()).find(|(_, line)| masked_name(line).is_some());
            line.map_or_else(|| at(table, key), |(line, _)| at(table, key).in_line(line))
        }
        "env" => match table.section(key) {
            Ok(Some(env)) => match masked_variables(&env).next() {
                Some(name) => at(&env, name),
                None => at(table, key),
            },
            _ => at(table, key),
        },
        _ => at(table, key),
    }
}

fn origin(hook: &Section<'_>) -> Result<Origin, BadInput> {
    let url = userinfo::without(hook.text("url")?.unwrap_or_default());
    match url.parse::<HookUrl>() {
        Ok(url) => Ok(url.origin().clone()),
        Err(error) => Err(hook.at_key("url", format!("`{}`: {error}", hook.full_name("url")))),
    }
}

/// Another user at the same host is another address, unless he is masked.
fn same_repository(new: &Section<'_>, there: &Section<'_>) -> Result<bool, BadInput> {
    let located = |table: &Section<'_>| -> Result<String, BadInput> {
        let url = RepositoryUrl::located(table.text("url")?.unwrap_or_default(), table.file().folder());
        Ok(url.expose().to_owned())
    };
    let (new, there) = (located(new)?, located(there)?);
    Ok(if userinfo::is_masked(&new) {
        userinfo::without(&new) == userinfo::without(&there)
    } else {
        new == there
    })
}

fn stored_userinfo<'t>(there: &Section<'t>) -> Result<Option<&'t str>, BadInput> {
    Ok(there.text("url")?.and_then(userinfo::of))
}

/// The names of those header lines whose whole value is a mask.
fn masked_names(headers: &str) -> impl Iterator<Item = &str> {
    headers.lines().filter_map(masked_name)
}

fn masked_name(line: &str) -> Option<&str> {
    line.split_once(':').filter(|(_, value)| value.trim() == MASK).map(|(name, _)| name)
}

/// The headers, line by line, with the stored values of the same names.
fn with_values(hook: &Section<'_>, headers: &str, there: &Section<'_>) -> Result<String, BadInput> {
    let stored = there.verbatim("headers")?.unwrap_or_default().parse::<HookHeaders>().unwrap_or_default();
    let stored: BTreeMap<&str, &str> =
        stored.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let mut kept = String::new();
    for (number, line) in (1..).zip(headers.split_inclusive('\n')) {
        let Some(name) = masked_name(line) else {
            kept.push_str(line);
            continue;
        };
        let folded = name.parse::<HeaderName>().ok();
        let value = folded.as_ref().and_then(|name| stored.get(name.as_str())).ok_or_else(|| {
            hook.at_key("headers", format!("`{}`: {NOTHING}", hook.full_name("headers")))
                .hint(KEPT)
                .in_line(number)
        })?;
        let end = line.strip_prefix(line.trim_end_matches(['\r', '\n'])).unwrap_or_default();
        kept.push_str(&format!("{name}: {value}{end}"));
    }
    Ok(kept)
}
