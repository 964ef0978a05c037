//! `kill -9` in the middle of an append, and several processes at once.

use std::path::Path;

use event_bus::{Journal, StreamId, Version};
use hook_core::LifecycleEvent;
use job_store::Store;

use crate::{
    child::Actor,
    world::{event, job, open, schedule},
};

/// Events in one append of [`append_for_ever`].
const BATCH: u32 = 3;

fn batch() -> Vec<hook_core::RunEvent> {
    let told = || LifecycleEvent::CancelRequested { by: "x".repeat(2000) };
    (0..BATCH).map(|_| event(&job(1), &schedule("a"), told())).collect()
}

async fn version(store: &Store, stream: &StreamId) -> Version {
    store.read_stream(stream).await.unwrap().last().map_or(Version::EMPTY, |last| last.version)
}

/// Says the version of the stream after each append.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn append_for_ever(dir: &Path) {
    let (store, stream) = (open(dir), StreamId::from("killed"));
    let mut at = version(&store, &stream).await;
    loop {
        at = store.append(&stream, at, batch()).await.unwrap().last().unwrap().version;
        eprintln!("{at}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let stream = StreamId::from("killed");
    let mut before = Version::EMPTY;
    for round in 0..12 {
        let mut actor = Actor::start("append for ever", dir.path());
        let mut acknowledged = before.get();
        for _ in 0..=round {
            acknowledged = actor.line().parse().unwrap();
        }
        for line in actor.kill() {
            // The last line may be cut.
            acknowledged = line.parse().map_or(acknowledged, |said: u32| said.max(acknowledged));
        }
        let store = open(dir.path());
        let kept = store.read_stream(&stream).await.unwrap();
        let versions: Vec<_> = kept.iter().map(|recorded| recorded.version.get()).collect();
        assert_eq!(versions, Vec::from_iter(1..=versions.len() as u32), "versions without a gap");
        let last = versions.len() as u32;
        assert!(last >= acknowledged, "{last} are there, {acknowledged} were acknowledged");
        assert!(last <= acknowledged + BATCH, "one append at most was under way");
        assert_eq!(last % BATCH, 0, "an append is whole or not there");
        before = Version::new(last);
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn append_thirty(dir: &Path) {
    let store = open(dir);
    let stream = StreamId::from(std::process::id().to_string());
    let mut at = Version::EMPTY;
    for _ in 0..30 {
        at = store.append(&stream, at, batch()).await.unwrap().last().unwrap().version;
    }
    eprintln!("{stream}");
}

#[tokio::test]
async fn processes_append_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let actors = [(); 3].map(|()| Actor::start("append thirty", dir.path()));
    let streams: Vec<_> = actors.into_iter().flat_map(Actor::rest).collect();
    assert_eq!(streams.len(), 3);
    let store = open(dir.path());
    for stream in streams {
        assert_eq!(version(&store, &stream.into()).await, Version::new(30 * BATCH));
    }
    let all = store.read(event_bus::Position::START, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 3 * 30 * BATCH as usize);
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
}
