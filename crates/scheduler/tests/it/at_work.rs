//! The loop at work, with a clock that moves only as far as the next thing that happens.

use std::{sync::atomic::Ordering, time::Duration};

use hook_core::{JobId, RunStatus, event::Trigger};
use scheduler::{Job, Missed, NotStarted, Timing};

use crate::world::{Scene, at, id, job, retried};

const MIDNIGHT: &str = "2026-11-24T00:00:00Z";

#[tokio::test(start_paused = true)]
async fn a_run_begins_when_it_is_due() {
    let mut scene = Scene::new("2026-11-24T00:12:34.567Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "0 2 * * *"), job("b", "30 3 * * *")]).await;
    for (name, due) in
        [("a", "2026-11-24T02:00:00Z"), ("b", "2026-11-24T03:30:00Z"), ("a", "2026-11-25T02:00:00Z")]
    {
        let (start, lag) = scene.begins().await;
        assert_eq!((start.job.clone(), start.due, start.trigger), (id(name), at(due), Trigger::Schedule));
        assert_eq!(lag.as_secs(), 0);
        scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    }
    scheduler.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_looked_at_once_a_minute_and_no_more() {
    let mut scene = Scene::new(MIDNIGHT);
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "0 2 1 1 *")]).await;
    let before = scene.world.looks.load(Ordering::Relaxed);
    assert!(scene.quiet(24 * 60).await);
    // A turn of the loop reads it twice.
    let turns = (scene.world.looks.load(Ordering::Relaxed) - before) / 2;
    assert!((24 * 60 - 2..=24 * 60 + 2).contains(&turns), "{turns} looks in a day");
    assert!(scene.world.now().duration_since(scheduler.status().borrow().looked).as_secs() <= 60);
}

#[tokio::test(start_paused = true)]
async fn a_clock_put_forward_is_noticed_within_a_minute() {
    let mut scene = Scene::new("2026-11-24T01:00:10Z");
    let scheduler = scene.start(4);
    let skipping = job("skips", "*/30 * * * *");
    let timing =
        skipping.timing.as_deref().map(|timing| Timing { missed: Missed::Skip, ..timing.clone() }.into());
    scheduler.handle().set_jobs(vec![job("a", "*/30 * * * *"), Job { timing, ..skipping }]).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    scene.world.jump(195); // It is a quarter past four.
    let (start, lag) = scene.begins().await;
    assert_eq!(
        (start.job.clone(), start.due, start.trigger),
        (id("a"), at("2026-11-24T04:00:00Z"), Trigger::Missed)
    );
    assert!(lag.as_mins() == 15 || lag.as_mins() == 16);
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    let next = scene.next().await;
    assert_eq!((next.due, next.trigger), (at("2026-11-24T04:30:00Z"), Trigger::Schedule));
}

