//! What dead runs owe, paid by whoever comes next: `zb run` for its own job and beside it, `zb recover` for all.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use hook_core::{JobId, JobKey};
use lifecycle_engine::{
    Claim, Control, Engine, EngineError, PortError, Recovery, RunStore, Settled, Unfinished,
};
use tokio::task::JoinSet;

use crate::{
    turn::{self, Turn},
    wiring::Wiring,
};

/// How long an owed post hook that fails is tried again (`spec.md` §3).
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// How long other jobs' debts are waited for when the own run is over.
const COURTESY: Duration = Duration::from_secs(5);

/// What came of one dead run.
pub(crate) type SettledRun = (JobId, Result<Settled, EngineError>);

/// Settles every unfinished run whose owner is dead; runs of one job one after the other, jobs beside each other. A
/// run that is alive is passed over.
///
/// # Errors
/// The store cannot say which runs are unfinished.
pub(crate) async fn all(
    wiring: &Wiring,
    by: &'static str,
    but: Option<JobKey>,
    control: Arc<Control>,
) -> Result<JoinSet<Vec<SettledRun>>, PortError> {
    let unfinished = wiring.store.unfinished(None).await?;
    let keys: BTreeSet<_> = unfinished.iter().map(|left| left.of.clone()).collect();
    let mut tasks = JoinSet::new();
    for key in keys.into_iter().filter(|key| Some(key) != but.as_ref()) {
        let of_job: Vec<_> = unfinished.iter().filter(|left| left.of == key).cloned().collect();
        let (engine, control) = (wiring.engine.clone(), Arc::clone(&control));
        tasks.spawn(async move { of_key(&engine, &key, of_job, by, &control).await });
    }
    Ok(tasks)
}

/// Settles the unfinished runs of one job, unless a living run has its claim. Another process that settles them is
/// waited for: whoever asks wants to know how it ended.
async fn of_key(
    engine: &Engine,
    key: &JobKey,
    unfinished: Vec<Unfinished>,
    by: &str,
    control: &Control,
) -> Vec<SettledRun> {
    let claim = match turn::take(&*engine.store, key, turn::DYING, control, &|_| {}).await {
        Ok(Turn::Ours(claim)) => claim,
        Ok(Turn::Alive(_)) => return Vec::new(),
        Err(error) => {
            let first = unfinished.into_iter().next().map(|left| left.job);
            return first.map(|job| (job, Err(error))).into_iter().collect();
        }
    };
    with_claim(engine, &claim, unfinished, by, control).await
}

/// Settles the unfinished runs of a job whose claim is held.
pub(crate) async fn with_claim(
    engine: &Engine,
    claim: &Claim,
    unfinished: Vec<Unfinished>,
    by: &str,
    control: &Control,
) -> Vec<SettledRun> {
    let recovery = Recovery { by, patience: PATIENCE };
    let mut settled = Vec::new();
    for run in unfinished {
        let result = engine.settle(&run.job, claim, recovery, control).await;
        settled.push((run.job, result));
    }
    settled
}

/// Debts, being paid beside a run or a service.
#[derive(Debug)]
pub(crate) struct Beside {
    control: Arc<Control>,
    task: tokio::task::JoinHandle<()>,
}

/// Begins to pay the debts of all jobs `but` one. What goes wrong is logged: it must not fail what goes on beside it.
#[must_use]
pub(crate) fn beside(wiring: &Wiring, by: &'static str, but: Option<JobKey>) -> Beside {
    let wiring = wiring.clone();
    Beside::begin(|control| async move {
        let mut tasks = match all(&wiring, by, but, control).await {
            Ok(tasks) => tasks,
            Err(error) => {
                tracing::warn!(%error, "cannot look for what other jobs owe");
                return;
            }
        };
        while let Some(settled) = tasks.join_next().await {
            settled.unwrap_or_default().iter().for_each(log);
        }
    })
}

/// The same for one job.
#[must_use]
pub(crate) fn of_job(wiring: &Wiring, by: &'static str, key: JobKey) -> Beside {
    let engine = wiring.engine.clone();
    Beside::begin(|control| async move {
        match engine.store.unfinished(Some(&key)).await {
            Ok(left) => of_key(&engine, &key, left, by, &control).await.iter().for_each(log),
            Err(error) => tracing::warn!(%error, "cannot look for what the job owes"),
        }
    })
}

impl Beside {
    fn begin<T>(work: impl FnOnce(Arc<Control>) -> T) -> Self
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let control = Arc::new(Control::default());
        Self { task: tokio::spawn(work(Arc::clone(&control))), control }
    }

    /// Whether there is nothing to wait for.
    #[must_use]
    pub(crate) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Gives them a moment, then ends the wait between tries; what is owed stays owed, and no request is cut.
    pub(crate) async fn finish(mut self) {
        if tokio::time::timeout(COURTESY, &mut self.task).await.is_err() {
            self.control.hurry();
            let _ = self.task.await;
        }
    }
}

pub(crate) fn log((job, settled): &SettledRun) {
    match settled {
        Ok(settled) => {
            if let Some(line) = line(job, settled) {
                tracing::warn!("{line}");
            }
        }
        Err(error) => {
            tracing::warn!(%job, error = %crate::report::Failure::from_chain(error).message, "cannot settle")
        }
    }
}

/// What came of a dead run, for a person; nothing where nothing was to be done.
#[must_use]
pub(crate) fn line(job: &JobId, settled: &Settled) -> Option<String> {
    Some(match settled {
        Settled::WasOver => return None,
        Settled::Ended { post_failure: Some(failure), .. } => {
            format!(
                "run {job} was interrupted; its post hook failed: {failure}. The service may still be paused"
            )
        }
        Settled::Ended { sent: true, verdict, .. } => {
            format!(
                "run {job} was interrupted; its post hook is delivered, the run ended as {}",
                verdict.status
            )
        }
        Settled::Ended { verdict, .. } => {
            format!("run {job} was interrupted; nothing was owed, the run ended as {}", verdict.status)
        }
        Settled::StillOwed { reason } => format!("run {job} still owes its post hook: {reason}"),
    })
}

/// The way out where a debt can never be paid.
#[must_use]
pub(crate) fn clear_hint(run: &JobId) -> String {
    format!("if its service runs again, say so: zb recover --clear {run}")
}
