//! `zb recover`: what dead runs owe is delivered, and waited for.

use std::{io::Write, sync::Arc};

use hook_core::JobId;
use job_store::{PostHook, Store};
use lifecycle_engine::{Control, EngineError, Settled};

use crate::{
    clock,
    config::{Settings, Surroundings},
    exit::Exit,
    observers::Observers,
    report::Failure,
    settle::{self, SettledRun},
    signals::Signals,
    stderr,
    wiring::Wiring,
};

/// Settles every run whose owner is dead. May be called again.
///
/// # Errors
/// The data directory cannot be used.
pub async fn recover(
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let Some(wiring) = Wiring::open_existing(settings, around)? else {
        return Ok(nothing(out));
    };
    let observers = Observers::start(&wiring, settings, around, clock::now()).await;
    let recovered = settled(&wiring, &mut signals, out).await;
    observers.finish().await;
    recovered
}

async fn settled(wiring: &Wiring, signals: &mut Signals, out: &mut dyn Write) -> Result<Exit, Failure> {
    let control = Arc::new(Control::default());
    let mut tasks = settle::all(wiring, "recover", None, Arc::clone(&control)).await?;
    let mut settled = Vec::new();
    let again = || {};
    let cancel = signals.cancel(&control, &again);
    let mut cancel = std::pin::pin!(cancel);
    loop {
        tokio::select! {
            next = tasks.join_next() => match next {
                Some(runs) => {
                    for run in runs.unwrap_or_default() {
                        settled.push(told(&run, &wiring.store, out).await);
                    }
                }
                None => break,
            },
            never = &mut cancel => match never {},
        }
    }
    if settled.is_empty() {
        return Ok(nothing(out));
    }
    Ok(settled.into_iter().max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Success))
}

fn nothing(out: &mut dyn Write) -> Exit {
    let _ = writeln!(out, "Nothing is owed.");
    Exit::Success
}

/// Says what came of a run: what is well on standard output, what is not on standard error.
async fn told((job, settled): &SettledRun, store: &Store, out: &mut dyn Write) -> Exit {
    let line = match settled {
        Ok(Settled::WasOver) => return told_by_another(job, store, out).await,
        Ok(settled) => settle::line(job, settled).unwrap_or_default(),
        Err(error) => format!("run {job}: {}", Failure::from_chain(error).message),
    };
    match settled {
        Ok(Settled::Ended { post_failure: None, .. }) => {
            let _ = writeln!(out, "{line}");
            return Exit::Success;
        }
        Err(EngineError::Stopped) => {
            stderr::line(&line);
            return Exit::Cancelled;
        }
        _ => stderr::line(&line),
    }
    stderr::line(&settle::clear_hint(job));
    Exit::Error
}

/// A run that another zb settled while this one waited for it.
async fn told_by_another(job: &JobId, store: &Store, out: &mut dyn Write) -> Exit {
    match store.run(job).await {
        Ok(Some(run)) if run.post_hook == PostHook::Failed => {
            stderr::line(&format!(
                "run {job} was interrupted; its post hook failed. The service may still be paused"
            ));
            Exit::Error
        }
        Ok(_) => {
            let _ = writeln!(out, "run {job} was interrupted; another zb has settled it");
            Exit::Success
        }
        Err(error) => {
            stderr::line(&format!("run {job}: {}", Failure::from_chain(&error).message));
            Exit::Error
        }
    }
}

fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Success => 0,
        Exit::Cancelled => 2,
        _ => 1,
    }
}
