//! A process of zb: does its errand as the program does, until it ends or is killed.

use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
    time::Duration,
};

use event_bus::{Bus, Gate, Journal};
use hook_core::{HookConfig, HookDue, HookOutcome, HookSpec, JobKey, PayloadKind, RunEvent, event::Trigger};
use lifecycle_engine::{
    Claim, ClaimAttempt, Control, Engine, Holding, Preflight, Recovery, RunPlan, RunStore, Settled, Worker,
};
use tokio::time::{Sleep, sleep};

use super::{
    chronicle::What,
    disk::Disk,
    hands::Hands,
    story::{Blow, Errand, Moment, Process, Shape, Strike},
    world::{World, job},
};

/// How long a post hook that fails in recovery is tried again.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// Long enough for every answer that an honest receiver gives at once.
const DEADLINE: Duration = Duration::from_secs(60);

static JOB: LazyLock<JobKey> = LazyLock::new(|| "sched_simulated".parse().unwrap());

/// The engine's ports before they are put together: a flaw is put in between here.
pub(super) struct Ports {
    pub(super) journal: Arc<dyn Journal<RunEvent>>,
    pub(super) gate: Arc<dyn Gate<HookDue, HookOutcome>>,
    pub(super) preflight: Arc<dyn Preflight>,
    pub(super) worker: Arc<dyn Worker>,
    pub(super) store: Arc<dyn RunStore>,
}

/// What is wrong with zb itself, to see whether a law notices.
#[derive(Clone, Copy)]
pub(super) struct Flaw {
    pub(super) ports: fn(Ports) -> Ports,
    /// Whether what dead runs owe is looked for at all.
    pub(super) settles: bool,
}

impl Flaw {
    /// zb as it is.
    pub(super) const NONE: Self = Self { ports: |ports| ports, settles: true };
}

/// Whatever a process may be hit by, it lives in this future; dropping it is its death.
pub(super) struct Mortal {
    world: Arc<World>,
    process: usize,
    control: Arc<Control>,
    life: Option<Pin<Box<dyn Future<Output = String>>>>,
    awaits: u32,
    strikes: Vec<(Blow, Timer)>,
}

enum Timer {
    Await(u32),
    After(Pin<Box<Sleep>>),
}

impl Mortal {
    pub(super) fn new(world: &Arc<World>, process: usize, nature: &Process, flaw: Flaw) -> Self {
        let control = Arc::new(Control::default());
        let hands = Hands::new(world, process, nature.clone());
        let strikes = nature.strikes.iter().map(|Strike { what, when }| match when {
            Moment::Await(nth) => (*what, Timer::Await(*nth)),
            Moment::After(span) => (*what, Timer::After(Box::pin(sleep(*span)))),
        });
        Self {
            world: Arc::clone(world),
            process,
            control: Arc::clone(&control),
            strikes: strikes.collect(),
            life: Some(Box::pin(live(hands, control, flaw))),
            awaits: 0,
        }
    }

    /// What hits the process now.
    fn blows(&mut self, cx: &mut Context<'_>) -> Vec<Blow> {
        self.awaits += 1;
        let awaits = self.awaits;
        let mut blows = Vec::new();
        self.strikes.retain_mut(|(blow, timer)| {
            let hits = match timer {
                Timer::Await(nth) => *nth == awaits,
                Timer::After(sleep) => sleep.as_mut().poll(cx).is_ready(),
            };
            blows.extend(hits.then_some(*blow));
            !hits
        });
        blows
    }
}

impl Future for Mortal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for blow in self.blows(cx) {
            match blow {
                Blow::Death => {
                    self.world.die(self.process);
                    self.life = None;
                    return Poll::Ready(());
                }
                Blow::Cancel => {
                    self.world.see(What::CancelAsked { process: self.process });
                    self.control.cancel("SIGINT");
                }
                Blow::Hurry => self.control.hurry(),
            }
        }
        let Some(life) = &mut self.life else { return Poll::Ready(()) };
        let Poll::Ready(says) = life.as_mut().poll(cx) else { return Poll::Pending };
        self.world.see(What::Left { process: self.process, says });
        self.life = None;
        Poll::Ready(())
    }
}

