//! Sealed plans: kept with the first event of their run, opened by their key alone, gone when they are of no use.

use std::{fs, path::Path};

use event_bus::{Journal, Version};
use hook_core::{JobId, OutcomeKind, RunStatus};
use job_store::Store;
use lifecycle_engine::{RunPlan, RunStore};

use crate::world::{
    SECRET, append, bytes_of, checked, claim, event, job, key, open, organization, plan, queued,
    run_finished, schedule, whole_run,
};

async fn queue(store: &Store, number: u8) {
    let (job, schedule) = (job(number), schedule("a"));
    let claim = claim(store, &key("a")).await;
    store.queue(&plan(&job, &schedule), &claim).await.unwrap();
}

async fn begin(store: &Store, number: u8) {
    queue(store, number).await;
    append(store, &job(number), &schedule("a"), vec![queued(&job(number), &schedule("a"))]).await;
}

fn assert_same(one: &RunPlan, other: &RunPlan) {
    assert_eq!(one.to_bytes(), other.to_bytes());
}

/// Why there is no plan.
async fn reason(store: &Store, job: &JobId) -> String {
    let error = store.plan(job).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open the plan of {job}"));
    std::error::Error::source(&error).unwrap().to_string()
}

#[tokio::test]
async fn a_plan_is_on_disk_with_the_first_event_of_its_run() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(dir.path()), open(dir.path()));
    queue(&store, 1).await;
    assert_same(&store.plan(&job(1)).await.unwrap(), &plan(&job(1), &schedule("a")));
    assert!(reason(&other, &job(1)).await.starts_with("there is none"), "not yet on disk");
    append(&store, &job(1), &schedule("a"), vec![queued(&job(1), &schedule("a"))]).await;
    assert_same(&other.plan(&job(1)).await.unwrap(), &plan(&job(1), &schedule("a")));
    drop((store, other));
    assert_same(&open(dir.path()).plan(&job(1)).await.unwrap(), &plan(&job(1), &schedule("a")));
}

#[tokio::test]
async fn a_plan_outlives_an_append_that_failed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    queue(&store, 1).await;
    let events = vec![event(&job(1), &schedule("a"), queued(&job(1), &schedule("a")))];
    let stream = job(1).as_str().into();
    assert!(store.append(&stream, Version::new(7), events.clone()).await.is_err());
    store.append(&stream, Version::EMPTY, events).await.unwrap();
    drop(store);
    assert_same(&open(dir.path()).plan(&job(1)).await.unwrap(), &plan(&job(1), &schedule("a")));
}

pub(crate) fn holds_secret(dir: &Path) -> bool {
    bytes_of(dir).values().any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

#[tokio::test]
async fn no_file_holds_a_secret_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    begin(&store, 1).await;
    append(&store, &job(1), &schedule("a"), vec![checked()]).await;
    // A copy, since reading the files of an open store would take its locks away.
    let copy = tempfile::tempdir().unwrap();
    assert_eq!(copy_with_cp(dir.path(), copy.path()), 5, "key, database, its two companions, claims");
    assert!(!holds_secret(copy.path()), "while the store is open");
    drop(store);
    assert!(!holds_secret(dir.path()));
    let sealed = plan(&job(1), &schedule("a")).to_bytes();
    assert!(sealed.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "it was in the plan");
}

#[expect(clippy::disallowed_methods, reason = "a test copies files in another process")]
pub(crate) fn copy_with_cp(from: &Path, to: &Path) -> usize {
    let copied = std::process::Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
    fs::read_dir(to).unwrap().count()
}

#[tokio::test]
async fn a_plan_opens_with_its_own_key_in_its_own_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    begin(&store, 1).await;
    begin(&store, 2).await;
    drop(store);
    let database = rusqlite::Connection::open(dir.path().join("zb.db")).unwrap();
    let swap = "UPDATE plans SET sealed = (SELECT sealed FROM plans WHERE job = ?1) WHERE job = ?2";
    database.execute(swap, (job(1).as_str(), job(2).as_str())).unwrap();
    drop(database);
    let store = open(dir.path());
    assert_eq!(reason(&store, &job(2)).await, "it was sealed with another key, or is damaged");
    store.plan(&job(1)).await.unwrap();
    drop(store);
    let key = dir.path().join("key");
    let mut other = fs::read(&key).unwrap();
    other[0] ^= 1;
    fs::write(&key, other).unwrap();
    assert_eq!(reason(&open(dir.path()), &job(1)).await, "it was sealed with another key, or is damaged");
}

#[tokio::test]
async fn a_plan_goes_when_the_next_run_has_finished() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let has = async |number| store.plan(&job(number)).await.is_ok();
    let finish = async |number| {
        append(&store, &job(number), &schedule("a"), vec![run_finished(RunStatus::Error)]).await
    };

    let other = schedule("b");
    let held = claim(&store, &key("b")).await;
    store.queue(&plan(&job(9), &other), &held).await.unwrap();
    append(&store, &job(9), &other, whole_run(&job(9), &other, OutcomeKind::Ok)).await;

    // The same id, in another organization.
    let namesake = RunPlan { organization: organization("b"), ..plan(&job(8), &schedule("a")) };
    let held = claim(&store, &namesake.key()).await;
    store.queue(&namesake, &held).await.unwrap();
    append(&store, &job(8), &schedule("a"), vec![namesake.queued(), run_finished(RunStatus::Error)]).await;

    begin(&store, 1).await;
    finish(1).await;
    assert!(has(1).await, "its own end leaves it: a person may send the post hook again");
    begin(&store, 2).await;
    assert!(has(1).await && has(2).await);
    finish(2).await;
    assert!(!has(1).await && has(2).await);
    assert!(has(9).await && has(8).await, "another job's stays");

    begin(&store, 3).await;
    begin(&store, 4).await;
    finish(4).await;
    assert!(has(3).await && has(4).await, "a run that is not over keeps its plan");
    assert!(!has(2).await);
}