#[tokio::test(start_paused = true)]
async fn a_clock_put_back_repeats_nothing() {
    let mut scene = Scene::new("2026-11-24T01:59:00Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "0 * * * *")]).await;
    let start = scene.next().await;
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    scene.world.jump(-90);
    assert!(scene.quiet(60).await);
    assert!((29..=31).contains(&scheduler.status().borrow().clock_behind.as_mins()));
    assert!(scene.quiet(85).await);
    assert!(scheduler.status().borrow().clock_behind.is_zero());
    assert_eq!(scene.next().await.due, at("2026-11-24T03:00:00Z"));
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_runs_wait_in_order() {
    let mut scene = Scene::new(MIDNIGHT);
    let scheduler = scene.start(1);
    let handle = scheduler.handle();
    let jobs = vec![job("c", "1 1 * * *"), job("b", "2 1 * * *"), job("a", "0 1 * * *"), job("d", "@yearly")];
    handle.set_jobs(jobs).await;
    let first = scene.next().await;
    assert_eq!(first.job, id("a"));
    assert!(scene.quiet(5).await);
    let wanted = JobId::from_parts(9, [9; 10]);
    handle.run_now(id("d"), wanted.clone(), Trigger::Api, Some("ana".to_owned())).await.unwrap();
    assert!(
        matches!(handle.run_now(id("d"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await, Err(NotStarted::Running(run)) if run == wanted)
    );
    assert!(matches!(
        handle.run_now(id("nobody"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await,
        Err(NotStarted::Unknown)
    ));
    assert_eq!(scene.world.disk.lock().unwrap().queued.len(), 4, "all are recorded as queued");
    let mut ended = first;
    for name in ["c", "b", "d"] {
        assert!(scene.quiet(5).await, "one at a time");
        scene.ends(&handle, &ended, RunStatus::Success).await;
        ended = scene.next().await;
        assert_eq!(ended.job, id(name));
    }
    assert_eq!((ended.run, ended.trigger, ended.by.as_deref()), (wanted, Trigger::Api, Some("ana")));
}

/// A person may cancel a run before its turn: then it is over, and its place is free.
#[tokio::test(start_paused = true)]
async fn a_run_that_ends_while_it_waits_is_out_of_the_queue_and_handled() {
    let mut scene = Scene::new(MIDNIGHT);
    let scheduler = scene.start(1);
    let handle = scheduler.handle();
    handle.set_jobs(vec![job("a", "0 1 * * *"), job("b", "1 1 * * *")]).await;
    let first = scene.next().await;
    assert!(scene.quiet(5).await);
    let waits = scene.world.disk.lock().unwrap().queued[1].clone();
    assert_eq!(waits.job, id("b"));
    scene.ends(&handle, &waits, RunStatus::Cancelled).await;
    scene.ends(&handle, &first, RunStatus::Success).await;
    assert!(scene.quiet(60).await, "it does not begin any more");
    assert_eq!(scene.world.disk.lock().unwrap().marks[&id("b")].owed, None);
    let by_hand = JobId::from_parts(9, [9; 10]);
    handle.run_now(id("b"), by_hand.clone(), Trigger::Api, None).await.unwrap();
    assert_eq!(scene.next().await.run, by_hand);
    scheduler.stop().await;
    // Nor does it after a restart.
    let again = scene.start(1);
    again.handle().set_jobs(vec![job("b", "1 1 * * *")]).await;
    assert!(scene.quiet(60).await);
}

#[tokio::test(start_paused = true)]
async fn a_due_time_during_a_run_of_the_job_is_part_of_that_run() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "*/10 * * * *")]).await;
    let start = scene.next().await;
    assert!(scene.quiet(25).await);
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    assert_eq!(scene.next().await.due, at("2026-11-24T01:30:00Z"));
    assert_eq!(scene.world.disk.lock().unwrap().queued.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn only_the_end_of_the_run_itself_ends_it() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "*/10 * * * *")]).await;
    let start = scene.next().await;
    let other = scheduler::Ended {
        run: JobId::from_parts(9, [9; 10]),
        status: RunStatus::Success,
        attempt: 1,
        at: scene.world.now(),
    };
    scheduler.handle().ended(id("a"), other).await;
    assert!(scene.quiet(25).await);
    assert_eq!(scheduler.status().borrow().running, 1);
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    assert_eq!(scene.next().await.due, at("2026-11-24T01:30:00Z"));
}

/// The disk works, the job does not: as while another process settles its last run.
#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_be_queued_yet_is_tried_every_minute() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    scene.world.settling.store(true, Ordering::Relaxed);
    scheduler.handle().set_jobs(vec![job("a", "*/5 * * * *")]).await;
    assert!(scene.quiet(12).await);
    let promised = scene.world.disk.lock().unwrap().marks[&id("a")].owed.clone().unwrap();
    scene.world.settling.store(false, Ordering::Relaxed);
    let (start, lag) = scene.begins().await;
    assert_eq!((start.due, &start.run), (at("2026-11-24T01:00:00Z"), &promised.run));
    assert!((11..=12).contains(&lag.as_mins()));
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    assert!(scene.quiet(1).await);
    let mark = scene.world.disk.lock().unwrap().marks[&id("a")].clone();
    assert_eq!((mark.handled, mark.owed), (at("2026-11-24T01:10:00Z"), None), "the promise is kept");
    let next = scene.next().await;
    assert_eq!(next.due, at("2026-11-24T01:15:00Z"), "and once");
}

#[tokio::test(start_paused = true)]
async fn what_falls_due_while_it_writes_is_next() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "0 1 * * *"), job("b", "1 1 * * *")]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.world.slow.store(90, Ordering::Relaxed);
    assert_eq!(scene.next().await.job, id("a"));
    let (b, lag) = scene.begins().await;
    // Kept once for each: no rest between.
    assert_eq!((b.job, lag.as_secs()), (id("b"), 2 * 90 - 60));
}

