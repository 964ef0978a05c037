//! What observers keep: memories that only move forward, a connection of their own, one server at a time, and a
//! database of a zb that had none of it.

use std::{path::Path, sync::Arc};

use event_bus::{Journal, Position};
use hook_core::OutcomeKind;
use job_store::Store;
use notifier::{Outbox, conformance};
use rusqlite::Connection;

use crate::world::{append, clock, job, key, open, schedule, whole_run};

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_an_outbox_that_is_durable_and_shared() {
    let dir = tempfile::tempdir().unwrap();
    let open = async |dir: &Path| Arc::new(open(dir)) as Arc<dyn Outbox>;
    conformance::shared(dir.path(), open).await;
}

/// An observer's connection is another door to the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_store_beside_is_an_outbox_too() {
    let dir = tempfile::tempdir().unwrap();
    let open = async |dir: &Path| Arc::new(open(dir).beside().unwrap()) as Arc<dyn Outbox>;
    conformance::shared(dir.path(), open).await;
}

#[tokio::test]
async fn a_memory_is_kept_only_onto_the_one_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let at = Position::new;
    assert_eq!(store.memory("metrics").await.unwrap(), None);
    assert!(!store.remember("metrics", Some(at(1)), at(2), b"never".to_vec()).await.unwrap());
    assert!(store.remember("metrics", None, at(5), b"five".to_vec()).await.unwrap());
    assert!(!store.remember("metrics", None, at(6), b"too late".to_vec()).await.unwrap());
    assert!(store.remember("metrics", Some(at(5)), at(9), b"nine".to_vec()).await.unwrap());
    assert!(!store.remember("metrics", Some(at(5)), at(7), b"too late".to_vec()).await.unwrap());
    drop(store);
    let again = open(dir.path());
    assert_eq!(again.memory("metrics").await.unwrap(), Some((at(9), b"nine".to_vec())));
    assert_eq!(again.memory("another").await.unwrap(), None);
}

#[tokio::test]
async fn an_observers_connection_sees_what_the_runs_writes_and_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let beside = store.beside().unwrap();
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    let head = store.head().await.unwrap();
    assert_eq!(beside.head().await.unwrap(), head);
    beside.save_cursor("notifier", head).await.unwrap();
    assert_eq!(store.cursor("notifier").await.unwrap(), head);
}

#[tokio::test]
async fn who_is_new_begins_at_now_and_who_is_not_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.begin_at_head("first").await.unwrap();
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    let head = store.head().await.unwrap();
    for observer in ["first", "second"] {
        store.begin_at_head(observer).await.unwrap();
    }
    assert_eq!(
        store.cursor("first").await.unwrap(),
        Position::START,
        "it had begun before there was any event"
    );
    assert_eq!(store.cursor("second").await.unwrap(), head);
}

#[tokio::test]
async fn marks_are_kept_each_in_place_of_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let marks = |marks: &[(&str, &str)]| -> Vec<_> {
        marks.iter().map(|(job, mark)| (key(job), (*mark).to_owned())).collect()
    };
    assert!(store.marks().await.unwrap().is_empty());
    store.keep_marks(marks(&[("a", "1"), ("b", "2")])).await.unwrap();
    store.keep_marks(marks(&[("b", "3")])).await.unwrap();
    drop(store);
    assert_eq!(open(dir.path()).marks().await.unwrap(), marks(&[("a", "1"), ("b", "3")]));
}

#[tokio::test]
async fn one_process_at_a_time_serves_the_observers() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (open(dir.path()), open(dir.path()));
    let serving = one.serve_observers().unwrap();
    assert!(serving.is_some());
    assert!(other.serve_observers().unwrap().is_none());
    drop(serving);
    assert!(other.serve_observers().unwrap().is_some());
}

/// A database as the first zb made it, with a run.
pub(crate) async fn of_the_first_version(dir: &Path) {
    let store = open(dir);
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    make_older(dir);
}

/// What later zbs added goes.
pub(crate) fn make_older(dir: &Path) {
    let older = Connection::open(dir.join("zb.db")).unwrap();
    let names = |sql: &str| -> Vec<String> {
        older.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let first = include_str!("../../migrations/0001_first.sql");
    for index in names("SELECT name FROM pragma_index_list('runs') WHERE origin = 'c'") {
        if !first.contains(&index) {
            older.execute_batch(&format!("DROP INDEX {index}")).unwrap();
        }
    }
    for column in names("SELECT name FROM pragma_table_info('runs')").into_iter().skip(6) {
        older.execute_batch(&format!("ALTER TABLE runs DROP COLUMN {column}")).unwrap();
    }
    let mut later = older
        .prepare(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT IN ('events', 'cursors', 'runs', 'plans')",
        )
        .unwrap();
    let later: Vec<String> = later.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    older.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for table in later {
        older.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    older.execute_batch("PRAGMA user_version = 1").unwrap();
}

#[tokio::test]
async fn an_older_database_gets_what_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    of_the_first_version(dir.path()).await;
    let store = open(dir.path());
    assert!(store.latest(None, 10).await.unwrap().is_empty());
    assert!(store.remember("metrics", None, Position::new(1), Vec::new()).await.unwrap());
    assert_eq!(store.runs(&Default::default()).await.unwrap().len(), 1, "its runs are there");
}

#[tokio::test]
async fn an_older_database_that_is_only_read_has_no_deliveries() {
    let dir = tempfile::tempdir().unwrap();
    of_the_first_version(dir.path()).await;
    let store = Store::open_existing(dir.path()).unwrap().unwrap();
    assert!(store.latest(None, 10).await.unwrap().is_empty());
    drop(store);
    let version: u32 = Connection::open(dir.path().join("zb.db"))
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1, "whoever reads changes nothing");
    drop(Store::open(dir.path(), clock()).unwrap());
}
