//! What the server asks of the composition root: reading jobs, running them, sending hooks. It knows no restic, no
//! engine and no configuration.

use async_trait::async_trait;
use hook_core::{JobId, OrganizationId, Phase, RunStatus, ScheduleId, event::Trigger};
use serde_json::Value;

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
    pub definition: String,
}

/// How a document is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "two forms, as api.md §3 has them")]
pub enum StoredForm {
    /// The JSON of `api.md` §3.
    Json,
    /// The job file of `spec.md` §5.
    Toml,
}

/// Jobs as documents: between what is kept and what people read and write.
pub trait JobForms: Send + Sync + 'static {
    /// The job of a definition as `api.md` §3 has it, without `state`: every member, secrets masked.
    ///
    /// # Errors
    /// The definition cannot be read any more: why.
    fn show(&self, definition: &str) -> Result<Value, String>;

    /// The same as a job file, secrets masked, default values left out.
    ///
    /// # Errors
    /// As [`JobForms::show`].
    fn export(&self, definition: &str) -> Result<String, String>;

    /// Checks a document whole: form, limits, allowlist. A mask keeps what `stored`, a definition, has there.
    ///
    /// # Errors
    /// Every field that is wrong.
    fn read(
        &self,
        form: StoredForm,
        document: &str,
        organization: &OrganizationId,
        stored: Option<&str>,
    ) -> Result<CheckedJob, Fault>;
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

/// Runs jobs and sends hooks.
#[async_trait]
pub trait Runner: Send + Sync + 'static {
    /// Begins a run of a stored job: `run.queued` is on disk when it returns.
    ///
    /// # Errors
    /// See [`RunRefused`].
    async fn start(&self, schedule: &ScheduleId, trigger: Trigger, by: &str) -> Result<JobId, RunRefused>;

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
        schedule: &ScheduleId,
        phase: Phase,
        status: RunStatus,
    ) -> Result<HookAnswer, HookRefused>;

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
