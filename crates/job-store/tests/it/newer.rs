//! A database of a newer zb is refused as it is, byte for byte.

use std::path::Path;

use hook_core::OutcomeKind;
use job_store::{OpenError, Store};
use rusqlite::{Connection, config::DbConfig};

use crate::world::{append, bytes_of, clock, job, open, schedule, whole_run};

fn assert_refused_untouched(dir: &Path) {
    let before = bytes_of(dir);
    for refused in [
        Store::open(dir, clock()).map(|_| ()).unwrap_err(),
        Store::open_existing(dir).map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(refused, OpenError::Newer { found: 999, known: 11, .. }), "{refused:?}");
        assert!(
            refused.to_string().contains("is of a newer zb (version 999; this one knows 11)"),
            "{refused}"
        );
        assert_eq!(refused.hint(), "use the zb that wrote it, or a newer one");
    }
    assert!(bytes_of(dir) == before, "something was changed");
}

async fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    dir
}

#[tokio::test]
async fn one_that_was_closed() {
    let dir = filled().await;
    let newer = Connection::open(dir.path().join("zb.db")).unwrap();
    newer.execute_batch("CREATE TABLE future (x); PRAGMA user_version = 999").unwrap();
    drop(newer);
    assert_refused_untouched(dir.path());
}

/// The newer zb died before its version came from the log into the database.
#[tokio::test]
async fn one_whose_log_alone_says_so() {
    let dir = filled().await;
    let newer = Connection::open(dir.path().join("zb.db")).unwrap();
    newer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    newer.execute_batch("CREATE TABLE future (x); PRAGMA user_version = 999").unwrap();
    newer.execute_batch("CREATE TABLE further (x)").unwrap();
    drop(newer);
    assert!(bytes_of(dir.path())[&dir.path().join("zb.db-wal")].len() > 4096);
    assert_refused_untouched(dir.path());
}

/// What was not committed was never said.
#[tokio::test]
async fn a_version_that_was_not_committed_is_none() {
    let dir = filled().await;
    let newer = Connection::open(dir.path().join("zb.db")).unwrap();
    newer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    newer
        .execute_batch("PRAGMA cache_size = 1; BEGIN; PRAGMA user_version = 999; CREATE TABLE t (x)")
        .unwrap();
    // More than the cache holds: the first pages go to the log before the commit that never comes.
    newer
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO t SELECT randomblob(500) FROM n",
        )
        .unwrap();
    newer.execute_batch("ROLLBACK").unwrap();
    drop(newer);
    let log = bytes_of(dir.path()).remove(&dir.path().join("zb.db-wal")).unwrap();
    assert!(log.len() > 100_000, "the pages went to the log: {}", log.len());
    drop(open(dir.path()));
}
