//! What is filed is sent: in order, at least once, with pauses, or it ends as a dead letter that is shown.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use notifier::{
    Answer, Carrier, DeliveryState, Destination, Failed, Limits, Message, Notifier, Outlet, Ping, Retry,
    Severity, Topic, send_now, test_message,
};
use tokio::sync::Semaphore;

use crate::{
    runs::{failed, good},
    world::{DAY, HOUR, LONG, Recorder, World, dawn, expected_panic, pass},
};

/// Is told of every run.
fn eager(name: &str) -> Destination {
    let mut destination = Destination::people(name);
    destination.on = notifier::Occasion::ALL.into();
    destination
}

fn later() -> Failed {
    Failed::because("it is down", Retry::Later)
}

async fn runs(world: &World, names: &[&str]) {
    for name in names {
        world.run(name, good(name)).await;
    }
}

/// The jobs' names, from the titles.
fn told(recorder: &Recorder) -> Vec<String> {
    recorder.messages().into_iter().filter_map(|message| message.run).map(|run| run.job_name).collect()
}

/// Waits until so many were taken.
async fn taken(recorder: &Recorder, number: usize) {
    while recorder.titles().len() < number {
        pass(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn order_is_kept_while_the_first_is_tried_again_after_growing_pauses() {
    let world = World::new();
    let recorder =
        Recorder::new(&world.clock, |nth| if nth < 5 { Err(later()) } else { Ok(Answer::default()) });
    let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    runs(&world, &["a", "b"]).await;
    world.settle(&notifier).await;
    runs(&world, &["c"]).await;
    world.settle(&notifier).await;
    assert_eq!(recorder.tries(), 1, "the first one holds up the others, and its pause is kept");
    let waiting = world.deliveries("ana").await.remove(0);
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Pending, 1));
    assert_eq!(waiting.error.as_deref(), Some("it is down"));
    assert_eq!(notifier.status().senders[0].failing.as_deref(), Some("it is down"));

    taken(&recorder, 3).await;
    assert_eq!(told(&recorder), ["a", "b", "c"]);
    assert_eq!(recorder.seconds(), [5 + 10 + 20 + 40 + 80; 3]);
    let done = world.deliveries("ana").await;
    assert_eq!(done.iter().map(|one| one.attempts).collect::<Vec<_>>(), [6, 1, 1]);
    assert!(done.iter().all(|one| one.state == DeliveryState::Delivered && one.error.is_none()));
    world.settle(&notifier).await;
    let status = notifier.stop(HOUR).await.senders.remove(0);
    assert_eq!((status.delivered, status.dead, status.failing), (3, 0, None));
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_asks_for_a_pause_gets_it() {
    let seconds = Duration::from_secs;
    for (asked, given) in [(seconds(600), 600), (seconds(1), 5), (DAY * 3, 24 * 60 * 60)] {
        let world = World::new();
        let busy = move |nth| match nth {
            0 => Err(Failed::because("too many requests", Retry::After(asked))),
            _ => Ok(Answer::default()),
        };
        let recorder = Recorder::new(&world.clock, busy);
        let _notifier = world.start(vec![recorder.outlet(eager("ana"))]);
        runs(&world, &["a"]).await;
        taken(&recorder, 1).await;
        assert_eq!(recorder.seconds(), [given], "asked for {asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_dead_at_once_and_holds_up_nobody() {
    let world = World::new();
    let refuses = |nth| match nth {
        0 => Err(Failed::because("HTTP 401: the token is wrong\nsecond line", Retry::Never)),
        _ => Ok(Answer::default()),
    };
    let recorder = Recorder::new(&world.clock, refuses);
    let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    runs(&world, &["a", "b"]).await;
    world.settle(&notifier).await;
    assert_eq!(told(&recorder), ["b"]);
    let dead = world.deliveries("ana").await.remove(0);
    assert_eq!((dead.state, dead.attempts, dead.next_attempt_at), (DeliveryState::Dead, 1, None));
    assert_eq!(dead.error.as_deref(), Some("HTTP 401: the token is wrong second line"));
    assert_eq!(notifier.status().senders[0].dead, 1);
    assert_eq!(notifier.status().senders[0].failing, None, "it took another one since");
}

#[tokio::test(start_paused = true)]
async fn an_outage_loses_nothing() {
    for outage in [HOUR, DAY * 7] {
        let world = World::new();
        let clock = Arc::clone(&world.clock);
        let up_at = dawn() + outage;
        let down = move |_| if clock() < up_at { Err(later()) } else { Ok(Answer::default()) };
        let recorder = Recorder::new(&world.clock, down);
        let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
        let names: Vec<String> = (0..20).map(|nth| format!("job {nth}")).collect();
        for name in &names {
            world.run(name, failed(name, 1)).await;
            world.settle(&notifier).await;
            pass(outage / 20).await;
        }
        taken(&recorder, 20).await;
        assert_eq!(told(&recorder), names);
        let late = recorder.seconds()[19] - i64::try_from(outage.as_secs()).unwrap();
        assert!((0..=3600).contains(&late), "within an hour of its return: {late}");
        assert!(world.deliveries("ana").await.iter().all(|one| one.state == DeliveryState::Delivered));
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_arrives_is_given_up_after_14_days_and_shown() {
    let world = World::new();
    let recorder = Recorder::new(&world.clock, |_| Err(later()));
    let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    runs(&world, &["a"]).await;
    pass(DAY * 13 + HOUR * 22).await;
    runs(&world, &["b"]).await;
    assert_eq!(world.deliveries("ana").await[0].state, DeliveryState::Pending);
    pass(HOUR * 4).await;
    let [first, second] = world.deliveries("ana").await.try_into().unwrap();
    assert_eq!((first.state, second.state), (DeliveryState::Dead, DeliveryState::Pending));
    assert_eq!(first.error.as_deref(), Some("given up after 14 days: it is down"));
    assert!(second.attempts > 0, "the next one has its own turn");
    assert_eq!(notifier.status().senders[0].dead, 1);
}

/// Never answers while it hangs.
#[derive(Default)]
struct Hanging {
    well: AtomicBool,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Carrier for Hanging {
    async fn carry(&self, message: &Message, _: &str) -> Result<Answer, Failed> {
        if !self.well.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.taken.lock().unwrap().push(message.title.clone());
        Ok(Answer::default())
    }
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_hangs_is_cut_off_and_disturbs_no_other() {
    let world = World::new();
    let hanging = Arc::new(Hanging::default());
    let recorder = Recorder::willing(&world.clock);
    let outlet = Outlet { destination: eager("hanging"), carrier: hanging.clone() };
    let notifier = world.start(vec![outlet, recorder.outlet(eager("ana"))]);
    runs(&world, &["a", "b"]).await;
    let head = world.head().await;
    assert!(!notifier.caught_up(head, Duration::from_secs(5)).await, "a try is under way");
    assert_eq!(recorder.seconds(), [0, 0], "the other one was told at once");

    pass(Duration::from_secs(26)).await;
    let waiting = world.deliveries("hanging").await.remove(0);
    let reason = "no answer within 30 s: is the destination up?";
    assert_eq!((waiting.attempts, waiting.error.as_deref()), (1, Some(reason)));
    assert!(notifier.idle(Duration::from_secs(1)).await, "it waits for a later try");
    hanging.well.store(true, Ordering::Relaxed);
    pass(HOUR).await;
    assert_eq!(hanging.taken.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_panics_has_failed() {
    let world = World::new();
    let breaks = |nth| if nth % 3 == 0 { expected_panic() } else { Ok(Answer::default()) };
    let recorder = Recorder::new(&world.clock, breaks);
    let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    runs(&world, &["a", "b", "c", "d"]).await;
    world.settle(&notifier).await;
    let error = world.deliveries("ana").await.remove(0).error;
    assert_eq!(error.as_deref(), Some("the channel broke: panicked: on purpose"));
    taken(&recorder, 4).await;
    assert_eq!(told(&recorder), ["a", "b", "c", "d"]);
}

/// Takes each message, and says so only with a permit.
struct Slow {
    recorder: Arc<Recorder>,
    answers: Semaphore,
}

#[async_trait]
impl Carrier for Slow {
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed> {
        let answer = self.recorder.carry(message, delivery_id).await;
        self.answers.acquire().await.unwrap().forget();
        answer
    }
}

#[tokio::test(start_paused = true)]
async fn a_notifier_that_ends_between_a_try_and_its_record_sends_again() {
    for stop_in_peace in [true, false] {
        let world = World::new();
        let recorder = Recorder::willing(&world.clock);
        let slow = Arc::new(Slow { recorder: recorder.clone(), answers: Semaphore::new(0) });
        let outlet = Outlet { destination: eager("ana"), carrier: slow.clone() };
        let notifier = world.start(vec![outlet.clone()]);
        runs(&world, &["a", "b"]).await;
        taken(&recorder, 1).await;
        if stop_in_peace {
            notifier.stop(Duration::from_secs(5)).await;
        } else {
            drop(notifier);
            pass(HOUR).await;
        }
        // Cut off, or ended by its deadline: nobody has heard of the success.
        let first = world.deliveries("ana").await.remove(0);
        assert_eq!(first.state, DeliveryState::Pending);

        slow.answers.add_permits(5);
        let notifier = world.start(vec![outlet]);
        taken(&recorder, 3).await;
        world.settle(&notifier).await;
        assert_eq!(told(&recorder), ["a", "a", "b"]);
        let ids = recorder.ids();
        assert!(ids[0] == ids[1] && ids[1] != ids[2], "the repeat can be known by its id: {ids:?}");
        assert_eq!(world.deliveries("ana").await.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_try_at_hand_but_not_for_a_pause() {
    let world = World::new();
    let recorder = Recorder::willing(&world.clock);
    let slow = Arc::new(Slow { recorder: recorder.clone(), answers: Semaphore::new(0) });
    let failing = Recorder::new(&world.clock, |_| Err(later()));
    let notifier = world.start(vec![
        Outlet { destination: eager("slow"), carrier: slow.clone() },
        failing.outlet(eager("failing")),
    ]);
    runs(&world, &["a", "b"]).await;
    taken(&recorder, 1).await;
    let stopping = tokio::spawn(notifier.stop(HOUR));
    pass(Duration::from_secs(3)).await;
    assert!(!stopping.is_finished());
    slow.answers.add_permits(5);
    let status = stopping.await.unwrap();
    assert_eq!(status.senders[0].delivered, 1, "the second one was not begun");
    assert_eq!(world.deliveries("slow").await[0].state, DeliveryState::Delivered);
    assert_eq!(failing.tries(), 1);
}

#[tokio::test(start_paused = true)]
async fn pauses_are_kept_across_a_restart() {
    let world = World::new();
    let recorder = Recorder::new(&world.clock, |nth| match nth {
        0 => Err(Failed::because("too many requests", Retry::After(HOUR))),
        _ => Ok(Answer::default()),
    });
    let outlets = || vec![recorder.outlet(eager("ana"))];
    let notifier = world.start(outlets());
    runs(&world, &["a"]).await;
    world.settle(&notifier).await;
    notifier.stop(HOUR).await;
    let notifier = world.start(outlets());
    world.settle(&notifier).await;
    assert_eq!(recorder.tries(), 1, "the destination asked for an hour");
    taken(&recorder, 1).await;
    assert_eq!(recorder.seconds(), [3600]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_delays_nothing_for_long() {
    let world = World::new();
    let recorder =
        Recorder::new(&world.clock, |nth| if nth == 0 { Err(later()) } else { Ok(Answer::default()) });
    let notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    runs(&world, &["a"]).await;
    world.settle(&notifier).await;
    notifier.stop(HOUR).await;
    let mut waiting = world.deliveries("ana").await.remove(0);
    waiting.next_attempt_at = Some(dawn() + DAY * 1000);
    world.outbox.record(&waiting).await.unwrap();
    let _notifier = world.start(vec![recorder.outlet(eager("ana"))]);
    taken(&recorder, 1).await;
    assert!(recorder.seconds()[0] < 60);
}

#[tokio::test(start_paused = true)]
async fn a_start_is_not_told_late() {
    let world = World::new();
    let clock = Arc::clone(&world.clock);
    let up_at = dawn() + HOUR * 2;
    let down = move |_| if clock() < up_at { Err(later()) } else { Ok(Answer::default()) };
    let recorder = Recorder::new(&world.clock, down);
    let notifier = world.start(vec![recorder.outlet(Destination::pings("checks"))]);
    runs(&world, &["a"]).await;
    pass(HOUR * 2).await;
    runs(&world, &["b"]).await;
    taken(&recorder, 3).await;
    let pings: Vec<_> = recorder.messages().iter().filter_map(|message| message.ping).collect();
    assert_eq!(pings, [Ping::Success, Ping::Start, Ping::Success], "the end says all");
    let dead = world.deliveries("checks").await.remove(0);
    assert_eq!(dead.state, DeliveryState::Dead);
    assert_eq!(dead.error.as_deref(), Some("the run began more than an hour ago: a start is not told late"));
    drop(notifier);
}

#[tokio::test(start_paused = true)]
async fn a_test_is_sent_at_once_and_kept() {
    let world = World::new();
    for (answer, state) in
        [(Ok(Answer::default()), DeliveryState::Delivered), (Err(later()), DeliveryState::Dead)]
    {
        let expected = answer.clone();
        let recorder = Recorder::new(&world.clock, move |_| answer.clone());
        pass(HOUR).await;
        let message = test_message(world.now(), "nas\n");
        assert_eq!(message.title, "Test from zb on nas: messages arrive here");
        assert_eq!((message.topic, message.severity), (Topic::Test, Severity::Good));
        let sent =
            send_now(&*world.outbox, "ana", &*recorder, message, &world.clock, Limits::default()).await;
        assert_eq!(sent.result, expected);
        let kept = sent.kept.unwrap();
        assert_eq!((kept.state, kept.attempts, kept.next_attempt_at), (state, 1, None));
        assert_eq!(world.deliveries("ana").await.pop(), Some(kept));
    }
    assert_eq!(world.deliveries("ana").await.len(), 2, "each test is one of its own");
    assert_eq!(world.outbox.pending("ana", 9).await.unwrap(), [], "it is not tried again");
}

#[tokio::test(start_paused = true)]
async fn with_nobody_to_tell_nothing_waits() {
    let world = World::new();
    let notifier: Notifier = world.start(vec![]);
    runs(&world, &["a"]).await;
    world.settle(&notifier).await;
    assert!(notifier.idle(Duration::ZERO).await);
    assert_eq!(world.outbox.latest(None, 9).await.unwrap(), []);
    assert!(tokio::time::timeout(LONG, notifier.stop(LONG)).await.is_ok());
}
