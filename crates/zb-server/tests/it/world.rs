//! What the tests share: a service with a clock that only the test moves, people, tokens and calls.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
};
use event_bus::Bus;
use hook_core::{JobId, OrganizationId, Phase, RunStatus, ScheduleId, Secret, event::Trigger};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use job_store::{PutMember, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use zb_server::{
    Accounts, AddUser, CheckedJob, CheckedRepository, ConfiguredDestination, Fault, HookAnswer, HookRefused,
    JobDocument, JobFacts, JobForms, Limits, Messenger, NotRead, Peer, Reading, RepositoryCheck,
    RepositoryNamed, Role, RunRefused, Runner, SchedulePreview, Scope, ServerSettings, Service, Surroundings,
    router,
};

use crate::contract;

/// 2026-11-24T01:00:00Z, in seconds.
const BEGINNING: i64 = 1_795_482_000;

/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A service on a data directory of its own.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) dir: TempDir,
    seconds: Arc<AtomicI64>,
}

impl World {
    /// With nothing in it: no account.
    pub(crate) fn empty() -> Self {
        Self::with(ServerSettings::default())
    }

    /// The same with settings.
    pub(crate) fn with(settings: ServerSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(BEGINNING));
        let clock = {
            let seconds = Arc::clone(&seconds);
            Arc::new(move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).unwrap())
        };
        let store = Arc::new(Store::open(dir.path(), clock.clone()).unwrap());
        let service = Service {
            bus: Bus::new(Arc::clone(&store) as _),
            store,
            forms: Arc::new(NoForms),
            runner: Arc::new(NoRunner),
            messenger: Arc::new(NoMessenger),
            settings: Arc::new(settings),
            limits: Arc::new(Limits::default()),
            around: Surroundings {
                clock,
                random: Arc::new(random()),
                metrics: Arc::new(|of| format!("zb_of{{organization=\"{of}\"}} 1\n")),
                scheduler_is_alive: Arc::new(|| true),
                is_shutting_down: Arc::new(|| false),
            },
            ending: CancellationToken::new(),
        };
        Self { service, dir, seconds }
    }

    /// Of a service that somebody else made, whose clock stands still.
    pub(crate) fn of(service: Service, dir: TempDir) -> Self {
        Self { service, dir, seconds: Arc::new(AtomicI64::new(BEGINNING)) }
    }

    /// Lets time go by.
    pub(crate) fn wait(&self, time: SignedDuration) {
        self.seconds.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    pub(crate) fn accounts(&self) -> Accounts<'_> {
        self.service.accounts()
    }

    /// A user without a password, member of nothing; the id. The first one is not made through the set-up link.
    pub(crate) async fn user(&self, username: &str) -> String {
        match self.accounts().add_user(username, None).await.unwrap() {
            AddUser::Added(minted) => minted.thing.0.id,
            AddUser::Exists => self.service.store.user_named(username).await.unwrap().unwrap().id,
        }
    }

    /// Makes a user a member of an organization.
    pub(crate) async fn member(&self, organization: &OrganizationId, username: &str, role: Role) -> String {
        let user = self.user(username).await;
        let put = self.service.store.put_member(organization, username, role).await.unwrap();
        assert!(matches!(put, PutMember::Added(_) | PutMember::Changed(_)), "{put:?}");
        user
    }

    /// A token of a new member of an organization. Its power is the lesser of both.
    pub(crate) async fn token(&self, organization: &OrganizationId, role: Role, scope: Scope) -> String {
        let username = format!("{}.{}", organization.suffix().to_ascii_lowercase(), role.as_str());
        let user = self.member(organization, &username, role).await;
        let minted = self.accounts().add_token(&user, organization, "test", scope, None).await.unwrap();
        minted.secret.expose().to_owned()
    }

    /// A token of an owner of `org_default`, for whatever may be done by a token.
    pub(crate) async fn owner(&self) -> String {
        self.token(&OrganizationId::default(), Role::Owner, Scope::Manage).await
    }

    /// The cookie of a new session of a user, by a set-up link that is made for it: whatever session they had ends.
    pub(crate) async fn sign_in(&self, username: &str) -> String {
        let user = self.user(username).await;
        let link = self.accounts().renew_link(&user).await.unwrap().unwrap();
        let body = json!({"token": link.secret.expose(), "password": PASSWORD});
        self.post("/api/v1/set-up", body).answer().await.is(201).cookie()
    }

    /// The cookie of a member's session, in this organization.
    pub(crate) async fn session(&self, organization: &OrganizationId, username: &str, role: Role) -> String {
        self.member(organization, username, role).await;
        let cookie = self.sign_in(username).await;
        let body = json!({"organizationId": organization});
        self.call(Method::PATCH, "/api/v1/session").cookie(&cookie).json(body).answer().await.is(200);
        cookie
    }

    /// The cookie of an operator's session.
    pub(crate) async fn operator(&self) -> String {
        self.session(&OrganizationId::default(), "ana", Role::Owner).await
    }

    /// Another organization, with its first owner.
    pub(crate) async fn organization(&self, name: &str) -> OrganizationId {
        let owner = self.user(&format!("{name}.first")).await;
        self.accounts().add_organization(name, None, &owner).await.unwrap()
    }

    pub(crate) fn router(&self) -> Router {
        router(self.service.clone())
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let builder = Request::builder().method(method).uri(path).header(header::HOST, "zb.lan:4097");
        Call {
            router: self.router(),
            builder,
            body: String::new(),
            peer: "10.0.0.7".parse().unwrap(),
            base_path: self.service.settings.base_path.clone(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Call {
        self.call(Method::POST, path).json(body)
    }
}

/// A request to be made.
#[must_use = "it is made by answer()"]
pub(crate) struct Call {
    router: Router,
    builder: http::request::Builder,
    body: String,
    peer: IpAddr,
    base_path: String,
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.builder = self.builder.header(name, value.as_ref());
        self
    }

    pub(crate) fn token(self, token: impl AsRef<str>) -> Self {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// With the cookie of a session.
    pub(crate) fn cookie(self, secret: impl AsRef<str>) -> Self {
        self.header("cookie", format!("zb_session={}", secret.as_ref()))
    }

    pub(crate) fn json(self, body: Value) -> Self {
        let mut call = self.header("content-type", "application/json");
        call.body = body.to_string();
        call
    }

    /// As a browser sends a form.
    pub(crate) fn form(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").text(body)
    }

    pub(crate) fn text(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    pub(crate) async fn answer(self) -> Answer {
        let request = self.builder.extension(Peer(Some(self.peer))).body(Body::from(self.body)).unwrap();
        let (method, url) = (request.method().clone(), request.uri().to_string());
        let path = url.strip_prefix(&self.base_path).unwrap_or(&url).to_owned();
        let response = self.router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream has no end: whoever wants it reads it.
        let is_stream =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_stream { Bytes::new() } else { body.collect().await.unwrap().to_bytes() };
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        contract::check(&method, &path, parts.status, &parts.headers, &text);
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// That it is a problem of this kind.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, kind: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], format!("urn:zb:problem:{kind}"), "{answer:?}");
        assert_eq!(answer.json()["reference"].is_string(), status >= 500, "{answer:?}");
        answer
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The secret in the cookie that it sets.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        let pair = self.header("set-cookie").split(';').next().unwrap();
        pair.strip_prefix("zb_session=").unwrap().to_owned()
    }

    /// The fields that it says are wrong.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// Empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Numbers that differ, and differ in no other way from run to run.
fn random() -> impl Fn(&mut [u8]) + Send + Sync {
    let state = AtomicU64::new(0);
    move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64.
            let mut z = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Reads no jobs.
struct NoForms;

impl JobForms for NoForms {
    fn show(&self, _: &str) -> Result<Value, String> {
        Err("no forms".to_owned())
    }

    fn export(&self, _: &str) -> Result<String, String> {
        Err("no forms".to_owned())
    }

    fn facts(&self, _: &str) -> Result<JobFacts, String> {
        Err("no forms".to_owned())
    }

    fn read(&self, _: &JobDocument, _: Reading<'_>) -> Result<CheckedJob, NotRead> {
        Err(NotRead::Invalid(Vec::new()))
    }

    fn repository_named(&self, _: &JobDocument) -> RepositoryNamed {
        RepositoryNamed::default()
    }

    fn read_repository(&self, _: &Value, _: Reading<'_>) -> Result<CheckedRepository, Fault> {
        Err(Vec::new())
    }

    fn with_repository(&self, _: &str, _: &str) -> Result<Secret, String> {
        Err("no forms".to_owned())
    }

    fn preview(&self, _: &str, _: Option<&str>, _: Timestamp) -> Result<SchedulePreview, Fault> {
        Err(Vec::new())
    }
}

/// Runs nothing.
struct NoRunner;

#[async_trait]
impl Runner for NoRunner {
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
        RepositoryCheck { problem: Some("other"), detail: String::new(), exit_code: None }
    }
}

/// Reaches nobody.
struct NoMessenger;

#[async_trait]
impl Messenger for NoMessenger {
    fn check(&self, _: &OrganizationId, _: &str, _: &Value) -> Fault {
        Vec::new()
    }

    async fn test(&self, _: &OrganizationId, _: &str, _: &str) -> Result<String, String> {
        Err("no way".to_owned())
    }

    fn configured(&self, _: &OrganizationId) -> Vec<ConfiguredDestination> {
        Vec::new()
    }
}
