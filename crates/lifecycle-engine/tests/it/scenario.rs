//! One run of the real engine in a scripted world.

use std::{sync::Arc, time::Duration};

use event_bus::{Bus, Journal, MemoryJournal, StreamId};
use hook_core::{
    HookConfig, HookSpec, JobId, LifecycleEvent, Phase, PostWhen, RunEvent, RunStatus, event::Trigger,
};
use lifecycle_engine::{
    Claim, ClaimAttempt, Control, Engine, EngineError, Recovery, RunPlan, RunStore, Settled,
    machine::Verdict,
    testing::{FaultyJournal, Script, Seen, World},
};

pub(crate) struct Scenario {
    pub(crate) world: Arc<World>,
    pub(crate) journal: Arc<MemoryJournal<RunEvent>>,
    pub(crate) plan: RunPlan,
}

pub(crate) fn hook(url: &str) -> Option<Arc<HookSpec>> {
    Some(Arc::new(HookSpec::new(HookConfig::new(url, Duration::from_secs(60))).unwrap()))
}

pub(crate) fn plan() -> RunPlan {
    RunPlan {
        job: JobId::from_parts(1_700_000_000_000, [7; 10]),
        schedule: "sched_table".parse().unwrap(),
        organization: Default::default(),
        job_name: "table".to_owned(),
        source_path: "/data".into(),
        host: "db1".to_owned(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: hook("http://hooks:9000/stop"),
        post: hook("http://hooks:9000/start"),
        when: PostWhen::Paired,
        retention: false,
        work: Vec::new(),
    }
}

impl Scenario {
    pub(crate) fn new(script: Script) -> Self {
        let clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
        Self { world: World::new(script), journal: Arc::new(MemoryJournal::new(clock)), plan: plan() }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine_over(Arc::clone(&self.journal) as _)
    }

    fn engine_over(&self, journal: Arc<dyn Journal<RunEvent>>) -> Engine {
        Engine {
            bus: Arc::new(Bus::new(journal)),
            gate: Arc::clone(&self.world) as _,
            preflight: Arc::clone(&self.world) as _,
            worker: Arc::clone(&self.world) as _,
            store: Arc::clone(&self.world) as _,
        }
    }

    pub(crate) async fn claim(&self) -> Claim {
        match self.world.claim(&self.plan.key()).await.unwrap() {
            ClaimAttempt::Claimed(claim) => claim,
            ClaimAttempt::Held(holding) => panic!("{holding:?}"),
        }
    }

    pub(crate) async fn run(&self) -> Result<Verdict, EngineError> {
        self.run_over(Arc::clone(&self.journal) as _).await
    }

    pub(crate) async fn run_over(&self, journal: Arc<dyn Journal<RunEvent>>) -> Result<Verdict, EngineError> {
        let (engine, claim, control) = (self.engine_over(journal), self.claim().await, self.world.control());
        engine.run(&self.plan, &claim, &control).await
    }

    /// Runs until the journal says that the process has died; its end, if it came first.
    pub(crate) async fn run_until_death(
        &self,
        journal: Arc<FaultyJournal<MemoryJournal<RunEvent>>>,
    ) -> Option<Result<Verdict, EngineError>> {
        tokio::select! {
            ended = self.run_over(Arc::clone(&journal) as _) => Some(ended),
            () = journal.died() => None,
        }
    }

    pub(crate) async fn recover(&self, script: Script) -> Result<Settled, EngineError> {
        self.world.restart(script);
        self.settle(Duration::from_secs(300), &Control::default()).await
    }

    pub(crate) async fn settle(&self, patience: Duration, control: &Control) -> Result<Settled, EngineError> {
        self.settle_with(Arc::clone(&self.journal) as _, patience, control).await
    }

    pub(crate) async fn settle_over(
        &self,
        journal: Arc<dyn Journal<RunEvent>>,
    ) -> Result<Settled, EngineError> {
        self.settle_with(journal, Duration::ZERO, &Control::default()).await
    }

    async fn settle_with(
        &self,
        journal: Arc<dyn Journal<RunEvent>>,
        patience: Duration,
        control: &Control,
    ) -> Result<Settled, EngineError> {
        let engine = self.engine_over(journal);
        let recovery = Recovery { by: "recover", patience };
        engine.settle(&self.plan.job, &self.claim().await, recovery, control).await
    }

    pub(crate) async fn events(&self) -> Vec<LifecycleEvent> {
        let history = self.journal.read_stream(&StreamId::from(self.plan.job.as_str())).await.unwrap();
        history.into_iter().map(|recorded| recorded.event.event).collect()
    }

    /// How restic fared, in the table's words.
    pub(crate) fn restic(&self) -> &'static str {
        let seen = self.world.seen();
        match (seen.contains(&Seen::BackupBegan), seen.contains(&Seen::BackupEnded)) {
            (false, _) => "never starts",
            (true, true) => "ran",
            (true, false) => "was left running",
        }
    }

    /// What each post hook that arrived said: its status, and its error.
    pub(crate) fn posts(&self) -> Vec<(String, Option<String>)> {
        let bodies = self.world.seen().into_iter().filter_map(|seen| match seen {
            Seen::Hook(Phase::Post, body) => Some(body),
            _ => None,
        });
        let parse = |body: String| serde_json::from_str::<serde_json::Value>(&body).unwrap();
        let word = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        bodies.map(parse).map(|body| (word(&body["status"]).unwrap(), word(&body["error"]))).collect()
    }

    pub(crate) async fn end(&self) -> (RunStatus, Option<String>) {
        match self.events().await.last() {
            Some(LifecycleEvent::RunFinished { status, error, .. }) => (*status, error.clone()),
            other => panic!("the run has no end: {other:?}"),
        }
    }
}