#[tokio::test(start_paused = true)]
async fn what_was_due_first_begins_first() {
    let mut scene = Scene::new("2026-11-24T00:58:30Z");
    let scheduler = scene.start(4);
    let jobs = [("a", "5 1 * * *"), ("b", "2 1 * * *"), ("c", "4 1 * * *"), ("d", "3 1 * * *")];
    scheduler.handle().set_jobs(jobs.map(|(name, line)| job(name, line)).to_vec()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.world.jump(10);
    for name in ["b", "d", "c", "a"] {
        assert_eq!(scene.next().await.job, id(name));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_of_another_process_stands_for_the_due_one() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    let other = JobId::from_parts(9, [9; 10]);
    scene.world.elsewhere.lock().unwrap().insert(id("a"), other.clone());
    scheduler.handle().set_jobs(vec![job("a", "0 * * * *")]).await;
    assert!(scene.quiet(30).await);
    let refused = scheduler.handle().run_now(id("a"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await;
    assert!(matches!(refused, Err(NotStarted::Running(run)) if run == other));
    scene.world.elsewhere.lock().unwrap().clear();
    assert_eq!(scene.next().await.due, at("2026-11-24T02:00:00Z"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_tried_again_after_its_delay() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    let handle = scheduler.handle();
    handle.set_jobs(vec![retried(job("a", "0 1 * * *"), 2, 15)]).await;
    let first = scene.next().await;
    scene.ends(&handle, &first, RunStatus::Error).await;
    let second = scene.next().await;
    assert_eq!(
        (second.trigger, second.attempt, second.retry_of.as_ref()),
        (Trigger::Retry, 2, Some(&first.run))
    );
    assert_eq!(second.due.duration_since(first.due).as_mins(), 15);
    scene.ends(&handle, &second, RunStatus::Error).await;
    let third = scene.next().await;
    assert_eq!((third.attempt, third.retry_of.as_ref()), (3, Some(&second.run)));
    scene.ends(&handle, &third, RunStatus::Error).await;
    let next = scene.next().await;
    assert_eq!((next.trigger, next.attempt, next.due), (Trigger::Schedule, 1, at("2026-11-25T01:00:00Z")));
    scene.ends(&handle, &next, RunStatus::Cancelled).await;
    assert_eq!(scene.next().await.due, at("2026-11-26T01:00:00Z"), "a cancelled run is not tried again");
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_due_time_that_meet_are_one_run() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    let handle = scheduler.handle();
    handle.set_jobs(vec![retried(job("a", "0 * * * *"), 3, 90)]).await;
    let first = scene.next().await;
    scene.ends(&handle, &first, RunStatus::Error).await;
    let next = scene.next().await;
    assert_eq!((next.trigger, next.attempt, next.due), (Trigger::Schedule, 1, at("2026-11-24T02:00:00Z")));
    scene.ends(&handle, &next, RunStatus::Success).await;
    assert_eq!(
        scene.next().await.due,
        at("2026-11-24T03:00:00Z"),
        "the retry of the first is not owed any more"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_started_that_cannot_be_kept() {
    let mut scene = Scene::new("2026-11-24T00:59:30Z");
    let scheduler = scene.start(4);
    scheduler.handle().set_jobs(vec![job("a", "0 1 * * *")]).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    scene.world.set_full(true);
    assert!(scene.quiet(10).await);
    assert_eq!(
        scheduler.status().borrow().failing.as_deref(),
        Some("cannot keep what was handled: nothing is started: the disk is full")
    );
    let refused = scheduler.handle().run_now(id("a"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await;
    assert!(matches!(refused, Err(NotStarted::Failed(_))));
    scene.world.set_full(false);
    let start = scene.next().await;
    assert_eq!((start.due, start.trigger), (at("2026-11-24T01:00:00Z"), Trigger::Missed));
    scene.ends(&scheduler.handle(), &start, RunStatus::Success).await;
    assert_eq!(scene.next().await.due, at("2026-11-25T01:00:00Z"));
    assert_eq!(scheduler.status().borrow().failing, None);
}

#[tokio::test(start_paused = true)]
async fn an_edit_makes_up_for_nothing() {
    let mut scene = Scene::new("2026-11-24T12:00:00Z");
    let scheduler = scene.start(4);
    let handle = scheduler.handle();
    handle.set_jobs(vec![job("a", "0 18 * * *")]).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    handle.put(job("a", "0 11 * * *")).await;
    handle.put(Job { enabled: false, ..job("off", "* * * * *") }).await;
    let next = scene.next().await;
    assert_eq!((next.job.clone(), next.due), (id("a"), at("2026-11-25T11:00:00Z")));
    scene.ends(&handle, &next, RunStatus::Success).await;
    handle.put(Job { enabled: false, ..job("a", "0 11 * * *") }).await;
    assert!(scene.quiet(48 * 60).await);
    handle.put(job("a", "0 11 * * *")).await;
    assert_eq!(scene.next().await.due, at("2026-11-28T11:00:00Z"));
    handle.remove(id("a")).await;
    assert!(scene.quiet(48 * 60).await);
}

#[tokio::test(start_paused = true)]
async fn retention_has_the_repository_to_itself() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    let handle = scheduler.handle();
    let shared = |name, line| Job { repository: "/repo".to_owned(), ..job(name, line) };
    handle
        .set_jobs(vec![shared("a", "0 1 * * *"), shared("b", "0 1 * * *"), shared("c", "10 1 * * *")])
        .await;
    let (a, b) = (scene.next().await, scene.next().await);
    let asked = tokio::spawn({
        let handle = handle.clone();
        async move { handle.retention(id("a")).await }
    });
    assert!(scene.quiet(20).await, "c waits behind it");
    assert!(!asked.is_finished(), "b is at work");
    scene.ends(&handle, &b, RunStatus::Success).await;
    tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap().unwrap();
    assert!(scene.quiet(5).await, "a is at work");
    scene.ends(&handle, &a, RunStatus::Success).await;
    let c = scene.next().await;
    assert_eq!(c.job, id("c"));
    handle.retention(id("nobody")).await;
    // Who ends while it waits is let go.
    assert!(handle.run_now(id("a"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await.is_ok());
    let a = scene.next().await;
    let asked = tokio::spawn(async move { handle.retention(id("c")).await });
    assert!(scene.quiet(5).await);
    scene.ends(&scheduler.handle(), &c, RunStatus::Cancelled).await;
    tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap().unwrap();
    scene.ends(&scheduler.handle(), &a, RunStatus::Success).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_closed_begins_nothing_and_serves_to_the_end() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(1);
    let handle = scheduler.handle();
    handle.set_jobs(vec![job("a", "0 1 * * *"), job("b", "1 1 * * *")]).await;
    let start = scene.next().await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    handle.close().await;
    assert!(matches!(
        handle.run_now(id("a"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await,
        Err(NotStarted::Stopped)
    ));
    handle.retention(id("a")).await;
    scene.ends(&handle, &start, RunStatus::Success).await;
    assert!(scene.quiet(48 * 60).await);
    assert_eq!(scene.world.disk.lock().unwrap().queued.len(), 2, "what is due is not even queued");
    scheduler.stop().await;
    handle.put(job("c", "* * * * *")).await;
    handle.retention(id("a")).await;
    assert!(matches!(
        handle.run_now(id("a"), JobId::from_parts(8, [8; 10]), Trigger::Ui, None).await,
        Err(NotStarted::Stopped)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_switched_off_wants_nothing_any_more() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(4);
    let handle = scheduler.handle();
    let failing = retried(job("fails", "0 1 * * *"), 5, 30);
    handle.set_jobs(vec![failing.clone(), job("settles", "2 1 * * *")]).await;
    let start = scene.next().await;
    scene.ends(&handle, &start, RunStatus::Error).await;
    scene.world.settling.store(true, Ordering::Relaxed);
    assert!(scene.quiet(10).await);
    for off in [failing.clone(), job("settles", "2 1 * * *")] {
        handle.put(Job { enabled: false, ..off }).await;
    }
    scene.world.settling.store(false, Ordering::Relaxed);
    assert!(scene.quiet(60).await);
    assert_eq!(scene.world.disk.lock().unwrap().marks[&id("settles")].owed, None);
    let wanted = JobId::from_parts(9, [9; 10]);
    handle.run_now(id("fails"), wanted.clone(), Trigger::Ui, None).await.unwrap();
    let by_hand = scene.next().await;
    assert_eq!(by_hand.run, wanted, "by hand it runs");
    scene.ends(&handle, &by_hand, RunStatus::Error).await;
    assert!(scene.quiet(60).await, "and is not tried again");
    handle.put(failing).await;
    assert_eq!(scene.next().await.due, at("2026-11-25T01:00:00Z"));
}
