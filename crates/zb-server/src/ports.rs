//! What the server asks of the composition root: reading jobs, running them, sending hooks. It knows no restic, no
//! engine and no configuration.

mod planned;

pub use planned::{NextStart, Timing};

use std::fmt;

use async_trait::async_trait;
use hook_core::{JobId, OrganizationId, Phase, Progress, RunStatus, ScheduleId, Secret, event::Trigger};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::FieldError;

/// What is wrong with a document: every field at once, in its order.
pub type Fault = Vec<FieldError>;

/// A job that was read and checked.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever reads a job knows all of it")]
pub struct CheckedJob {
    /// Its own id, or the derived one.
    pub schedule_id: ScheduleId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Unique in its organization.
    pub name: String,
    /// Whether it is scheduled.
    pub enabled: bool,
    /// What is kept: the job file's text, self-contained, with its secrets. To be sealed.
    pub definition: Secret,
}

/// A job as a person writes it. Debug hides it: secrets stand in it.
#[derive(Clone, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "two forms, as api.md §3 has them")]
pub enum JobDocument {
    /// The JSON of `api.md` §3.
    Json(Value),
    /// The job file of `spec.md` §5.
    Toml(String),
}

impl fmt::Debug for JobDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(_) => "Json(..)",
            Self::Toml(_) => "Toml(..)",
        })
    }
}

/// Whose document it is that is read, and what is there already. Debug hides what holds secrets.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "whoever has a document read says all of it")]
pub struct Reading<'a> {
    /// The only one that it may name.
    pub organization: &'a OrganizationId,
    /// The directories that the organization's jobs may name; absent: no limit.
    pub roots: Option<&'a [String]>,
    /// The only id that it may name; absent: any, or the derived one.
    pub schedule: Option<&'a ScheduleId>,
    /// The definition that it takes the place of: what a mask keeps.
    pub stored: Option<&'a str>,
    /// The definition of a repository that is known: the document's `repository` says nothing else.
    pub repository: Option<&'a str>,
}

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("organization", self.organization).finish_non_exhaustive()
    }
}

/// Why a document is no job.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum NotRead {
    /// It is no JSON object, or no TOML: why.
    Malformed(String),
    /// Fields are wrong.
    Invalid(Fault),
}

/// How a document names its repository.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct RepositoryNamed {
    /// By its id.
    pub id: Option<String>,
    /// By its address, which may hold a mask.
    pub url: Option<String>,
}

/// A repository that was read and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever reads a repository knows all of it")]
pub struct CheckedRepository {
    /// restic's repository string. It may hold a password.
    pub url: Secret,
    /// What is kept: the definition of a job with nothing but this repository.
    pub definition: Secret,
}

/// What lists look for in a job. No secret is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct JobFacts {
    /// The source path.
    pub source: String,
    /// Its repository.
    pub repository: CheckedRepository,
    /// The address with its userinfo masked.
    pub shown_url: String,
    /// Whether it is scheduled.
    pub enabled: bool,
}

/// A schedule, before it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct SchedulePreview {
    /// In words.
    pub text: String,
    /// The zone's name.
    pub timezone: String,
    /// The next five.
    pub times: Vec<Timestamp>,
}

