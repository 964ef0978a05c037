//! A damaged database is refused, named, and neither changed nor replaced.

use std::{fs, path::Path};

use hook_core::OutcomeKind;
use job_store::{OpenError, Store};
use rusqlite::{Connection, config::DbConfig};

use crate::world::{append, bytes_of, clock, job, open, schedule, whole_run};

async fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for number in 1..20 {
        append(
            &store,
            &job(number),
            &schedule("a"),
            whole_run(&job(number), &schedule("a"), OutcomeKind::Ok),
        )
        .await;
    }
    dir
}

fn assert_refused(dir: &Path, damage: &str) {
    let database = dir.join("zb.db");
    for opened in [Store::open(dir, clock()).map(|_| ()), Store::open_existing(dir).map(|_| ())] {
        let Err(refused) = opened else { panic!("{damage}: it was opened") };
        assert!(matches!(refused, OpenError::Damaged { .. }), "{damage}: {refused:?}");
        let said = refused.to_string();
        assert!(
            said.starts_with(&format!("the database {} is damaged: ", database.display())),
            "{damage}: {said}"
        );
        assert!(refused.hint().contains("put it back from a copy"), "{damage}: {}", refused.hint());
    }
}

#[tokio::test]
async fn damage_is_refused_untouched() {
    let page = 4096;
    type Damage = fn(&mut Vec<u8>);
    let table: [(&str, Damage); 11] = [
        ("emptied", |bytes| bytes.clear()),
        ("cut within the header", |bytes| bytes.truncate(50)),
        ("cut after the first page", |bytes| bytes.truncate(4096)),
        ("cut in half", |bytes| bytes.truncate(bytes.len() / 2)),
        ("its last byte cut off", |bytes| bytes.truncate(bytes.len() - 1)),
        ("text", |bytes| *bytes = b"this is not a database\n".repeat(400)),
        ("noise", |bytes| {
            (0..)
                .zip(bytes)
                .for_each(|(at, byte): (u32, _)| *byte = (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        }),
        ("its first byte flipped", |bytes| bytes[0] ^= 1),
        ("another page size", |bytes| bytes[16] ^= 0x30),
        ("its schema overwritten", |bytes| bytes[100..4096].fill(0x5a)),
        ("the head of every other page overwritten", |bytes| {
            bytes.chunks_mut(4096).skip(1).step_by(2).for_each(|page| page[..64].fill(0xff));
        }),
    ];
    for (damage, apply) in table {
        let dir = filled().await;
        let database = dir.path().join("zb.db");
        let mut bytes = fs::read(&database).unwrap();
        assert!(bytes.len() > 8 * page);
        apply(&mut bytes);
        fs::write(&database, bytes).unwrap();
        let before = bytes_of(dir.path());
        assert_refused(dir.path(), damage);
        assert!(bytes_of(dir.path()) == before, "{damage}: something was changed");
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = Connection::open(dir.path().join("zb.db")).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 1").unwrap();
    drop(other);
    let before = bytes_of(dir.path());
    assert_refused(dir.path(), "another program's");
    assert!(bytes_of(dir.path()) == before);
}

/// A process died, and its log lies beside a database that was damaged since: neither is touched.
#[tokio::test]
async fn a_log_is_not_played_into_a_damaged_database() {
    let dir = filled().await;
    let database = dir.path().join("zb.db");
    let dying = Connection::open(&database).unwrap();
    dying.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    dying.execute_batch("INSERT INTO cursors VALUES ('mail', 7)").unwrap();
    drop(dying);
    let mut bytes = fs::read(&database).unwrap();
    bytes[4096..].chunks_mut(4096).for_each(|page| page[..64].fill(0xff));
    fs::write(&database, bytes).unwrap();
    let files = ["zb.db", "zb.db-wal", "key"].map(|file| dir.path().join(file));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    assert_refused(dir.path(), "damaged beside a log");
    assert!(files.each_ref().map(|file| fs::read(file).unwrap()) == before);
}

/// SQLite would play the log into the new database.
#[tokio::test]
async fn a_database_that_is_missing_beside_its_log_is_not_made_anew() {
    let dir = filled().await;
    let dying = Connection::open(dir.path().join("zb.db")).unwrap();
    dying.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    dying.execute_batch("PRAGMA user_version = 1").unwrap();
    drop(dying);
    fs::remove_file(dir.path().join("zb.db")).unwrap();
    let before = bytes_of(dir.path());
    assert_refused(dir.path(), "missing");
    assert!(bytes_of(dir.path()) == before);
}
