//! A scheduler at work: two dishes that want the one stove, tea every minute, and a soup that fails once.
//!
//! Marks are kept in memory, a run is a print and a nap, and so is the time: tokio's clock is paused, and goes on to
//! whatever happens next.
//!
//! `cargo run -p scheduler --example kitchen`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hook_core::{JobId, JobKey, RunStatus};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use scheduler::{
    BoxError, Clock, Ended, Handle, Job, Mark, Missed, Port, Refused, Retries, Schedule, Scheduler, Start,
    Timing,
};
use tokio::time::{Instant, sleep};

struct Kitchen {
    clock: Clock,
    marks: Mutex<BTreeMap<JobKey, Mark>>,
    handle: OnceLock<Handle>,
}

#[async_trait]
impl Port for Kitchen {
    async fn marks(&self) -> Result<BTreeMap<JobKey, Mark>, BoxError> {
        Ok(self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn keep(&self, marks: &[(JobKey, Mark)]) -> Result<(), BoxError> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).extend(marks.iter().cloned());
        Ok(())
    }

    async fn begun(&self, _: &JobId) -> Result<bool, BoxError> {
        Ok(false) // Nothing is left of the last process.
    }

    async fn queue(&self, _: &Start) -> Result<(), Refused> {
        Ok(())
    }

    async fn begin(&self, start: Start, _: SignedDuration) {
        let (clock, handle) = (Arc::clone(&self.clock), self.handle.get().cloned());
        println!("{:.0} {} begins, try {} ({:?})", clock(), start.job, start.attempt, start.trigger);
        tokio::spawn(async move {
            sleep(Duration::from_secs(40)).await;
            let burnt = start.job.schedule.suffix() == "soup" && start.attempt == 1;
            let status = if burnt { RunStatus::Error } else { RunStatus::Success };
            println!("{:.0} {} ends: {status:?}", clock(), start.job);
            let ended = Ended { run: start.run, status, attempt: start.attempt, at: clock() };
            if let Some(handle) = handle {
                handle.ended(start.job, ended).await;
            }
        });
    }
}

fn dish(name: &str, line: &str) -> Result<Job, Box<dyn Error>> {
    let timing = Timing { schedule: Schedule::parse(line)?, zone: TimeZone::UTC, missed: Missed::RunOnce };
    Ok(Job {
        id: format!("sched_{name}").parse()?,
        repository: "the stove".to_owned(),
        enabled: true,
        timing: Some(timing.into()),
        retries: Retries { most: 1, delay: Duration::from_secs(60) },
        last: None,
    })
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let (opened, noon): (_, Timestamp) = (Instant::now(), "2026-11-24T12:00:00Z".parse()?);
    let clock: Clock = Arc::new(move || noon.saturating_add(opened.elapsed()).unwrap_or(noon));
    let kitchen =
        Arc::new(Kitchen { clock: Arc::clone(&clock), marks: Mutex::default(), handle: OnceLock::new() });
    let orders = AtomicU64::new(0);
    let fresh = move || Ok(JobId::from_parts(orders.fetch_add(1, Ordering::Relaxed), [0; 10]));

    let scheduler = Scheduler::start(Arc::clone(&kitchen) as Arc<dyn Port>, clock, Arc::new(fresh), 1);
    kitchen.handle.set(scheduler.handle()).map_err(|_| "the kitchen has a scheduler already")?;
    let menu = vec![dish("soup", "1 12 * * *")?, dish("roast", "1 12 * * *")?, dish("tea", "* * * * *")?];
    scheduler.handle().set_jobs(menu).await;
    sleep(Duration::from_secs(5 * 60)).await;
    println!("{:?}", *scheduler.status().borrow());
    scheduler.stop().await;
    Ok(())
}
