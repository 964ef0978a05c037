//! The whole at once: people who watch, programs that ask, backups that run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    ANSWER, LOADED, Size,
    pages::{By, PAGES},
    server::Server,
    viewers::Viewers,
};
use crate::{
    bench::figure::{Figure, Samples, Unit},
    shell::Result,
};

/// Jobs that run, one after the other, each with both hooks.
pub(super) const RUNNING: usize = 50;

/// One begins so often.
const BEGINS: Duration = Duration::from_secs(1);

/// Clients beside the viewers, and how often each asks for something.
const CLIENTS: usize = 4;
const ASKS: Duration = Duration::from_millis(200);

/// The number of such a job: those have hooks.
pub(super) fn job(running: usize) -> usize {
    running * 4 + 3
}

pub(super) fn measure(server: &Server, size: Size) -> Result<Vec<Figure>> {
    let viewers = Viewers::watch(&server.address, server.keys(), size.viewers)?;
    let before = (server.seconds()?, Instant::now());
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let (mut client, over) = (server.client()?, Arc::clone(&over));
        let paths = PAGES.iter().map(|(_, path, by)| Ok((server.fill(path, size.days())?, *by)));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        clients.push(thread::spawn(move || {
            let mut taken = Vec::new();
            let began = Instant::now();
            for (count, (path, by)) in (1..).zip(paths.iter().cycle().skip(number * 4)) {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                taken.push(client.get(path, *by).map_err(|error| error.to_string())?.ms);
                thread::sleep((ASKS * count).saturating_sub(began.elapsed()));
            }
            Ok::<_, String>(taken)
        }));
    }
    let runs = run_jobs(server, size.lasts)?;
    over.store(true, Ordering::Relaxed);
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.join().map_err(|_| "a client panicked")??);
    }
    let seen = viewers.end()?;
    let (seconds, passed) = (server.seconds()? - before.0, before.1.elapsed().as_secs_f64());
    let (others, refreshed) = (taken.len(), seen.pages.len());
    taken.extend(seen.pages);
    let (answers, delays): (Samples, Samples) =
        (taken.into_iter().collect(), seen.delays.into_iter().collect());
    let with = format!("{} viewers", size.viewers);
    Ok(vec![
        Figure::once(format!("{with}: 99 of 100 answers within"), Unit::Ms, answers.part(0.99))
            .beside(format!(
                "median {}; {refreshed} pages read again, {others} other requests, {runs} runs in {:.0} s",
                Unit::Ms.show(answers.median()),
                passed
            ))
            .goal(ANSWER),
        Figure::once(format!("{with}: 99 of 100 events seen within"), Unit::Ms, delays.part(0.99))
            .beside(format!("median {}, with the wait for the disk", Unit::Ms.show(delays.median()))),
        Figure::once(
            format!("{with}: processor time of the server a second"),
            Unit::Ms,
            seconds * 1000.0 / passed,
        ),
        Figure::once(format!("{with}: memory, at most"), Unit::Mb, server.memory("VmHWM:")?).goal(LOADED),
    ])
}

/// Begins a run after the other; how many.
fn run_jobs(server: &Server, lasts: Duration) -> Result<usize> {
    let mut client = server.client()?;
    let began = Instant::now();
    let mut runs = 0;
    while began.elapsed() < lasts {
        let path = format!("/api/v1/jobs/sched_{:05}/runs", job(runs % RUNNING));
        client.ask("POST", &path, By::Token, "{}")?;
        runs += 1;
        thread::sleep((BEGINS * u32::try_from(runs)?).saturating_sub(began.elapsed()));
    }
    Ok(runs)
}