/// Jobs as documents: between what is kept and what people read and write.
pub trait JobForms: Send + Sync + 'static {
    /// The job of a definition as `api.md` §3 has it, without `state`: every member, secrets masked, `repositoryId`
    /// `null`.
    ///
    /// # Errors
    /// The definition cannot be read any more: why.
    fn show(&self, definition: &str) -> Result<Value, String>;

    /// The same as a job file, secrets masked, default values left out.
    ///
    /// # Errors
    /// As [`JobForms::show`].
    fn export(&self, definition: &str) -> Result<String, String>;

    /// What lists look for.
    ///
    /// # Errors
    /// As [`JobForms::show`].
    fn facts(&self, definition: &str) -> Result<JobFacts, String>;

    /// Checks a document whole: form, limits, allowlist, paths. A mask keeps what is stored in its place.
    ///
    /// # Errors
    /// Every field that is wrong.
    fn read(&self, document: &JobDocument, reading: Reading<'_>) -> Result<CheckedJob, NotRead>;

    /// How a document names its repository, whatever else is in it.
    fn repository_named(&self, document: &JobDocument) -> RepositoryNamed;

    /// Checks a repository alone, as `api.md` §4 has it. A mask keeps what `stored`, a repository's definition, has.
    ///
    /// # Errors
    /// Every field that is wrong.
    fn read_repository(&self, document: &Value, reading: Reading<'_>) -> Result<CheckedRepository, Fault>;

    /// A job's definition with another repository's in the place of its own.
    ///
    /// # Errors
    /// One of them cannot be read any more: why.
    fn with_repository(&self, job: &str, repository: &str) -> Result<Secret, String>;

    /// The next times of a schedule after `now`; without a zone by the server's.
    ///
    /// # Errors
    /// `?schedule` or `?timezone` is wrong.
    fn preview(
        &self,
        schedule: &str,
        timezone: Option<&str>,
        now: Timestamp,
    ) -> Result<SchedulePreview, Fault>;
}

/// Why a run was not begun, or not touched.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum RunRefused {
    /// A run of the job is in progress or is being settled.
    AlreadyRunning(Option<JobId>),
    /// The run is over.
    Finished,
    /// Nothing is owed.
    NotOwed,
    /// There is none, or it cannot be read any more.
    NotFound,
    /// The service ends.
    ShuttingDown,
    /// The data directory fails: for the log; the caller gets a reference.
    Storage(String),
}

/// What a hook answered: an entry of `hooks` (`api.md` §5).
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §5 has it")]
pub struct HookAnswer {
    /// The run, or a fresh id for a test.
    pub job_id: JobId,
    /// The HookResult.
    pub result: Value,
}

/// Why a hook was not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum HookRefused {
    /// The job has none.
    NoSuchHook,
    /// See [`RunRefused`].
    Refused(RunRefused),
}

/// What came of a look at a repository (`api.md` §4).
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §4 has it")]
pub struct RepositoryCheck {
    /// `no-repository`, `wrong-password`, `locked`, `unreachable`, `timed-out` or `other`; absent: it is well.
    pub problem: Option<&'static str>,
    /// In words.
    pub detail: String,
    /// restic's.
    pub exit_code: Option<i32>,
}

/// The file that a stored job comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct ManagedBy {
    /// Its name in `jobs_dir`.
    pub file: String,
    /// Why its present text is not what runs.
    pub error: Option<String>,
}

/// A file of `jobs_dir` that is no job.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct FileProblem {
    /// Its name in `jobs_dir`.
    pub file: String,
    /// Counts from 1; absent where the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub error: String,
}

/// Something that waits for a person and that no history tells (`api.md` §5, "Needs you").
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §5 has it")]
pub struct Need {
    /// Which kind.
    pub kind: NeedKind,
    /// Since when; absent where nobody knows.
    pub since: Option<Timestamp>,
    /// The job.
    pub schedule: Option<ScheduleId>,
    /// The run.
    pub job: Option<JobId>,
    /// The file in `jobs_dir`.
    pub file: Option<String>,
    /// A sentence for a person.
    pub text: String,
}

/// Why something waits for a person; the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(clippy::exhaustive_enums, reason = "as api.md §5 has it")]
pub enum NeedKind {
    /// The post hook of a run is owed, and nothing will send it.
    PostHookOwed,
    /// A test of the pre hook paused a service.
    PausedByTest,
    /// The last run of a job ended as `error`.
    Failed,
    /// A run is late by more than a quarter of its period.
    Overdue,
    /// A file of `jobs_dir` cannot be read.
    JobFile,
}

impl NeedKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PostHookOwed, Self::PausedByTest, Self::Failed, Self::Overdue, Self::JobFile];

    /// The wire word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostHookOwed => "post-hook-owed",
            Self::PausedByTest => "paused-by-test",
            Self::Failed => "failed",
            Self::Overdue => "overdue",
            Self::JobFile => "job-file",
        }
    }
}

