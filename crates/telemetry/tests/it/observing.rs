//! The observer on a bus: what a collector gets, whatever it does meanwhile.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{
    Backoff, Bus, GiveUp, MemoryJournal, Observer, Position, Recorded, Rejected, StreamId, Version,
};
use hook_core::{JobId, LifecycleEvent as Fact, Phase, RunEvent};
use telemetry::{Resource, Sampler, Sent, Signal, TraceObserver, Transport};
use tokio::time::Instant;

use crate::{
    collector::{Answer, Server},
    histories::{answered, at, cancelled, good, job, killed, started},
    tree::tree,
};

/// As zb serves it: never given up.
const WIRED: Backoff =
    Backoff { first: Duration::from_millis(1), max: Duration::from_secs(60), give_up_after: GiveUp::Never };

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// A bus whose clock each event sets, so that its times are those of the history.
struct Runs {
    bus: Bus<RunEvent>,
    now: Arc<Mutex<i64>>,
}

impl Runs {
    fn new() -> Self {
        let now = Arc::new(Mutex::new(0));
        let hand = Arc::clone(&now);
        let journal = MemoryJournal::new(Arc::new(move || at(*hand.lock().unwrap())));
        Self { bus: Bus::new(Arc::new(journal)), now }
    }

    async fn publish(&self, job: &JobId, facts: Vec<(i64, Fact)>) -> Position {
        let stream = StreamId::from(job.as_str());
        let mut version =
            self.bus.history(&stream).await.unwrap().last().map_or(Version::EMPTY, |last| last.version);
        for (ms, fact) in facts {
            *self.now.lock().unwrap() = ms;
            let event = RunEvent { job: job.clone(), schedule: "sched_pg".parse().unwrap(), event: fact };
            version = self.bus.publish(&stream, version, vec![event]).await.unwrap()[0].version;
        }
        self.bus.head().await.unwrap()
    }

    fn observer(&self, transport: impl Transport) -> TraceObserver {
        self.sampled(transport, Sampler::ALL)
    }

    fn sampled(&self, transport: impl Transport, sampler: Sampler) -> TraceObserver {
        TraceObserver::new(self.bus.clone(), Arc::new(transport), Resource::zb("1.2.3", None), sampler)
    }

    /// Serves the observer to the end; how many events it skipped.
    async fn serve(&self, observer: impl Observer<RunEvent>, until: Position) -> u64 {
        let observing = self.bus.observe(Arc::new(observer), WIRED);
        assert!(observing.caught_up(until, LONG).await);
        observing.stop().await.skipped
    }
}

fn another_job() -> JobId {
    JobId::from_parts(1_767_225_600_000, [7; 10])
}

#[tokio::test]
async fn a_collector_gets_the_trace_of_each_run_when_it_is_over() {
    let mut server = Server::start(vec![Answer::ok()]).await;
    let runs = Runs::new();
    runs.publish(&job(), good()).await;
    let until = runs.publish(&another_job(), killed()).await;
    assert_eq!(runs.serve(runs.observer(server.collector()), until).await, 0);

    let first = server.next().await;
    assert_eq!(
        tree(&first.spans()),
        "backup.run 0..7000\n  hook.pre 40..940\n  restic.backup 940..4940\n  hook.post 4940..5840\n  \
         retention 5840..6990\n"
    );
    let resource = first.resource();
    assert!(resource.contains(&("service.name".to_owned(), "zb".to_owned())), "{resource:?}");
    assert!(resource.contains(&("service.version".to_owned(), "1.2.3".to_owned())), "{resource:?}");
    let scope = first.trace().resource_spans[0].scope_spans[0].scope.clone().unwrap();
    assert_eq!(scope.name, "zb");
    let second = server.next().await.spans();
    assert!(second.iter().all(|span| span.trace_id == another_job().to_bytes()));
    assert!(
        tree(&second).contains("restic.backup 940..3000 ! zb ended before this did"),
        "{}",
        tree(&second)
    );
    assert!(server.is_empty());
}

#[tokio::test]
async fn a_post_hook_that_a_person_sends_again_follows_with_its_answer() {
    let mut server = Server::start(vec![Answer::ok()]).await;
    let runs = Runs::new();
    runs.publish(&job(), cancelled()).await;
    let late = vec![(9_000, started(Phase::Post, 2)), (9_500, answered(Phase::Post, 2, 200))];
    let until = runs.publish(&job(), late).await;
    runs.serve(runs.observer(server.collector()), until).await;

    let root = server.next().await.spans()[0].span_id.clone();
    let late = server.next().await.spans();
    assert_eq!(tree(&late), "hook.post 9000..9500\n");
    assert_eq!(late[0].parent_span_id, root);
    assert!(server.is_empty());
}

/// Down, hanging, overloaded, garbled, and then there: nothing is lost, and the order is kept.
#[tokio::test]
async fn a_collector_in_trouble_gets_every_trace_in_the_end() {
    let mut server = Server::start(vec![
        Answer::Bytes(b""),
        Answer::Silence,
        Answer::status("503 Service Unavailable"),
        Answer::Bytes(b"HTTP/9 what\r\n\r\n"),
        Answer::Http("429 Too Many Requests", "Retry-After: 0\r\n", vec![]),
        Answer::ok(),
    ])
    .await;
    let runs = Runs::new();
    runs.publish(&job(), good()).await;
    let until = runs.publish(&another_job(), good()).await;
    let mut export = server.export();
    export.timeout = Duration::from_millis(250);
    assert_eq!(runs.serve(runs.observer(crate::collector::client(export)), until).await, 0);
    let first = server.next().await.body;
    let mut tries = 1;
    let second = loop {
        let next = server.next().await;
        if next.body != first {
            break next;
        }
        tries += 1;
    };
    assert!(tries >= 6, "{tries}");
    assert_eq!(second.spans()[0].trace_id, another_job().to_bytes());
}

