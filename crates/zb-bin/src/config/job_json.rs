//! Jobs as `api.md` §3 has them: between the definition that is kept and the documents that people read and write.

mod document;
mod faults;
mod keys;
mod known;
mod over_http;
mod places;
mod preview;
mod read;
mod write;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hook_core::{AllowedOrigins, Phase, Secret};
use jiff::Timestamp;
use serde_json::{Value, json};
use toml::Table;
use zb_server::{
    CheckedJob, CheckedRepository, Fault, FieldError, JobDocument, JobFacts, JobForms, NotRead, Reading,
    RepositoryNamed, SchedulePreview,
};

pub use self::places::outside;
use super::{
    BadInput, Definition, JOB_KEYS, Job, Secrets, TomlText,
    definition::{printed, values},
};

/// Reads and shows jobs by the settings of this zb.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the settings that a job is checked against")]
pub struct Forms {
    /// The deadline of a hook that names none.
    pub timeout: Duration,
    /// Where hooks may go.
    pub allowed: Arc<AllowedOrigins>,
    /// Where no file reference may lead.
    pub data_dir: PathBuf,
}

impl JobForms for Forms {
    fn show(&self, definition: &str) -> Result<Value, String> {
        Ok(write::job(&shown(definition, Secrets::Masked)?))
    }

    fn export(&self, definition: &str) -> Result<String, String> {
        shown(definition, Secrets::Masked).map(|job| printed(&job))
    }

    fn facts(&self, definition: &str) -> Result<JobFacts, String> {
        let (job, masked) = (shown(definition, Secrets::Shown)?, shown(definition, Secrets::Masked)?);
        let text =
            |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let url = |job: &Table| text(job.get("repository").and_then(|table| table.get("url")));
        Ok(JobFacts {
            source: text(job.get("source")),
            enabled: job.get("enabled").and_then(toml::Value::as_bool).unwrap_or(true),
            shown_url: url(&masked),
            repository: CheckedRepository {
                url: url(&job).into(),
                definition: known::alone(&job).to_string().into(),
            },
        })
    }

    fn read(&self, document: &JobDocument, reading: Reading<'_>) -> Result<CheckedJob, NotRead> {
        let draft = document::Draft::of(document)?;
        let (definition, job) = self.checked(draft, reading).map_err(NotRead::Invalid)?;
        Ok(CheckedJob {
            schedule_id: job.schedule_id,
            organization_id: job.organization,
            name: job.name,
            enabled: job.enabled,
            definition: definition.text().clone(),
        })
    }

    fn repository_named(&self, document: &JobDocument) -> RepositoryNamed {
        match document {
            JobDocument::Json(job) => {
                let text = |key| job["repository"][key].as_str().map(ToOwned::to_owned);
                RepositoryNamed { id: text("repositoryId"), url: text("url") }
            }
            JobDocument::Toml(text) => {
                let url = |job: Table| Some(job.get("repository")?.get("url")?.as_str()?.to_owned());
                RepositoryNamed { id: None, url: text.parse().ok().and_then(url) }
            }
        }
    }

    fn read_repository(&self, document: &Value, reading: Reading<'_>) -> Result<CheckedRepository, Fault> {
        let prefix = "/repository";
        let below = |mut fault: FieldError| {
            if let Some(field) = fault.field.strip_prefix(prefix) {
                fault.field = field.to_owned();
            }
            fault
        };
        let mut alone = document.clone();
        if let Some(members) = alone.as_object_mut() {
            members.remove("state");
        }
        let job = JobDocument::Json(json!({"name": "x", "sourcePath": "/", "repository": alone}));
        let read = document::Draft::of(&job).map_err(|_| Vec::new());
        let read = read.and_then(|draft| self.checked(draft, reading));
        let (definition, job) = read.map_err(|faults| faults.into_iter().map(below).collect::<Fault>())?;
        let unread = |reason: String| vec![FieldError::new("", reason)];
        let table = shown(definition.text().expose(), Secrets::Shown).map_err(unread)?;
        Ok(CheckedRepository {
            url: job.repository.url.expose().to_owned().into(),
            definition: known::alone(&table).to_string().into(),
        })
    }

