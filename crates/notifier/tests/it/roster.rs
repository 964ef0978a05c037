//! Destinations that come, change and go while the notifier is at work.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_trait::async_trait;
use event_bus::BoxError;
use notifier::{
    Answer, Carrier, DeliveryState, Destination, Directory, Failed, Limits, Message, Notifier, Outlet,
    Outlets, Retry,
};
use tokio::sync::Semaphore;

use crate::{
    runs::{failed, good},
    world::{DAY, HOUR, LONG, Recorder, World, dawn, pass},
};

/// A directory that a test writes in.
#[derive(Default)]
struct Book {
    outlets: Mutex<Option<Vec<Outlet>>>,
    asked: AtomicU32,
    is_lost: AtomicBool,
}

impl Book {
    fn set(&self, outlets: Vec<Outlet>) {
        *self.outlets.lock().unwrap() = Some(outlets);
    }
}

#[async_trait]
impl Directory for Book {
    async fn changed(&self) -> Result<Option<Vec<Outlet>>, BoxError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.is_lost.load(Ordering::Relaxed) {
            return Err("the book is lost".into());
        }
        Ok(self.outlets.lock().unwrap().take())
    }
}

fn start(world: &World, book: &Arc<Book>) -> Notifier {
    let (outbox, clock) = (Arc::clone(&world.outbox), Arc::clone(&world.clock));
    let outlets = Outlets::following(Arc::clone(book) as _);
    Notifier::start(&world.bus, outbox, outlets, dawn(), clock, Arc::new(|| 0.5), Limits::default())
}

/// Is told of every run.
fn eager(name: &str) -> Destination {
    let mut destination = Destination::people(name);
    destination.on = notifier::Occasion::ALL.into();
    destination
}

/// Takes a message when the test says so.
struct Slow {
    begun: Semaphore,
    answers: Semaphore,
}

impl Slow {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Semaphore::new(0), answers: Semaphore::new(0) })
    }
}

