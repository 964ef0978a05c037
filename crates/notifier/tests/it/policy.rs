//! Who is told what, and how often.

use std::sync::Arc;

use hook_core::{LifecycleEvent, Phase};
use notifier::{Destination, Notifier, Occasion};

use crate::{
    run,
    runs::{cancelled, cleared, failed, failed_and_owing, good, hook_ok, incomplete, owing},
    world::{DAY, HOUR, Recorder, World, job, pass},
};

const JOB: &str = "postgres data";

struct Told {
    world: World,
    recorder: Arc<Recorder>,
    notifier: Notifier,
}

impl Told {
    fn new(destination: Destination) -> Self {
        let world = World::new();
        let recorder = Recorder::willing(&world.clock);
        let notifier = world.start(vec![recorder.outlet(destination)]);
        Self { world, recorder, notifier }
    }

    /// What is told of a run, after so many hours.
    async fn after(&self, hours: u32, events: Vec<LifecycleEvent>) -> Vec<String> {
        pass(HOUR * hours).await;
        self.world.run(JOB, events).await;
        self.news().await
    }

    async fn news(&self) -> Vec<String> {
        let before = self.recorder.titles().len();
        self.world.settle(&self.notifier).await;
        self.recorder.titles().split_off(before)
    }
}

fn on(occasions: &[Occasion]) -> Destination {
    let mut destination = Destination::people("ana");
    destination.on = occasions.iter().copied().collect();
    destination
}

#[tokio::test(start_paused = true)]
async fn a_problem_is_told_once_then_daily_then_that_it_is_over() {
    let told = Told::new(Destination::people("ana"));
    assert_eq!(told.after(0, good(JOB)).await, [""; 0]);
    let first = told.after(1, failed(JOB, 12)).await;
    assert_eq!(
        first,
        ["Backup of postgres data failed: the repository's password is wrong. Look: zb show 000001"]
    );
    assert_eq!(told.after(1, failed(JOB, 12)).await, [""; 0], "the same again");
    assert_eq!(told.after(21, failed(JOB, 12)).await, [""; 0], "the same within a day");
    let reminder = told.after(1, failed(JOB, 12)).await;
    assert_eq!(
        reminder,
        ["Still: Backup of postgres data failed: the repository's password is wrong. Look: zb show 000004"]
    );
    let lines = told.recorder.messages().pop().unwrap().lines;
    assert!(lines.contains(&"Problems since: 2026-11-24 03:00 UTC, 4 times".to_owned()), "{lines:?}");
    assert!(lines.contains(&"Not told since 2026-11-24 03:00 UTC: 2 times".to_owned()), "{lines:?}");

    let other = told.after(1, failed(JOB, 11)).await;
    assert_eq!(other, ["Backup of postgres data failed: the repository is locked. Look: zb show 000005"]);
    let lighter = told.after(1, incomplete(JOB)).await;
    assert_eq!(
        lighter,
        ["Backup of postgres data is incomplete: some files could not be read. Look: zb show 000006"]
    );
    assert_eq!(told.after(1, failed(JOB, 12)).await, [""; 0], "it was told 3 hours ago");
    assert_eq!(told.after(1, cancelled(JOB)).await, [""; 0], "shows nothing");
    assert_eq!(
        told.after(1, good(JOB)).await,
        ["Backup of postgres data works again, after 7 failures since 2026-11-24 03:00 UTC"]
    );
    assert_eq!(told.after(1, good(JOB)).await, [""; 0], "it is over");
    assert_eq!(told.after(1, failed(JOB, 12)).await.len(), 1, "a new problem");
}

#[tokio::test(start_paused = true)]
async fn what_went_well_is_told_every_time_to_whoever_wants_that() {
    let told = Told::new(on(&[Occasion::Success, Occasion::Cancelled, Occasion::Error]));
    for _ in 0..3 {
        assert_eq!(told.after(1, good(JOB)).await, ["Backup of postgres data succeeded in 4 min 12 s"]);
        let cancelled = told.after(0, cancelled(JOB)).await;
        assert_eq!(cancelled, ["Backup of postgres data was cancelled by SIGINT: nothing was saved"]);
    }
    assert_eq!(told.after(1, failed(JOB, 1)).await.len(), 1);
    let recovery = told.after(1, good(JOB)).await;
    assert_eq!(recovery, ["Backup of postgres data works again, after 1 failure since 2026-11-24 06:00 UTC"]);
    assert_eq!(told.after(1, good(JOB)).await, ["Backup of postgres data succeeded in 4 min 12 s"]);
}