async fn live(hands: Arc<Hands>, control: Arc<Control>, flaw: Flaw) -> String {
    sleep(hands.nature.delay).await;
    hands.world.see(What::Booted { process: hands.process });
    let ports = (flaw.ports)(Ports {
        journal: Arc::new(Disk(Arc::clone(&hands))),
        gate: Arc::clone(&hands) as _,
        preflight: Arc::clone(&hands) as _,
        worker: Arc::clone(&hands) as _,
        store: Arc::clone(&hands) as _,
    });
    let Ports { journal, gate, preflight, worker, store } = ports;
    let engine = Engine { bus: Arc::new(Bus::new(journal)), gate, preflight, worker, store };
    let errand = hands.nature.errand;
    let claim = match claim(&engine, errand, &control).await {
        Ok(claim) => claim,
        Err(holding) => return format!("the claim is held: {holding:?}"),
    };
    if errand == Errand::Clear {
        return clear(&engine, &claim, &control).await;
    }
    if flaw.settles
        && let Err(says) = settle(&engine, &claim, &control).await
    {
        return says;
    }
    match errand {
        Errand::Recover | Errand::Clear => "all is settled".to_owned(),
        Errand::Run => run(&hands, &engine, &claim, &control).await,
    }
}

/// A start waits for whoever settles the job's last run (`spec.md` §3); a recovery leaves it to them.
async fn claim(engine: &Engine, errand: Errand, control: &Control) -> Result<Claim, Holding> {
    loop {
        match engine.store.claim(&JOB).await {
            Ok(ClaimAttempt::Claimed(claim)) => return Ok(claim),
            Ok(ClaimAttempt::Held(holding @ Holding::Running(_))) => return Err(holding),
            Ok(ClaimAttempt::Held(holding)) if errand != Errand::Run => return Err(holding),
            Ok(ClaimAttempt::Held(_)) => {}
            Err(error) => panic!("claims never fail here: {error}"),
        }
        tokio::select! {
            biased;
            () = sleep(Duration::from_secs(5)) => {}
            () = control.cancelled() => return Err(Holding::Unknown),
        }
    }
}

async fn clear(engine: &Engine, claim: &Claim, control: &Control) -> String {
    let unfinished = match engine.store.unfinished(Some(&JOB)).await {
        Ok(unfinished) => unfinished,
        Err(error) => return error.to_string(),
    };
    let mut said = Vec::new();
    for left in unfinished {
        said.push(format!("{:?}", engine.clear(&left.job, claim, "root", control).await));
    }
    said.join(", ")
}

/// `Err` says why a new run must not begin.
async fn settle(engine: &Engine, claim: &Claim, control: &Control) -> Result<(), String> {
    let recovery = Recovery { by: "recover", patience: PATIENCE };
    for left in engine.store.unfinished(Some(&JOB)).await.map_err(|error| error.to_string())? {
        match engine.settle(&left.job, claim, recovery, control).await {
            Ok(Settled::WasOver | Settled::Ended { .. }) => {}
            Ok(owed @ Settled::StillOwed { .. }) => return Err(format!("{owed:?}")),
            Err(error) => return Err(format!("{error:?}")),
        }
    }
    Ok(())
}

async fn run(hands: &Hands, engine: &Engine, claim: &Claim, control: &Control) -> String {
    let (run, shape) = hands.world.next_run();
    match engine.run(&plan(run, shape), claim, control).await {
        Ok(verdict) => {
            hands.world.see(What::Returned { process: hands.process, run, status: verdict.status });
            format!("run {run} ended as {}", verdict.status)
        }
        Err(error) => format!("{error:?}"),
    }
}

fn plan(run: usize, shape: Shape) -> RunPlan {
    RunPlan {
        job: job(run),
        schedule: JOB.schedule.clone(),
        organization: Default::default(),
        job_name: "simulated".to_owned(),
        source_path: "/data".into(),
        host: "simulator".to_owned(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: shape.pre.map(|attempts| hook(attempts, shape.extended)),
        post: shape.post.map(|attempts| hook(attempts, shape.extended)),
        when: shape.when,
        retention: shape.retention,
        work: Vec::new(),
    }
}

/// Made once: reading hooks is no part of what is simulated.
fn hook(attempts: u32, extended: bool) -> Arc<HookSpec> {
    static HOOKS: LazyLock<Vec<Arc<HookSpec>>> = LazyLock::new(|| {
        let with = |attempts, payload| {
            let config = HookConfig::new("http://hooks:9000/hook", DEADLINE);
            Arc::new(HookSpec::new(HookConfig { attempts, payload, ..config }).unwrap())
        };
        let kinds = [PayloadKind::Default, PayloadKind::Extended];
        kinds.into_iter().flat_map(|kind| (1..=3).map(move |attempts| with(attempts, kind))).collect()
    });
    let at = (attempts as usize - 1) + if extended { 3 } else { 0 };
    Arc::clone(&HOOKS[at])
}
