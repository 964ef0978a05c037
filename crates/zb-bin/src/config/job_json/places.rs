//! Where on the machine a job's words lead (`api.md` §2, "roots"): what an organization's jobs may name, and what nobody's
//! may.

use std::path::{Component, Path, PathBuf};

use hook_core::{HookSpec, Phase, ValueFrom};

use super::over_http::CREDENTIALS;
use crate::config::{Job, PasswordSpec, RepositorySpec, SecretSource};

/// Something that a job names, by the path of its key.
type Named<T> = (Vec<String>, T);

/// The keys of a job that lead where they may not, and why: into zb's own data directory, or out of `roots`, the
/// directories that its organization may name. Symbolic links are followed. Asked when a job is kept, and again at each
/// run, because links change.
pub fn outside(job: &Job, roots: Option<&[String]>, data_dir: &Path) -> Vec<(Vec<String>, String)> {
    let data_dir = real(data_dir);
    let real_roots: Option<Vec<_>> =
        roots.map(|roots| roots.iter().map(|root| real(root.as_ref())).collect());
    let mut outside = if roots.is_some() { elsewhere(job) } else { Vec::new() };
    for (key, path) in paths(job) {
        let path = real(&path);
        let is_inside = |roots: &Vec<PathBuf>| roots.iter().any(|root| path.starts_with(root));
        if path.starts_with(&data_dir) {
            outside.push((key, "lies in zb's own data directory".to_owned()));
        } else if !real_roots.as_ref().is_none_or(is_inside) {
            let roots = roots.unwrap_or_default().join(", ");
            outside.push((key, format!("lies outside of what this organization's jobs may name: {roots}")));
        }
    }
    outside
}

/// What is no file, and reads what belongs to the machine.
fn elsewhere(job: &Job) -> Vec<Named<String>> {
    let RepositorySpec { url, password, env } = &job.repository;
    let mut keys = Vec::new();
    if ["sftp:", "rclone:"].iter().any(|scheme| url.expose().starts_with(scheme)) {
        keys.push(key(&["repository", "url"]));
    }
    if matches!(password, PasswordSpec::Env(_)) {
        keys.push(key(&["repository", "password_env"]));
    }
    let env = env.iter().filter(|(_, source)| matches!(source, SecretSource::Env(_)));
    keys.extend(env.map(|(name, _)| key(&["repository", "env", name])));
    for (phase, hook) in hooks(job) {
        let headers = hook.config().headers_from.iter();
        let headers = headers.filter(|header| matches!(header.from, ValueFrom::Env(_)));
        keys.extend(headers.map(|header| key(&["webhooks", phase.as_str(), "headers_from", &header.name])));
    }
    keys.into_iter()
        .map(|key| (key, "is not for an organization whose paths are limited".to_owned()))
        .collect()
}

/// Every path.
fn paths(job: &Job) -> Vec<Named<PathBuf>> {
    let mut paths = vec![(key(&["source"]), job.source.clone())];
    let RepositorySpec { url, password, env } = &job.repository;
    paths.extend(url.local().map(|path| (key(&["repository", "url"]), path.to_owned())));
    if let PasswordSpec::File(file) = password {
        paths.push((key(&["repository", "password_file"]), file.clone()));
    }
    for (name, source) in env {
        let path = match source {
            SecretSource::File(file) => Some(file.clone()),
            SecretSource::Text(text) if name == CREDENTIALS => Some(text.expose().into()),
            _ => None,
        };
        paths.extend(path.map(|path| (key(&["repository", "env", name]), path)));
    }
    for (phase, hook) in hooks(job) {
        let at = |last: &[&str]| key(&[&["webhooks", phase.as_str()], last].concat());
        for header in &hook.config().headers_from {
            if let ValueFrom::File(file) = &header.from {
                paths.push((at(&["headers_from", &header.name]), file.clone()));
            }
        }
        paths.extend(hook.config().ca_file.clone().map(|file| (at(&["ca_file"]), file)));
    }
    let flags = job.backup.flags.safe().ok();
    paths.extend(
        flags.iter().flat_map(|flags| flags.paths()).map(|path| (key(&["restic_flags"]), path.to_owned())),
    );
    paths
}

fn hooks(job: &Job) -> impl Iterator<Item = (Phase, &HookSpec)> {
    [(Phase::Pre, &job.pre), (Phase::Post, &job.post)]
        .into_iter()
        .filter_map(|(phase, hook)| Some((phase, hook.as_ref()?)))
}

fn key(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// Where a path leads: links resolved as far as there is something, and the rest by its words.
fn real(path: &Path) -> PathBuf {
    let found =
        path.ancestors().find_map(|there| Some((there.canonicalize().ok()?, path.strip_prefix(there).ok()?)));
    let (mut real, rest) = found.unwrap_or_else(|| (PathBuf::from("/"), path));
    for component in rest.components() {
        match component {
            Component::ParentDir => {
                real.pop();
            }
            Component::Normal(part) => real.push(part),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    real
}