/// Runs jobs and sends hooks.
#[async_trait]
pub trait Runner: Send + Sync + 'static {
    /// Begins a run of a stored job under a fresh id: `run.queued` is on disk when it returns that id.
    ///
    /// # Errors
    /// See [`RunRefused`].
    async fn start(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        fresh: JobId,
        trigger: Trigger,
        by: &str,
    ) -> Result<JobId, RunRefused>;

    /// When a job runs by itself, as far as it is known now.
    fn timing(&self, _organization: &OrganizationId, _schedule: &ScheduleId) -> Timing {
        Timing::default()
    }

    /// Learns of the runs that began since it was asked last: what [`Runner::timing`] says is true after it.
    async fn catch_up(&self) {}

    /// The next starts of all jobs of an organization, the first one first, at most so many.
    fn next_starts(&self, _organization: &OrganizationId, _at_most: usize) -> Vec<NextStart> {
        Vec::new()
    }

    /// The file of `jobs_dir` that has the job; absent: it is the API's.
    fn managed_by(&self, _organization: &OrganizationId, _schedule: &ScheduleId) -> Option<ManagedBy> {
        None
    }

    /// The broken files of `jobs_dir`.
    fn file_problems(&self) -> Vec<FileProblem> {
        Vec::new()
    }

    /// A job was kept or deleted: what is planned may be another thing now.
    fn jobs_changed(&self) {}

    /// How far restic is in a run, of this process or another; absent where none runs. Whoever holds the receiver
    /// watches: a process that only looks when somebody watches sees by it when to stop.
    fn progress(&self, _job: &JobId) -> Option<watch::Receiver<Progress>> {
        None
    }

    /// What waits for a person in an organization and is neither in a history nor among [`Runner::file_problems`]: starts
    /// that are overdue, services that a test paused.
    async fn needs(&self, _organization: &OrganizationId) -> Vec<Need> {
        Vec::new()
    }

    /// Asks for the end of a run, also of another process's.
    ///
    /// # Errors
    /// See [`RunRefused`].
    async fn cancel(&self, job: &JobId, by: &str) -> Result<(), RunRefused>;

    /// Sends a hook of a stored job for real, outside any run.
    ///
    /// # Errors
    /// See [`HookRefused`]. What the receiver says is an answer, whatever it is.
    async fn test_hook(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        phase: Phase,
        status: RunStatus,
    ) -> Result<HookAnswer, HookRefused>;

    /// Notes that a service runs again after a test of the pre hook.
    ///
    /// # Errors
    /// No test is open: [`RunRefused::NotOwed`].
    async fn clear_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<(), RunRefused>;

    /// Sends the owed post hook of a finished run again.
    ///
    /// # Errors
    /// See [`RunRefused`].
    async fn send_post_again(&self, job: &JobId) -> Result<HookAnswer, RunRefused>;

    /// Notes that a service runs again.
    ///
    /// # Errors
    /// See [`RunRefused`].
    async fn clear(&self, job: &JobId, by: &str) -> Result<(), RunRefused>;

    /// Asks the repository of a definition whether it answers and opens; `init` makes it.
    async fn look_at_repository(&self, definition: &str, init: bool) -> RepositoryCheck;
}

/// A destination of the configuration: nobody changes it over HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as a page shows it")]
pub struct ConfiguredDestination {
    /// What the configuration calls it.
    pub name: String,
    /// Its kind and address, secrets masked.
    pub address: String,
    /// What it is told of.
    pub on: Vec<String>,
    /// Of which jobs, by name or id; absent: all.
    pub jobs: Option<Vec<String>>,
}

/// Takes messages to destinations (`api.md` §7).
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// What is wrong with the settings of a kind, secrets in the clear: their form, what belongs together, whether the
    /// allowlist has the address. The fields are pointers into `settings`. No reason repeats a secret.
    fn check(&self, organization: &OrganizationId, kind: &str, settings: &Value) -> Fault;

    /// Sends a marked message to a destination, tries once, and keeps what came of it, whatever it is: the id
    /// of the delivery. `definition` is an object with `kind` and `settings`, as they were checked.
    ///
    /// # Errors
    /// What came of it could not be kept: why, for the log.
    async fn test(&self, organization: &OrganizationId, id: &str, definition: &str)
    -> Result<String, String>;

    /// The destinations of the configuration that people of an organization may know of.
    fn configured(&self, organization: &OrganizationId) -> Vec<ConfiguredDestination>;
}
