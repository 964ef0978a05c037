//! `zb recover --clear`: a person says that the service of a run runs again, and its debt ends without a post hook.

use std::io::Write;

use lifecycle_engine::{ClaimAttempt, Cleared, Control, Holding, RunStore};

use crate::{
    clock,
    config::{Settings, Surroundings},
    exit::Exit,
    observers::Observers,
    report::Failure,
    wiring::Wiring,
};

/// Clears the debt of the run whose id ends in `run`. May be called again.
///
/// # Errors
/// No run, or several, have such an end; it is alive; or the data directory cannot be used.
pub async fn clear(
    run: &str,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let wiring = Wiring::open_existing(settings, around)?.ok_or_else(|| super::show::unknown(run))?;
    let job = super::show::the_run(run, &wiring.store).await?;
    let found = wiring.store.run(&job).await?.ok_or_else(|| super::show::unknown(run))?;
    let claim = match wiring.store.claim(&found.key()).await? {
        ClaimAttempt::Claimed(claim) => claim,
        ClaimAttempt::Held(Holding::Running(alive) | Holding::Settling(alive)) => {
            return Err(busy(&format!("run {alive} of this job is in progress")));
        }
        ClaimAttempt::Held(Holding::Unknown) => return Err(busy("another zb is at work for this job")),
    };
    let observers = Observers::start(&wiring, settings, around, clock::now()).await;
    let by = around.variable("USER").and_then(|name| name.to_str()).unwrap_or("zb recover --clear");
    let cleared = wiring.engine.clear(&job, &claim, by, &Control::default()).await;
    observers.finish().await;
    let line = match cleared.map_err(|error| Failure::from_chain(&error))? {
        Cleared::Now => format!("Run {job} is cleared: its service runs again, says {by}"),
        Cleared::Before => format!("Run {job} was cleared before"),
        Cleared::NothingOwed => return Err(Failure::error(format!("run {job} owes no post hook"))),
    };
    let _ = writeln!(out, "{line}");
    Ok(Exit::Success)
}

fn busy(what: &str) -> Failure {
    Failure::new(Exit::AlreadyRunning, what).hint("clear when it is over")
}