#[tokio::test]
async fn what_a_collector_refuses_for_good_is_skipped_and_the_next_is_sent() {
    let mut server = Server::start(vec![Answer::status("400 Bad Request"), Answer::ok()]).await;
    let runs = Runs::new();
    runs.publish(&job(), good()).await;
    let until = runs.publish(&another_job(), good()).await;
    assert_eq!(runs.serve(runs.observer(server.collector()), until).await, 1);
    server.next().await;
    assert_eq!(server.next().await.spans()[0].trace_id, another_job().to_bytes());
    assert!(server.is_empty());
}

/// A collector made up: it notes when it was asked, and answers as it was told.
#[derive(Clone)]
struct Scripted {
    start: Instant,
    asked: Arc<Mutex<Vec<u64>>>,
    taken: Arc<Mutex<Vec<Vec<u8>>>>,
    answer: Arc<dyn Fn(Duration) -> Sent + Send + Sync>,
}

impl Scripted {
    /// `answer` is asked with the time since the start.
    fn new(answer: impl Fn(Duration) -> Sent + Send + Sync + 'static) -> Self {
        Self { start: Instant::now(), asked: Arc::default(), taken: Arc::default(), answer: Arc::new(answer) }
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, signal: Signal, request: Vec<u8>) -> Sent {
        assert_eq!(signal, Signal::Traces);
        let since = self.start.elapsed();
        self.asked.lock().unwrap().push(since.as_secs());
        let sent = (self.answer)(since);
        if sent == Sent::Taken {
            self.taken.lock().unwrap().push(request);
        }
        sent
    }
}

fn later(after: Option<u64>) -> Sent {
    Sent::Later { after: after.map(Duration::from_secs), why: "busy".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_is_back_after_an_hour_gets_it() {
    let hour = Duration::from_secs(60 * 60);
    let collector = Scripted::new(move |since| if since < hour { later(None) } else { Sent::Taken });
    let runs = Runs::new();
    let until = runs.publish(&job(), good()).await;
    assert_eq!(runs.serve(runs.observer(collector.clone()), until).await, 0);
    assert_eq!(collector.taken.lock().unwrap().len(), 1);
    assert!(collector.start.elapsed() >= hour);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_asks_to_wait_is_left_alone_until_then() {
    let answers = Mutex::new(VecDeque::from([later(Some(600)), later(Some(30)), Sent::Taken]));
    let collector = Scripted::new(move |_| answers.lock().unwrap().pop_front().unwrap());
    let runs = Runs::new();
    let until = runs.publish(&job(), good()).await;
    runs.serve(runs.observer(collector.clone()), until).await;
    let asked = collector.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(asked[1] >= 600 && asked[2] >= asked[1] + 30, "{asked:?}");
}

/// Panics at every third event that it is told.
struct Panicking {
    observer: TraceObserver,
    told: AtomicU32,
}

#[async_trait]
impl Observer<RunEvent> for Panicking {
    fn name(&self) -> &str {
        self.observer.name()
    }

    async fn on_event(&self, event: &Recorded<RunEvent>) -> Result<(), Rejected> {
        let told = self.told.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(!told.is_multiple_of(3), "the third event");
        self.observer.on_event(event).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_at_every_third_event_loses_nothing() {
    let collector = Scripted::new(|_| Sent::Taken);
    let runs = Runs::new();
    let mut until = Position::START;
    for run in 0..20 {
        until = runs.publish(&JobId::from_parts(run, [1; 10]), good()).await;
    }
    let observer = Panicking { observer: runs.observer(collector.clone()), told: AtomicU32::new(0) };
    assert_eq!(runs.serve(observer, until).await, 0);
    assert_eq!(collector.taken.lock().unwrap().len(), 20);
}

/// A process that is killed before its cursor was saved sends again: the very same bytes.
#[tokio::test]
async fn a_trace_that_is_sent_twice_is_the_same_trace() {
    let collector = Scripted::new(|_| Sent::Taken);
    let runs = Runs::new();
    runs.publish(&job(), killed()).await;
    let stream = StreamId::from(job().as_str());
    let end = runs.bus.history(&stream).await.unwrap().pop().unwrap();
    runs.observer(collector.clone()).on_event(&end).await.unwrap();
    let late = vec![(9_000, started(Phase::Post, 2)), (9_500, answered(Phase::Post, 2, 200))];
    runs.publish(&job(), late).await;
    runs.observer(collector.clone()).on_event(&end).await.unwrap();
    let taken = collector.taken.lock().unwrap();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1]);
}

#[tokio::test]
async fn a_run_that_the_sampler_leaves_out_is_not_sent() {
    let collector = Scripted::new(|_| Sent::Taken);
    let runs = Runs::new();
    let until = runs.publish(&job(), good()).await;
    runs.serve(runs.sampled(collector.clone(), Sampler::NONE), until).await;
    assert!(collector.asked.lock().unwrap().is_empty());
}
