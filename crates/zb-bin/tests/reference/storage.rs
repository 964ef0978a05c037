//! `storage.md`: what lies in a data directory, and how open it is.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use jiff::Timestamp;
use job_store::Store;

use crate::page::{Page, code};

#[test]
fn the_files_of_an_open_store_have_their_rows_and_modes() {
    let Some(page) = Page::read("storage.md") else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("state");
    let store = Store::open(&dir, Arc::new(|| Timestamp::UNIX_EPOCH)).unwrap();
    let found: BTreeMap<_, _> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())))
        .collect();
    drop(store);
    let rows = page.table("file");
    let listed = rows.iter().map(|row| (code(&row[0]).remove(0), row[1].clone()));
    // A cache of the worker's, and no part of the store; what comes with the first observer, and with who watches a run.
    let later = ["restic.json", "observers.lock", "progress"];
    let listed: BTreeMap<_, _> = listed.filter(|(name, _)| !later.contains(&name.as_str())).collect();
    assert_eq!(listed, found);
    assert_eq!(mode(&dir), "0700");
}

fn mode(path: &Path) -> String {
    format!("{:04o}", fs::metadata(path).unwrap().permissions().mode() & 0o7777)
}
