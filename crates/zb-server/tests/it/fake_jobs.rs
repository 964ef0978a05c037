//! Jobs for the tests of routes: a document is its own definition, and a runner that remembers what it was asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_bus::{Bus, Version};
use hook_core::{
    JobId, MASK, OrganizationId, Phase, RunEvent, RunStatus, ScheduleId, Secret, event::Trigger,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;
use zb_server::{
    CheckedJob, CheckedRepository, Fault, FieldError, FileProblem, HookAnswer, HookRefused, JobDocument,
    JobFacts, JobForms, ManagedBy, NotRead, Reading, RepositoryCheck, RepositoryNamed, RunRefused, Runner,
    SchedulePreview, Timing,
};

use crate::{told::Told, world::World};

/// Every member of a job, as it is sent.
pub(crate) fn job(name: &str) -> Value {
    json!({"scheduleId": format!("sched_{name}"), "organizationId": null, "name": name, "sourcePath": format!("/srv/{name}"),
        "enabled": true,
        "repository": {"repositoryId": null, "url": "/backups/repo", "password": "pw", "passwordFile": null,
            "passwordEnv": null, "passwordCommand": null, "env": {}},
        "schedule": null, "timezone": null, "missed": "run-once", "tags": [], "exclude": [], "excludeIfPresent": [],
        "oneFileSystem": false, "compression": "auto", "priority": "normal", "preflight": "basic", "resticFlags": [],
        "retries": 0, "retryDelayMs": 900_000, "lockWaitMs": 0, "retention": null,
        "webhooks": {"pre": null, "post": null}})
}

/// A world with jobs, and what its runner remembers.
pub(crate) fn world() -> (World, Arc<Fakes>) {
    let mut world = World::empty();
    let fakes = Arc::new(Fakes::default());
    world.service.forms = Arc::new(Forms);
    let bus = world.service.bus.clone();
    world.service.runner = Arc::new(FakeRunner { fakes: Arc::clone(&fakes), bus });
    (world, fakes)
}

/// What the runner was asked, and what it answers.
#[derive(Default)]
pub(crate) struct Fakes {
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) refuses: Mutex<Option<RunRefused>>,
    pub(crate) problem: Mutex<Option<&'static str>>,
    /// The process dies at the start of a run: with `true` after it is on disk as queued.
    pub(crate) dies: Mutex<Option<bool>>,
    pub(crate) died: Notify,
}

