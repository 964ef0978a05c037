//! Brackets a file copy with two calls, and dies in the middle: recovery makes the second call.
//!
//! No restic, no HTTP, no database: the ports are a page of code. Run it with
//! `cargo run -p lifecycle-engine --example guarded_copy`.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, fs, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::{Bus, Gate, Live, MemoryJournal};
use hook_core::{
    HookConfig, HookDue, HookOutcome, HookSpec, JobId, JobKey, OutcomeKind, PostWhen, Progress,
    event::{BackupOutcome, ResticFinished, Trigger},
};
use lifecycle_engine::{
    Checked, Claim, ClaimAttempt, ClaimGuard, Control, Engine, Holding, PortError, Preflight, Recovery,
    RunPlan, RunStore, Unfinished, Worker,
};
use tokio_util::sync::CancellationToken;

/// Calls by printing. A real one asks a service, and tells exactly what became of the request.
struct PrintedCalls;

#[async_trait]
impl Gate<HookDue, HookOutcome> for PrintedCalls {
    async fn ask(&self, due: &HookDue, _: &CancellationToken) -> HookOutcome {
        println!("  {} hook: {}", due.phase, due.context);
        HookOutcome {
            kind: OutcomeKind::Ok,
            http_status: Some(200),
            error: None,
            response: None,
            duration: Duration::ZERO,
        }
    }
}

/// Copies a file, or "crashes": then it never returns, as a killed process would not.
struct Copy {
    to: PathBuf,
    crash: bool,
}

#[async_trait]
impl Worker for Copy {
    async fn back_up(&self, plan: &RunPlan, _: &Live<Progress>, _: &CancellationToken) -> ResticFinished {
        if self.crash {
            println!("  … and here the process dies");
            std::future::pending::<()>().await;
        }
        let (outcome, error) = match fs::copy(&plan.source_path, &self.to) {
            Ok(_) => (BackupOutcome::Complete, None),
            Err(error) => (BackupOutcome::Failed, Some(error.to_string())),
        };
        println!("  copied: {outcome:?}");
        ResticFinished { outcome, error, ..ResticFinished::default() }
    }

    async fn end_orphans(&self, _: &JobId) -> Result<u32, PortError> {
        Ok(0)
    }
}

#[async_trait]
impl Preflight for Copy {
    async fn check(&self, plan: &RunPlan) -> Checked {
        let problem = fs::metadata(&plan.source_path).err().map(|error| error.to_string());
        Checked { worker_version: None, problem }
    }

    fn permit_post(&self, _: &RunPlan) -> Result<(), String> {
        Ok(())
    }
}

/// Keeps one plan in memory. A real one seals plans on disk and claims by a lock that the kernel drops.
struct OnePlan(RunPlan);

struct NoLock;

impl ClaimGuard for NoLock {
    fn announce(&self, _: &Holding) {}
}

#[async_trait]
impl RunStore for OnePlan {
    async fn queue(&self, _: &RunPlan, _: &Claim) -> Result<(), PortError> {
        Ok(())
    }

    async fn plan(&self, _: &JobId) -> Result<RunPlan, PortError> {
        Ok(self.0.clone())
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        Ok(ClaimAttempt::Claimed(Claim::new(of.clone(), NoLock)))
    }

    async fn unfinished(&self, _: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        Ok(vec![Unfinished { job: self.0.job.clone(), of: self.0.key() }])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join(format!("guarded-copy-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("data"), "worth keeping")?;
    let hook =
        |path| HookSpec::new(HookConfig::new(format!("http://localhost/{path}"), Duration::from_secs(60)));
    let plan = RunPlan {
        job: JobId::from_parts(1_700_000_000_000, [1; 10]),
        schedule: "sched_example".parse()?,
        organization: Default::default(),
        job_name: "example".to_owned(),
        source_path: dir.join("data"),
        host: "here".to_owned(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: Some(Arc::new(hook("pause")?)),
        post: Some(Arc::new(hook("resume")?)),
        when: PostWhen::Paired,
        retention: false,
        work: Vec::new(),
    };
    let journal = Arc::new(MemoryJournal::new(Arc::new(|| jiff::Timestamp::UNIX_EPOCH)));
    let engine = |crash| {
        let copy = || Copy { to: dir.join("copy"), crash };
        Engine {
            bus: Arc::new(Bus::new(Arc::clone(&journal) as _)),
            gate: Arc::new(PrintedCalls),
            preflight: Arc::new(copy()),
            worker: Arc::new(copy()),
            store: Arc::new(OnePlan(plan.clone())),
        }
    };
    let claim = Claim::new(plan.key(), NoLock);
    let control = Control::default();

    println!("A run that dies between its two calls:");
    let dying = engine(true);
    let _ = tokio::time::timeout(Duration::from_millis(50), dying.run(&plan, &claim, &control)).await;

    println!("Whoever comes next settles it:");
    let recovery = Recovery { by: "recover", patience: Duration::from_secs(300) };
    let settled = engine(false).settle(&plan.job, &claim, recovery, &control).await?;
    println!("  {settled:?}");
    fs::remove_dir_all(&dir)?;
    Ok(())
}