#[async_trait]
impl Carrier for Slow {
    async fn carry(&self, _: &Message, _: &str) -> Result<Answer, Failed> {
        self.begun.add_permits(1);
        self.answers.acquire().await.unwrap().forget();
        Ok(Answer::default())
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_came_before_an_event_is_told_of_it_and_whoever_went_is_not() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let (ana, ben) = (Recorder::willing(&world.clock), Recorder::willing(&world.clock));
    let notifier = start(&world, &book);
    world.run("a", good("a")).await;
    world.settle(&notifier).await;
    // Before the run is queued, its post hook has answered and it has ended; and by whoever waits.
    assert_eq!(book.asked.load(Ordering::Relaxed), 4);
    for (outlets, told, senders) in [
        (vec![ana.outlet(eager("ana"))], (1, 0), 1),
        (vec![ana.outlet(eager("ana")), ben.outlet(eager("ben"))], (2, 1), 2),
        (vec![ben.outlet(eager("ben"))], (2, 2), 1),
        (vec![], (2, 2), 0),
    ] {
        pass(DAY).await;
        book.set(outlets);
        // Nobody says that the book has changed.
        world.run("a", good("a")).await;
        world.settle(&notifier).await;
        assert_eq!((ana.titles().len(), ben.titles().len()), told);
        assert_eq!(notifier.status().senders.len(), senders);
    }
    notifier.stop(HOUR).await;
}

#[tokio::test(start_paused = true)]
async fn what_happened_before_a_destination_was_made_is_not_for_it() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let ana = Recorder::willing(&world.clock);
    world.run("a", failed("a", 1)).await;
    pass(HOUR).await;
    let mut destination = eager("ana");
    destination.since = Some(world.now());
    pass(HOUR).await;
    world.run("b", failed("b", 1)).await;
    book.set(vec![ana.outlet(destination)]);
    let notifier = start(&world, &book);
    world.settle(&notifier).await;
    let told: Vec<_> = ana.messages().into_iter().filter_map(|message| message.run).collect();
    assert_eq!(told.iter().map(|run| &*run.job_name).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_destination_goes_by_its_new_way() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let down = Recorder::new(&world.clock, |_| Err(Failed::because("it is down", Retry::After(HOUR * 5))));
    let up = Recorder::willing(&world.clock);
    book.set(vec![down.outlet(eager("ana"))]);
    let notifier = start(&world, &book);
    world.run("a", good("a")).await;
    world.settle(&notifier).await;
    book.set(vec![up.outlet(eager("ana"))]);
    notifier.look().await.unwrap();
    assert!(notifier.idle(LONG).await);
    assert_eq!(up.titles().len(), 0, "it was asked to wait");
    let mut waiting = world.deliveries("ana").await.remove(0);
    waiting.next_attempt_at = None;
    world.outbox.record(&waiting).await.unwrap();
    // Whoever changes it says that it is to be tried at once, and a new loop looks.
    let again = Recorder::willing(&world.clock);
    book.set(vec![again.outlet(eager("ana"))]);
    notifier.look().await.unwrap();
    assert!(notifier.idle(LONG).await);
    assert_eq!((again.titles().len(), up.tries(), down.tries()), (1, 0, 1));
}

/// A new way begins when the try on the old one has ended: nothing goes out twice.
#[tokio::test(start_paused = true)]
async fn a_changed_destination_sends_nothing_twice() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let (slow, fast) = (Slow::new(), Recorder::willing(&world.clock));
    book.set(vec![Outlet { destination: eager("ana"), carrier: Arc::clone(&slow) as _ }]);
    let notifier = start(&world, &book);
    world.run("a", good("a")).await;
    slow.begun.acquire().await.unwrap().forget();
    // It goes, comes back and changes while a try is at hand.
    for outlets in [vec![], vec![fast.outlet(eager("ana"))]] {
        book.set(outlets);
        notifier.look().await.unwrap();
    }
    pass(std::time::Duration::from_secs(1)).await;
    assert_eq!(fast.tries(), 0);
    slow.answers.add_permits(1);
    world.settle(&notifier).await;
    assert_eq!(fast.tries(), 0, "it was taken");
    assert_eq!(world.deliveries("ana").await[0].state, DeliveryState::Delivered);
    world.run("b", good("b")).await;
    world.settle(&notifier).await;
    assert_eq!(fast.tries(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_destination_keeps_its_loop() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let slow = Slow::new();
    let outlet = || Outlet { destination: eager("ana"), carrier: Arc::clone(&slow) as _ };
    book.set(vec![outlet()]);
    let notifier = start(&world, &book);
    world.run("a", good("a")).await;
    slow.begun.acquire().await.unwrap().forget();
    book.set(vec![Recorder::willing(&world.clock).outlet(eager("ben")), outlet()]);
    notifier.look().await.unwrap();
    slow.answers.add_permits(1);
    world.settle(&notifier).await;
    let status = notifier.status();
    assert_eq!((&*status.senders[1].destination, status.senders[1].delivered), ("ana", 1));
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_until_it_is_known_who_is_told() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let ana = Recorder::willing(&world.clock);
    book.is_lost.store(true, Ordering::Relaxed);
    book.set(vec![ana.outlet(eager("ana"))]);
    let notifier = start(&world, &book);
    assert!(notifier.look().await.is_err());
    world.run("a", good("a")).await;
    assert!(!notifier.caught_up(world.head().await, HOUR).await);
    pass(HOUR).await;
    assert!(notifier.status().observer.failing_since.is_some(), "{:?}", notifier.status());
    book.is_lost.store(false, Ordering::Relaxed);
    world.settle(&notifier).await;
    assert_eq!(ana.titles().len(), 1);
}

/// A process that has nothing to observe sends what another one filed.
#[tokio::test(start_paused = true)]
async fn what_another_filed_is_sent_without_any_event() {
    let (world, book) = (World::new(), Arc::new(Book::default()));
    let slow = Slow::new();
    book.set(vec![Outlet { destination: eager("ana"), carrier: Arc::clone(&slow) as _ }]);
    let notifier = start(&world, &book);
    world.run("a", good("a")).await;
    slow.begun.acquire().await.unwrap().forget();
    notifier.stop(std::time::Duration::ZERO).await;
    let (book, ana) = (Arc::new(Book::default()), Recorder::willing(&world.clock));
    book.set(vec![ana.outlet(eager("ana"))]);
    let next = start(&world, &book);
    world.settle(&next).await;
    assert_eq!(ana.titles().len(), 1);
}
