//! No space left: said before a run begins, and never at the price of what is kept. A limit on the size of files
//! stands for the disk.

use std::path::Path;

use event_bus::{AppendError, Journal, StreamId, Version};
use hook_core::LifecycleEvent;
use job_store::{OpenError, Store};

use crate::{
    child::Actor,
    world::{self, bytes_of, clock, event, job, schedule},
};

pub(crate) fn open(dir: &Path) {
    match Store::open(dir, clock()) {
        Ok(_) => eprintln!("opened"),
        Err(refused @ OpenError::NotWritable { .. }) => eprintln!("{refused}"),
        Err(other) => eprintln!("unexpected: {other:?}"),
    }
}

#[test]
fn a_store_that_cannot_be_made_is_not_half_made() {
    let dir = tempfile::tempdir().unwrap();
    for (units, file) in [(0, "key"), (8, "zb.db")] {
        let said = Actor::start_with_little_room(units, "open", dir.path()).rest();
        let [line] = said.as_slice() else { panic!("{said:?}") };
        assert!(line.starts_with(&format!("cannot write to {}", dir.path().join(file).display())), "{line}");
        assert!(!dir.path().join(file).exists());
    }
    drop(world::open(dir.path()));
}

/// Says the version after each append, and then why no more could be kept.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn append_until_it_fails(dir: &Path) {
    let store = world::open(dir);
    let stream = StreamId::from("full");
    let mut at = Version::EMPTY;
    loop {
        let told = LifecycleEvent::CancelRequested { by: "x".repeat(20_000) };
        match store.append(&stream, at, vec![event(&job(1), &schedule("a"), told)]).await {
            Ok(recorded) => at = recorded[0].version,
            Err(AppendError::Storage(error)) => {
                let source = std::error::Error::source(&error).unwrap();
                return eprintln!("{at} {error}: {source}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_append_that_finds_no_room_keeps_nothing_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(world::open(dir.path()));
    let said = Actor::start_with_little_room(512, "append until it fails", dir.path()).rest();
    let [line] = said.as_slice() else { panic!("{said:?}") };
    let (kept, reason) = line.split_once(' ').unwrap();
    assert!(reason.starts_with("the journal could not append to full: "), "{reason}");
    let kept: usize = kept.parse().unwrap();
    assert!(kept > 2, "{line}");
    let store = world::open(dir.path());
    assert_eq!(store.read_stream(&"full".into()).await.unwrap().len(), kept);
    drop(store);
    assert!(bytes_of(dir.path()).contains_key(&dir.path().join("zb.db")));
}
