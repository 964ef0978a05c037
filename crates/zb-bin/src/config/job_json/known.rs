//! A repository that is known beside the job: its definition is that of a job with nothing else.

use restic_driver::MASK;
use toml::{Table, Value};

use super::keys;

const REPOSITORY: &str = "repository";

/// The repository of a job, alone.
pub(super) fn alone(job: &Table) -> Table {
    let mut alone: Table = [("name", "x"), ("source", "/")]
        .map(|(key, text)| (key.to_owned(), text.into()))
        .into_iter()
        .collect();
    put(&mut alone, job);
    alone
}

/// Puts the repository of `known` in the place of the job's.
pub(super) fn put(job: &mut Table, known: &Table) {
    if let Some(repository) = known.get(REPOSITORY) {
        job.insert(REPOSITORY.to_owned(), repository.clone());
    }
}

/// The members of a job's repository that say something else than the known one's: by the path of their keys. A mask
/// says what is there.
pub(super) fn differing(job: &Table, known: &Table, masked: &Table) -> Vec<Vec<String>> {
    let of = |job: &Table| job.get(REPOSITORY).and_then(Value::as_table).cloned().unwrap_or_default();
    let (given, known, masked) = (of(job), of(known), of(masked));
    let path = |keys: &[&str]| [REPOSITORY].iter().chain(keys).map(|key| (*key).to_owned()).collect();
    let mut differing = Vec::new();
    for (key, value) in &given {
        match (value, known.get(key)) {
            (Value::Table(given), Some(Value::Table(there))) if keys::is_users(key) => {
                let other = given.iter().filter(|(name, value)| match there.get(*name) {
                    Some(Value::String(_)) if value.as_str() == Some(MASK) => false,
                    there => there != Some(*value),
                });
                let before = differing.len();
                differing.extend(other.map(|(name, _)| path(&[key, name])));
                // All of its names or none: one that is left out alone would be taken for removed.
                let is_less = !given.is_empty() && there.keys().any(|name| !given.contains_key(name));
                if is_less && differing.len() == before {
                    differing.push(path(&[key]));
                }
            }
            (value, there) if there == Some(value) || masked.get(key) == Some(value) => {}
            _ => differing.push(path(&[key])),
        }
    }
    differing
}