    fn with_repository(&self, job: &str, repository: &str) -> Result<Secret, String> {
        let (mut job, known) = (values_of(job)?, values_of(repository)?);
        known::put(&mut job, &known);
        Ok(job.to_string().into())
    }

    fn preview(
        &self,
        schedule: &str,
        timezone: Option<&str>,
        now: Timestamp,
    ) -> Result<SchedulePreview, Fault> {
        preview::of(schedule, timezone, now)
    }
}

impl Forms {
    /// A definition of a draft, or all that is wrong with it, in its order.
    fn checked(
        &self,
        mut draft: document::Draft<'_>,
        reading: Reading<'_>,
    ) -> Result<(Definition, Job), Fault> {
        let unread = |reason: String| vec![FieldError::new("", reason)];
        let stored = reading.stored.map(stored_text);
        let there = stored.as_ref().map(TomlText::to_table).transpose();
        let there = there.map_err(|error| unread(error.to_string()))?;
        draft.belongs_to(&reading);
        if let Some(known) = reading.repository {
            draft.takes_repository(
                &values_of(known).map_err(unread)?,
                &shown(known, Secrets::Masked).map_err(unread)?,
            );
        }
        let stored_at = |path: &[&str]| {
            let mut tables = there.as_ref()?;
            let (key, path) = path.split_last()?;
            for name in path {
                tables = tables.get(*name)?.as_table()?;
            }
            tables.get(*key)?.as_str().map(ToOwned::to_owned)
        };
        let text = TomlText::stored("the job", draft.table.to_string());
        let read = faults::all(text, stored_at, |text| self.step(text, stored.as_ref(), &reading));
        draft.conclude(read.map(|(definition, job, _)| (definition, job)))
    }

    /// Reads up to the first fault of form; then everything is told that a job of good form may not say.
    fn step(
        &self,
        text: &TomlText,
        stored: Option<&TomlText>,
        reading: &Reading<'_>,
    ) -> Result<faults::Read, BadInput> {
        let whole = Definition::whole(text, stored)?;
        let document = whole.parse()?;
        let top = document.top(&JOB_KEYS)?;
        let stored = stored.map(TomlText::parse).transpose()?;
        let stored = stored.as_ref().map(|stored| stored.top(&JOB_KEYS)).transpose()?;
        over_http::check(&top, stored.as_ref(), reading)?;
        let job = Job::from_text(&whole, self.timeout)?;
        let definition = Definition::of(&whole, &job.schedule_id)?;
        let refused = self.refused(&job).chain(outside(&job, reading.roots, &self.data_dir));
        let refused = refused.map(|(key, reason)| BadInput::new(top.start(), reason).at(key)).collect();
        Ok((definition, job, refused))
    }

    /// The hooks that may not be sent.
    fn refused(&self, job: &Job) -> impl Iterator<Item = (Vec<String>, String)> {
        let hooks = [(Phase::Pre, &job.pre), (Phase::Post, &job.post)];
        hooks.into_iter().filter_map(|(phase, hook)| {
            let refused = self.allowed.permit_address(phase, hook.as_ref()?).err()?;
            let key = ["webhooks", phase.as_str(), "url"].map(ToOwned::to_owned).to_vec();
            Some((key, refused.to_string()))
        })
    }
}

fn stored_text(definition: &str) -> TomlText {
    TomlText::stored("the stored job", definition.to_owned())
}

fn values_of(definition: &str) -> Result<Table, String> {
    stored_text(definition).to_table().map_err(|error| error.to_string())
}

fn shown(definition: &str, secrets: Secrets) -> Result<Table, String> {
    values(&stored_text(definition), secrets).map_err(|error| error.to_string())
}
