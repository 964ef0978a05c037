//! `zb run`: what the job's last run owes, then one run, in the foreground.

use std::{io, sync::Arc};

use hook_core::{HookOutcome, HookSpec, JobId, RunStatus, event::Trigger};
use lifecycle_engine::{
    Claim, Control, EngineError, Paid, Recovery, RunPlan, RunStore, Settled, machine::Verdict,
};

use tracing::Instrument;

use crate::{
    clock,
    config::{Job, Settings, Surroundings},
    exit::Exit,
    guardian::Guardian,
    hook_values, host,
    observers::Observers,
    report::Failure,
    restic::ResticWork,
    settle::{self, PATIENCE},
    show::{Bar, JsonLines, Plain, Reporter, Screen, follow, seconds},
    signals::Signals,
    stderr,
    turn::{self, Turn},
    wiring::Wiring,
};

/// Runs the job once.
///
/// # Errors
/// What kept the run from beginning, or its journal from being written.
pub async fn run(job: &Job, json: bool, settings: &Settings, around: &Surroundings) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let guardian = Guardian::start(&job.key(), settings)?;
    let ended = attended(job, json, settings, around, &guardian, &mut signals).await;
    guardian.dismiss();
    ended
}

/// The run, with an ear for signals.
async fn attended(
    job: &Job,
    json: bool,
    settings: &Settings,
    around: &Surroundings,
    guardian: &Guardian,
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    let wiring = Wiring::open(settings, around, Some(guardian.keeper()))?.told();
    let control = Control::default();
    let again = || {
        stderr::line(match control.owes_post() {
            true => "cancelling already: the post hook is still owed, and is waited for",
            false => "cancelling already: no post hook is owed",
        });
    };
    let work = whole(job, json, &wiring, settings, around, &control);
    tokio::select! {
        exit = work => exit,
        never = signals.cancel(&control, &again) => match never {},
    }
}

async fn whole(
    job: &Job,
    json: bool,
    wiring: &Wiring,
    settings: &Settings,
    around: &Surroundings,
    control: &Control,
) -> Result<Exit, Failure> {
    let Some(claim) = claim(job, wiring, control).await? else { return Ok(Exit::Cancelled) };
    let observers = Observers::start(wiring, settings, around, clock::now()).await;
    let (ended, beside) = match settle_own(job, &claim, wiring, control).await {
        Ok(None) => {
            let beside = settle::beside(wiring, "run", Some(claim.of().clone()));
            (with_retries(job, json, &claim, wiring, around, control).await, Some(beside))
        }
        Ok(Some(exit)) => (Ok(exit), None),
        Err(failure) => (Err(failure), None),
    };
    drop(claim);
    let others = async {
        if let Some(beside) = beside {
            beside.finish().await;
        }
    };
    tokio::join!(others, observers.finish());
    ended
}

/// The run and, where it ends as an error, its retries: each a run of its own with both hooks, so that the service is
/// back between them. The claim is kept throughout (`spec.md` §3).
async fn with_retries(
    job: &Job,
    json: bool,
    claim: &Claim,
    wiring: &Wiring,
    around: &Surroundings,
    control: &Control,
) -> Result<Exit, Failure> {
    let mut plan = plan(job, around)?;
    loop {
        let verdict = shown(&plan, json, claim, wiring, control).await.map_err(|error| explained(&error))?;
        if verdict.status != RunStatus::Error || plan.attempt > job.retries || control.is_cancelled() {
            return Ok(verdict.status.into());
        }
        let (delay, left) = (seconds(job.retry_delay), job.retries + 1 - plan.attempt);
        stderr::line(&format!("run {} failed; trying again in {delay} (retries left: {left})", plan.job));
        tokio::select! {
            () = tokio::time::sleep(job.retry_delay) => {}
            () = control.cancelled() => return Ok(Exit::Cancelled),
        }
        plan = retry_of(&plan, self::plan(job, around)?);
    }
}

/// What the job names elsewhere is looked up anew: a retry may find what was missing.
fn retry_of(failed: &RunPlan, fresh: RunPlan) -> RunPlan {
    RunPlan {
        trigger: Trigger::Retry,
        retry_of: Some(failed.job.clone()),
        attempt: failed.attempt + 1,
        ..fresh
    }
}

