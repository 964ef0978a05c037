//! How many lifecycles a second the engine makes by itself: both hooks, a journal in memory, a world that answers at
//! once.
//!
//! ```text
//! cargo run --release -p lifecycle-engine --example lifecycles [LIFECYCLES]
//! ```
//!
//! It measures in rounds, each with a fresh journal, and prints the median round.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, sync::Arc, time::Duration, time::Instant};

use async_trait::async_trait;
use event_bus::{Bus, Gate, Live, MemoryJournal};
use hook_core::{
    HookConfig, HookDue, HookOutcome, HookSpec, JobId, JobKey, OutcomeKind, PostWhen, Progress, RunStatus,
    event::{BackupOutcome, ResticFinished, Trigger},
};
use lifecycle_engine::{
    Checked, Claim, ClaimAttempt, ClaimGuard, Control, Engine, Holding, PortError, Preflight, RunPlan,
    RunStore, Unfinished, Worker,
};
use tokio_util::sync::CancellationToken;

/// Rounds, of which the median counts.
const ROUNDS: usize = 7;

/// A world in which everything works and takes no time.
struct Swift;

#[async_trait]
impl Gate<HookDue, HookOutcome> for Swift {
    async fn ask(&self, _: &HookDue, _: &CancellationToken) -> HookOutcome {
        HookOutcome {
            kind: OutcomeKind::Ok,
            http_status: Some(200),
            error: None,
            response: None,
            duration: Duration::ZERO,
        }
    }
}

#[async_trait]
impl Preflight for Swift {
    async fn check(&self, _: &RunPlan) -> Checked {
        Checked::default()
    }

    fn permit_post(&self, _: &RunPlan) -> Result<(), String> {
        Ok(())
    }
}

#[async_trait]
impl Worker for Swift {
    async fn back_up(&self, _: &RunPlan, _: &Live<Progress>, _: &CancellationToken) -> ResticFinished {
        ResticFinished { outcome: BackupOutcome::Complete, ..ResticFinished::default() }
    }

    async fn end_orphans(&self, _: &JobId) -> Result<u32, PortError> {
        Ok(0)
    }
}

impl ClaimGuard for Swift {
    fn announce(&self, _: &Holding) {}
}

#[async_trait]
impl RunStore for Swift {
    async fn queue(&self, _: &RunPlan, _: &Claim) -> Result<(), PortError> {
        Ok(())
    }

    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError> {
        Err(PortError::new(format!("read the plan of {job}"), "this world keeps none"))
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        Ok(ClaimAttempt::Claimed(Claim::new(of.clone(), Self)))
    }

    async fn unfinished(&self, _: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        Ok(Vec::new())
    }
}

fn engine() -> Engine {
    let swift = Arc::new(Swift);
    Engine {
        bus: Arc::new(Bus::new(Arc::new(MemoryJournal::new(Arc::new(|| jiff::Timestamp::UNIX_EPOCH))))),
        gate: Arc::clone(&swift) as _,
        preflight: Arc::clone(&swift) as _,
        worker: Arc::clone(&swift) as _,
        store: swift,
    }
}

fn plan() -> Result<RunPlan, Box<dyn Error>> {
    let hook = |url: &str| HookSpec::new(HookConfig::new(url, Duration::from_secs(60))).map(Arc::new);
    Ok(RunPlan {
        job: JobId::from_parts(0, [0; 10]),
        schedule: "sched_throughput".parse()?,
        organization: Default::default(),
        job_name: "throughput".to_owned(),
        source_path: "/data".into(),
        host: String::new(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: Some(hook("http://hooks:9000/stop")?),
        post: Some(hook("http://hooks:9000/start")?),
        when: PostWhen::Paired,
        retention: false,
        work: Vec::new(),
    })
}

/// Lifecycles a second of one round.
async fn round(lifecycles: u32, plan: &mut RunPlan) -> Result<f64, Box<dyn Error>> {
    let engine = engine();
    let claim = Claim::new(plan.key(), Swift);
    let began = Instant::now();
    for number in 0..lifecycles {
        plan.job = JobId::from_parts(u64::from(number), [0; 10]);
        let verdict = engine.run(plan, &claim, &Control::default()).await?;
        if verdict.status != RunStatus::Success {
            return Err(format!("run {number} ended as {}", verdict.status).into());
        }
    }
    Ok(f64::from(lifecycles) / began.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let lifecycles = std::env::args().nth(1).map_or(Ok(1_000), |given| given.parse())?;
    let mut plan = plan()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(runtime.block_on(round(lifecycles, &mut plan))?);
    }
    rounds.sort_by(f64::total_cmp);
    println!("{:.0} lifecycles a second, the median of {ROUNDS} rounds of {lifecycles}", rounds[ROUNDS / 2]);
    Ok(())
}
