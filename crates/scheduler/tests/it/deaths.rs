//! The process dies at any moment, and another takes over what is on the disk.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use hook_core::{RunStatus, event::Trigger};
use scheduler::{Ended, Job, Missed, Timing};

use crate::world::{Scene, at, id, job, retried};

/// Dies at each call of the port that the loop makes in two hours, once before each. Every due time begins one run.
#[tokio::test(start_paused = true)]
async fn no_due_time_is_lost_or_begun_twice() {
    let mut died_at = 0;
    loop {
        let mut scene = Scene::new("2026-11-24T00:30:00Z");
        let jobs = || vec![job("a", "0 * * * *"), job("b", "0 1 * * *")];
        scene.world.calls_left.store(died_at, Ordering::Relaxed);
        let first = scene.start(1);
        first.handle().set_jobs(jobs()).await;
        let mut begun: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let until = at("2026-11-24T02:30:00Z");
        serve(&mut scene, &first, &mut begun, until).await;
        let survived = scene.world.calls_left.load(Ordering::Relaxed) > 0;
        drop(first);
        scene.world.calls_left.store(usize::MAX, Ordering::Relaxed);
        let second = scene.start(1);
        second.handle().set_jobs(jobs()).await;
        serve(&mut scene, &second, &mut begun, at("2026-11-24T03:30:00Z")).await;
        second.stop().await;
        for ((name, due), triggers) in &begun {
            assert_eq!(triggers.len(), 1, "{name} of {due}, died at {died_at}");
        }
        // Before the first mark was on the disk, nobody knew that it was there.
        let noticed = scene.world.disk.lock().unwrap().marks[&id("b")].handled >= at("2026-11-24T01:00:00Z");
        let once = begun.contains_key(&(id("b"), at("2026-11-24T01:00:00Z")));
        assert_eq!(noticed, once || died_at < 2, "b is due once, died at {died_at}");
        assert!(begun.contains_key(&(id("a"), at("2026-11-24T03:00:00Z"))), "it goes on, died at {died_at}");
        if survived {
            assert!(died_at > 8, "the loop makes calls");
            break;
        }
        died_at += 1;
    }
}

type Begun = BTreeMap<(hook_core::JobKey, jiff::Timestamp), Vec<Trigger>>;

/// Each run ends as soon as it has begun, unless the process is dead.
async fn serve(
    scene: &mut Scene,
    scheduler: &scheduler::Scheduler,
    begun: &mut Begun,
    until: jiff::Timestamp,
) {
    let left = |now: jiff::Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
    while let Ok(Some((start, _))) = tokio::time::timeout(left(scene.world.now()), scene.begun.recv()).await {
        begun.entry((start.job.clone(), start.due)).or_default().push(start.trigger);
        let handle = scheduler.handle();
        let told = scene.ends(&handle, &start, RunStatus::Success);
        let _ = tokio::time::timeout(Duration::from_millis(1), told).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_due_while_nobody_was_there_is_made_up_for_once() {
    let mut scene = Scene::new("2026-11-24T00:30:00Z");
    let first = scene.start(4);
    let skips = job("skips", "0 * * * *");
    let timing =
        skips.timing.as_deref().map(|timing| Timing { missed: Missed::Skip, ..timing.clone() }.into());
    let jobs = vec![job("a", "0 * * * *"), Job { timing, ..skips }];
    first.handle().set_jobs(jobs.clone()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    first.stop().await;
    tokio::time::sleep(Duration::from_secs(5 * 3600)).await;
    let second = scene.start(4);
    second.handle().set_jobs(jobs).await;
    let start = scene.next().await;
    assert_eq!(
        (start.job.clone(), start.due, start.trigger),
        (id("a"), at("2026-11-24T05:00:00Z"), Trigger::Missed)
    );
    assert!(scene.quiet(20).await);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_edited_or_away_meanwhile_counts_from_now() {
    let mut scene = Scene::new("2026-11-24T00:30:00Z");
    let first = scene.start(4);
    first.handle().set_jobs(vec![job("edited", "0 * * * *"), job("away", "0 * * * *")]).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    first.stop().await;
    let second = scene.start(4);
    second.handle().set_jobs(vec![job("edited", "20 * * * *")]).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    second.stop().await;
    tokio::time::sleep(Duration::from_secs(35 * 60)).await;
    let third = scene.start(4);
    third.handle().set_jobs(vec![job("edited", "40 * * * *"), job("away", "0 * * * *")]).await;
    let start = scene.next().await;
    assert_eq!(
        (start.job.clone(), start.due, start.trigger),
        (id("edited"), at("2026-11-24T01:40:00Z"), Trigger::Schedule)
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_survives_a_restart() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let first = scene.start(4);
    let job = retried(job("a", "0 1 * * *"), 2, 30);
    first.handle().set_jobs(vec![job.clone()]).await;
    let failed = scene.next().await;
    let ended =
        Ended { run: failed.run.clone(), status: RunStatus::Error, attempt: 1, at: scene.world.now() };
    first.handle().ended(id("a"), ended.clone()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    first.stop().await;
    let second = scene.start(4);
    second.handle().set_jobs(vec![Job { last: Some(ended), ..job }]).await;
    let start = scene.next().await;
    assert_eq!((start.trigger, start.attempt, start.retry_of), (Trigger::Retry, 2, Some(failed.run)));
    assert_eq!(start.due.duration_since(at("2026-11-24T01:30:00Z")).as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_wants_no_late_start_gets_none_after_a_death() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let skips = job("a", "0 * * * *");
    let timing =
        skips.timing.as_deref().map(|timing| Timing { missed: Missed::Skip, ..timing.clone() }.into());
    let jobs = vec![Job { timing, ..skips }];
    // Dies between the mark and the run: marks, keep, keep, then queue.
    scene.world.calls_left.store(3, Ordering::Relaxed);
    let first = scene.start(4);
    first.handle().set_jobs(jobs.clone()).await;
    assert!(scene.quiet(10).await);
    assert!(scene.world.disk.lock().unwrap().marks[&id("a")].owed.is_some());
    drop(first);
    scene.world.calls_left.store(usize::MAX, Ordering::Relaxed);
    let second = scene.start(4);
    second.handle().set_jobs(jobs).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scene.world.disk.lock().unwrap().marks[&id("a")].owed, None, "nothing is promised any more");
    assert_eq!(scene.next().await.due, at("2026-11-24T02:00:00Z"));
}

/// The process dies after it let a run in, and before anything of it was done: the due time has had no run yet.
#[tokio::test(start_paused = true)]
async fn a_run_that_died_before_anything_of_it_was_recorded_is_made_up_for() {
    let mut scene = Scene::new("2026-11-24T00:59:00Z");
    let scheduler = scene.start(1);
    scheduler.handle().set_jobs(vec![job("a", "0 1 * * *")]).await;
    scene.world.dies_at_once.store(true, Ordering::Relaxed);
    let first = scene.next().await;
    assert!(scene.quiet(5).await);
    drop(scheduler);
    scene.world.dies_at_once.store(false, Ordering::Relaxed);
    let again = scene.start(1);
    again.handle().set_jobs(vec![job("a", "0 1 * * *")]).await;
    let second = scene.next().await;
    assert_eq!((second.due, second.trigger), (first.due, Trigger::Missed));
    assert_ne!(second.run, first.run);
    assert!(scene.quiet(5).await);
    drop(again);
    // This one had begun.
    let _last = scene.start(1);
    assert!(scene.quiet(60).await);
}
