//! The jobs directory: its files are jobs of the store, that go with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use hook_core::OrganizationId;
use job_store::{DeleteJob, Expected, NewJob, PutJob, Store, StoredJob};
use zb_server::FileProblem;

use crate::{
    config::{BadInput, Definition, Job, Place, TomlText},
    report::Failure,
};

/// Who keeps a job that comes from a file: its name stands behind this.
const BY: &str = "jobs_dir: ";

/// The name of the file that a stored job comes from.
pub(super) fn name(by: &str) -> Option<&str> {
    by.strip_prefix(BY)
}

/// Files with their size and time: what tells whether one has changed.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// A folder of job files.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    seen: Mutex<Option<Stamps>>,
    problems: Mutex<Vec<FileProblem>>,
}

impl Files {
    /// Nothing is read yet.
    #[must_use]
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder, seen: Mutex::default(), problems: Mutex::default() }
    }

    /// The broken ones.
    pub(super) fn problems(&self) -> Vec<FileProblem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what has changed into the store. A broken file keeps what it was before; a file that is gone takes its job
    /// with it.
    ///
    /// # Errors
    /// The store cannot be read or written to.
    pub(super) async fn take_in(&self, store: &Store, timeout: Duration) -> Result<(), Failure> {
        let Some(stamps) = stamps(&self.folder) else { return Ok(()) };
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&stamps) {
            return Ok(());
        }
        // First what is gone: a file that was renamed has its job's id and name free then.
        let all_gone = drop_gone(&stamps, store).await?;
        let stored = store.jobs(None).await?;
        let (mut problems, mut is_settled) = (Vec::new(), all_gone);
        for path in stamps.keys() {
            if let Err(refused) = put(path, &file_name(path), store, &stored, timeout).await? {
                is_settled &= !refused.is_for_now;
                problems.push(refused.problem);
            }
        }
        let mut told = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        for problem in problems.iter().filter(|problem| !told.contains(problem)) {
            tracing::error!("{}: {}", self.folder.join(&problem.file).display(), problem.error);
        }
        *told = problems;
        // A job that runs goes at a later look, one whose organization is made comes.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = is_settled.then_some(stamps);
        Ok(())
    }
}

/// Why a file's job is not kept.
struct Refused {
    problem: FileProblem,
    /// It may be kept though the file stays as it is.
    is_for_now: bool,
}

impl Refused {
    fn new(file: &str, line: Option<usize>, error: String) -> Self {
        Self { problem: FileProblem { file: file.to_owned(), line, error }, is_for_now: false }
    }
}

/// Deletes the jobs whose files are gone; whether all of them are deleted, which one that runs is not.
async fn drop_gone(stamps: &Stamps, store: &Store) -> Result<bool, Failure> {
    let there: BTreeSet<_> = stamps.keys().map(|path| file_name(path)).collect();
    let mut all = true;
    for job in store.jobs(None).await? {
        if let Some(file) = job.updated_by.as_deref().and_then(name)
            && !there.contains(file)
        {
            let deleted = store.delete_job(&job.organization, &job.schedule, Expected::Any).await?;
            all &= !matches!(deleted, DeleteJob::InUse(_));
        }
    }
    Ok(all)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Keeps one file's job, where it says something else than what is kept.
async fn put(
    path: &Path,
    name: &str,
    store: &Store,
    stored: &[StoredJob],
    timeout: Duration,
) -> Result<Result<(), Refused>, Failure> {
    let read = || -> Result<(Job, Definition), BadInput> {
        let job = Job::read(path, Path::new("/"), timeout)?;
        let definition = Definition::import(TomlText::read(path, Path::new("/"))?, None, timeout)?;
        Ok((job, definition))
    };
    let (job, definition) = match read() {
        Ok(read) => read,
        Err(bad) => return Ok(Err(refused(name, &bad))),
    };
    let organization = &job.organization;
    if *organization != OrganizationId::default() && store.organization(organization).await?.is_none() {
        let error = format!("there is no organization {organization}");
        return Ok(Err(Refused { is_for_now: true, ..Refused::new(name, None, error) }));
    }
    let by = format!("{BY}{name}");
    let kept =
        stored.iter().find(|kept| kept.schedule == job.schedule_id && kept.organization == job.organization);
    match kept {
        Some(kept) if kept.definition == *definition.text() && kept.updated_by.as_ref() == Some(&by) => {
            return Ok(Ok(()));
        }
        Some(kept) if kept.updated_by.as_ref() != Some(&by) => {
            let error = format!("the id {} is that of another job, {:?}", kept.schedule, kept.name);
            return Ok(Err(Refused::new(name, None, error)));
        }
        _ => {}
    }
    let new = NewJob {
        organization: job.organization,
        schedule: job.schedule_id,
        name: job.name,
        definition: definition.text().clone(),
        by: Some(by),
    };
    Ok(match store.put_job(new, Expected::Any).await? {
        PutJob::Kept { .. } => Ok(()),
        PutJob::NameTaken { by } => Err(Refused::new(name, None, format!("another job, {by}, has its name"))),
        other => Err(Refused::new(name, None, format!("{other:?}"))),
    })
}

fn refused(name: &str, bad: &BadInput) -> Refused {
    let line = match &bad.place {
        Place::File { line, .. } => *line,
        _ => None,
    };
    Refused::new(name, line, bad.reason.clone())
}

/// The job files of a folder; nothing where it cannot be read, which is logged: what was taken in stays.
fn stamps(folder: &Path) -> Option<Stamps> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(%error, "the jobs directory {} cannot be read", folder.display());
            return None;
        }
    };
    let files = entries.flatten().map(|entry| entry.path());
    let stamp = |path: PathBuf| {
        let metadata = fs::metadata(&path).ok()?;
        metadata.is_file().then(|| (path, (metadata.len(), metadata.modified().ok())))
    };
    // What is hidden is an editor's.
    let is_job = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "toml") && !file_name(path).starts_with('.')
    };
    Some(files.filter(is_job).filter_map(stamp).collect())
}
