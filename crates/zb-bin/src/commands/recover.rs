//! `zb recover`: what dead runs owe is delivered, and waited for.

use std::{io::Write, sync::Arc};

use lifecycle_engine::{Control, EngineError, Settled};

use crate::{
    config::{Settings, Surroundings},
    exit::Exit,
    report::Failure,
    settle::{self, SettledRun},
    signals::Signals,
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
    let control = Arc::new(Control::default());
    let tasks = settle::all(&wiring, "recover", None, Arc::clone(&control)).await;
    let mut tasks = tasks.map_err(|error| Failure::from_chain(&error))?;
    let mut settled = Vec::new();
    let again = || {};
    let cancel = signals.cancel(&control, &again);
    let mut cancel = std::pin::pin!(cancel);
    loop {
        tokio::select! {
            next = tasks.join_next() => match next {
                Some(runs) => {
                    let runs = runs.unwrap_or_default();
                    runs.iter().for_each(|run| tell(run, out));
                    settled.extend(runs);
                }
                None => break,
            },
            never = &mut cancel => match never {},
        }
    }
    if settled.is_empty() {
        return Ok(nothing(out));
    }
    Ok(settled.iter().map(exit_of).max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Success))
}

fn nothing(out: &mut dyn Write) -> Exit {
    let _ = writeln!(out, "Nothing is owed.");
    Exit::Success
}

fn tell((job, settled): &SettledRun, out: &mut dyn Write) {
    let line = match settled {
        Ok(settled) => settle::line(job, settled),
        Err(error) => Some(format!("run {job}: {}", Failure::from_chain(error).message)),
    };
    if let Some(line) = line {
        let _ = writeln!(out, "{line}");
    }
}

fn exit_of((_, settled): &SettledRun) -> Exit {
    match settled {
        Ok(Settled::WasOver | Settled::Ended { post_failure: None, .. }) => Exit::Success,
        Err(EngineError::Stopped) => Exit::Cancelled,
        Ok(Settled::Ended { .. } | Settled::StillOwed { .. }) | Err(_) => Exit::Error,
    }
}

fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Success => 0,
        Exit::Cancelled => 2,
        _ => 1,
    }
}
