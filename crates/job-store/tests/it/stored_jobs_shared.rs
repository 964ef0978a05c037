//! Jobs under several processes, and under `kill -9`.

use std::path::Path;

use job_store::{Expected, NewJob, PutJob, Store};

use crate::{
    child::Actor,
    world::{new_job, open, organization, schedule},
};

/// A definition that tells of which revision it is, on several pages of the database.
fn at(revision: u32) -> NewJob {
    NewJob { definition: format!("{revision} ").repeat(4000).into(), ..new_job("pg", "pg") }
}

async fn revision(store: &Store) -> u32 {
    let there = store.job(&organization("a"), &schedule("pg")).await.unwrap();
    let Some(job) = there else { return 0 };
    assert_eq!(
        job.definition,
        at(job.revision).definition,
        "a definition is whole, and that of its revision"
    );
    job.revision
}

/// Changes the job if nobody else did meanwhile; its revision, if it was changed.
async fn change(store: &Store) -> Option<u32> {
    let there = revision(store).await;
    let expected = if there == 0 { Expected::Absent } else { Expected::Revision(there) };
    match store.put_job(at(there + 1), expected).await.unwrap() {
        PutJob::Kept { revision, .. } => Some(revision),
        PutJob::Changed { .. } => None,
        other => panic!("{other:?}"),
    }
}

/// Says each revision that it made.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn keep_for_ever(dir: &Path) {
    let store = open(dir);
    loop {
        if let Some(revision) = change(&store).await {
            eprintln!("{revision}");
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn keep_thirty_times(dir: &Path) {
    let store = open(dir);
    let mut kept = 0;
    while kept < 30 {
        kept += u32::from(change(&store).await.is_some());
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..8 {
        let mut actor = Actor::start("keep a job for ever", dir.path());
        let mut acknowledged = 0;
        for _ in 0..=round {
            acknowledged = actor.line().parse().unwrap();
        }
        for line in actor.kill() {
            // The last line may be cut.
            acknowledged = line.parse().map_or(acknowledged, |said: u32| said.max(acknowledged));
        }
        let there = revision(&open(dir.path())).await;
        assert!(there == acknowledged || there == acknowledged + 1, "{there} after {acknowledged}");
    }
}

#[tokio::test]
async fn no_writer_overwrites_another() {
    let dir = tempfile::tempdir().unwrap();
    let actors = [(); 3].map(|()| Actor::start("keep a job thirty times", dir.path()));
    actors.into_iter().for_each(|actor| assert!(actor.rest().is_empty()));
    assert_eq!(revision(&open(dir.path())).await, 90);
}

/// Whoever changes it, the store's own writes and another's commits; and nothing else.
#[tokio::test]
async fn what_changes_is_seen_and_what_does_not_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(dir.path()), open(dir.path()));
    let first = store.changes().await.unwrap();
    assert_eq!(revision(&store).await, 0);
    assert_eq!(store.changes().await.unwrap(), first, "reading changes nothing");
    change(&store).await.unwrap();
    let own = store.changes().await.unwrap();
    assert_ne!(own, first, "its own write");
    change(&other).await.unwrap();
    let of_other = store.changes().await.unwrap();
    assert_ne!(of_other, own, "another's");
    let deleted = store.delete_job(&organization("a"), &schedule("pg"), Expected::Any).await.unwrap();
    assert!(matches!(deleted, job_store::DeleteJob::Deleted), "{deleted:?}");
    assert_ne!(store.changes().await.unwrap(), of_other, "a deletion");
}
