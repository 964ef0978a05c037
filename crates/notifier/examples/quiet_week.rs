//! A week of a daily backup, told in a moment: what a person hears, and what not.
//!
//! `cargo run -p notifier --example quiet_week`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::{Bus, Clock, MemoryJournal, StreamId, Version};
use hook_core::{
    JobId, LifecycleEvent as Event, RunEvent, RunStatus, ScheduleId,
    event::{BackupOutcome, HookPlan, MACHINE, ResticFinished, RunQueued, Trigger},
};
use jiff::Timestamp;
use notifier::{Answer, Carrier, Destination, Failed, Limits, MemoryOutbox, Message, Notifier, Outlet};
use tokio::time::{self, Instant};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A channel of your own is this much.
struct Screen(Clock);

#[async_trait]
impl Carrier for Screen {
    async fn carry(&self, message: &Message, _delivery_id: &str) -> Result<Answer, Failed> {
        println!("{} | {}", (self.0)().strftime("%A"), message.title);
        message.lines.iter().for_each(|line| println!("         |   {line}"));
        Ok(Answer::default())
    }
}

/// A run whose restic ends with this exit code.
fn run(exit_code: i32) -> [Event; 4] {
    let good = exit_code == 0;
    let error = (!good).then(|| format!("restic: exit code {exit_code}"));
    let snapshot_id = good.then(|| "5a7b2c1d".to_owned());
    [
        Event::RunQueued(RunQueued {
            organization_id: hook_core::OrganizationId::default(),
            job_name: "postgres data".to_owned(),
            source_path: "/data".into(),
            trigger: Trigger::Schedule,
            by: None,
            retry_of: None,
            attempt: 1,
            hooks: HookPlan::default(),
            retention: false,
            machine: MACHINE,
        }),
        Event::ResticStarted { restic_version: "0.18.0".to_owned() },
        Event::ResticFinished(ResticFinished {
            outcome: if good { BackupOutcome::Complete } else { BackupOutcome::Failed },
            exit_code: Some(exit_code),
            snapshot_id: snapshot_id.clone(),
            error: error.clone(),
            ..ResticFinished::default()
        }),
        Event::RunFinished {
            status: if good { RunStatus::Success } else { RunStatus::Error },
            error,
            snapshot_id,
            duration_ms: 252_000,
            pause_ms: None,
        },
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The clock jumps whenever everybody sleeps: a week takes no time.
    time::pause();
    let (monday, begin) = ("2026-11-23T02:00:00Z".parse::<Timestamp>()?, Instant::now());
    let clock: Clock = Arc::new(move || monday + begin.elapsed());
    let bus = Bus::new(Arc::new(MemoryJournal::new(Arc::clone(&clock))));
    let screen =
        Outlet { destination: Destination::people("ana"), carrier: Arc::new(Screen(Arc::clone(&clock))) };
    let outbox = Arc::new(MemoryOutbox::new());
    let limits = Limits::default();
    let notifier = Notifier::start(&bus, outbox, vec![screen], monday, clock, Arc::new(|| 0.5), limits);

    // Hours since Monday 02:00, and how restic ends: well, locked (twice on one day), a wrong password, well again.
    for (hour, exit_code) in [(0, 0), (24, 11), (30, 11), (48, 11), (72, 12), (96, 0), (120, 0)] {
        time::sleep_until(begin + HOUR * hour).await;
        let job = JobId::from_parts(0, [u8::try_from(hour)?; 10]);
        let stream = StreamId::from(job.as_str());
        let schedule: ScheduleId = "sched_postgres".parse()?;
        let event = |event| RunEvent { job: job.clone(), schedule: schedule.clone(), event };
        bus.publish(&stream, Version::EMPTY, run(exit_code).map(event).into()).await?;
        if !notifier.caught_up(bus.head().await?, HOUR).await {
            return Err("somebody was not told in time".into());
        }
    }
    notifier.stop(HOUR).await;
    Ok(())
}
