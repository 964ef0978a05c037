//! Stored jobs: found, changed only where what was expected is there, sealed, deleted at rest.

use std::{fs, path::Path};

use hook_core::OutcomeKind;
use job_store::{DeleteJob, Expected, NewJob, OpenError, PutJob, Store, StoredJob};
use lifecycle_engine::{Holding, RunStore};
use rusqlite::Connection;

use crate::{
    observers::of_the_first_version,
    plans::{copy_with_cp, holds_secret},
    world::{append, claim, clock, job, key, new_job, open, organization, plan, schedule, whole_run},
};

async fn keep(store: &Store, new: NewJob) -> u32 {
    match store.put_job(new, Expected::Any).await.unwrap() {
        PutJob::Kept { revision, .. } => revision,
        other => panic!("{other:?}"),
    }
}

async fn read(store: &Store, schedule_name: &str) -> StoredJob {
    store.job(&organization("a"), &schedule(schedule_name)).await.unwrap().unwrap()
}

fn ids(jobs: &[StoredJob]) -> Vec<&str> {
    jobs.iter().map(|job| job.schedule.suffix()).collect()
}

#[tokio::test]
async fn a_job_is_there_again_as_it_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let new = NewJob { by: Some("ana".to_owned()), ..new_job("pg", "postgres data") };
    let kept = store.put_job(new.clone(), Expected::Absent).await.unwrap();
    assert_eq!(kept, PutJob::Kept { revision: 1, created: true });
    let first = read(&store, "pg").await;
    assert_eq!((&first.name, &first.definition), (&new.name, &new.definition));
    assert_eq!((first.created_by.as_deref(), first.updated_by.as_deref()), (Some("ana"), Some("ana")));
    assert_eq!(first.created_at, first.updated_at);

    let renamed = NewJob { by: None, ..new_job("pg", "postgres") };
    let kept = store.put_job(renamed, Expected::Revision(1)).await.unwrap();
    assert_eq!(kept, PutJob::Kept { revision: 2, created: false });
    drop(store);
    let second = read(&open(dir.path()), "pg").await;
    assert_eq!((second.name.as_str(), second.revision), ("postgres", 2));
    assert_eq!((second.created_by.as_deref(), second.updated_by), (Some("ana"), None));
    assert!(second.created_at == first.created_at && second.updated_at > first.updated_at);
}

#[tokio::test]
async fn a_job_is_found_by_id_before_name_and_listed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("z", "alpha")).await;
    keep(&store, new_job("y", "beta")).await;
    keep(&store, new_job("x", "sched_y")).await;
    let other = NewJob { organization: organization("b"), ..new_job("w", "alpha") };
    keep(&store, other).await;
    for (text, found) in [
        ("sched_z", &["z"][..]),
        ("beta", &["y"]),
        ("alpha", &["w", "z"]),
        ("sched_y", &["y"]),
        ("sched_", &[]),
        ("Beta", &[]),
        ("", &[]),
    ] {
        assert_eq!(ids(&store.find_jobs(text).await.unwrap()), found, "{text:?}");
    }
    assert_eq!(ids(&store.jobs(None).await.unwrap()), ["w", "z", "y", "x"]);
    assert_eq!(ids(&store.jobs(Some(&organization("b"))).await.unwrap()), ["w"]);
    assert_eq!(store.job(&organization("b"), &schedule("z")).await.unwrap(), None, "another's is not there");
}

#[tokio::test]
async fn nothing_changes_where_something_else_is_there_than_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let put = async |expected| store.put_job(new_job("pg", "pg"), expected).await.unwrap();
    let absent = PutJob::Changed { revision: None };
    assert_eq!(put(Expected::Revision(1)).await, absent);
    assert_eq!(store.jobs(None).await.unwrap(), []);
    assert_eq!(put(Expected::Absent).await, PutJob::Kept { revision: 1, created: true });
    assert_eq!(put(Expected::Revision(1)).await, PutJob::Kept { revision: 2, created: false });
    let before = read(&store, "pg").await;
    let changed = PutJob::Changed { revision: Some(2) };
    assert_eq!((put(Expected::Absent).await, put(Expected::Revision(1)).await), (changed.clone(), changed));
    let delete = async |name: &str, expected| {
        store.delete_job(&organization(name), &schedule("pg"), expected).await.unwrap()
    };
    assert_eq!(delete("a", Expected::Revision(1)).await, DeleteJob::Changed { revision: Some(2) });
    assert_eq!(delete("b", Expected::Any).await, DeleteJob::Changed { revision: None });
    assert_eq!(read(&store, "pg").await, before);
    assert_eq!(delete("a", Expected::Revision(2)).await, DeleteJob::Deleted);
    assert_eq!(delete("a", Expected::Any).await, DeleteJob::Changed { revision: None });
    assert_eq!(put(Expected::Any).await, PutJob::Kept { revision: 3, created: true }, "no revision twice");
}

