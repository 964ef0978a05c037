//! The law: a shared tail gives each viewer what a tail of its own would, however slow it is, whenever it comes and goes.

use event_bus::{Clock, StreamId, Version};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    /// So many runs are recorded, each with so much that was said.
    Tell(u8, usize),
    /// A viewer comes, so many events behind the newest.
    Join(u64),
    /// A viewer reads so many events, if there are.
    Read(usize, u8),
    /// A future that waits is dropped.
    GiveUp(usize),
    Leave(usize),
    /// The journal cannot be read, or can be again.
    Fail,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        // Sometimes far more than is kept.
        4 => (1..90_u8, prop_oneof![4 => Just(0_usize), 1 => Just(100_000)]).prop_map(|(runs, said)| Act::Tell(runs, said)),
        3 => (0..200_u64).prop_map(Act::Join),
        6 => (0..4_usize, 1..200_u8).prop_map(|(viewer, events)| Act::Read(viewer, events)),
        1 => (0..4_usize).prop_map(Act::GiveUp),
        1 => (0..4_usize).prop_map(Act::Leave),
        1 => Just(Act::Fail),
    ];
    prop::collection::vec(act, 1..24)
}

struct Viewer {
    shared: SharedTail,
    own: Tail<RunEvent>,
}

struct World {
    store: Arc<Store>,
    shared: Shared,
    runs: u64,
}

impl World {
    async fn tell(&mut self, said: usize) {
        self.runs += 1;
        let (run, of) = (JobId::from_parts(self.runs, [0; 10]), ["org_a", "org_b"][(self.runs % 2) as usize]);
        let said = "x".repeat(said.min(if self.runs.is_multiple_of(8) { usize::MAX } else { 0 }));
        let queued = format!(
            r#""type":"run.queued","organizationId":"{of}","jobName":"n","sourcePath":"/s","trigger":"schedule",
               "attempt":1,"hooks":{{}},"retention":false,"machine":1"#
        );
        let ended = format!(r#""type":"restic.finished","outcome":"failed","exitCode":1,"stderr":"{said}""#);
        let over = r#""type":"run.finished","status":"error","error":"e","durationMs":1"#.to_owned();
        let events = [queued, ended, over].map(|told| {
            serde_json::from_str(&format!(r#"{{"jobId":"{run}","scheduleId":"sched_a",{told}}}"#)).unwrap()
        });
        let bus = &self.shared.0.bus;
        bus.publish(&StreamId::from(run.as_str()), Version::EMPTY, events.to_vec()).await.unwrap();
    }

    async fn read(&self, viewer: &mut Viewer) {
        let (event, told) = (viewer.shared.next().await.unwrap(), viewer.own.next().await.unwrap());
        assert_eq!(event.told, told);
        if let Some(of) = &event.of {
            assert_eq!(Some(of), self.store.organization_of(&told.event.job).await.unwrap().as_ref());
        }
        assert_eq!(event.text(true), text::recorded(&told, true));
        assert_eq!(event.text(false), text::recorded(&told, false));
        let kept = self.shared.0.kept();
        assert!(kept.events.len() <= MOST && kept.bytes <= MOST_BYTES);
    }
}

async fn law(acts: Vec<Act>) {
    let dir = tempfile::tempdir().unwrap();
    let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let store = Arc::new(Store::open(dir.path(), clock).unwrap());
    let shared = Shared::new(Bus::new(Arc::clone(&store) as _), Arc::clone(&store), CancellationToken::new());
    let mut world = World { store, shared, runs: 0 };
    let mut viewers: Vec<Viewer> = Vec::new();
    for act in acts {
        match act {
            Act::Tell(runs, said) => {
                for _ in 0..runs {
                    world.tell(said).await;
                }
            }
            Act::Join(behind) => {
                let bus = &world.shared.0.bus;
                let after = Position::new(bus.head().await.unwrap().get().saturating_sub(behind));
                viewers.push(Viewer { shared: world.shared.tail(after), own: bus.tail(after) });
            }
            Act::Read(viewer, events) => {
                let Some(viewer) = viewers.get_mut(viewer) else { continue };
                for _ in 0..events {
                    if viewer.shared.after < world.shared.0.bus.head().await.unwrap() {
                        world.read(viewer).await;
                    }
                }
            }
            Act::GiveUp(viewer) => {
                let Some(viewer) = viewers.get_mut(viewer) else { continue };
                if viewer.shared.after == world.shared.0.bus.head().await.unwrap() {
                    let mut waiting = std::pin::pin!(viewer.shared.next());
                    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx)));
                    assert!(polled.await.is_pending(), "there is nothing to read");
                }
            }
            Act::Leave(viewer) if viewer < viewers.len() => drop(viewers.remove(viewer)),
            Act::Leave(_) => {}
            Act::Fail => {
                let head = world.shared.0.bus.head().await.unwrap();
                let kept = &mut *world.shared.0.kept();
                if kept.is_read {
                    *kept = Kept::default();
                } else {
                    kept.begin(head);
                }
                world.shared.0.news.send_replace(());
            }
        }
    }
    // Whoever is there gets everything, and then what comes.
    world.tell(0).await;
    let head = world.shared.0.bus.head().await.unwrap();
    for viewer in &mut viewers {
        while viewer.shared.after < head {
            world.read(viewer).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shared_tail_gives_what_an_own_tail_gives(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(law(acts));
    }
}
