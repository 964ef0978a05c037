//! What opening makes, keeps and refuses.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use event_bus::{Journal, Version};
use hook_core::OutcomeKind;
use job_store::{OpenError, Store};

use crate::world::{append, bytes_of, checked, clock, event, job, open, schedule, whole_run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn a_new_store_is_for_its_user_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new/zb");
    let store = open(&data);
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    for (file, expected) in [
        ("", 0o700),
        ("claims", 0o700),
        ("key", 0o600),
        ("zb.db", 0o600),
        ("zb.db-wal", 0o600),
        ("zb.db-shm", 0o600),
    ] {
        let path = data.join(file);
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    drop(store);
    let left: Vec<_> =
        bytes_of(&data).into_keys().map(|path| path.strip_prefix(&data).unwrap().to_owned()).collect();
    assert_eq!(left, ["claims", "key", "zb.db"].map(Path::new), "a closed store leaves no log");
}

/// Somebody may have made the directory before, for everybody to read.
#[test]
fn a_directory_that_was_there_is_for_its_user_alone_too() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    drop(open(dir.path()));
    assert_eq!(mode(dir.path()), 0o700);
}

#[tokio::test]
async fn a_store_that_is_opened_again_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    let before = bytes_of(dir.path());
    drop(open(dir.path()));
    assert_eq!(bytes_of(dir.path()), before);
}

#[tokio::test]
async fn what_a_dead_maker_left_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    for left in ["zb.db.new", "zb.db.new-journal", "key.new"] {
        fs::write(dir.path().join(left), "half a file").unwrap();
    }
    let store = open(dir.path());
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    let left: Vec<_> = bytes_of(dir.path()).into_keys().collect();
    assert_eq!(left, ["claims", "key", "zb.db"].map(|file| dir.path().join(file)));
}

#[tokio::test]
async fn a_path_may_hold_any_character() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a b?c#d%20ä&e");
    let store = open(&data);
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    let reader = Store::open_existing(&data).unwrap().unwrap();
    assert_eq!(reader.head().await.unwrap().get(), 9);
}

#[test]
fn stores_that_are_opened_at_the_same_time_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let stores: Vec<_> = std::thread::scope(|scope| {
        let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| open(dir.path()))).collect();
        openers.into_iter().map(|opener| opener.join().unwrap()).collect()
    });
    let key = fs::read(dir.path().join("key")).unwrap();
    assert_eq!(key.len(), 32);
    drop(stores);
    drop(open(dir.path()));
    assert_eq!(fs::read(dir.path().join("key")).unwrap(), key, "the key is never made anew");
}

#[test]
fn a_key_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let key = dir.path().join("key");
    let whole = fs::read(&key).unwrap();
    let write = |bytes: &[u8], mode| {
        fs::write(&key, bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
    };
    let longer = [&whole[..], b"\n"].concat();
    let cases: [(&[u8], u32, &str); 5] = [
        (&whole[..31], 0o600, "has 31 bytes, and a key has 32"),
        (&longer, 0o600, "has 33 bytes, and a key has 32"),
        (b"", 0o600, "has 0 bytes, and a key has 32"),
        (&whole, 0o640, "is open to others (mode 0640)"),
        (&whole, 0o604, "is open to others (mode 0604)"),
    ];
    for (bytes, mode, reason) in cases {
        write(bytes, mode);
        let before = bytes_of(dir.path());
        let refused = Store::open(dir.path(), clock()).unwrap_err();
        assert_eq!(refused.to_string(), format!("the key file {} {reason}", key.display()));
        assert!(!refused.hint().is_empty());
        assert_eq!(bytes_of(dir.path()), before);
        assert!(Store::open_existing(dir.path()).unwrap().is_some(), "a history is read without the key");
    }
    write(&whole, 0o400);
    drop(open(dir.path()));
}

#[test]
fn a_key_is_not_made_for_a_database_that_had_another() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    fs::remove_file(dir.path().join("key")).unwrap();
    let refused = Store::open(dir.path(), clock()).unwrap_err();
    assert!(matches!(refused, OpenError::KeyMissing { .. }), "{refused:?}");
    assert!(!dir.path().join("key").exists());
}

#[test]
fn a_history_that_is_not_there_is_empty_and_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Store::open_existing(&dir.path().join("nothing")).unwrap().is_none());
    assert!(Store::open_existing(dir.path()).unwrap().is_none());
    assert!(bytes_of(dir.path()).is_empty());
}

#[tokio::test]
async fn a_reader_changes_nothing_and_can_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    fs::remove_dir(dir.path().join("claims")).unwrap();
    let before = bytes_of(dir.path());
    let reader = Store::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(reader.read_stream(&job(1).as_str().into()).await.unwrap().len(), 9);
    let events = vec![event(&job(2), &schedule("a"), checked())];
    assert!(reader.append(&"x".into(), Version::EMPTY, events).await.is_err());
    drop(reader);
    assert_eq!(bytes_of(dir.path()), before);
}

#[test]
fn a_directory_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for data in [file.clone(), file.join("zb"), "/proc/zb/data".into()] {
        let refused = Store::open(&data, clock()).unwrap_err();
        assert!(matches!(refused, OpenError::Directory { .. }), "{refused:?}");
        assert_eq!(refused.to_string(), format!("cannot use the data directory {}", data.display()));
    }
}

#[tokio::test]
async fn an_examination_says_what_opening_would_and_leaves_everything_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    Store::examine(&dir.path().join("new/zb")).unwrap();
    assert_eq!(bytes_of(dir.path()).len(), 0, "nothing was made");
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for unusable in [file.join("zb"), "/proc/zb/data".into()] {
        assert!(matches!(Store::examine(&unusable), Err(OpenError::Directory { .. })), "{unusable:?}");
    }
    let data = dir.path().join("data");
    let store = open(&data);
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    drop(store);
    let before = bytes_of(&data);
    Store::examine(&data).unwrap();
    assert_eq!(bytes_of(&data), before);
    fs::remove_file(data.join("key")).unwrap();
    assert!(matches!(Store::examine(&data), Err(OpenError::KeyMissing { .. })));
    fs::write(data.join("key"), "short").unwrap();
    assert!(matches!(
        Store::examine(&data),
        Err(OpenError::KeyDamaged { .. } | OpenError::KeyExposed { .. })
    ));
}