/// The job's claim; nothing where the user ended the wait for it.
async fn claim(job: &Job, wiring: &Wiring, control: &Control) -> Result<Option<Claim>, Failure> {
    let settling =
        |run: &JobId| stderr::line(&format!("waiting for run {run}, which another zb is settling"));
    match turn::take(&*wiring.store, &job.key(), turn::DYING, control, &settling).await {
        Ok(Turn::Ours(claim)) => Ok(Some(claim)),
        Ok(Turn::Alive(Some(run))) => {
            let failure =
                Failure::new(Exit::AlreadyRunning, format!("{:?} is running already, as {run}", job.name));
            Err(failure.hint(format!("wait for it, or look at it: zb show {run}")))
        }
        Ok(Turn::Alive(None)) => {
            Err(Failure::new(Exit::AlreadyRunning, format!("another zb is at work for {:?}", job.name)))
        }
        Err(EngineError::Stopped) => Ok(None),
        Err(error) => Err(Failure::from_chain(&error)),
    }
}

/// A run begins only when what the job's last one owes is settled (`spec.md` §3).
async fn settle_own(
    job: &Job,
    claim: &Claim,
    wiring: &Wiring,
    control: &Control,
) -> Result<Option<Exit>, Failure> {
    for left in wiring.store.unfinished(Some(&job.key())).await? {
        let recovery = Recovery { by: "run", patience: PATIENCE };
        match wiring.engine.settle(&left.job, claim, recovery, control).await {
            Ok(settled) => {
                if let Some(line) = settle::line(&left.job, &settled) {
                    stderr::line(&line);
                }
                if let Settled::StillOwed { reason } = settled {
                    return Err(still_owed(&left.job, &reason));
                }
            }
            Err(EngineError::Stopped) => return Ok(Some(Exit::Cancelled)),
            Err(error) => return Err(explained(&error).hint(settle::clear_hint(&left.job))),
        }
    }
    Ok(None)
}

fn still_owed(run: &JobId, reason: &str) -> Failure {
    Failure::error(format!("run {run} of this job was interrupted and still owes its post hook: {reason}"))
        .hint("a new run begins when that is settled: mend it, then run again, or zb recover")
        .hint(settle::clear_hint(run))
}

/// Freezes what the job says now, under a fresh id.
pub(crate) fn plan(job: &Job, around: &Surroundings) -> Result<RunPlan, Failure> {
    let read = hook_values::reader(around.variables.clone());
    let sealed = |hook: &HookSpec| Arc::new(hook.sealed(&read));
    Ok(RunPlan {
        job: clock::fresh_job_id()?,
        schedule: job.schedule_id.clone(),
        organization: job.organization.clone(),
        job_name: job.name.clone(),
        source_path: job.source.clone(),
        host: host::name(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: job.pre.as_ref().map(sealed),
        post: job.post.as_ref().map(sealed),
        when: job.when,
        retention: job.retention.is_some(),
        work: ResticWork::freeze(job, &around.variables).to_bytes(),
    })
}

async fn shown(
    plan: &RunPlan,
    json: bool,
    claim: &Claim,
    wiring: &Wiring,
    control: &Control,
) -> Result<Verdict, EngineError> {
    let bus = &wiring.engine.bus;
    let after = bus.head().await?;
    let screen = Screen::new(reporter(plan, json));
    let following = follow(bus, after, &plan.job, control.progress().watch(), &screen);
    let span = tracing::info_span!("zb.run", job = %plan.job);
    telemetry::hang_below_run(&span, &plan.job);
    let running = wiring.engine.run(plan, claim, control).instrument(span);
    let ended = {
        let (mut following, mut running) = (std::pin::pin!(following), std::pin::pin!(running));
        let mut over = false;
        loop {
            tokio::select! {
                biased;
                ended = &mut running => {
                    if ended.is_ok() && !over {
                        following.await;
                    }
                    break ended;
                }
                () = &mut following, if !over => over = true,
            }
        }
    };
    screen.close();
    ended
}

fn reporter(plan: &RunPlan, json: bool) -> Box<dyn Reporter> {
    let out = io::stdout();
    if json {
        Box::new(JsonLines::new(out, plan.job.clone(), plan.schedule.clone()))
    } else {
        match Bar::new() {
            Some(bar) => Box::new(bar),
            None => Box::new(Plain::new(out)),
        }
    }
}

/// Our own failure, with what it means for the service.
fn explained(error: &EngineError) -> Failure {
    let failure = Failure::from_chain(error);
    match error {
        EngineError::Unrecorded { post, .. } => failure.hint(match post {
            Paid::NotOwed => "no post hook was owed".to_owned(),
            Paid::Before => "the post hook had been sent before".to_owned(),
            Paid::FromMemory(HookOutcome { error: None, .. }) => {
                "the post hook was sent from memory and answered: the service should run again".to_owned()
            }
            Paid::FromMemory(HookOutcome { error: Some(problem), .. }) => format!(
                "the post hook was sent from memory, and failed ({problem}): the service may still be paused"
            ),
        }),
        _ => failure,
    }
}