impl Fakes {
    fn ask(&self, what: String) -> Result<(), RunRefused> {
        self.asked.lock().unwrap().push(what);
        self.refuses.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    /// It never comes back, as a process that is dead.
    async fn die(&self) {
        self.died.notify_one();
        std::future::pending::<()>().await;
    }

    pub(crate) fn refuse(&self, refused: Option<RunRefused>) {
        *self.refuses.lock().unwrap() = refused;
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

struct FakeRunner {
    fakes: Arc<Fakes>,
    bus: Bus<RunEvent>,
}

#[async_trait]
impl Runner for FakeRunner {
    async fn start(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        fresh: JobId,
        trigger: Trigger,
        by: &str,
    ) -> Result<JobId, RunRefused> {
        self.fakes.ask(format!("start {organization} {schedule} {trigger:?} {by}"))?;
        let run = Told {
            job: fresh.clone(),
            schedule: schedule.clone(),
            organization: organization.clone(),
            trigger,
        };
        let first = RunEvent { job: fresh.clone(), schedule: schedule.clone(), event: run.queued() };
        let dies = *self.fakes.dies.lock().unwrap();
        if dies == Some(false) {
            self.fakes.die().await;
        }
        self.bus.publish(&fresh.as_str().into(), Version::EMPTY, vec![first]).await.unwrap();
        if dies == Some(true) {
            self.fakes.die().await;
        }
        Ok(fresh)
    }

    fn timing(&self, _: &OrganizationId, schedule: &ScheduleId) -> Timing {
        let next_run_at =
            (schedule.as_str() == "sched_a").then(|| Timestamp::from_second(1_800_000_000).unwrap());
        Timing { next_run_at, overdue_since: None }
    }

    fn managed_by(&self, _: &OrganizationId, schedule: &ScheduleId) -> Option<ManagedBy> {
        (schedule.as_str() == "sched_file").then(|| ManagedBy { file: "f.toml".to_owned(), error: None })
    }

    fn file_problems(&self) -> Vec<FileProblem> {
        vec![FileProblem { file: "x.toml".to_owned(), line: Some(3), error: "bad".to_owned() }]
    }

    async fn cancel(&self, _: &JobId, _: &str) -> Result<(), RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn test_hook(
        &self,
        _: &OrganizationId,
        schedule: &ScheduleId,
        phase: Phase,
        status: RunStatus,
    ) -> Result<HookAnswer, HookRefused> {
        self.fakes.ask(format!("test {schedule} {phase} {status}")).map_err(HookRefused::Refused)?;
        if schedule.as_str() == "sched_b" {
            return Err(HookRefused::NoSuchHook);
        }
        let attempt = json!({"attempt": 1, "startedAt": "2026-11-24T01:00:00Z", "durationMs": 7,
            "outcome": "rejected", "httpStatus": 500, "error": "no", "response": "x"});
        let result = json!({"webhookId": "msg_1", "origin": "http://hooks:9000", "attempts": [attempt]});
        Ok(HookAnswer { job_id: JobId::from_parts(9, [0; 10]), result })
    }

    async fn clear_test(&self, _: &OrganizationId, schedule: &ScheduleId) -> Result<(), RunRefused> {
        self.fakes.ask(format!("clear {schedule}"))
    }

    async fn send_post_again(&self, _: &JobId) -> Result<HookAnswer, RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn clear(&self, _: &JobId, _: &str) -> Result<(), RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn look_at_repository(&self, definition: &str, init: bool) -> RepositoryCheck {
        let definition: Value = serde_json::from_str(definition).unwrap();
        let _ = self.fakes.ask(format!("look {} {init}", definition["repository"]["url"]));
        RepositoryCheck {
            problem: *self.fakes.problem.lock().unwrap(),
            detail: "words".to_owned(),
            exit_code: Some(0),
        }
    }
}

struct Forms;

impl Forms {
    fn value(definition: &str) -> Result<Value, String> {
        serde_json::from_str(definition).map_err(|error| error.to_string())
    }
}

impl JobForms for Forms {
    fn show(&self, definition: &str) -> Result<Value, String> {
        let mut shown = Self::value(definition)?;
        if shown["repository"]["password"].is_string() {
            shown["repository"]["password"] = json!(MASK);
        }
        Ok(shown)
    }

    fn export(&self, definition: &str) -> Result<String, String> {
        Ok(format!("name = {}\n", Self::value(definition)?["name"]))
    }

    fn facts(&self, definition: &str) -> Result<JobFacts, String> {
        let job = Self::value(definition)?;
        let url = job["repository"]["url"].as_str().unwrap_or_default().to_owned();
        Ok(JobFacts {
            source: job["sourcePath"].as_str().unwrap_or_default().to_owned(),
            shown_url: url.clone(),
            enabled: job["enabled"] == true,
            repository: CheckedRepository {
                url: url.into(),
                definition: json!({"repository": job["repository"]}).to_string().into(),
            },
        })
    }

    fn read(&self, document: &JobDocument, reading: Reading<'_>) -> Result<CheckedJob, NotRead> {
        let mut job = match document {
            JobDocument::Json(job) => job.clone(),
            JobDocument::Toml(text) => match text.strip_prefix("name = ") {
                Some(name) => job(name.trim()),
                None => return Err(NotRead::Malformed("the body is no TOML: line 1".to_owned())),
            },
        };
        let mut faults = Vec::new();
        let id = job["scheduleId"].as_str().map(ToOwned::to_owned);
        let own = reading.schedule.map(ToString::to_string);
        if id.is_some() && own.is_some() && id != own {
            faults.push(FieldError::new("/scheduleId", "is another job's"));
        }
        if job["organizationId"].as_str().is_some_and(|id| id != reading.organization.as_str()) {
            faults.push(FieldError::new("/organizationId", "is another's"));
        }
        let name = job["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            faults.push(FieldError::new("/name", "is missing"));
        }
        if job["repository"]["url"] == "" {
            faults.push(FieldError::new("/repository/url", "is empty"));
        }
        if let Some(roots) = reading.roots
            && !roots.iter().any(|root| job["sourcePath"].as_str().unwrap_or_default().starts_with(root))
        {
            faults.push(FieldError::new("/sourcePath", "lies outside"));
        }
        if let Some(known) = reading.repository {
            job["repository"] = Self::value(known).unwrap()["repository"].clone();
        } else if job["repository"]["password"] == MASK {
            faults.push(FieldError::new("/repository/password", "holds a mask"));
        }
        if !faults.is_empty() {
            return Err(NotRead::Invalid(faults));
        }
        let schedule = id.or(own).unwrap_or_else(|| format!("sched_{name}"));
        job["scheduleId"] = json!(schedule);
        job["organizationId"] = json!(reading.organization);
        job.as_object_mut().unwrap().remove("state");
        Ok(CheckedJob {
            schedule_id: schedule.parse().unwrap(),
            organization_id: reading.organization.clone(),
            enabled: job["enabled"] == true,
            definition: job.to_string().into(),
            name,
        })
    }

    fn repository_named(&self, document: &JobDocument) -> RepositoryNamed {
        let JobDocument::Json(job) = document else { return RepositoryNamed::default() };
        let text = |key| job["repository"][key].as_str().map(ToOwned::to_owned);
        RepositoryNamed { id: text("repositoryId"), url: text("url") }
    }

    fn read_repository(&self, document: &Value, reading: Reading<'_>) -> Result<CheckedRepository, Fault> {
        let mut repository = job("x")["repository"].clone();
        for (name, value) in document.as_object().unwrap().iter().filter(|(name, _)| *name != "state") {
            repository[name] = value.clone();
        }
        if repository["url"] == "" {
            return Err(vec![FieldError::new("/url", "is empty")]);
        }
        if repository["password"] == MASK {
            let Some(stored) = reading.stored else {
                return Err(vec![FieldError::new("/password", "holds a mask")]);
            };
            repository["password"] = Self::value(stored).unwrap()["repository"]["password"].clone();
        }
        Ok(CheckedRepository {
            url: repository["url"].as_str().unwrap().to_owned().into(),
            definition: json!({"repository": repository}).to_string().into(),
        })
    }

    fn with_repository(&self, job: &str, repository: &str) -> Result<Secret, String> {
        let (mut job, repository) = (Self::value(job)?, Self::value(repository)?);
        job["repository"] = repository["repository"].clone();
        Ok(job.to_string().into())
    }

    fn preview(
        &self,
        schedule: &str,
        timezone: Option<&str>,
        now: Timestamp,
    ) -> Result<SchedulePreview, Fault> {
        let mut faults = Vec::new();
        for (field, is_bad) in [("?schedule", schedule == "bad"), ("?timezone", timezone == Some("bad"))] {
            faults.extend(is_bad.then(|| FieldError::new(field, "is bad")));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let timezone = timezone.unwrap_or("UTC").to_owned();
        Ok(SchedulePreview { text: "Every day".to_owned(), timezone, times: vec![now] })
    }
}
