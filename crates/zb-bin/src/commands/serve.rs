//! `zb serve`: jobs by their schedules, until a signal ends it.

use std::{io::Write, sync::Arc, time::Duration};

use event_bus::{Bus, Position};
use hook_core::RunEvent;
use scheduler::{Handle, Scheduler};
use tokio::{sync::Notify, task::JoinHandle, time};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    config::{Settings, Shutdown, Surroundings},
    exit::Exit,
    observers::{Observers, Tell},
    report::Failure,
    service::{self, Book, Changes, Files, Gauges, Marks, Parts, Runs, Systemd, fresh_id},
    settle,
    signals::Signals,
    stderr,
    wiring::Wiring,
};

/// How often it is looked whether jobs have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How often the journal is looked at for what other processes append.
const HEAR_AGAIN: Duration = Duration::from_secs(1);

/// How often people are reminded of what still is a problem, and told of what did not start.
const REMIND_AGAIN: Duration = Duration::from_secs(600);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// The data directory cannot be used, or it cannot listen.
pub async fn serve(settings: &Settings, around: &Surroundings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let (listener, address) = service::listen(settings, around).await?;
    let wiring = Wiring::open(settings, around, None)?;
    let observers = Observers::start_to_stay(&wiring, settings, around, clock::now()).await;
    let recovery = settle::beside(&wiring, "serve", None);
    let files = settings.service.jobs_dir.value.clone().map(Files::of);
    let book = Arc::new(Book::new(Arc::clone(&wiring.store), files, settings.webhook_timeout.value));
    let runs = Arc::new(Runs::new(wiring.clone(), settings.clone(), around.clone()));
    let port = Marks { book: Arc::clone(&book), runs: Arc::clone(&runs), tell: observers.teller() };
    let scheduler =
        Scheduler::start(Arc::new(port), Arc::new(clock::now), fresh_id(), settings.service.max_runs.value);
    runs.serve(scheduler.handle());
    let closing = CancellationToken::new();
    let parts = Parts {
        store: Arc::clone(&wiring.store),
        bus: (*wiring.engine.bus).clone(),
        book,
        runs: Arc::clone(&runs),
        handle: scheduler.handle(),
        changed: Arc::new(Notify::new()),
        gauges: Gauges::new(scheduler.status()),
        scheduler: scheduler.status(),
        closing: closing.clone(),
    };
    let chores = chores(&parts, observers.teller());
    let ending = CancellationToken::new();
    let face = service::service(parts, settings, around, ending.clone());
    let _ = writeln!(out, "zb listens at {address}");
    if let Some(link) = zb_server::set_up_link(&face, &service::browsable(&address)).await? {
        let _ = writeln!(out, "Set up zb: {link}");
    }
    let _ = out.flush();
    let serving = tokio::spawn(zb_server::serve(listener, zb_server::router(face), ending.clone()));
    let signal = until_told(&mut signals, &scheduler, around).await;
    closing.cancel();
    end(settings.service.shutdown.value, signal, &mut signals, &scheduler.handle(), &runs).await;
    scheduler.stop().await;
    ending.cancel();
    let _ = serving.await;
    chores.iter().for_each(JoinHandle::abort);
    // No request of a post hook is cut.
    recovery.finish().await;
    runs.settled().await;
    observers.finish().await;
    Ok(Exit::Success)
}

/// What goes on beside the runs, until it is aborted.
fn chores(parts: &Parts, tell: Tell) -> [JoinHandle<()>; 4] {
    let (gauges, store) = (parts.gauges.clone(), Arc::clone(&parts.store));
    [
        tokio::spawn(keep_jobs(Arc::clone(&parts.book), parts.handle.clone(), Arc::clone(&parts.changed))),
        tokio::spawn(remind(Arc::clone(&parts.book), tell)),
        tokio::spawn(hear_others(parts.bus.clone())),
        tokio::spawn(async move { gauges.follow(store).await }),
    ]
}

/// Serves until a signal says otherwise: which one. systemd is told how it is.
async fn until_told(signals: &mut Signals, scheduler: &Scheduler, around: &Surroundings) -> &'static str {
    let systemd = Systemd::of(around);
    systemd.ready();
    let is_alive = || service::is_alive(&scheduler.status().borrow());
    let signal = tokio::select! {
        signal = signals.next() => signal,
        never = systemd.watchdog(is_alive) => match never {},
    };
    systemd.stopping();
    signal
}

/// No run begins any more; those in progress are cancelled, or finish. Post hooks are sent in any case.
async fn end(shutdown: Shutdown, signal: &str, signals: &mut Signals, handle: &Handle, runs: &Runs) {
    stderr::line(&format!("{signal}: ending; post hooks that are owed are sent"));
    handle.close().await;
    if shutdown == Shutdown::Cancel {
        runs.cancel_all("shutdown");
    }
    let ended = runs.ended();
    let mut ended = std::pin::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => return,
            signal = signals.next() => {
                stderr::line(&format!("{signal}: cancelling what runs; post hooks are sent"));
                runs.cancel_all("shutdown");
            }
        }
    }
}

/// Tells the scheduler which jobs there are, when that changes.
async fn keep_jobs(book: Arc<Book>, handle: Handle, changed: Arc<Notify>) {
    loop {
        match book.refresh(clock::now()).await {
            Ok(()) => tell_scheduler(&handle, book.changes()).await,
            Err(failure) => tracing::error!("the jobs cannot be read: {}", failure.message),
        }
        tokio::select! {
            () = changed.notified() => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
}

async fn tell_scheduler(handle: &Handle, changes: Changes) {
    if changes.is_first {
        return handle.set_jobs(changes.put).await;
    }
    for gone in changes.gone {
        handle.remove(gone).await;
    }
    for job in changes.put {
        handle.put(job).await;
    }
}

/// What other processes append to the journal, those who watch here hear of within a second.
async fn hear_others(bus: Bus<RunEvent>) {
    let mut heard = Position::START;
    loop {
        match bus.head().await {
            Ok(head) if head > heard => {
                heard = head;
                bus.nudge();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the journal cannot be read"),
        }
        time::sleep(HEAR_AGAIN).await;
    }
}

/// Tells of what did not start, and reminds of what still is a problem.
async fn remind(book: Arc<Book>, tell: Tell) {
    loop {
        time::sleep(REMIND_AGAIN).await;
        match book.overdue(clock::now()).await {
            Ok(overdue) => overdue.iter().for_each(|(entry, since)| tell.never_started(entry.told(), *since)),
            Err(failure) => tracing::error!("{}", failure.message),
        }
        let all = book.all();
        tell.remind(all.iter().map(|entry| entry.told()));
    }
}
