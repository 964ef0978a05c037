//! Where a run could not be recorded the store does not open, and a history can still be read. Root may write
//! anywhere: the tests give that right up, in a thread of their own.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, thread};

use event_bus::Journal;
use hook_core::OutcomeKind;
use job_store::{OpenError, Store};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::world::{append, bytes_of, clock, job, open, schedule, whole_run};

fn without_roots_rights(act: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let bound = scope.spawn(|| {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
            set_capabilities(None, sets).unwrap();
            act();
        });
        bound.join().unwrap();
    });
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::main(flavor = "current_thread")]
async fn fill(dir: &Path) {
    append(&open(dir), &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
}

#[tokio::main(flavor = "current_thread")]
async fn events(store: &Store) -> usize {
    store.read_stream(&job(1).as_str().into()).await.unwrap().len()
}

#[test]
fn a_directory_without_a_store() {
    let dir = tempfile::tempdir().unwrap();
    set_mode(dir.path(), 0o555);
    without_roots_rights(|| {
        let refused = Store::open(dir.path(), clock()).unwrap_err();
        assert!(matches!(refused, OpenError::NotWritable { .. }), "{refused:?}");
        let refused = Store::open(&dir.path().join("zb"), clock()).unwrap_err();
        assert!(matches!(refused, OpenError::Directory { .. }), "{refused:?}");
        assert!(Store::open_existing(dir.path()).unwrap().is_none());
    });
    set_mode(dir.path(), 0o755);
    assert!(bytes_of(dir.path()).is_empty());
}

#[test]
fn a_directory_with_a_store() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let before = bytes_of(dir.path());
    set_mode(dir.path(), 0o555);
    without_roots_rights(|| {
        let refused = Store::open(dir.path(), clock()).unwrap_err();
        assert!(matches!(refused, OpenError::NotWritable { .. }), "{refused:?}");
        assert!(refused.to_string().starts_with("cannot write to "), "{refused}");
        let reader = Store::open_existing(dir.path()).unwrap().unwrap();
        assert_eq!(events(&reader), 9);
    });
    set_mode(dir.path(), 0o755);
    assert!(bytes_of(dir.path()) == before);
}

#[test]
fn a_database_file() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let before = bytes_of(dir.path());
    set_mode(&dir.path().join("zb.db"), 0o400);
    without_roots_rights(|| {
        let refused = Store::open(dir.path(), clock()).unwrap_err();
        assert!(matches!(refused, OpenError::NotWritable { .. }), "{refused:?}");
        let reader = Store::open_existing(dir.path()).unwrap().unwrap();
        assert_eq!(events(&reader), 9);
    });
    let after = bytes_of(dir.path());
    assert!(after[&dir.path().join("zb.db")] == before[&dir.path().join("zb.db")]);
}

#[test]
fn a_directory_that_cannot_be_entered() {
    let dir = tempfile::tempdir().unwrap();
    set_mode(dir.path(), 0o000);
    without_roots_rights(|| {
        let refused = Store::open(dir.path(), clock()).unwrap_err();
        assert!(matches!(refused, OpenError::Directory { .. }), "{refused:?}");
        let refused = Store::open_existing(dir.path()).unwrap_err();
        assert!(matches!(refused, OpenError::Directory { .. }), "{refused:?}");
    });
}
