//! Progress, told from process to process: only while somebody looks, as a whole, and nothing of the dead.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use hook_core::Progress;
use job_store::{ProgressFiles, Store};

use crate::{
    child::Actor,
    world::{job, open},
};

fn files(store: &Store) -> ProgressFiles {
    store.progress_files()
}

fn at(percent: f64) -> Progress {
    Progress {
        percent_done: percent,
        current_files: vec!["/data/rows.txt".to_owned()],
        ..Progress::default()
    }
}

/// What lies in the folder, but for the mark.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("progress")).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "watched");
    names.sort();
    names
}

/// A process that tells once, and lives on.
pub(crate) fn tell(dir: &Path) {
    let store = open(dir);
    let mut teller = files(&store).teller(&job(1));
    teller.tell(&at(0.5)).unwrap();
    eprintln!("told");
    std::thread::park();
}

#[test]
fn what_is_told_is_seen_while_somebody_looks_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (open(dir.path()), open(dir.path()));
    let mut teller = files(&theirs).teller(&job(1));
    let read = || files(&ours).read(&job(1)).unwrap();
    teller.tell(&at(0.1)).unwrap();
    assert!(!dir.path().join("progress").exists(), "nobody looks: nothing is made");
    assert_eq!(read(), None);

    let watching = files(&ours).watch().unwrap();
    for percent in [0.2, 0.3, 0.3] {
        teller.tell(&at(percent)).unwrap();
        assert_eq!(read(), Some(at(percent)));
    }
    assert_eq!(files(&ours).read(&job(2)).unwrap(), None);
    let place = format!("{}.json", job(1));
    assert_eq!(names(dir.path()), [&*place]);
    let mode =
        |name: &str| fs::metadata(dir.path().join("progress").join(name)).unwrap().permissions().mode();
    assert_eq!((mode(&place) & 0o777, mode("watched") & 0o777, mode("") & 0o777), (0o600, 0o600, 0o700));

    let another = files(&theirs).watch().unwrap();
    drop(watching);
    teller.tell(&at(0.4)).unwrap();
    assert_eq!(read(), Some(at(0.4)), "another one looks still");
    drop(another);
    teller.tell(&at(0.5)).unwrap();
    assert_eq!(names(dir.path()), [""; 0], "nobody looks any more");

    let _watching = files(&ours).watch().unwrap();
    teller.tell(&at(0.6)).unwrap();
    assert_eq!(read(), Some(at(0.6)));
    drop(teller);
    assert_eq!((read(), names(dir.path()).len()), (None, 0), "it is over");
}

#[test]
fn what_a_dead_process_said_is_not_believed_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let watching = files(&store).watch().unwrap();
    let mut process = Actor::start("tell progress", dir.path());
    assert_eq!(process.line(), "told");
    assert_eq!(files(&store).read(&job(1)).unwrap(), Some(at(0.5)));
    let _other = files(&store).watch().unwrap();
    assert_eq!(names(dir.path()).len(), 1, "it is alive");
    process.kill();
    assert_eq!(files(&store).read(&job(1)).unwrap(), None);
    drop(watching);
    let _watching = files(&store).watch().unwrap();
    assert_eq!(names(dir.path()), [""; 0]);
}

/// Whatever is done to the files, the one who tells has an error at the most, and is heard again.
#[test]
fn files_that_are_deleted_or_damaged_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let folder = dir.path().join("progress");
    let place = folder.join(format!("{}.json", job(1)));
    let watching = files(&store).watch().unwrap();
    let mut teller = files(&store).teller(&job(1));
    teller.tell(&at(0.1)).unwrap();
    fs::remove_file(&place).unwrap();
    teller.tell(&at(0.2)).unwrap();
    assert_eq!(files(&store).read(&job(1)).unwrap(), Some(at(0.2)));
    fs::write(&place, "half a li").unwrap();
    files(&store).read(&job(1)).unwrap_err();
    fs::remove_dir_all(&folder).unwrap();
    teller.tell(&at(0.3)).unwrap();
    drop(watching);
    let _watching = files(&store).watch().unwrap();
    teller.tell(&at(0.4)).unwrap();
    assert_eq!(files(&store).read(&job(1)).unwrap(), Some(at(0.4)));
}