#[tokio::test]
async fn a_name_is_had_by_one_job_of_an_organization() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("one", "data")).await;
    let taken = PutJob::NameTaken { by: schedule("one") };
    assert_eq!(store.put_job(new_job("two", "data"), Expected::Any).await.unwrap(), taken);
    assert_eq!(keep(&store, NewJob { organization: organization("b"), ..new_job("two", "data") }).await, 1);
    assert_eq!(keep(&store, new_job("one", "data")).await, 2, "its own name is free to itself");
}

#[tokio::test]
async fn no_file_holds_a_definition_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("pg", "pg")).await;
    keep(&store, new_job("pg", "pg")).await;
    let copy = tempfile::tempdir().unwrap();
    copy_with_cp(dir.path(), copy.path());
    assert!(!holds_secret(copy.path()), "while the store is open");
    drop(store);
    assert!(!holds_secret(dir.path()));
}

#[tokio::test]
async fn a_definition_opens_with_its_own_key_in_its_own_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("one", "one")).await;
    keep(&store, new_job("two", "two")).await;
    drop(store);
    let database = Connection::open(dir.path().join("zb.db")).unwrap();
    let swap = "UPDATE jobs SET sealed = (SELECT sealed FROM jobs WHERE name = 'one') WHERE name = 'two'";
    database.execute(swap, []).unwrap();
    drop(database);
    let store = open(dir.path());
    let reason = async |name: &str| {
        let error = store.job(&organization("a"), &schedule(name)).await.unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    assert_eq!(reason("two").await, "it was sealed with another key, or is damaged");
    read(&store, "one").await;
}

#[tokio::test]
async fn a_job_that_somebody_acts_for_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(dir.path()), open(dir.path()));
    keep(&store, new_job("pg", "pg")).await;
    let delete = async || store.delete_job(&organization("a"), &schedule("pg"), Expected::Any).await.unwrap();
    let held = claim(&other, &"org_a/sched_pg".parse().unwrap()).await;
    assert_eq!(delete().await, DeleteJob::InUse(Holding::Unknown));
    assert_eq!(read(&store, "pg").await.revision, 1);
    drop(held);
    assert_eq!(delete().await, DeleteJob::Deleted);
    assert!(store.jobs(None).await.unwrap().is_empty());
}

/// `api.md` §3: runs, owed hooks and snapshots stay.
#[tokio::test]
async fn the_history_and_the_plan_outlive_their_job() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("pg", "pg")).await;
    let held = claim(&store, &key("pg")).await;
    store.queue(&plan(&job(1), &schedule("pg")), &held).await.unwrap();
    let mut begun = whole_run(&job(1), &schedule("pg"), OutcomeKind::Ok);
    begun.truncate(4);
    append(&store, &job(1), &schedule("pg"), begun).await;
    drop(held);
    let deleted = store.delete_job(&organization("a"), &schedule("pg"), Expected::Any).await.unwrap();
    assert_eq!(deleted, DeleteJob::Deleted);
    assert_eq!(store.owed().await.unwrap(), [job(1)]);
    store.plan(&job(1)).await.unwrap();
}

#[tokio::test]
async fn whoever_only_reads_needs_the_key() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Store::open_existing_with_key(dir.path()).unwrap().is_none());
    keep(&open(dir.path()), new_job("pg", "pg")).await;
    let reader = Store::open_existing_with_key(dir.path()).unwrap().unwrap();
    assert_eq!(read(&reader, "pg").await.revision, 1);
    drop(reader);
    let without = Store::open_existing(dir.path()).unwrap().unwrap();
    assert!(without.jobs(None).await.is_err());
    drop(without);
    fs::remove_file(dir.path().join("key")).unwrap();
    let refused = Store::open_existing_with_key(dir.path()).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::KeyMissing { .. }), "{refused:?}");
}

fn jobs_in(dir: &Path) -> Vec<(String, u32)> {
    let database = Connection::open(dir.join("zb.db")).unwrap();
    let mut select = database.prepare("SELECT name, revision FROM jobs").unwrap();
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn an_older_database_has_no_jobs_and_gets_them() {
    let dir = tempfile::tempdir().unwrap();
    of_the_first_version(dir.path()).await;
    let reader = Store::open_existing_with_key(dir.path()).unwrap().unwrap();
    assert!(reader.jobs(None).await.unwrap().is_empty());
    assert!(reader.find_jobs("pg").await.unwrap().is_empty());
    drop(reader);
    let store = Store::open(dir.path(), clock()).unwrap();
    keep(&store, new_job("pg", "pg")).await;
    drop(store);
    assert_eq!(jobs_in(dir.path()), [("pg".to_owned(), 1)]);
}
