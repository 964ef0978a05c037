//! The calls of an outbox, where nothing but success will do, and what to file.

use hook_core::{JobId, RunStatus, ScheduleId, event::BackupSummary};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Delivery, Filing, Message, NewDelivery, Occasion, Outbox, Ping, RunFacts, Severity, Standing, Topic,
};

/// Some time with every digit to the microsecond.
pub(super) fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::new(1_795_000_000 + seconds, 123_456_000)
}

/// A message with everything in it.
pub(super) fn message(title: &str) -> Message {
    let schedule: ScheduleId = "sched_Nightly-1".parse().expect("it is a schedule id");
    Message {
        topic: Topic::Reminder(Occasion::PostHookOwed),
        severity: Severity::Bad,
        title: title.to_owned(),
        lines: vec!["Error: \"quoted\" \\ 'text'".to_owned(), String::new(), "ä 日本 🎉".to_owned()],
        run: Some(RunFacts {
            job_id: JobId::from_parts(1_795_000_000_000, [7; 10]),
            schedule_id: schedule,
            organization_id: hook_core::OrganizationId::default(),
            job_name: "it's \"data\"".to_owned(),
            status: Some(RunStatus::Warning),
            error: Some("post webhook returned HTTP 500".to_owned()),
            interrupted: true,
            duration_ms: Some(u64::from(u32::MAX)),
            pause_ms: Some(0),
            snapshot_id: Some("5a7b2c1d".to_owned()),
            summary: Some(BackupSummary { total_bytes: 1 << 40, ..BackupSummary::default() }),
        }),
        time: time(1),
        ping: Some(Ping::Failure),
    }
}

/// A delivery to be filed.
pub(super) fn new(id: &str, destination: &str) -> NewDelivery {
    NewDelivery {
        id: id.to_owned(),
        destination: destination.to_owned(),
        message: message(&format!("about {id}")),
        created_at: time(2),
    }
}

/// A standing that can be told from others by its kind.
pub(super) fn standing(kind: &str) -> Standing {
    Standing {
        problem: Some(Occasion::Error),
        kind: kind.to_owned(),
        since: time(3),
        told_at: time(4),
        unsaid: 5,
        failures: 7,
        run: Some(JobId::from_parts(1_795_000_000_000, [9; 10])),
        told: [("it's \"so\"".to_owned(), time(4))].into(),
        position: 6,
    }
}

pub(super) async fn file(on: &dyn Outbox, deliveries: Vec<NewDelivery>) {
    file_all(on, Filing { deliveries, ..Filing::default() }).await;
}

pub(super) async fn file_all(on: &dyn Outbox, filing: Filing) {
    on.file(filing).await.expect("what is to be sent can be filed");
}

pub(super) async fn stand(on: &dyn Outbox, destination: &str, schedule: &str, standing: Option<Standing>) {
    let standings = vec![(destination.to_owned(), schedule.to_owned(), standing)];
    file_all(on, Filing { standings, ..Filing::default() }).await;
}

pub(super) async fn standing_of(on: &dyn Outbox, destination: &str, schedule: &str) -> Option<Standing> {
    on.standing(destination, schedule).await.expect("a standing can be read")
}

pub(super) async fn pending(on: &dyn Outbox, destination: &str) -> Vec<Delivery> {
    on.pending(destination, 1000).await.expect("pending deliveries can be read")
}

pub(super) async fn latest(on: &dyn Outbox, destination: Option<&str>) -> Vec<Delivery> {
    on.latest(destination, 1000).await.expect("deliveries can be listed")
}

pub(super) async fn record(on: &dyn Outbox, delivery: &Delivery) {
    on.record(delivery).await.expect("what became of a try can be kept");
}

pub(super) fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.id.as_str()).collect()
}
