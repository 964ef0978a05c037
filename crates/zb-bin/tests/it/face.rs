//! The service's face in this process: the real routes, store and forms on a data directory of its own. It runs nothing and
//! tells nobody.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use async_trait::async_trait;
use event_bus::Bus;
use hook_core::{JobId, OrganizationId, Phase, RunStatus, ScheduleId, event::Trigger};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use job_store::{PutMember, Role, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use zb_server::{
    AddUser, ConfiguredDestination, Fault, FieldError, HookAnswer, HookRefused, Limits, Messenger, Peer,
    RepositoryCheck, RunRefused, Runner, ServerSettings, Service, Surroundings, router,
};

use crate::job_json::forms;

/// 2026-11-24T01:00:00Z, in seconds.
const BEGINNING: i64 = 1_795_482_000;

/// A service, and the session of its first operator, `ana`.
pub(crate) struct Face {
    pub(crate) service: Service,
    cookie: String,
    outside: Outside,
}

/// What lives on when a service ends.
#[derive(Clone)]
struct Outside {
    dir: Arc<TempDir>,
    seconds: Arc<AtomicI64>,
    random: Arc<AtomicU64>,
}

impl Face {
    pub(crate) async fn new() -> Self {
        let outside = Outside {
            dir: Arc::new(tempfile::tempdir().unwrap()),
            seconds: Arc::new(BEGINNING.into()),
            random: Arc::default(),
        };
        let mut face = Self { service: outside.service(), cookie: String::new(), outside };
        let AddUser::Added(made) = face.service.accounts().add_user("ana", None).await.unwrap() else {
            unreachable!("nobody else is there");
        };
        let organization = OrganizationId::default();
        let put = face.service.store.put_member(&organization, "ana", Role::Owner).await.unwrap();
        assert!(matches!(put, PutMember::Added(_) | PutMember::Changed(_)), "{put:?}");
        let body = json!({"token": made.secret.expose(), "password": "correct horse battery staple"});
        let answer = face.ask("POST", "set-up", "", &body).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut face.cookie);
        face
    }

    /// This one ends, and another one starts on what is there.
    pub(crate) fn open_again(self) -> Self {
        let Self { service, cookie, outside } = self;
        drop(service);
        Self { service: outside.service(), cookie, outside }
    }

    /// A request below `/api/v1`, with an `If-Match` unless that is empty; a body of `null` is none. An hour goes by.
    pub(crate) async fn ask(&self, method: &str, path: &str, if_match: &str, body: &Value) -> Answer {
        self.outside.seconds.fetch_add(3600, Ordering::Relaxed);
        let mut request =
            Request::builder().method(method).uri(format!("/api/v1/{path}")).header("host", "zb");
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        if !if_match.is_empty() {
            request = request.header("if-match", if_match);
        }
        let mut text = String::new();
        if !body.is_null() {
            request = request.header("content-type", "application/json");
            text = body.to_string();
        }
        let request = request.extension(Peer(Some([127, 0, 0, 1].into()))).body(text).unwrap();
        let response = router(self.service.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Outside {
    fn service(&self) -> Service {
        let Self { dir, seconds, random } = self.clone();
        let clock = Arc::new(move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).unwrap());
        let store = Arc::new(Store::open(dir.path(), clock.clone()).unwrap());
        Service {
            bus: Bus::new(Arc::clone(&store) as _),
            store,
            forms: Arc::new(forms()),
            runner: Arc::new(Idle),
            messenger: Arc::new(Mute),
            settings: Arc::new(ServerSettings::default()),
            limits: Arc::new(Limits::default()),
            around: Surroundings {
                clock,
                random: Arc::new(move |bytes| bytes.fill_with(|| byte(&random))),
                metrics: Arc::new(|_| String::new()),
                scheduler_is_alive: Arc::new(|| true),
                is_shutting_down: Arc::new(|| false),
            },
            ending: CancellationToken::new(),
        }
    }
}

/// The next one of a sequence that is always the same: the highest of a congruential generator.
fn byte(state: &AtomicU64) -> u8 {
    let step = |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let before = state.update(Ordering::Relaxed, Ordering::Relaxed, step);
    step(before).to_be_bytes()[0]
}

/// Runs nothing.
struct Idle;

#[async_trait]
impl Runner for Idle {
    async fn start(
        &self,
        _: &OrganizationId,
        _: &ScheduleId,
        _: JobId,
        _: Trigger,
        _: &str,
    ) -> Result<JobId, RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn clear_test(&self, _: &OrganizationId, _: &ScheduleId) -> Result<(), RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn cancel(&self, _: &JobId, _: &str) -> Result<(), RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn test_hook(
        &self,
        _: &OrganizationId,
        _: &ScheduleId,
        _: Phase,
        _: RunStatus,
    ) -> Result<HookAnswer, HookRefused> {
        Err(HookRefused::NoSuchHook)
    }

    async fn send_post_again(&self, _: &JobId) -> Result<HookAnswer, RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn clear(&self, _: &JobId, _: &str) -> Result<(), RunRefused> {
        Err(RunRefused::NotFound)
    }

    async fn look_at_repository(&self, _: &str, _: bool) -> RepositoryCheck {
        RepositoryCheck { problem: Some("unreachable"), detail: String::new(), exit_code: None }
    }
}

/// Takes every destination that has an address, and tells nobody.
struct Mute;

#[async_trait]
impl Messenger for Mute {
    fn check(&self, _: &OrganizationId, _: &str, settings: &Value) -> Fault {
        let is_good = settings["url"].as_str().is_some_and(|url| url.starts_with("http"));
        if is_good { Fault::new() } else { vec![FieldError::new("/url", "is no address")] }
    }

    async fn test(&self, _: &OrganizationId, _: &str, _: &str) -> Result<String, String> {
        Err("it tells nobody".to_owned())
    }

    fn configured(&self, _: &OrganizationId) -> Vec<ConfiguredDestination> {
        Vec::new()
    }
}
