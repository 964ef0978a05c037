//! The definition of a stored job: the text of a job file, made so that it says everything itself.
//!
//! Import turns a file into a definition: masks become the secrets that are stored, relative paths become absolute, and
//! an id that was derived is written down, so that it never changes. Export turns a definition into a file again.

mod defaults;
mod edits;
mod keep;
mod self_contained;
mod show;
mod userinfo;

pub(super) use edits::Edits;
pub(super) use show::{printed, values};

use std::time::Duration;

use hook_core::{ScheduleId, Secret};

use super::{BadInput, JOB_KEYS, Job, TomlText};

/// The text of a stored job. Debug hides it: secrets stand in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition(Secret);

impl Definition {
    /// A text that [`Definition::import`] made.
    #[must_use]
    pub fn stored(text: Secret) -> Self {
        Self(text)
    }

    /// The text, to be sealed.
    #[must_use]
    pub fn text(&self) -> &Secret {
        &self.0
    }

    /// Makes a definition of a job file. A mask in it stands for the secret of `there`, the job that is stored under
    /// the same id; `timeout` is the deadline of a hook that names none.
    ///
    /// # Errors
    /// The first fault of the file, with line and key; a mask for which nothing is stored, or whose address changed.
    pub fn import(
        file: TomlText,
        there: Option<(&ScheduleId, &Self)>,
        timeout: Duration,
    ) -> Result<Self, BadInput> {
        let there = there.map(|(schedule, definition)| definition.file(schedule));
        let whole = Self::whole(&file.imported(), there.as_ref())?;
        let job = Job::from_text(&whole, timeout)?;
        Self::of(&whole, &job.schedule_id)
    }

    /// The file with the secrets of `there` in the places of its masks.
    pub(super) fn whole(file: &TomlText, there: Option<&TomlText>) -> Result<TomlText, BadInput> {
        let (document, stored) = (file.parse()?, there.map(TomlText::parse).transpose()?);
        let stored = stored.as_ref().map(|stored| stored.top(&JOB_KEYS)).transpose()?;
        Ok(file.edited(keep::edits(document.top(&JOB_KEYS)?, stored)?))
    }

    /// Of a file that was read without fault.
    pub(super) fn of(whole: &TomlText, schedule: &ScheduleId) -> Result<Self, BadInput> {
        let document = whole.parse()?;
        let edits = self_contained::edits(&document.top(&JOB_KEYS)?, schedule)?;
        Ok(Self(whole.edited(edits).into_text().into()))
    }

    /// The job, as a run needs it. `schedule` is the id under which it is stored.
    ///
    /// # Errors
    /// This zb does not read what another wrote.
    pub fn job(&self, schedule: &ScheduleId, timeout: Duration) -> Result<Job, BadInput> {
        Job::from_text(&self.file(schedule), timeout)
    }

    /// As a job file: without comments and defaults, in the order of the reference. Secrets are masks, unless they are
    /// asked for.
    ///
    /// # Errors
    /// This zb does not read what another wrote.
    pub fn export(&self, schedule: &ScheduleId, secrets: Secrets) -> Result<String, BadInput> {
        show::file(&self.file(schedule), secrets)
    }

    fn file(&self, schedule: &ScheduleId) -> TomlText {
        TomlText::stored(&format!("stored job {schedule}"), self.0.expose().to_owned())
    }
}

/// What an export has in the places of secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// Masks: the file can be imported onto the same job, and nowhere else.
    Masked,
    /// The secrets themselves.
    Shown,
}
