//! Backups and runs to look at: a day in the life of a service, for the tests of the pages and for the example.

use std::{
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use event_bus::{Bus, StreamId, Version};
use hook_core::{
    JobId, OrganizationId, Phase, Progress, RunEvent, RunStatus, ScheduleId, Secret, event::Trigger,
};
use jiff::Timestamp;
use job_store::{Expected, NewDestination, NewJob, PutJob, Store, testing::Sample};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zb_server::{
    CheckedJob, CheckedRepository, ConfiguredDestination, Fault, FieldError, HookAnswer, HookRefused,
    JobDocument, JobFacts, JobForms, Limits, Messenger, Need, NeedKind, NotRead, Reading, RepositoryCheck,
    RepositoryNamed, RunRefused, Runner, SchedulePreview, ServerSettings, Service, Surroundings, Timing,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What no page may show.
pub(crate) const SECRET: &str = "hunter2-hunter2";

/// 2026-11-24T08:41:00Z, in milliseconds: when the pages are looked at.
pub(crate) const NOW: i64 = 1_795_509_660_000;

const MASK: &str = "••••••••";

/// A service with its backups and runs, on a directory.
pub(crate) async fn service(dir: &Path) -> Result<Service> {
    let hands = Arc::new(AtomicI64::new(NOW));
    let clock = {
        let hands = Arc::clone(&hands);
        Arc::new(move || Timestamp::from_millisecond(hands.load(Ordering::Relaxed)).unwrap_or_default())
    };
    let store = Arc::new(Store::open(dir, clock.clone())?);
    let settings = ServerSettings { timezone: Some("Europe/Madrid".to_owned()), ..ServerSettings::default() };
    let post = Post { store: Arc::clone(&store), count: AtomicU64::new(0) };
    let service = Service {
        bus: Bus::new(Arc::clone(&store) as _),
        store,
        forms: Arc::new(Forms),
        runner: Arc::new(Runs),
        messenger: Arc::new(post),
        settings: Arc::new(settings),
        limits: Arc::new(Limits::default()),
        around: Surroundings {
            clock,
            random: Arc::new(random()),
            metrics: Arc::new(|_| String::new()),
            scheduler_is_alive: Arc::new(|| true),
            is_shutting_down: Arc::new(|| false),
        },
        ending: CancellationToken::new(),
    };
    fill(&service, &hands).await?;
    hands.store(NOW, Ordering::Relaxed);
    Ok(service)
}

/// The id of the number-th run that is told.
pub(crate) fn run(number: u8) -> JobId {
    JobId::from_parts(1_795_000_000_000 + u64::from(number), [number; 10])
}

/// Numbers that differ, and differ in no other way from run to run.
fn random() -> impl Fn(&mut [u8]) + Send + Sync {
    let state = AtomicU64::new(7);
    move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let mut z = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&(z ^ (z >> 27)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// What is told of a run: seconds after its beginning, and the event without its ids.
type Told<'a> = [(f64, &'a str)];

const NO_HOOKS: &str = r#""hooks":{}"#;
const BOTH: &str = r#""hooks":{"pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}}"#;
const CHECKED: (f64, &str) = (0.2, r#""type":"checks.finished","durationMs":180,"resticVersion":"0.19.1""#);
const PRE: (f64, &str) = (
    0.2,
    r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"msg_1_pre","origin":"http://host.docker.internal:9000""#,
);
const PRE_OK: (f64, &str) = (
    3.6,
    r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":3400,"response":"postgres\n""#,
);
const RESTIC: (f64, &str) = (3.6, r#""type":"restic.started","resticVersion":"0.19.1""#);
const SAVED: &str = r#""type":"restic.finished","outcome":"complete","exitCode":0,"snapshotId":"9f3c21ab77aa","summary":{"filesNew":118,"filesChanged":2304,"filesUnmodified":38786,"bytesAdded":327155712,"totalFiles":41208,"totalBytes":14602888806}"#;
const POST: &str = r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"msg_1_post","origin":"http://host.docker.internal:9000","status":"success""#;
const POST_OK: &str = r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":1100,"response":"<started>\n""#;

/// A phone that hears of most, and a chat that takes nothing.
async fn fill_destinations(service: &Service) -> Result<()> {
    let phone = json!({"kind": "ntfy", "on": ["warning", "error", "never-started"], "jobs": null,
                       "settings": {"url": "https://ntfy.sh/zb", "token": SECRET}});
    let chat = json!({"kind": "slack", "on": ["error"], "jobs": ["sched_nextcloud"],
                      "settings": {"url": format!("https://hooks.slack.com/services/{SECRET}")}});
    for (id, name, definition) in [("dest_phone", "Ana, phone", phone), ("dest_chat", "Team <chat>", chat)] {
        let new = NewDestination {
            id: id.to_owned(),
            organization: OrganizationId::default(),
            name: name.to_owned(),
            enabled: true,
            definition: definition.to_string().into(),
        };
        let _ = service.store.put_destination(new, Expected::Absent).await?;
    }
    let job = run(1).to_string();
    let about = Some(("error", "sched_nextcloud", &*job));
    for (number, destination, error) in
        [(1, "dest_phone", None), (2, "dest_chat", Some("slack https://hooks.slack.com answered HTTP 404"))]
    {
        let (id, at) = (format!("dlv_{number}"), Timestamp::from_millisecond(NOW - 60_000 * number)?);
        let delivery = Sample { id: &id, destination, about, at, error, waits: false };
        service.store.deliver(delivery).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The jobs, and the runs of the numbers that [`run`] names.
async fn fill(service: &Service, hands: &AtomicI64) -> Result<()> {
    fill_destinations(service).await?;
    for (id, name, source, hooks, enabled) in [
        ("postgres", "postgres data", "/data", true, true),
        ("nextcloud", "nextcloud", "/srv/nextcloud/data", true, true),
        ("photos", "photos", "/tank/photos", false, true),
        ("paperless", "paperless", "/srv/paperless", true, true),
        ("gitea", "gitea & <friends>", "/var/lib/gitea", true, true),
        ("old", "old laptop", "/srv/old", false, false),
    ] {
        keep(service, id, name, source, hooks, enabled).await?;
    }
    let one =
        async |number: u8, id: &str, minutes_ago: i64, hooks: &str, retention: bool, told: &Told<'_>| {
            let begin = NOW - minutes_ago * 60_000;
            tell(service, hands, number, id, begin, hooks, retention, told).await
        };
    // Good ones before: a usual pause is known.
    for number in 10..16 {
        let ago = 1440 * i64::from(16 - number);
        let told = [
            CHECKED,
            PRE,
            PRE_OK,
            RESTIC,
            (243.0, SAVED),
            (243.0, POST),
            (244.1, POST_OK),
            (244.2, r#""type":"retention.started""#),
            (250.0, r#""type":"retention.finished","kept":34,"removed":1"#),
            (
                250.1,
                r#""type":"run.finished","status":"success","snapshotId":"9f3c21ab77aa","durationMs":250100,"pauseMs":239400"#,
            ),
        ];
        one(number, "postgres", ago + 461, BOTH, true, &told).await?;
    }
    // 1: the post hook failed.
    one(1, "postgres", 461, BOTH, true, &[
        CHECKED, PRE, PRE_OK, RESTIC, (255.9, SAVED), (255.9, POST),
        (257.0, r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"rejected","httpStatus":500,"durationMs":1100,"error":"post webhook returned HTTP 500","response":"Error response from daemon: driver failed programming external connectivity on endpoint postgres: Bind for 0.0.0.0:5432 failed: port is already allocated\nError: failed to start containers: postgres\n""#),
        (257.0, r#""type":"retention.started""#), (268.0, r#""type":"retention.finished","kept":34,"removed":1"#),
        (268.0, r#""type":"run.finished","status":"warning","error":"post webhook returned HTTP 500","snapshotId":"9f3c21ab77aa","durationMs":268000,"pauseMs":252300"#),
    ]).await?;
    // 2: it runs.
    one(2, "nextcloud", 3, BOTH, true, &[CHECKED, PRE, PRE_OK, RESTIC]).await?;
    // 3: no hooks, and a wrong password.
    one(3, "photos", 341, NO_HOOKS, false, &[
        CHECKED, (0.2, r#""type":"restic.started","resticVersion":"0.19.1""#),
        (1.3, r#""type":"restic.finished","outcome":"failed","exitCode":12,"stderr":"Fatal: wrong password or no key found","error":"wrong repository password""#),
        (1.3, r#""type":"run.finished","status":"error","error":"wrong repository password","durationMs":1300"#),
    ]).await?;
    // 4: zb died.
    one(4, "paperless", 1841, BOTH, true, &[
        CHECKED, PRE, (2.0, r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":1800"#),
        (2.0, r#""type":"restic.started","resticVersion":"0.19.1""#),
        (41.0, r#""type":"run.interrupted","by":"guardian""#), (41.0, r#""type":"orphans.ended","count":0"#),
        (41.0, POST), (42.4, POST_OK),
        (42.6, r#""type":"run.finished","status":"error","error":"interrupted: zb died","durationMs":42600,"pauseMs":39000"#),
    ]).await?;
    // 5: the pre hook was rejected.
    one(5, "paperless", 401, BOTH, true, &[
        CHECKED, PRE,
        (4.2, r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"rejected","httpStatus":503,"durationMs":4000,"error":"pre webhook returned HTTP 503","response":"<b>not now</b>\n2\n3\n4\n5\n6\n7\n""#),
        (4.3, r#""type":"run.finished","status":"error","error":"pre webhook returned HTTP 503","durationMs":4300"#),
    ]).await?;
    // 6: good, without hooks.
    one(
        6,
        "gitea",
        41,
        NO_HOOKS,
        true,
        &[
            CHECKED,
            (0.2, r#""type":"restic.started","resticVersion":"0.19.1""#),
            (8.6, SAVED),
            (8.7, r#""type":"retention.started""#),
            (9.3, r#""type":"retention.finished","kept":1,"removed":0"#),
            (
                9.4,
                r#""type":"run.finished","status":"success","snapshotId":"9f3c21ab77aa","durationMs":9400"#,
            ),
        ],
    )
    .await?;
    // 7: cancelled.
    one(7, "gitea", 241, BOTH, true, &[
        CHECKED, PRE, PRE_OK, RESTIC, (60.0, r#""type":"cancel.requested","by":"ana""#),
        (73.0, r#""type":"restic.finished","outcome":"cancelled","exitCode":130"#), (73.0, POST), (74.1, POST_OK),
        (74.2, r#""type":"run.finished","status":"cancelled","error":"cancelled","durationMs":74200,"pauseMs":69400"#),
    ]).await?;
    // 8: no answer to the pre hook.
    one(8, "gitea", 341, BOTH, false, &[
        CHECKED, PRE,
        (60.2, r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"no-answer","durationMs":60000,"error":"pre webhook timed out after 60 s""#),
        (60.2, POST), (61.5, POST_OK),
        (61.5, r#""type":"run.finished","status":"error","error":"pre webhook timed out after 60 s","durationMs":61500"#),
    ]).await?;
    // 9: a check failed.
    one(9, "gitea", 641, BOTH, false, &[
        (0.1, r#""type":"checks.finished","durationMs":80,"error":"pre webhook URL origin is not allowed. Add http://host:9000 to WEBHOOK_ALLOWED_ORIGINS.""#),
        (0.2, r#""type":"run.finished","status":"error","error":"pre webhook URL origin is not allowed. Add http://host:9000 to WEBHOOK_ALLOWED_ORIGINS.","durationMs":200"#),
    ]).await?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "what is told of a run")]
async fn tell(
    service: &Service,
    hands: &AtomicI64,
    number: u8,
    id: &str,
    begin: i64,
    hooks: &str,
    retention: bool,
    told: &Told<'_>,
) -> Result<()> {
    let (run, schedule) = (run(number), format!("sched_{id}"));
    let name =
        service.store.find_jobs(&schedule).await?.first().map(|job| job.name.clone()).unwrap_or_default();
    let name = json!(name);
    let queued = format!(
        r#""type":"run.queued","organizationId":"org_default","jobName":{name},"sourcePath":"/data","trigger":"schedule","attempt":1,{hooks},"retention":{retention},"machine":1"#
    );
    let stream = StreamId::from(run.as_str());
    let mut version = Version::default();
    for (seconds, text) in std::iter::once((0.0, &*queued)).chain(told.iter().copied()) {
        hands.store(begin + (seconds * 1000.0) as i64, Ordering::Relaxed);
        let event: RunEvent =
            serde_json::from_str(&format!(r#"{{"jobId":"{run}","scheduleId":"{schedule}",{text}}}"#))?;
        let recorded = service.bus.publish(&stream, version, vec![event]).await?;
        version = recorded.last().map_or(version, |last| last.version);
    }
    Ok(())
}

async fn keep(
    service: &Service,
    id: &str,
    name: &str,
    source: &str,
    hooks: bool,
    enabled: bool,
) -> Result<()> {
    let hook = |what: &str| {
        json!({"url": format!("http://host.docker.internal:9000/hooks/{what}-{id}"),
            "headers": format!("X-Zerobyte-Hook-Secret: {SECRET}"), "headersFrom": {}, "body": "",
            "payload": "default", "insecureTls": false, "caFile": null,
            "rejectBody": "Hook rules were not satisfied.", "attempts": 1, "timeoutMs": null,
            "signingSecret": null})
    };
    let mut post = hook("start");
    post["when"] = json!("paired");
    let document = json!({"scheduleId": format!("sched_{id}"), "organizationId": "org_default", "name": name,
        "sourcePath": source, "enabled": enabled,
        "repository": {"repositoryId": null, "url": "/backups/repo", "password": SECRET, "passwordFile": null,
            "passwordEnv": null, "passwordCommand": null, "env": {}},
        "schedule": "0 2 * * *", "timezone": "Europe/Madrid", "missed": "run-once", "tags": [id], "exclude": [],
        "excludeIfPresent": [], "oneFileSystem": false, "compression": "auto", "priority": "normal",
        "preflight": "basic", "resticFlags": [], "retries": 0, "retryDelayMs": 900_000, "lockWaitMs": 0,
        "retention": {"keepLast": null, "keepHourly": null, "keepDaily": 14, "keepWeekly": null,
            "keepMonthly": null, "keepYearly": null, "prune": true},
        "webhooks": {"pre": if hooks { hook("stop") } else { Value::Null },
            "post": if hooks { post } else { Value::Null }}});
    let new = NewJob {
        organization: OrganizationId::default(),
        schedule: format!("sched_{id}").parse()?,
        name: name.to_owned(),
        definition: document.to_string().into(),
        by: Some("ana".to_owned()),
    };
    match service.store.put_job(new, Expected::Any).await? {
        PutJob::Kept { .. } => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// Keeps jobs as the JSON of `api.md` §3, with its secrets in clear.
pub(crate) struct Forms;

impl JobForms for Forms {
    fn show(&self, definition: &str) -> std::result::Result<Value, String> {
        let mut shown: Value = serde_json::from_str(definition).map_err(|error| error.to_string())?;
        mask(&mut shown);
        Ok(shown)
    }

    fn export(&self, definition: &str) -> std::result::Result<String, String> {
        let shown = self.show(definition)?;
        Ok(format!("name = {}\n", shown["name"]))
    }

    fn facts(&self, definition: &str) -> std::result::Result<JobFacts, String> {
        let shown = self.show(definition)?;
        let text =
            |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let url: Secret = text("/repository/url").into();
        Ok(JobFacts {
            source: text("/sourcePath"),
            repository: CheckedRepository { url, definition: definition.to_owned().into() },
            shown_url: text("/repository/url"),
            enabled: shown["enabled"] == true,
        })
    }

    fn read(&self, document: &JobDocument, reading: Reading<'_>) -> std::result::Result<CheckedJob, NotRead> {
        let JobDocument::Json(value) = document else {
            return Err(NotRead::Malformed("line 1: only JSON here".to_owned()));
        };
        let mut faults = Vec::new();
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if text("/name").is_empty() {
            faults.push(FieldError::new("/name", "it is needed"));
        }
        if !text("/sourcePath").starts_with('/') {
            faults.push(FieldError::new("/sourcePath", "it is an absolute path"));
        }
        for phase in ["pre", "post"] {
            let hook = &value["webhooks"][phase];
            if hook.is_object() && hook["url"].as_str().unwrap_or_default().is_empty() {
                faults.push(FieldError::new(format!("/webhooks/{phase}/url"), "it is needed"));
            }
            if hook["url"].as_str().is_some_and(|url| url.contains("elsewhere")) {
                let reason = format!(
                    "{phase} webhook URL origin is not allowed. Add http://elsewhere:9000 to WEBHOOK_ALLOWED_ORIGINS."
                );
                faults.push(FieldError::new(format!("/webhooks/{phase}/url"), reason));
            }
            if hook["headers"].as_str().unwrap_or_default().lines().any(|line| !line.contains(": ")) {
                let mut fault =
                    FieldError::new(format!("/webhooks/{phase}/headers"), "line 2: there is no colon");
                fault.line = Some(2);
                faults.push(fault);
            }
        }
        if !faults.is_empty() {
            return Err(NotRead::Invalid(faults));
        }
        let mut kept = value.clone();
        if let Some(stored) = reading.stored.and_then(|stored| serde_json::from_str::<Value>(stored).ok()) {
            unmask(&mut kept, &stored);
        }
        let derived = format!("sched_{}", text("/name").replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        let id = reading.schedule.map_or(derived, ToString::to_string);
        kept["scheduleId"] = json!(id);
        if let Some(known) = reading.repository.and_then(|known| serde_json::from_str::<Value>(known).ok()) {
            kept["repository"] = known["repository"].clone();
        }
        kept["repository"]["repositoryId"] = Value::Null;
        kept.as_object_mut().map(|members| members.remove("state"));
        Ok(CheckedJob {
            schedule_id: id.parse().map_err(|_| NotRead::Malformed("the name".to_owned()))?,
            organization_id: reading.organization.clone(),
            name: text("/name").to_owned(),
            enabled: kept["enabled"] == true,
            definition: kept.to_string().into(),
        })
    }

    fn repository_named(&self, document: &JobDocument) -> RepositoryNamed {
        let JobDocument::Json(value) = document else { return RepositoryNamed::default() };
        let member = |name: &str| value["repository"][name].as_str().map(str::to_owned);
        RepositoryNamed { id: member("repositoryId"), url: member("url") }
    }

    fn read_repository(&self, _: &Value, _: Reading<'_>) -> std::result::Result<CheckedRepository, Fault> {
        Err(Vec::new())
    }

    fn with_repository(&self, job: &str, _: &str) -> std::result::Result<Secret, String> {
        Ok(job.to_owned().into())
    }

    fn preview(
        &self,
        schedule: &str,
        timezone: Option<&str>,
        now: Timestamp,
    ) -> std::result::Result<SchedulePreview, Fault> {
        Ok(SchedulePreview {
            text: format!("By {schedule}"),
            timezone: timezone.unwrap_or("UTC").to_owned(),
            times: vec![now],
        })
    }
}

/// Puts the mask in the place of every secret.
fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace(SECRET, MASK),
        Value::Array(all) => all.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
        _ => {}
    }
}

/// Puts what is stored in the place of every mask.
fn unmask(value: &mut Value, stored: &Value) {
    match value {
        Value::String(text) if text.contains(MASK) => stored.as_str().unwrap_or_default().clone_into(text),
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| unmask(value, &stored[name])),
        _ => {}
    }
}

/// Sends to phones alone.
struct Post {
    store: Arc<Store>,
    count: AtomicU64,
}

#[async_trait]
impl Messenger for Post {
    fn check(&self, _: &OrganizationId, _: &str, settings: &Value) -> Fault {
        match settings["url"].as_str() {
            Some(url) if url.starts_with("https://elsewhere") => vec![FieldError::new(
                "/url",
                "notification URL origin is not allowed. Add https://elsewhere to WEBHOOK_ALLOWED_ORIGINS.",
            )],
            _ => Vec::new(),
        }
    }

    async fn test(
        &self,
        _: &OrganizationId,
        id: &str,
        definition: &str,
    ) -> std::result::Result<String, String> {
        let delivery = format!("dlv_test{}", self.count.fetch_add(1, Ordering::Relaxed));
        let at = Timestamp::from_millisecond(NOW).unwrap_or_default();
        let error = (!definition.contains("ntfy")).then_some("answered HTTP 404");
        let sample = Sample { id: &delivery, destination: id, about: None, at, error, waits: false };
        self.store.deliver(sample).await.map_err(|error| error.to_string())?;
        Ok(delivery)
    }

    fn configured(&self, _: &OrganizationId) -> Vec<ConfiguredDestination> {
        vec![ConfiguredDestination {
            name: "ops".to_owned(),
            address: "email smtps://mail.example.org to ops@example.org".to_owned(),
            on: vec!["error".to_owned(), "never-started".to_owned()],
            jobs: None,
        }]
    }
}

/// Starts nothing, and knows when things are due.
pub(crate) struct Runs;

#[async_trait]
impl Runner for Runs {
    async fn start(
        &self,
        _: &OrganizationId,
        schedule: &ScheduleId,
        _: JobId,
        _: Trigger,
        _: &str,
    ) -> std::result::Result<JobId, RunRefused> {
        match schedule.as_str() {
            "sched_nextcloud" => Err(RunRefused::AlreadyRunning(Some(run(2)))),
            "sched_postgres" => Ok(run(1)),
            _ => Ok(run(6)),
        }
    }

    fn timing(&self, _: &OrganizationId, schedule: &ScheduleId) -> Timing {
        let at = |ms: i64| Timestamp::from_millisecond(ms).ok();
        match schedule.as_str() {
            "sched_old" => Timing::default(),
            "sched_gitea" => {
                Timing { next_run_at: at(NOW + 1_140_000), overdue_since: at(NOW - 104_400_000) }
            }
            _ => Timing { next_run_at: at(NOW + 58_740_000), overdue_since: None },
        }
    }

    async fn needs(&self, organization: &OrganizationId) -> Vec<Need> {
        if *organization != OrganizationId::default() {
            return Vec::new();
        }
        let need = |kind, schedule: &str, text: &str| Need {
            kind,
            since: Timestamp::from_millisecond(NOW - 104_400_000).ok(),
            schedule: schedule.parse().ok(),
            job: None,
            file: None,
            text: text.to_owned(),
        };
        vec![
            need(NeedKind::Overdue, "sched_old", "It was due every day at 02:00, and has not started."),
            need(
                NeedKind::PausedByTest,
                "sched_nextcloud",
                "You tested the pre hook; the service is paused.",
            ),
        ]
    }

    fn progress(&self, job: &JobId) -> Option<watch::Receiver<Progress>> {
        let progress = Progress {
            percent_done: 0.62,
            files_done: 25_118,
            bytes_done: 9_019_431_321,
            total_files: 41_208,
            total_bytes: 14_602_888_806,
            seconds_remaining: Some(100),
            current_files: vec!["/srv/nextcloud/data/ana/files/Photos/2026/IMG_4410.HEIC".to_owned()],
        };
        (*job == run(2)).then(|| watch::channel(progress).1)
    }

    async fn cancel(&self, job: &JobId, _: &str) -> std::result::Result<(), RunRefused> {
        if *job == run(2) { Ok(()) } else { Err(RunRefused::Finished) }
    }

    async fn test_hook(
        &self,
        _: &OrganizationId,
        _: &ScheduleId,
        _: Phase,
        _: RunStatus,
    ) -> std::result::Result<HookAnswer, HookRefused> {
        Ok(answer(500))
    }

    async fn clear_test(&self, _: &OrganizationId, _: &ScheduleId) -> std::result::Result<(), RunRefused> {
        Err(RunRefused::NotOwed)
    }

    async fn send_post_again(&self, job: &JobId) -> std::result::Result<HookAnswer, RunRefused> {
        if *job == run(1) { Ok(answer(200)) } else { Err(RunRefused::NotOwed) }
    }

    async fn clear(&self, job: &JobId, _: &str) -> std::result::Result<(), RunRefused> {
        if *job == run(1) { Ok(()) } else { Err(RunRefused::NotOwed) }
    }

    async fn look_at_repository(&self, _: &str, _: bool) -> RepositoryCheck {
        RepositoryCheck { problem: None, detail: String::new(), exit_code: Some(0) }
    }
}

fn answer(status: u16) -> HookAnswer {
    let outcome = if status == 200 { "ok" } else { "rejected" };
    let attempt = json!({"attempt": 1, "startedAt": "2026-11-24T08:41:00Z", "durationMs": 900, "outcome": outcome,
        "httpStatus": status, "error": null, "response": "said <this>\n"});
    let origin = "http://host.docker.internal:9000";
    HookAnswer {
        job_id: run(1),
        result: json!({"webhookId": "msg_1", "origin": origin, "attempts": [attempt]}),
    }
}