#[tokio::test(start_paused = true)]
async fn recovery_goes_to_whoever_was_told_of_the_problem() {
    for (occasions, failure, recovery) in [
        (&[Occasion::Error][..], failed(JOB, 1), "works again"),
        (&[Occasion::Warning], incomplete(JOB), "works again"),
        (&[Occasion::PostHookOwed], owing(JOB, 500), "runs again: its post hook was answered"),
        (&[Occasion::Warning], owing(JOB, 500), "works again"),
    ] {
        let told = Told::new(on(occasions));
        assert_eq!(told.after(0, failure.clone()).await.len(), 1, "{occasions:?}");
        let over = told.after(1, good(JOB)).await;
        assert!(over.len() == 1 && over[0].contains(recovery), "{occasions:?}: {over:?}");
        assert_eq!(told.after(1, good(JOB)).await, [""; 0]);
    }
    let told = Told::new(on(&[Occasion::Warning]));
    assert_eq!(told.after(0, failed(JOB, 1)).await, [""; 0], "nobody wants to know");
    assert_eq!(told.after(1, good(JOB)).await, [""; 0], "so nothing is over");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_over_with_a_snapshot_even_with_a_warning_that_nobody_wants() {
    let told = Told::new(on(&[Occasion::Error]));
    assert_eq!(told.after(0, failed(JOB, 1)).await.len(), 1);
    let over = told.after(1, incomplete(JOB)).await;
    let expected = "Backup of postgres data makes snapshots again, with a warning, after 1 failure since \
                    2026-11-24 02:00 UTC";
    assert_eq!(over, [expected]);
    assert_eq!(told.after(1, good(JOB)).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_debt_is_told_until_it_is_paid_whatever_the_backup_does() {
    let told = Told::new(Destination::people("ana"));
    let owed = told.after(0, owing(JOB, 500)).await;
    assert_eq!(
        owed,
        [
            "postgres data may still be paused: its post hook answered HTTP 500. Start it, then: zb recover --clear 000000"
        ]
    );
    assert_eq!(told.after(1, owing(JOB, 500)).await, [""; 0], "the same");
    let other = told.after(1, owing(JOB, 404)).await;
    assert_eq!(other.len(), 1, "another answer");
    let failure = told.after(1, failed(JOB, 12)).await;
    assert_eq!(
        failure,
        ["Backup of postgres data failed: the repository's password is wrong. Look: zb show 000003"]
    );
    let beside = told.recorder.messages().pop().unwrap().lines;
    assert_eq!(beside[0], "postgres data runs again: its post hook was answered", "it paid the debt, too");
}

#[tokio::test(start_paused = true)]
async fn a_debt_that_a_person_ends_is_over_once() {
    let endings: [(Vec<LifecycleEvent>, &str); 2] = [
        (run![cleared()], "postgres data runs again, says ana: its post hook is owed no more"),
        (run![hook_ok(Phase::Post)], "postgres data runs again: its post hook was answered"),
    ];
    for (ending, expected) in endings {
        for destination in [Destination::people("ana"), on(&[Occasion::Warning])] {
            let told = Told::new(destination);
            let run = told.world.run(JOB, owing(JOB, 500)).await;
            assert_eq!(told.news().await.len(), 1);
            told.world.append(&run, JOB, ending.clone()).await;
            let over = told.news().await;
            assert!(over.len() == 1 && over[0].starts_with(expected), "{over:?}");
            told.world.append(&run, JOB, run![hook_ok(Phase::Post)]).await;
            assert_eq!(told.news().await, [""; 0]);
            assert_eq!(told.after(1, good(JOB)).await, [""; 0], "nothing is left");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_debt_that_is_cleared_is_not_the_end_of_a_new_one() {
    let told = Told::new(Destination::people("ana"));
    let old = told.world.run(JOB, owing(JOB, 500)).await;
    let new = told.world.run(JOB, owing(JOB, 500)).await;
    assert_eq!(told.news().await.len(), 1);
    told.world.append(&old, JOB, run![cleared()]).await;
    assert_eq!(told.news().await, [""; 0], "the service may still be paused since the second run");
    told.world.append(&new, JOB, run![cleared()]).await;
    assert_eq!(told.news().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_debt_that_is_cleared_leaves_the_backup_as_it_is() {
    let told = Told::new(Destination::people("ana"));
    let run = told.world.run(JOB, failed_and_owing(JOB)).await;
    let first = told.news().await;
    assert_eq!(first.len(), 1);
    assert!(first[0].starts_with("postgres data may still be paused"), "the gravest: {first:?}");
    let beside = told.recorder.messages().pop().unwrap().lines.remove(0);
    assert_eq!(
        beside,
        "Backup of postgres data failed: the repository's password is wrong. Look: zb show 000000"
    );
    told.world.append(&run, JOB, run![cleared()]).await;
    let over = told.news().await;
    assert_eq!(over, ["postgres data runs again, says ana: its post hook is owed no more"]);
    assert_eq!(told.after(1, failed(JOB, 12)).await, [""; 0], "the same");
    let works = told.after(1, good(JOB)).await;
    assert_eq!(works, ["Backup of postgres data works again, after 2 failures since 2026-11-24 02:00 UTC"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_began_before_it_was_due_does_not_show_that_the_job_starts() {
    let told = Told::new(Destination::people("ana"));
    let mut events = good(JOB);
    let rest = events.split_off(1);
    let run = told.world.run(JOB, events).await;
    pass(HOUR).await;
    let due = told.world.now();
    told.notifier.never_started(&job(JOB), due, due).await.unwrap();
    assert_eq!(told.news().await.len(), 1);
    told.world.append(&run, JOB, rest).await;
    assert_eq!(told.news().await, [""; 0], "it was in the way");
    let over = told.after(1, failed(JOB, 1)).await;
    assert_eq!(over.len(), 1, "it starts, and fails");
    let beside = told.recorder.messages().pop().unwrap().lines.remove(0);
    assert_eq!(beside, "Backup of postgres data runs again, after 1 failure since 2026-11-24 03:00 UTC");
}

#[tokio::test(start_paused = true)]
async fn destinations_hear_of_their_own_jobs() {
    let world = World::new();
    let named = |jobs: &[String]| {
        let mut destination = Destination::people(jobs.join("+"));
        destination.jobs = Some(jobs.to_vec());
        destination
    };
    let mut elsewhere = Destination::people("elsewhere");
    elsewhere.organization = "org_studio".parse().ok();
    let mut here = Destination::people("here");
    here.organization = "org_default".parse().ok();
    let by_id = job("b").schedule_id.to_string();
    let table = [
        (named(&["a".to_owned()]), vec!["a"]),
        (named(std::slice::from_ref(&by_id)), vec!["b"]),
        (named(&["a".to_owned(), by_id]), vec!["a", "b"]),
        (named(&["A".to_owned()]), vec![]),
        (elsewhere, vec![]),
        (here, vec!["a", "b"]),
    ];
    let recorders: Vec<_> = table.iter().map(|_| Recorder::willing(&world.clock)).collect();
    let outlets = table.iter().zip(&recorders).map(|((one, _), to)| to.outlet(one.clone())).collect();
    let notifier = world.start(outlets);
    for name in ["a", "b"] {
        world.run(name, failed(name, 1)).await;
    }
    world.settle(&notifier).await;
    for ((destination, expected), recorder) in table.iter().zip(&recorders) {
        let jobs: Vec<_> = recorder
            .messages()
            .into_iter()
            .filter_map(|message| message.run)
            .map(|run| run.job_name)
            .collect();
        assert_eq!(jobs, *expected, "{destination:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pings_are_signs_of_life_of_every_run() {
    use notifier::Ping::{Failure, Start, Success};
    let table: [(Vec<LifecycleEvent>, notifier::Ping); 5] = [
        (good(JOB), Success),
        (incomplete(JOB), Success),
        (failed(JOB, 1), Failure),
        (cancelled(JOB), Failure),
        (owing(JOB, 500), Failure),
    ];
    for (events, expected) in table {
        let told = Told::new(Destination::pings("checks"));
        for _ in 0..2 {
            told.world.run(JOB, events.clone()).await;
        }
        told.world.settle(&told.notifier).await;
        let messages = told.recorder.messages();
        let pings: Vec<_> = messages.iter().filter_map(|message| message.ping).collect();
        assert_eq!(pings, [Start, expected, Start, expected]);
        assert!(messages.iter().all(|message| message.lines.is_empty() && message.run.is_some()));
    }
    let told = Told::new(Destination::pings("checks"));
    let run = told.world.run(JOB, owing(JOB, 500)).await;
    told.world.append(&run, JOB, run![cleared()]).await;
    told.world.settle(&told.notifier).await;
    let pings: Vec<_> = told.recorder.messages().iter().filter_map(|message| message.ping).collect();
    assert_eq!(pings, [Start, Failure, Success], "there is a snapshot, and the service runs");
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_would_have_no_end_has_no_start() {
    let told = Told::new({
        let mut destination = Destination::pings("checks");
        destination.on = [Occasion::Error].into();
        destination
    });
    assert_eq!(told.after(0, good(JOB)).await, [""; 0]);
    assert_eq!(told.after(0, failed(JOB, 1)).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_destination_is_not_told_the_history() {
    let world = World::new();
    let ana = Recorder::willing(&world.clock);
    world.run(JOB, failed(JOB, 1)).await;
    pass(DAY).await;
    for (round, expected) in [(0, 0), (1, 1), (2, 1)] {
        let start = world.now();
        let (outbox, clock) = (Arc::clone(&world.outbox), Arc::clone(&world.clock));
        let outlets = vec![ana.outlet(Destination::people("ana"))];
        let limits = notifier::Limits::default();
        let notifier = Notifier::start(&world.bus, outbox, outlets, start, clock, Arc::new(|| 0.5), limits);
        world.settle(&notifier).await;
        assert_eq!(ana.titles().len(), expected, "round {round}");
        notifier.stop(HOUR).await;
        // While no zb runs that tells, a run ends: it is told of by the next one.
        if round == 0 {
            pass(DAY).await;
            world.run(JOB, failed(JOB, 1)).await;
        }
        pass(DAY).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_scheduler_says_is_told_once_and_reminded_daily() {
    let told = Told::new(Destination::people("ana"));
    let job = job(JOB);
    let due = told.world.now();
    pass(HOUR).await;
    for _ in 0..3 {
        told.notifier.never_started(&job, due, told.world.now()).await.unwrap();
    }
    let first = told.news().await;
    assert_eq!(
        first,
        ["Backup of postgres data was due at 2026-11-24 02:00 UTC and has not started. Look: zb runs"]
    );
    pass(HOUR).await;
    let next = told.world.now();
    told.notifier.never_started(&job, next, next).await.unwrap();
    assert_eq!(told.news().await, [""; 0], "the same within a day");
    for (hours, reminders) in [(1, 0), (20, 0), (1, 1), (1, 0), (22, 1)] {
        pass(HOUR * hours).await;
        for _ in 0..2 {
            told.notifier.remind(std::slice::from_ref(&job), told.world.now()).await.unwrap();
        }
        let reminded = told.news().await;
        assert_eq!(reminded.len(), reminders, "after {hours} more hours: {reminded:?}");
    }
    let over = told.after(1, good(JOB)).await;
    assert_eq!(over, ["Backup of postgres data runs again, after 2 failures since 2026-11-24 03:00 UTC"]);
    pass(DAY).await;
    told.notifier.remind(&[job], told.world.now()).await.unwrap();
    assert_eq!(told.news().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn missed_runs_are_told_daily_at_most() {
    let told = Told::new(Destination::people("ana"));
    let job = job(JOB);
    for (hours, news) in [(0, 1), (1, 0), (5, 0), (18, 1)] {
        pass(HOUR * hours).await;
        let due = told.world.now();
        for _ in 0..2 {
            told.notifier.missed(&job, due, due).await.unwrap();
        }
        assert_eq!(told.news().await.len(), news, "after {hours} more hours");
    }
    let lines = told.recorder.messages().pop().unwrap().lines;
    assert_eq!(lines, ["Missed before, and not told: 2 times"]);
    assert_eq!(told.after(1, good(JOB)).await, [""; 0], "it is no problem that lasts");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_without_a_run_says_what_to_do() {
    let table: [(Vec<LifecycleEvent>, &str); 3] = [
        (
            failed(JOB, 1),
            "Still: backup of postgres data has failed since 2026-11-24 02:00 UTC. Look: zb show 000000",
        ),
        (
            incomplete(JOB),
            "Still: backup of postgres data has ended with a warning since 2026-11-24 02:00 UTC. Look: zb show 000000",
        ),
        (
            owing(JOB, 500),
            "Still: postgres data may be paused since 2026-11-24 02:00 UTC. Start it, then: zb recover --clear 000000",
        ),
    ];
    for (events, expected) in table {
        let told = Told::new(Destination::people("ana"));
        told.after(0, events).await;
        pass(HOUR * 23).await;
        told.notifier.remind(&[job(JOB)], told.world.now()).await.unwrap();
        assert_eq!(told.news().await, [expected]);
    }
}
